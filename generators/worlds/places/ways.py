"""`join`: doors between the rooms of a block, so that every room can be reached."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from spatialmem.generators.worlds.blocks import Side
from spatialmem.generators.worlds.dice import Dice
from spatialmem.generators.worlds.places.partition import Contact, contacts
from spatialmem.generators.worlds.places.rooms import Hole, Plan

DOOR = 0.98
"""Width of a doorway between rooms, metres; its frame leaves 0.9 m clear."""
_MARGIN = 0.2
"""Metres that a doorway keeps from the corner of a room: a door stands open beside it."""

_PUBLIC = frozenset(("hallway", "corridor"))

Cost = Callable[[str, str], float]


def join(plans: list[Plan], dice: Dice, cost: Cost, *, loops: float = 0.3, passage: float = 0.5,
         already: Sequence[tuple[int, int]] = ()) -> None:
    """Adds holes to the plans: a cheapest tree of doors between the rooms, and some more.

    Args:
        plans: rooms that tile a rectangle.
        dice: chance.
        cost: how little two rooms, by name, want a way between them; below 2 a way may lack a door.
        loops: share of further cheap ways that are opened.
        passage: share of cheap ways that are wide and have no door.
        already: pairs of rooms that are joined before.
    """
    walls = [wall for wall in contacts([plan.outline for plan in plans]) if wall.length >= DOOR + 2 * _MARGIN]
    costs = {wall: cost(plans[wall.first].name, plans[wall.second].name) + dice.uniform(0.0, 0.8) for wall in walls}
    island = list(range(len(plans)))
    for one, other in already:
        island = [island[one] if mark == island[other] else mark for mark in island]
    for wall in sorted(walls, key=costs.__getitem__):
        first, second = island[wall.first], island[wall.second]
        if (wall.first, wall.second) in already or (wall.second, wall.first) in already:
            continue
        if first != second or (costs[wall] < 2 and dice.chance(loops)):
            island = [first if mark == second else mark for mark in island]
            _open(plans, wall, dice, wide=costs[wall] < 2 and dice.chance(passage))


def _open(plans: list[Plan], wall: Contact, dice: Dice, wide: bool) -> None:
    first, second = plans[wall.first], plans[wall.second]
    width, top = DOOR, 2.05
    if wide:
        width = min(wall.length - 0.8, dice.uniform(1.4, 2.6))
        top = min(2.35, first.height - 0.15, second.height - 0.15)
    if width < DOOR + 0.1:
        wide, width, top = False, DOOR, 2.05
    low, high = wall.low + _MARGIN, wall.high - _MARGIN - width
    # a door stands near a corner, so that the long wall stays whole; a wide way where it falls
    low = dice.uniform(low, high) if wide else dice.choice((low, high, dice.uniform(low, high)), (3, 3, 2))
    low = round(low, 2)
    inward = _more_private(first, second)
    sides: tuple[Side, Side] = ("east", "west") if wall.upright else ("north", "south")
    for plan, side in zip((first, second), sides, strict=True):
        plan.holes.append(Hole(side, low, round(low + width, 2), 0.0, top, "passage" if wide else "door",
                               leaf=not wide and plan is inward))


def _more_private(first: Plan, second: Plan) -> Plan:
    """The smaller room: doors open into it, away from the way through."""
    if second.name in _PUBLIC:
        return first
    return first if first.outline.area < second.outline.area and first.name not in _PUBLIC else second
