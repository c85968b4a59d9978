"""Living rooms and lounges: a sofa that faces a low table and a television, shelves, armchairs, plants."""

from __future__ import annotations

import math

from spatialmem.generators.worlds.blocks import SIDES
from spatialmem.generators.worlds.furniture.decor import clock
from spatialmem.generators.worlds.furniture.dining import set_table
from spatialmem.generators.worlds.furniture.dressing import (
    OPPOSITE,
    hang_pictures,
    lay_rug,
    light_ceiling,
    stand_plants,
)
from spatialmem.generators.worlds.furniture.interior import Interior
from spatialmem.generators.worlds.furniture.lamps import floor_lamp
from spatialmem.generators.worlds.furniture.seats import armchair, sofa
from spatialmem.generators.worlds.furniture.spot import Spot
from spatialmem.generators.worlds.furniture.storage import bookshelf, sideboard, television
from spatialmem.generators.worlds.furniture.tables import round_table, table

_WIDTHS = (2.4, 2.0, 1.7, 1.5)


def furnish_living(interior: Interior) -> None:
    """A sitting group, what it looks at, and shelves."""
    dice = interior.dice
    seat = _sofa(interior)
    if seat is not None:
        _group(interior, seat)
    for _ in range(2 if interior.inner.area > 18 else 1):
        interior.against(bookshelf(dice.choice((0.8, 1.2, 1.6)), dice.choice((1.1, 1.8, 2.1)), interior.look, dice))
    if interior.inner.area > 30:
        set_table(interior, 4)
        second = _sofa(interior)
        if second is not None:
            _group(interior, second)
    interior.against(sideboard(dice.choice((1.2, 1.6)), dice.uniform(0.7, 0.85), interior.look))
    stand_plants(interior, dice.integer(1, 3))
    hang_pictures(interior, dice.integer(4, 7))
    light_ceiling(interior)


def _sofa(interior: Interior) -> Spot | None:
    # the longest wall first: there the group has the room before it
    sides = sorted(interior.dice.shuffled(tuple(SIDES)), key=lambda side: -round(interior.length(side)))
    for width in _WIDTHS:
        spot = interior.against(sofa(width, interior.look), sides, order="middle", gap=0.05)
        if spot is not None:
            for right in interior.dice.shuffled((-width / 2 - 0.28, width / 2 + 0.28)):
                if interior.try_at(floor_lamp(interior.look), spot.before(right, 0.0)):
                    break
            return spot
    return None


def _group(interior: Interior, seat: Spot) -> None:
    dice, look = interior.dice, interior.look
    low = table(dice.uniform(0.9, 1.2), 0.55, 0.42, look.wood, look.wood)
    if dice.chance(0.35):
        low = round_table(0.42, 0.42, look.wood, look.metal)
    if interior.try_at(low, seat.before(0.0, 1.28)):
        lay_rug(interior, seat.before(0.0, 1.5), 2.7, 1.9)
    facing = OPPOSITE[seat.side] if seat.side else "north"
    place = seat.y if seat.side in {"west", "east"} else seat.x
    across = interior.inner.depth if seat.side in {"south", "north"} else interior.inner.width
    board = television(dice.choice((1.4, 1.8)), look)
    shifts = (0.0, -0.5, 0.5, -1.0, 1.0)
    if across < 6.5 and not any(interior.at_wall(board, facing, place + shift) for shift in shifts):
        interior.against(board, (facing,), order="middle")
    for right, turn in dice.shuffled([(1.75, math.pi / 2), (-1.75, -math.pi / 2)]):
        interior.try_at(armchair(look), seat.before(right, 1.55, turn))
    if dice.chance(0.4):
        interior.against(clock(look), lift=1.9, gap=0.002)
