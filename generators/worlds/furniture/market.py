"""Market stalls: tables of crates with fruit under awnings."""

from __future__ import annotations

import math
from dataclasses import replace

from spatialmem.generators.worlds.furniture.interior import Interior
from spatialmem.generators.worlds.furniture.piece import Piece
from spatialmem.generators.worlds.furniture.spot import Spot
from spatialmem.generators.worlds.furniture.storage import boxes
from spatialmem.generators.worlds.materials import MATERIALS, TILE_M, Colour, Material
from spatialmem.labels import SemanticClass


def _heap(name: str, size: int, colour: Colour) -> Material:
    """Fruit that lies in a heap, `size` of them over 16 m: pebbles of another colour."""
    return replace(MATERIALS["gravel"].tinted(colour), name=name, scale_m=TILE_M / size, contrast=0.45)


_GOODS = (_heap("apples", 200, (0.66, 0.13, 0.1)), _heap("oranges", 180, (0.9, 0.48, 0.1)),
          _heap("lemons", 220, (0.92, 0.8, 0.25)), _heap("limes", 240, (0.42, 0.6, 0.18)),
          _heap("plums", 260, (0.33, 0.16, 0.34)), _heap("potatoes", 200, (0.66, 0.5, 0.32)))


def furnish_market(interior: Interior) -> None:
    """Stalls in the aisles and along the walls."""
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
    for k in range(4):
        x, thing = -0.9 + 0.6 * k, stall.thing()
        stall.box((x - 0.24, -0.4, 0.86), (x + 0.24, 0.4, 0.98), MATERIALS["cardboard"], SemanticClass.BOX, thing=thing)
        stall.ellipsoid((x, 0.0, 0.97), (0.21, 0.36, 0.13), _GOODS[dice.integer(0, len(_GOODS) - 1)],
                        SemanticClass.OTHER, thing=thing)
    _awning(stall, (look.curtain, look.bedding, look.cushion)[dice.integer(0, 2)], look.metal)
    return stall


def _awning(stall: Piece, cloth: Material, metal: Material) -> None:
    for x in (-1.15, 1.12):
        for y in (-0.5, 0.47):
            stall.box((x, y, 0.86), (x + 0.03, y + 0.03, 2.2), metal, SemanticClass.COLUMN, fine=True)
    stall.box((-1.3, -0.7, 2.2), (1.3, 0.7, 2.26), cloth, SemanticClass.CURTAIN)
