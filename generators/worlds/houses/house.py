"""Whole houses of several kinds: cottage, terrace, modern villa, tenement, each on its rectangle of ground."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from spatialmem.generators.worlds.dice import Dice
from spatialmem.generators.worlds.houses import roofs
from spatialmem.generators.worlds.houses.facades import STOREY, Rhythm, band, bays, rhythm_of
from spatialmem.generators.worlds.houses.look import Look, look_of
from spatialmem.generators.worlds.houses.openings import STEP, WindowKind, balcony, door, shop_front, window
from spatialmem.generators.worlds.plot import Plot
from spatialmem.generators.worlds.thing import Thing
from spatialmem.labels import SemanticClass

HouseKind = Literal["cottage", "gabled", "villa", "tenement"]

FRONT = 1.4
"""Metres before its front that a house may use: steps, porch, awning, a bay window."""


@dataclass(frozen=True)
class _House:
    """A house under construction: its body, in axes about the middle of its ground with the front towards -y."""

    plot: Plot
    body: Thing
    width: float
    depth: float
    storeys: int
    look: Look
    rhythm: Rhythm
    dice: Dice

    @property
    def top(self) -> float:
        return STEP + self.storeys * STOREY

    @property
    def size(self) -> tuple[float, float, float]:
        return self.width, self.depth, self.top

    def wall(self, side: int) -> tuple[Thing, float]:
        """Axes of a wall (0 front, 1 right, 2 back, 3 left) and its width."""
        out, wide = (self.depth / 2, self.width) if side % 2 == 0 else (self.width / 2, self.depth)
        turn = side * math.pi / 2
        return self.body.moved(out * math.sin(turn), -out * math.cos(turn), turn), wide

    def windows(self, wall: Thing, places: Sequence[float], storeys: Iterable[int]) -> None:
        """A window at each place of each storey (0 is the ground floor) of a wall."""
        for storey in storeys:
            for x in places:
                window(self.plot, wall, (x, STEP + storey * STOREY + self.rhythm.sill), self.rhythm.kind, self.look)


def build_house(plot: Plot, kind: HouseKind, stand: tuple[float, float, float], size: tuple[float, float]) -> float:
    """A house on open ground.

    Args:
        plot: where it is built; its ground is the caller's to take.
        kind: what it looks like.
        stand: x, y of its middle and the turn of its front from -y, radians.
        size: width along its front and depth, metres.

    Returns:
        Where its door is along the front, metres from the middle in the axes of the house.
    """
    body = plot.stand(*stand, SemanticClass.BUILDING)
    dice = plot.dice.child("house", body.instance)
    storeys = {"cottage": 2, "gabled": dice.integer(2, 3), "villa": 2, "tenement": dice.integer(3, 4)}[kind]
    house = _House(plot, body, *size, storeys, look_of(plot, body.instance), rhythm_of(dice, modern=kind == "villa"),
                   dice)
    x, y = size[0] / 2, size[1] / 2
    body.box((-x, -y, -0.3), (x, y, house.top), house.look.wall)
    body.box((-x - 0.04, -y - 0.04, -0.3), (x + 0.04, y + 0.04, 0.42), house.look.plinth)
    _roof(house, kind)
    _sides(house)
    return _front(house, kind)


def _front(house: _House, kind: HouseKind) -> float:
    wall, width = house.wall(0)
    places = bays(width, house.rhythm)
    entrance = places[house.dice.integer(0, len(places) - 1) if kind != "tenement" else len(places) // 2]
    door(house.plot, wall, entrance, house.look, fanlight=kind != "villa")
    others = [x for x in places if abs(x - entrance) > 1.0]
    house.windows(wall, places, range(1, house.storeys))
    ground = {"cottage": _bay_windows, "gabled": _plain_ground, "villa": _plain_ground, "tenement": _shops}[kind]
    ground(house, wall, others)
    if kind == "tenement":
        for storey in range(2, house.storeys):
            balcony(house.plot, wall, entrance, STEP + storey * STOREY, min(2.6, house.rhythm.bay * 1.2))
    if kind in {"tenement", "gabled"}:
        band(wall, width, STEP + STOREY, house.look)
    if kind != "tenement":
        _porch(house, wall, entrance)
    return entrance


def _plain_ground(house: _House, wall: Thing, places: list[float]) -> None:
    house.windows(wall, places, (0,))


def _bay_windows(house: _House, wall: Thing, places: list[float]) -> None:
    """One bay juts out with a window in its front; the others have plain ones."""
    jutting = next((x for x in places if abs(x) < house.width / 2 - 1.1), None)
    house.windows(wall, [x for x in places if x != jutting], (0,))
    if jutting is None:
        return
    wall.box((jutting - 0.95, -0.7, -0.3), (jutting + 0.95, 0.0, 2.55), house.look.wall)
    wall.as_(SemanticClass.ROOF).gable((jutting - 1.1, -0.85, 2.53), (jutting + 1.1, 0.85, 3.0), "x", house.look.roof)
    kind = WindowKind(1.5, house.rhythm.kind.height, (3, house.rhythm.kind.panes[1]), False, True)
    window(house.plot, wall.moved(jutting, -0.7), (0.0, STEP + house.rhythm.sill), kind, house.look)


def _shops(house: _House, wall: Thing, places: list[float]) -> None:
    """A shop on each side of the entrance where there is room; else windows."""
    if not house.dice.chance(0.6):
        _plain_ground(house, wall, places)
        return
    for group in ([x for x in places if x < 0], [x for x in places if x > 0]):
        if len(group) >= 2:
            width = group[-1] - group[0] + house.rhythm.bay * 0.8
            shop_front(house.plot, wall, (group[0] + group[-1]) / 2, min(width, house.width / 2 - 1.2), house.look)
        else:
            house.windows(wall, group, (0,))


def _porch(house: _House, wall: Thing, x: float) -> None:
    """A small roof over the door: on posts, or a slab."""
    roof = wall.as_(SemanticClass.ROOF)
    style = house.dice.choice(("posts", "slab", "none"), (2, 2, 1))
    if style == "slab":
        roof.box((x - 0.9, -0.9, 2.92), (x + 0.9, 0.0, 3.04), house.look.trim)
    elif style == "posts":
        for side in (-0.88, 0.88):
            wall.as_(SemanticClass.COLUMN).cylinder((x + side, -0.85, 0.0), 0.06, 2.9, house.look.trim)
        wall.box((x - 0.98, -0.96, 2.84), (x + 0.98, 0.0, 2.95), house.look.trim)
        roof.gable((x - 1.1, -1.1, 2.95), (x + 1.1, 0.0, 3.5), "y", house.look.roof)


def _sides(house: _House) -> None:
    """Windows on the back and the side walls; the back has a French window towards the garden."""
    back, width = house.wall(2)
    places = bays(width, house.rhythm)
    house.windows(back, places, range(1, house.storeys))
    house.windows(back, places[1:], (0,))
    french = WindowKind(1.0, 2.0, (2, 1), False, house.rhythm.kind.lintel)
    window(house.plot, back, (places[0], STEP + 0.12), french, house.look)
    for side in (1, 3):
        wall, width = house.wall(side)
        house.windows(wall, bays(width, house.rhythm), range(house.storeys))


def _roof(house: _House, kind: HouseKind) -> None:
    dice, width, depth = house.dice, house.width, house.depth
    if kind == "villa":
        roofs.flat(house.body, house.size, house.look)
        return
    if kind == "tenement":
        if dice.chance(0.5):
            roofs.mansard(house.plot, house.body, house.size, house.look, len(bays(width, house.rhythm)))
        else:
            roofs.flat(house.body, house.size, house.look)
        return
    ridge: Literal["x", "y"] = "x" if kind == "cottage" or width > depth + 2 else "y"
    across = depth if ridge == "x" else width
    rise = across / 2 * dice.uniform(0.75, 1.05)
    roofs.gabled(house.body, house.size, rise, ridge, house.look)
    at = (dice.choice((-0.3, 0.3)) * width, 0.12 * depth, house.top + 0.3 * rise)
    roofs.chimney(house.body, at, 0.7 * rise + dice.uniform(0.5, 0.8))
    if ridge == "x" and dice.chance(0.6):
        foot = house.top + 0.77 * rise / across
        for x in (-0.25 * width, 0.25 * width):
            roofs.dormer(house.plot, house.body, (x, -depth / 2 + 0.7, foot), house.look)
    if ridge == "y":
        front, _ = house.wall(0)
        window(house.plot, front.moved(0.0, -0.14), (0.0, house.top + 0.22 * rise), house.rhythm.kind, house.look)
