"""Dining rooms, and tables with chairs around them anywhere."""

from __future__ import annotations

import math

from spatialmem.generators.worlds.furniture.decor import vase
from spatialmem.generators.worlds.furniture.dressing import hang_pictures, lay_rug, light_ceiling, stand_plants
from spatialmem.generators.worlds.furniture.interior import Interior
from spatialmem.generators.worlds.furniture.piece import Piece
from spatialmem.generators.worlds.furniture.seats import chair
from spatialmem.generators.worlds.furniture.storage import sideboard
from spatialmem.generators.worlds.furniture.tables import round_table, table
from spatialmem.labels import SemanticClass


def furnish_dining(interior: Interior) -> None:
    """A laid table in the middle, a sideboard, pictures."""
    dice = interior.dice
    sizes = [seats for seats in (8, 6, 4, 2) if seats <= max(4, interior.inner.area / 2.2)]
    if not any(set_table(interior, seats, rug=True) for seats in sizes):
        interior.against(_at_wall(interior), gap=0.02)
    interior.against(sideboard(dice.choice((1.4, 1.8, 1.2)), 0.85, interior.look), order="middle")
    interior.against(sideboard(1.0, 1.2, interior.look))
    stand_plants(interior, dice.integer(1, 2))
    hang_pictures(interior, dice.integer(3, 6))
    light_ceiling(interior)


def set_table(interior: Interior, seats: int, *, rug: bool = False) -> bool:
    """A table with so many chairs, in the open; tells whether it found a place."""
    dice, look = interior.dice, interior.look
    turns = (0.0, math.pi / 2) if interior.inner.width >= interior.inner.depth else (math.pi / 2, 0.0)
    group = _round(interior) if seats == 4 and dice.chance(0.4) else _long(interior, seats)
    group.add(vase(0.3, look, dice), dice.uniform(-0.15, 0.15), 0.0, 0.751)
    for turn in turns:
        spot = interior.free_standing(group, turns=(turn,), tries=14)
        if spot is not None:
            if rug and dice.chance(0.6):
                low, high = group.bounds()
                lay_rug(interior, spot, high[0] - low[0] + 0.3, high[1] - low[1] + 0.3)
            return True
    return False


def _long(interior: Interior, seats: int) -> Piece:
    """Chairs along both sides, and at the ends of a long one; the origin is the table's middle."""
    dice, look = interior.dice, interior.look
    ends = seats >= 6
    beside = max(1, (seats - 2 * ends) // 2)
    width, depth = 0.62 * beside + 0.35, 0.85
    group = Piece()
    group.add(table(width, depth, 0.75, look.wood, look.wood), 0.0, -depth / 2)
    for k in range(beside):
        x = (k - (beside - 1) / 2) * 0.62
        for sign, turn in ((-1.0, 0.0), (1.0, math.pi)):
            pulled = dice.uniform(0.2, 0.34)
            group.add(chair(look.wood, look.cushion), x, sign * (depth / 2 + pulled), 0.0,
                      turn + dice.uniform(-0.06, 0.06))
    for sign in (-1.0, 1.0) if ends else ():
        group.add(chair(look.wood, look.cushion), sign * (width / 2 + 0.28), 0.0, 0.0, -sign * -math.pi / 2)
    for k in range(beside):
        x = (k - (beside - 1) / 2) * 0.62
        for sign in (-1.0, 1.0):
            group.cylinder((x, sign * 0.24, 0.75), 0.11, 0.015, look.metal, SemanticClass.OTHER, fine=True)
    return group


def _at_wall(interior: Interior) -> Piece:
    """A small table at a wall, a chair at either end."""
    look, group = interior.look, Piece()
    group.add(table(0.8, 0.6, 0.75, look.wood, look.wood), 0.0, 0.0)
    for sign in (-1.0, 1.0):
        group.add(chair(look.wood, look.cushion), sign * 0.7, 0.3, 0.0, sign * math.pi / 2)
    return group


def _round(interior: Interior) -> Piece:
    dice, look = interior.dice, interior.look
    group, radius = Piece(), 0.58
    group.add(round_table(radius, 0.75, look.wood, look.metal), 0.0, -radius)
    for k in range(4):
        turn, out = k * math.pi / 2, radius + dice.uniform(0.2, 0.3)
        group.add(chair(look.wood, look.cushion), out * math.sin(turn), -out * math.cos(turn), 0.0,
                  turn)
    return group
