"""What stands in halls: columns and beams, and what the hall is for."""

from __future__ import annotations

import math

from spatialmem.generators.worlds.furniture.decor import clock, picture, vase
from spatialmem.generators.worlds.furniture.dressing import OPPOSITE, stand_plants
from spatialmem.generators.worlds.furniture.interior import Interior, Spot
from spatialmem.generators.worlds.furniture.lamps import table_lamp, wall_lamp
from spatialmem.generators.worlds.furniture.piece import Piece
from spatialmem.generators.worlds.furniture.seats import bench, chair, stool
from spatialmem.generators.worlds.furniture.storage import bookshelf, boxes
from spatialmem.generators.worlds.furniture.tables import table
from spatialmem.generators.worlds.materials import MATERIALS, Material
from spatialmem.generators.worlds.places.nooks import statue, urn
from spatialmem.labels import SemanticClass

_COLUMN = SemanticClass.COLUMN


def furnish_hall(interior: Interior) -> None:
    """Columns, beams and chandeliers, then tables, shelves, benches or stalls."""
    _columns(interior)
    _chandeliers(interior)
    uses = {"reading hall": _reading, "waiting hall": _waiting, "banquet hall": _banquet, "market hall": _market,
            "columned hall": _statues}
    uses[interior.plan.name](interior)
    _walls(interior)


def _columns(interior: Interior) -> None:
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


def _chandeliers(interior: Interior) -> None:
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


def _grid(interior: Interior, piece: Piece, columns: tuple[float, ...], rows: tuple[float, ...]) -> None:
    """The piece at every crossing of columns and rows where it fits, along the aisles."""
    along_x = interior.plan.site.district.child("rows").chance(0.5)
    for a in columns:
        for b in rows:
            spot = Spot(a, b, 0.0, None) if along_x else Spot(b, a, math.pi / 2, None)
            interior.try_at(piece, spot)


def _reading(interior: Interior) -> None:
    dice, look = interior.dice, interior.look
    for _ in range(12):
        interior.against(bookshelf(2.4, 2.4, look, dice), gap=0.005)
    place = Piece()
    place.add(table(2.4, 1.0, 0.75, look.wood, look.wood), 0.0, -0.5)
    for x in (-0.7, 0.0, 0.7):
        place.add(chair(look.wood, look.cushion), x, -0.78)
        place.add(chair(look.wood, look.cushion), x, 0.78, 0.0, math.pi)
    for x in (-0.6, 0.6):
        place.add(table_lamp(look, 0.4), x, 0.0, 0.75)
    _grid(interior, place, (4.0, 8.0, 12.0), (6.3, 9.7))
    back_to_back = Piece()
    back_to_back.add(bookshelf(1.8, 2.1, look, dice), 0.0, 0.0)
    back_to_back.add(bookshelf(1.8, 2.1, look, dice), 0.0, 0.0, 0.0, math.pi)
    _grid(interior, back_to_back, (4.0, 8.0, 12.0), (1.9, 14.1))


def _waiting(interior: Interior) -> None:
    look = interior.look
    pair = Piece()
    pair.add(bench(2.4, look.wood, look.metal, back=True), 0.0, 0.02)
    pair.add(bench(2.4, look.wood, look.metal, back=True), 0.0, -0.02, 0.0, math.pi)
    _grid(interior, pair, (4.0, 8.0, 12.0), (6.5, 9.5, 2.2, 13.8))
    for _ in range(4):
        interior.against(bench(2.0, look.wood, look.metal, back=True))
    interior.against(boxes(interior.dice), gap=0.1)


def _banquet(interior: Interior) -> None:
    dice, look = interior.dice, interior.look
    place, long = Piece(), 3.6
    place.add(table(long, 1.0, 0.76, look.wood, look.wood), 0.0, -0.5)
    for k in range(5):
        x = 0.68 * (k - 2)
        for sign, turn in ((-1.0, 0.0), (1.0, math.pi)):
            place.add(chair(look.wood, look.cushion), x, 0.78 * sign, 0.0, turn)
            place.cylinder((x, 0.3 * sign, 0.76), 0.12, 0.015, MATERIALS["ceramic"], SemanticClass.OTHER, fine=True)
    for x in (-0.9, 0.9):
        place.add(vase(0.35, look, dice), x, 0.0, 0.761)
    _grid(interior, place, (4.0, 8.0, 12.0), (6.2, 9.8, 2.0, 14.0))


def _market(interior: Interior) -> None:
    dice = interior.dice
    for a in (2.0, 6.0, 10.0, 14.0):
        for b in (8.0, 6.0, 10.0):
            along_x = interior.plan.site.district.child("rows").chance(0.5)
            spot = Spot(a, b, 0.0, None) if along_x else Spot(b, a, math.pi / 2, None)
            if interior.try_at(_stall(interior), spot):
                break
    for _ in range(8):
        stall = Piece()
        stall.add(_stall(interior), 0.0, 0.72)
        interior.against(stall)
    for _ in range(4):
        interior.against(boxes(dice), gap=0.05)


def _stall(interior: Interior) -> Piece:
    """A table of crates under an awning; the origin is its middle."""
    dice, look = interior.dice, interior.look
    stall = Piece(front=0.5)
    stall.box((-1.1, -0.45, 0.0), (1.1, 0.45, 0.8), look.wood, SemanticClass.TABLE)
    stall.box((-1.2, -0.55, 0.8), (1.2, 0.55, 0.86), look.light_wood, SemanticClass.TABLE)
    goods = (look.cushion, look.rug, look.leaves, look.bloom)
    for k in range(4):
        x, thing = -0.9 + 0.6 * k, stall.thing()
        stall.box((x - 0.24, -0.4, 0.86), (x + 0.24, 0.4, 0.98), MATERIALS["cardboard"], SemanticClass.BOX, thing=thing)
        stall.ellipsoid((x, 0.0, 0.98), (0.2, 0.34, 0.1), goods[dice.integer(0, 3)], SemanticClass.OTHER, thing=thing)
    _awning(stall, (look.curtain, look.bedding, look.cushion)[dice.integer(0, 2)], look.metal)
    return stall


def _awning(stall: Piece, cloth: Material, metal: Material) -> None:
    for x in (-1.15, 1.12):
        for y in (-0.5, 0.47):
            stall.box((x, y, 0.86), (x + 0.03, y + 0.03, 2.2), metal, SemanticClass.COLUMN, fine=True)
    stall.box((-1.3, -0.7, 2.2), (1.3, 0.7, 2.26), cloth, SemanticClass.CURTAIN)


def _statues(interior: Interior) -> None:
    dice, look = interior.dice, interior.look
    for a in (4.0, 8.0, 12.0):
        for b in (2.2, 13.8):
            interior.try_at(statue(MATERIALS["marble"], dice), Spot(a, b - 0.32, 0.0, None))
    for _ in range(5):
        interior.against(bench(1.8, look.wood, look.wood))
    for _ in range(4):
        interior.against(urn(MATERIALS["sandstone"], look.bloom, dice), order="corner", gap=0.05)
    for x in (6.0, 10.0):
        interior.try_at(stool(0.5, look.soft, look.wood), Spot(x, 8.0, 0.0, None))
    interior.lay(_carpet(look.rug), *interior.inner.middle, 0.0)


def _carpet(material: Material) -> Piece:
    piece = Piece()
    piece.box((-5.0, -1.3, -0.02), (5.0, 1.3, 0.014), material, SemanticClass.RUG)
    return piece


def _walls(interior: Interior) -> None:
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
