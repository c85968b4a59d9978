"""A house on its own ground by the street: front garden with fence and gate, paths, a garden behind."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

from spatialmem.generators.worlds.blocks import SIDES, Side
from spatialmem.generators.worlds.houses.house import FRONT, HouseKind, build_house
from spatialmem.generators.worlds.houses.sheds import SHED, shed
from spatialmem.generators.worlds.nature.green import flower_bed, shrub_somewhere
from spatialmem.generators.worlds.nature.trees import SPECIES, plant_somewhere
from spatialmem.generators.worlds.outdoors.cars import HALF_LENGTH, HALF_WIDTH, car
from spatialmem.generators.worlds.outdoors.fences import FenceKind, fence_side
from spatialmem.generators.worlds.outdoors.furniture import garden_table, letter_box
from spatialmem.generators.worlds.outdoors.ground import lawn, path_of, slab
from spatialmem.generators.worlds.plot import Facing, Plot, Rect, around
from spatialmem.generators.worlds.solids import BLOCK
from spatialmem.labels import SemanticClass

Beyond = Literal["road", "lot", "open", "house"]
"""What lies past a side of the lot: the street, another lot, open ground, or the wall of a building."""

_CLEAR = 1.2


def lot(plot: Plot, facing: Facing, beyond: Mapping[Side, Beyond], *, town: bool) -> None:
    """A house whose front looks towards the south of the layout.

    Args:
        plot: the block.
        facing: which way the layout is turned.
        beyond: what lies past each side of the layout.
        town: a tenement close to the street, else a house in a garden.
    """
    lawn(plot)
    dice = plot.dice.child("lot")
    if town:
        kind: HouseKind = "tenement"
        width, depth, front = dice.uniform(11.5, 12.6), dice.uniform(8.0, 9.0), FRONT + 0.5
    else:
        kind = dice.choice(("cottage", "gabled", "villa"), (3, 3, 2))
        width, depth, front = dice.uniform(8.0, 9.4), dice.uniform(6.6, 7.6), dice.uniform(3.6, 4.2)
    house = (BLOCK / 2 - width / 2, front, BLOCK / 2 + width / 2, front + depth)
    plot.take(facing.rect(house))
    middle = facing.at(BLOCK / 2, front + depth / 2)
    door = build_house(plot, kind, (*middle, facing.yaw), (width, depth))
    _ways(plot, facing, house, BLOCK / 2 + door, beyond)
    _boundary(plot, facing, beyond, town)
    if town:
        _yard(plot, facing, house)
    else:
        _front_garden(plot, facing, house, beyond)
    _garden(plot, facing, house)


def _ways(plot: Plot, facing: Facing, house: Rect, door: float, beyond: Mapping[Side, Beyond]) -> None:
    """The path from the gate to the door, a strip around the house, and ways from the other openings to it."""
    left, front, right, back = house
    material = path_of(plot)
    strip = front - FRONT
    middle = BLOCK / 2
    path = plot.stand(0.0, 0.0, 0.0, SemanticClass.PATH)
    pieces = ((middle - 0.65, 0.0, middle + 0.65, strip),
              (min(middle, door) - 0.65, strip - 0.01, max(middle, door) + 0.65, front + 0.05))
    for k, piece in enumerate(pieces):
        drawn = facing.rect(piece)
        path.box((*drawn[:2], -0.3), (*drawn[2:], 0.01 + 0.002 * k), material)
        plot.keep_free(drawn)
    plot.keep_free(facing.rect((left - 0.9, strip - 0.2, right + 0.9, front)))
    for ring in ((left - 0.9, front, left, back + 0.9), (right, front, right + 0.9, back + 0.9),
                 (left, back, right, back + 0.9)):
        plot.keep_free(facing.rect(ring))
    for way in ((0.0, middle - 0.65, left, middle + 0.65), (right, middle - 0.65, BLOCK, middle + 0.65),
                (middle - 0.65, back, middle + 0.65, BLOCK)):
        plot.keep_free(facing.rect(way))
    for side, strip_ in _STRIPS.items():
        if beyond[side] == "house":
            drawn = facing.rect(strip_)
            slab(plot, drawn, 0.014, SemanticClass.PATH, material)
            plot.keep_free(drawn)


_STRIPS: dict[Side, Rect] = {"west": (0.0, 0.0, _CLEAR, BLOCK), "east": (BLOCK - _CLEAR, 0.0, BLOCK, BLOCK),
                             "south": (0.0, 0.0, BLOCK, _CLEAR), "north": (0.0, BLOCK - _CLEAR, BLOCK, BLOCK)}


def _boundary(plot: Plot, facing: Facing, beyond: Mapping[Side, Beyond], town: bool) -> None:
    """Fences with gates: low ones towards streets, boards between neighbours, of which one builds them."""
    street: FenceKind = plot.dice.child("fence").choice(("pickets", "rails", "wall", "hedge"), (3, 2, 2, 3))
    for side in SIDES:
        there = facing.beyond(side)
        # between two lots the one to the west or south builds
        mine = beyond[side] == "open" or (beyond[side] == "lot" and there in {"east", "north"})
        kind: FenceKind = street if beyond[side] == "road" else "boards"
        if (beyond[side] == "road" and not (town and side == "south")) or mine:
            fence_side(plot, kind, there)


def _front_garden(plot: Plot, facing: Facing, house: Rect, beyond: Mapping[Side, Beyond]) -> None:
    """A car on a drive, beds along the fence, a letter box, a small tree."""
    left, front, right, _ = house
    dice = plot.dice.child("front garden")
    if dice.chance(0.45):
        side = dice.choice((left / 2 + 0.1, (right + BLOCK) / 2 - 0.1))
        ground = (side - HALF_WIDTH, front - 0.4, side + HALF_WIDTH, front - 0.4 + 2 * HALF_LENGTH)
        if plot.claim(facing.rect(ground), gap=0.55):
            slab(plot, facing.rect((side - 1.15, 0.3, side + 1.15, ground[3] + 0.2)), 0.008, SemanticClass.PATH,
                 path_of(plot))
            car(plot, *facing.at(side, (ground[1] + ground[3]) / 2), facing.yaw + math.pi / 2 * dice.choice((1, -1)))
    box = (BLOCK / 2 + 1.1, 0.75)
    if beyond["south"] == "road" and plot.claim(facing.rect(around(*box, 0.2)), gap=0.3):
        letter_box(plot, *facing.at(*box), facing.yaw)
    for low, high in ((0.9, BLOCK / 2 - 1.1), (BLOCK / 2 + 1.6, BLOCK - 0.9)):
        wide = dice.uniform(1.6, 2.8)
        at = dice.uniform(low, max(low, high - wide))
        bed = facing.rect((at, 1.3, at + wide, 1.95))
        if dice.chance(0.7) and plot.claim(bed):
            flower_bed(plot, bed)


def _yard(plot: Plot, facing: Facing, house: Rect) -> None:
    """Paving before and beside a tenement."""
    slab(plot, facing.rect((0.0, 0.0, BLOCK, house[3] + 0.4)), 0.004, SemanticClass.SIDEWALK,
         plot.scheme.material("paving", "ground"))


def _garden(plot: Plot, facing: Facing, house: Rect) -> None:
    """What grows and stands wherever there is room: behind the house mostly."""
    dice = plot.dice.child("garden")
    behind: Rect = facing.rect((0.4, house[3] + 0.9, BLOCK - 0.4, BLOCK - 0.4))
    if dice.chance(0.55):
        half = SHED if facing.side in {"south", "north"} else (SHED[1], SHED[0])
        spot = plot.spot(*half, within=behind)
        if spot:
            shed(plot, *spot, facing.yaw + math.pi)
    if dice.chance(0.6):
        spot = plot.spot(1.25, 1.25, within=behind)
        if spot:
            garden_table(plot, *spot, dice.uniform(0.0, 1.5), parasol=dice.chance(0.6) and not plot.snowy)
    for _ in range(dice.integer(1, 3)):
        plant_somewhere(plot, dice.choice(SPECIES), dice.uniform(0.0, 0.5), within=behind)
    for _ in range(dice.integer(2, 5)):
        shrub_somewhere(plot, dice.uniform(0.4, 0.7))

