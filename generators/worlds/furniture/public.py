"""Rooms of offices, hotels and schools, and the corridors between them."""

from __future__ import annotations

import math

from spatialmem.generators.worlds.blocks import SIDES
from spatialmem.generators.worlds.furniture.bathroom import furnish_bathroom
from spatialmem.generators.worlds.furniture.bedroom import furnish_bedroom
from spatialmem.generators.worlds.furniture.decor import clock, notice_board
from spatialmem.generators.worlds.furniture.dining import set_table
from spatialmem.generators.worlds.furniture.dressing import hang_pictures, light_ceiling, stand_plants
from spatialmem.generators.worlds.furniture.interior import Interior
from spatialmem.generators.worlds.furniture.kitchen import furnish_kitchen
from spatialmem.generators.worlds.furniture.lamps import wall_lamp
from spatialmem.generators.worlds.furniture.living import furnish_living
from spatialmem.generators.worlds.furniture.piece import Piece
from spatialmem.generators.worlds.furniture.seats import bench, chair
from spatialmem.generators.worlds.furniture.storage import bookshelf, boxes, sideboard
from spatialmem.generators.worlds.furniture.study import furnish_study, stand_desk
from spatialmem.generators.worlds.furniture.tables import table
from spatialmem.generators.worlds.materials import MATERIALS
from spatialmem.labels import SemanticClass

_PITCH = 1.3
"""From desk to desk in a classroom, metres."""


def furnish_public(interior: Interior) -> None:
    """Furnishes the room by the name in its plan; other names stay empty."""
    rooms = {"corridor": _corridor, "office": _office, "meeting room": _meeting, "storage": _storage,
             "lounge": furnish_living, "kitchen": furnish_kitchen, "hotel room": furnish_bedroom,
             "classroom": _classroom, "study": furnish_study, "washroom": furnish_bathroom}
    builder = rooms.get(interior.plan.name)
    if builder is not None:
        builder(interior)


def _corridor(interior: Interior) -> None:
    dice, look = interior.dice, interior.look
    long = max(interior.inner.width, interior.inner.depth)
    for _ in range(max(1, round(long / 4))):
        interior.against(notice_board(dice.choice((0.9, 1.2, 1.6)), look, dice), lift=1.15, gap=0.002)
    for _ in range(max(1, round(long / 7))):
        interior.against(bench(1.2, look.wood, look.metal))
    stand_plants(interior, round(long / 5))
    hang_pictures(interior, round(long / 2.5))
    if dice.chance(0.5):
        for _ in range(round(long / 3)):
            interior.against(wall_lamp(look, 0.4), lift=1.95, gap=0.002)
    light_ceiling(interior, "panel" if interior.plan.site.district.child("panels").chance(0.7) else "dome")


def _office(interior: Interior) -> None:
    dice, look = interior.dice, interior.look
    for _ in range(max(1, round(interior.inner.area / 7))):
        stand_desk(interior)
    for _ in range(2):
        interior.against(bookshelf(dice.choice((0.8, 1.2)), dice.choice((1.1, 1.8)), look, dice))
    interior.against(sideboard(1.2, 0.8, look))
    interior.against(notice_board(1.4, look, dice), lift=1.15, gap=0.002)
    interior.against(clock(look), lift=2.0, gap=0.002)
    stand_plants(interior, dice.integer(1, 2))
    hang_pictures(interior, 2)
    light_ceiling(interior, "panel")


def _meeting(interior: Interior) -> None:
    dice, look = interior.dice, interior.look
    for seats in (10, 8, 6, 4):
        if set_table(interior, seats):
            break
    _board(interior)
    interior.against(sideboard(1.6, 0.8, look))
    stand_plants(interior, 2)
    hang_pictures(interior, dice.integer(1, 3))
    light_ceiling(interior, "panel")


def _storage(interior: Interior) -> None:
    dice = interior.dice
    for _ in range(4):
        interior.against(bookshelf(dice.choice((0.8, 1.2)), 1.8, interior.look, dice))
    for _ in range(5):
        interior.against(boxes(dice))
    light_ceiling(interior, "dome")


def _classroom(interior: Interior) -> None:
    look = interior.look
    side = _board(interior) or "north"
    turn = {"north": 0.0, "south": math.pi, "west": math.pi / 2, "east": -math.pi / 2}[side]
    place = Piece()
    place.add(table(0.7, 0.5, 0.72, look.light_wood, look.metal), 0.0, 0.0)
    place.add(chair(look.wood, look.wood), 0.0, -0.36)
    wide, deep = (interior.inner.width, interior.inner.depth) if side in {"north", "south"} else (
        interior.inner.depth, interior.inner.width)
    for row in range(int((deep - 2.2) / _PITCH)):
        for column in range(int((wide - 0.7) / _PITCH)):
            _desk_at(interior, place, (row, column, wide), turn)
    interior.against(bookshelf(1.2, 1.8, look, interior.dice))
    interior.against(notice_board(1.6, look, interior.dice), lift=1.15, gap=0.002)
    interior.against(clock(look), lift=2.0, gap=0.002)
    stand_plants(interior, 1)
    hang_pictures(interior, 4)
    light_ceiling(interior, "panel")


def _desk_at(interior: Interior, place: Piece, where: tuple[int, int, float], turn: float) -> None:
    """One desk of the grid that faces the board."""
    row, column, wide = where
    count = int((wide - 0.7) / _PITCH)
    right = (column - (count - 1) / 2) * _PITCH
    deep = interior.inner.depth if turn in {0.0, math.pi} else interior.inner.width
    interior.try_at(place, interior.centre(turn).before(right, deep / 2 - 2.1 - _PITCH * row))


def _board(interior: Interior) -> str | None:
    """A blackboard in the middle of a wall; returns the side."""
    piece = Piece(front=0.6)
    piece.box((-1.4, 0.0, 0.85), (1.4, 0.03, 2.05), interior.look.wood, SemanticClass.PICTURE)
    piece.box((-1.35, 0.028, 0.9), (1.35, 0.036, 2.0), MATERIALS["paint"].tinted((0.13, 0.2, 0.17)),
              SemanticClass.PICTURE)
    piece.box((-1.4, 0.03, 0.85), (1.4, 0.09, 0.88), interior.look.wood, SemanticClass.PICTURE, fine=True)
    sides = sorted(interior.dice.shuffled(tuple(SIDES)), key=interior.length)
    spot = interior.against(piece, sides, order="middle", gap=0.002)
    return None if spot is None else spot.side
