"""Gardens: lawn, paths that meet at the openings, hedges, beds and trees; a terrace where a house adjoins."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

from spatialmem.generators.worlds.blocks import SIDES, Block, Side, Site
from spatialmem.generators.worlds.houses.sheds import SHED, pergola, shed
from spatialmem.generators.worlds.nature.green import bed_somewhere, flower_bed, pot, round_bed, shrub, shrub_somewhere
from spatialmem.generators.worlds.nature.stones import fountain, pond_somewhere, rocks_somewhere
from spatialmem.generators.worlds.nature.trees import Species, foot_radius, plant, plant_somewhere
from spatialmem.generators.worlds.outdoors.fences import FenceKind, fence_side
from spatialmem.generators.worlds.outdoors.furniture import bench_towards, garden_table, park_lamp
from spatialmem.generators.worlds.outdoors.ground import Paths, lawn, mouth, path_of, slab
from spatialmem.generators.worlds.plot import Plot, Rect, around
from spatialmem.generators.worlds.solids import BLOCK
from spatialmem.labels import SemanticClass

Theme = Literal["flowers", "kitchen", "orchard", "pond", "formal"]

CLEAR = 1.1
"""Metres that stay free before the wall of a house."""


def build(site: Site) -> Block:
    """A garden of one of five themes."""
    plot = Plot(site)
    theme: Theme = site.dice.child("theme").choice(("flowers", "kitchen", "orchard", "pond", "formal"))
    lawn(plot)
    _before_houses(plot)
    _borders(plot)
    paths = Paths.of(plot)
    hub = _middle(plot, paths, theme)
    paths.meet(hub, 1.2)
    _terrace(plot)
    _THEMES[theme](plot, hub)
    _everywhere(plot, hub)
    return plot.block()


def strip_along(side: Side, depth: float) -> Rect:
    """The ground along a side of the block, `depth` metres deep."""
    far = BLOCK - depth
    return {"west": (0.0, 0.0, depth, BLOCK), "east": (far, 0.0, BLOCK, BLOCK),
            "south": (0.0, 0.0, BLOCK, depth), "north": (0.0, far, BLOCK, BLOCK)}[side]


def _before_houses(plot: Plot) -> None:
    """A bed of gravel along the walls of houses, and nothing else near them."""
    for side in SIDES:
        if not plot.site.outdoors(side):
            plot.keep_free(strip_along(side, CLEAR))
            slab(plot, strip_along(side, 0.45), 0.003, SemanticClass.PATH, plot.scheme.material("gravel", "ground"))


def _borders(plot: Plot) -> None:
    """Hedges and fences towards other open ground, with gaps at the openings; of two gardens one builds them."""
    for side in SIDES:
        beyond = plot.site.neighbours[side]
        mine = beyond in {"street", "park"} or (beyond == "garden" and side in {"east", "north"})
        dice = plot.dice.child("border", side)
        kind: FenceKind = dice.choice(("hedge", "boards", "pickets", "wall"), (5, 2, 2, 1))
        if mine and dice.chance(0.75):
            fence_side(plot, kind, side)


def _middle(plot: Plot, paths: Paths, theme: Theme) -> tuple[float, float]:
    """Where the paths meet, with something to walk around in the flower garden and the formal one."""
    dice = plot.dice.child("middle")
    x, y = (dice.uniform(6.8, 9.2), dice.uniform(6.8, 9.2)) if theme != "formal" else (BLOCK / 2, BLOCK / 2)
    piece = 1.15 if theme in {"flowers", "formal"} else 0.0
    radius = piece + 1.15
    paths.disc((x, y), radius)
    if piece:
        plot.take(around(x, y, piece))
        (fountain if theme == "formal" else round_bed)(plot, x, y, piece)
        plot.room("garden", (x + piece + 0.3, y - 0.4, x + radius - 0.1, y + 0.4))
    else:
        plot.room("garden", around(x, y, 0.6))
    return x, y


def _terrace(plot: Plot) -> None:
    """Paving before the door of one house, with a table, pots and a pergola where they fit."""
    houses: list[Side] = [side for side in SIDES if not plot.site.outdoors(side)]
    if not houses:
        return
    dice = plot.dice.child("terrace")
    side = dice.choice(houses)
    x, y = mouth(side, plot.site.edges[side].openings[0].middle)
    wide, deep = dice.uniform(2.4, 3.2), dice.uniform(3.4, 4.2)
    low_x, low_y, high_x, high_y = strip_along(side, deep)
    ground = ((low_x, max(0.3, y - wide), high_x, min(BLOCK - 0.3, y + wide)) if side in {"west", "east"}
              else (max(0.3, x - wide), low_y, min(BLOCK - 0.3, x + wide), high_y))
    slab(plot, ground, 0.05, SemanticClass.PATH, path_of(plot))
    spot = plot.spot(1.2, 1.2, within=ground)
    if spot:
        garden_table(plot, *spot, dice.uniform(0.0, 1.5), parasol=not plot.snowy)
    for _ in range(3):
        spot = plot.spot(0.4, 0.4, within=ground)
        if spot:
            pot(plot, *spot, dice.uniform(0.18, 0.26))


def _flowers(plot: Plot, hub: tuple[float, float]) -> None:
    dice = plot.dice.child("flowers")
    for k in range(dice.integer(5, 8)):
        bed_somewhere(plot, dice.uniform(1.8, 3.2), dice.uniform(0.8, 1.2), along_x=k % 2 == 0)
    _trees(plot, ("blossom", "blossom", "birch"), 2)


def _kitchen(plot: Plot, hub: tuple[float, float]) -> None:
    dice, along = plot.dice.child("kitchen"), plot.dice.child("rows").chance(0.5)
    spot = plot.spot(*(SHED if along else (SHED[1], SHED[0])))
    if spot:
        # the door looks to the middle
        quarter = (0 if spot[1] > hub[1] else 2) if along else (1 if spot[0] < hub[0] else 3)
        shed(plot, *spot, quarter * _QUARTER)
    for _ in range(dice.integer(6, 9)):
        bed_somewhere(plot, dice.uniform(2.6, 3.6), 0.95, along_x=along)
    _trees(plot, ("round", "blossom"), 1)


def _orchard(plot: Plot, hub: tuple[float, float]) -> None:
    _trees(plot, ("blossom", "round", "blossom"), 8)


def _pond(plot: Plot, hub: tuple[float, float]) -> None:
    spot = pond_somewhere(plot, (2.7, 2.3, 1.9, 1.5), tries=30)
    if spot:
        bench_towards(plot, spot)
    for _ in range(3):
        rocks_somewhere(plot, plot.dice.uniform(0.4, 0.7))
    _trees(plot, ("birch", "conifer", "broad"), 3)


def _formal(plot: Plot, hub: tuple[float, float]) -> None:
    """Beds, slim trees and clipped bushes mirrored on both axes, where the paths leave room; a pergola."""
    slim: Species = plot.dice.child("slim").choice(("poplar", "conifer"))
    height = plot.dice.uniform(5.5, 7.0) if slim == "conifer" else plot.dice.uniform(8.0, 9.5)
    foot = foot_radius(slim, height)
    for side_x in (-1, 1):
        for side_y in (-1, 1):
            bed = around(hub[0] + 4.2 * side_x, hub[1] + 4.2 * side_y, 1.1)
            if plot.claim(bed):
                flower_bed(plot, bed)
            at = hub[0] + 6.1 * side_x, hub[1] + 2.4 * side_y
            if plot.claim(around(*at, foot)):
                plant(plot, *at, slim, height)
            at = hub[0] + 2.4 * side_x, hub[1] + 6.3 * side_y
            if plot.claim(around(*at, 0.5)):
                shrub(plot, *at, 0.5)
    spot = plot.spot(1.5, 1.3)
    if spot:
        pergola(plot, *spot, 0.0, 2.6)


def _trees(plot: Plot, kinds: tuple[Species, ...], count: int) -> None:
    dice = plot.dice.child("trees")
    for _ in range(count):
        plant_somewhere(plot, dice.choice(kinds), dice.uniform(0.0, 0.5))


def _everywhere(plot: Plot, hub: tuple[float, float]) -> None:
    """What every garden has: a tree, bushes, a bench, a lamp by the path."""
    dice = plot.dice.child("everywhere")
    _trees(plot, ("round", "birch", "broad", "conifer", "blossom"), dice.integer(1, 2))
    if dice.chance(0.7):
        bench_towards(plot, hub)
    for _ in range(dice.integer(2, 3)):
        spot = plot.spot(0.15, 0.15)
        if spot:
            park_lamp(plot, *spot)
    for _ in range(dice.integer(3, 7)):
        shrub_somewhere(plot, dice.uniform(0.35, 0.75))


_QUARTER = math.pi / 2
_THEMES: dict[Theme, Callable[[Plot, tuple[float, float]], None]] = {
    "flowers": _flowers, "kitchen": _kitchen, "orchard": _orchard, "pond": _pond, "formal": _formal}
