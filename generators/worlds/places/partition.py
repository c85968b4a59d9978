"""`partition`: a rectangle cut into rooms; `contacts`: which of them share a wall."""

from __future__ import annotations

from dataclasses import dataclass

from spatialmem.generators.worlds.blocks import Site
from spatialmem.generators.worlds.dice import Dice
from spatialmem.generators.worlds.places.rooms import Rect
from spatialmem.generators.worlds.solids import BLOCK

_STEP = 0.1
_CLEAR = 0.35
"""Metres that a wall keeps from a way out of the block."""


@dataclass(frozen=True)
class Contact:
    """Two rooms that share a wall: it runs along y if `upright`, at `at`, from `low` to `high`.

    `first` lies on the low side.
    """

    first: int
    second: int
    upright: bool
    at: float
    low: float
    high: float

    @property
    def length(self) -> float:
        return self.high - self.low


def partition(rect: Rect, site: Site, dice: Dice, areas: tuple[float, ...], least: float = 2.3) -> list[Rect]:
    """Rooms that tile the rectangle.

    A room is cut in two until it is no larger than one of `areas` (square metres, drawn anew for each);
    no side gets shorter than `least`, and no wall meets a way out of the block.
    """
    lengths = (rect.width, rect.depth)
    too_long = max(lengths) > 2.2 * min(lengths)
    if rect.area <= dice.choice(areas) and not too_long:
        return [rect]
    longer = lengths[0] > lengths[1] if max(lengths) > 1.25 * min(lengths) else dice.chance(0.5)
    for upright in (longer, not longer):
        cuts = allowed_cuts(rect, site, upright, least)
        if cuts:
            return [room for part in _halves(rect, upright, _near_middle(cuts, dice))
                    for room in partition(part, site, dice, areas, least)]
    return [rect]


def allowed_cuts(rect: Rect, site: Site, upright: bool, least: float) -> list[float]:
    """Where a wall may cut the rectangle: x of an upright wall, y of a level one."""
    low, high = (rect.x0, rect.x1) if upright else (rect.y0, rect.y1)
    ends = (rect.y0, rect.y1) if upright else (rect.x0, rect.x1)
    sides = (site.edges["south"], site.edges["north"]) if upright else (site.edges["west"], site.edges["east"])
    ways = [way for edge, end, border in zip(sides, ends, (0.0, BLOCK), strict=True) if end == border
            for way in edge.openings]
    steps = range(round((high - low - 2 * least) / _STEP) + 1)
    cuts = [round(low + least + k * _STEP, 3) for k in steps]
    return [cut for cut in cuts if all(not way.low - _CLEAR < cut < way.high + _CLEAR for way in ways)]


def contacts(rooms: list[Rect]) -> list[Contact]:
    """All pairs of rooms that share a wall of some length, in the order of the rooms."""
    found: list[Contact] = []
    for first, a in enumerate(rooms):
        for second, b in enumerate(rooms):
            if a.x1 == b.x0 and min(a.y1, b.y1) > max(a.y0, b.y0):
                found.append(Contact(first, second, True, a.x1, max(a.y0, b.y0), min(a.y1, b.y1)))
            if a.y1 == b.y0 and min(a.x1, b.x1) > max(a.x0, b.x0):
                found.append(Contact(first, second, False, a.y1, max(a.x0, b.x0), min(a.x1, b.x1)))
    return found


def _near_middle(cuts: list[float], dice: Dice) -> float:
    middle = (cuts[0] + cuts[-1]) / 2 + dice.uniform(-0.3, 0.3) * (cuts[-1] - cuts[0])
    return min(cuts, key=lambda cut: abs(cut - middle))


def _halves(rect: Rect, upright: bool, cut: float) -> tuple[Rect, Rect]:
    x0, y0, x1, y1 = rect
    if upright:
        return Rect(x0, y0, cut, y1), Rect(cut, y0, x1, y1)
    return Rect(x0, y0, x1, cut), Rect(x0, cut, x1, y1)
