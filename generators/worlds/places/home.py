"""Homes: a flat of rooms that connect, with windows wherever it meets the open air."""

from __future__ import annotations

from spatialmem.generators.worlds.blocks import SIDES, Block, Site
from spatialmem.generators.worlds.dice import Dice
from spatialmem.generators.worlds.furniture.furnish import furnish
from spatialmem.generators.worlds.places.indoors import raise_block
from spatialmem.generators.worlds.places.partition import allowed_cuts, partition
from spatialmem.generators.worlds.places.rooms import Plan, Rect, edge_holes, edge_openings
from spatialmem.generators.worlds.places.ways import join
from spatialmem.generators.worlds.places.windows import plan_windows
from spatialmem.generators.worlds.solids import BLOCK

_AREAS = (17.0, 22.0, 28.0, 34.0)
_HALL = 1.62
"""Width of a hallway up to the middle of its walls, metres."""

_WANTED = ("living room", "bathroom", "kitchen", "bedroom", "dining room", "bedroom", "study", "bedroom", "bathroom",
           "living room", "study", "bedroom", "dining room", "study", "bedroom", "living room")
_IDEAL = {"living room": 24.0, "bathroom": 6.0, "kitchen": 13.0, "bedroom": 14.0, "dining room": 15.0, "study": 10.0}
_PRIVATE = {"hallway": 0.0, "living room": 0.4, "dining room": 0.5, "kitchen": 0.7, "study": 2.0, "bedroom": 3.0,
            "bathroom": 6.0}


def build(site: Site) -> Block:
    """One flat: a hallway through it, rooms on both sides."""
    height = round(site.district.child("storey").uniform(2.5, 3.0), 2)
    return raise_block(site, plan_home(site, height), furnish, pitched=site.district.child("pitched").chance(0.7))


def plan_home(site: Site, height: float) -> list[Plan]:
    """The rooms with names, doors and windows, before anything is built."""
    dice = site.dice.child("plan")
    rects = _rooms(site, dice)
    plans = [Plan(name, rect, height, site, edge_holes(site, rect))
             for rect, name in zip(rects, _names(rects, site, dice), strict=True)]
    join(plans, dice.child("doors"), lambda a, b: _PRIVATE[a] + _PRIVATE[b])
    for number, plan in enumerate(plans):
        sill = {"bathroom": 1.25, "kitchen": 1.2, "living room": 0.5, "dining room": 0.6}.get(plan.name, 0.85)
        plan_windows(plan, dice.child("windows", number), sill=sill, top=2.2,
                     width=0.8 if plan.name == "bathroom" else 1.6)
    return plans


def _rooms(site: Site, dice: Dice) -> list[Rect]:
    """A hallway across the block where the ways out allow one, and rooms on both sides of it."""
    whole = Rect(0.0, 0.0, BLOCK, BLOCK)
    for upright in dice.shuffled((True, False)):
        starts = set(allowed_cuts(whole, site, upright, 3.0))
        fitting = [cut for cut in sorted(starts) if round(cut + _HALL, 3) in starts or _fits(cut + _HALL, starts)]
        if fitting and dice.chance(0.8):
            low = dice.choice(fitting)
            return _split(whole, upright, (low, round(low + _HALL, 3)), site, dice)
    return partition(whole, site, dice, _AREAS)


def _fits(cut: float, starts: set[float]) -> bool:
    """Whether a wall may stand between two allowed places a step apart."""
    return {round(cut - cut % 0.1, 3), round(cut - cut % 0.1 + 0.1, 3)} <= starts


def _split(whole: Rect, upright: bool, strip: tuple[float, float], site: Site, dice: Dice) -> list[Rect]:
    low, high = strip
    if upright:
        parts = (Rect(low, 0.0, high, BLOCK), Rect(0.0, 0.0, low, BLOCK), Rect(high, 0.0, BLOCK, BLOCK))
    else:
        parts = (Rect(0.0, low, BLOCK, high), Rect(0.0, 0.0, BLOCK, low), Rect(0.0, high, BLOCK, BLOCK))
    del whole
    return [parts[0], *partition(parts[1], site, dice, _AREAS), *partition(parts[2], site, dice, _AREAS)]


def _names(rects: list[Rect], site: Site, dice: Dice) -> list[str]:
    """What each room is: by its size, its windows, and whether one comes in from outside through it."""
    names = ["hallway" if min(rect.width, rect.depth) < 1.9 else "" for rect in rects]
    entered = [bool(edge_openings(site, rect)) for rect in rects]
    bright = [any(site.outdoors(side) and rect.at(side) in {0.0, BLOCK} for side in SIDES) for rect in rects]
    for name in _WANTED:
        free = {k: _misfit(name, rects[k], entered[k], bright[k]) + dice.uniform(0.0, 0.2)
                for k, given in enumerate(names) if not given}
        if free:
            names[min(free, key=free.__getitem__)] = name
    return [name or "hallway" for name in names]


def _misfit(name: str, rect: Rect, entered: bool, bright: bool) -> float:
    """How badly a room of this name fits a rectangle: its size, a way in from outside, no window."""
    size = abs(rect.area / _IDEAL[name] - 1.0)
    entrance = {"bathroom": 9.0, "bedroom": 3.0, "study": 0.7, "kitchen": 0.3}.get(name, -0.4)
    dark = {"bathroom": -0.3, "living room": 0.8, "bedroom": 0.6}.get(name, 0.4)
    return size + entrance * entered + dark * (not bright)
