"""`furnish_hall`: what a hall is for: reading, waiting, banquets, a market, or statues."""

from __future__ import annotations

import math

from spatialmem.generators.worlds.furniture.decor import vase
from spatialmem.generators.worlds.furniture.hall_frame import dress_walls, hang_chandeliers, raise_columns
from spatialmem.generators.worlds.furniture.interior import Interior
from spatialmem.generators.worlds.furniture.lamps import table_lamp
from spatialmem.generators.worlds.furniture.market import furnish_market
from spatialmem.generators.worlds.furniture.piece import Piece
from spatialmem.generators.worlds.furniture.seats import bench, chair, stool
from spatialmem.generators.worlds.furniture.spot import Spot
from spatialmem.generators.worlds.furniture.storage import bookshelf, boxes
from spatialmem.generators.worlds.furniture.tables import table
from spatialmem.generators.worlds.materials import MATERIALS, Material
from spatialmem.generators.worlds.places.nooks import statue, urn
from spatialmem.labels import SemanticClass


def furnish_hall(interior: Interior) -> None:
    """Columns, beams and chandeliers, then tables, shelves, benches or stalls."""
    raise_columns(interior)
    hang_chandeliers(interior)
    uses = {"reading hall": _reading, "waiting hall": _waiting, "banquet hall": _banquet, "market hall": furnish_market,
            "columned hall": _statues}
    uses[interior.plan.name](interior)
    dress_walls(interior)


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
