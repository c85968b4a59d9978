"""What makes a hall a hall: columns that carry beams, chandeliers, and what hangs on its walls."""

from __future__ import annotations

import math

from spatialmem.generators.worlds.furniture.decor import clock, picture
from spatialmem.generators.worlds.furniture.dressing import OPPOSITE, stand_plants
from spatialmem.generators.worlds.furniture.interior import Interior
from spatialmem.generators.worlds.furniture.lamps import wall_lamp
from spatialmem.generators.worlds.furniture.piece import Piece
from spatialmem.generators.worlds.furniture.spot import Spot
from spatialmem.generators.worlds.materials import MATERIALS, Material
from spatialmem.labels import SemanticClass

_COLUMN = SemanticClass.COLUMN


def raise_columns(interior: Interior) -> None:
    """Rows of columns that carry beams; how they stand is the district's, so that aisles go on."""
    shared, height = interior.plan.site.district, interior.height
    wall = interior.look.wall
    stone = wall if wall.name in {"stone", "sandstone", "marble"} else MATERIALS["sandstone"]
    round_, along_x = shared.child("round").chance(0.6), shared.child("rows").chance(0.5)
    radius, deep = shared.child("radius").uniform(0.22, 0.36), 0.35
    for row in (4.0, 12.0):
        for k in range(4):
            x, y = (2.0 + 4.0 * k, row) if along_x else (row, 2.0 + 4.0 * k)
            interior.try_at(_column(radius, height - deep, stone, round_), Spot(x, y, 0.0, None))
        _beam(interior, row, along_x, deep)
    for k in range(4):
        _beam(interior, 2.0 + 4.0 * k, not along_x, 0.8 * deep)


def _column(radius: float, height: float, stone: Material, round_: bool) -> Piece:
    piece, wide = Piece(), radius + 0.09
    piece.box((-wide, -wide, 0.0), (wide, wide, 0.22), stone, _COLUMN)
    if round_:
        piece.cylinder((0.0, 0.0, 0.22), radius + 0.04, 0.12, stone, _COLUMN)
        piece.cylinder((0.0, 0.0, 0.34), radius, height - 0.62, stone, _COLUMN)
        piece.cylinder((0.0, 0.0, height - 0.36), radius + 0.05, 0.14, stone, _COLUMN)
    else:
        piece.box((-radius, -radius, 0.22), (radius, radius, height - 0.2), stone, _COLUMN)
    piece.box((-wide, -wide, height - 0.22), (wide, wide, height), stone, _COLUMN)
    return piece


def _beam(interior: Interior, at: float, along_x: bool, deep: float) -> None:
    piece, (x0, y0, x1, y1) = Piece(), interior.inner
    low, high = (((x0, at - 0.16), (x1, at + 0.16)) if along_x else ((at - 0.16, y0), (at + 0.16, y1)))
    piece.box((*low, interior.height - deep), (*high, interior.height + 0.02), interior.look.wood, _COLUMN)
    if not _crosses(low, high, interior):
        piece.build(interior.builder)


def _crosses(low: tuple[float, float], high: tuple[float, float], interior: Interior) -> bool:
    sky = interior.plan.skylight
    return sky is not None and low[0] < sky.x1 and sky.x0 < high[0] and low[1] < sky.y1 and sky.y0 < high[1]


def hang_chandeliers(interior: Interior) -> None:
    """Rings of lamps over the middles of the aisles."""
    drop = min(interior.height - 2.9, 1.6)
    for x in (4.0, 8.0, 12.0):
        for y in (4.0, 8.0, 12.0):
            if (x == 8.0) != (y == 8.0):
                continue
            piece = Piece()
            piece.cylinder((0.0, 0.0, -drop), 0.015, drop, MATERIALS["dark_metal"], SemanticClass.LAMP, fine=True)
            piece.cylinder((0.0, 0.0, -drop - 0.06), 0.5, 0.06, interior.look.metal, SemanticClass.LAMP)
            for k in range(6):
                turn = k * math.pi / 3
                piece.cylinder((0.42 * math.cos(turn), 0.42 * math.sin(turn), -drop), 0.05, 0.12, MATERIALS["lamp"],
                               SemanticClass.LAMP)
            piece.glow((0.0, 0.0, -drop - 0.3), 2.2, 12.0)
            if not _crosses((x - 0.5, y - 0.5), (x + 0.5, y + 0.5), interior):
                interior.try_at(piece, Spot(x, y, 0.0, None), interior.height)


def dress_walls(interior: Interior) -> None:
    """Large paintings, lamps on the walls, clocks, plants."""
    dice, look = interior.dice.child("walls"), interior.look
    for side in OPPOSITE:
        low, high = interior.inner.along(side)
        for k in range(6):
            place = low + (k + 0.5) * (high - low) / 6 + dice.uniform(-0.3, 0.3)
            width = dice.uniform(0.9, 1.8)
            if dice.chance(0.6):
                interior.at_wall(picture(width, width * 0.75, look.wood), side, place, lift=1.2, gap=0.002)
            interior.at_wall(wall_lamp(look, 0.8), side, place + 1.2, lift=2.1, gap=0.002)
    if dice.chance(0.7):
        interior.against(clock(look), lift=3.0, gap=0.002, order="middle")
    stand_plants(interior, dice.integer(2, 5))
