"""Things to find at the end of a lane: a bench, an urn, a statue, a lamp post."""

from __future__ import annotations

from spatialmem.generators.worlds.dice import Dice
from spatialmem.generators.worlds.furniture.decor import plant
from spatialmem.generators.worlds.furniture.piece import Piece
from spatialmem.generators.worlds.furniture.seats import bench
from spatialmem.generators.worlds.furniture.storage import boxes
from spatialmem.generators.worlds.materials import MATERIALS, Material
from spatialmem.generators.worlds.places.look import Look
from spatialmem.labels import SemanticClass

_OTHER = SemanticClass.OTHER


def nook(look: Look, dice: Dice, outdoors: bool) -> Piece:
    """One thing for a dead end, at most 1.4 m wide, with its back to y = 0."""
    pick = dice.choice(("bench", "urn", "statue", "plants", "post" if outdoors else "boxes"))
    if pick == "bench":
        return bench(1.3, look.wood, look.metal, back=True)
    if pick == "urn":
        return urn(MATERIALS["sandstone"], look.bloom, dice)
    if pick == "statue":
        return statue(MATERIALS["marble"], dice)
    if pick == "boxes":
        return boxes(dice)
    return post(look) if pick == "post" else plant(1.2, look, dice)


def urn(stone: Material, bloom: Material, dice: Dice) -> Piece:
    """A stone urn with flowers on a block."""
    piece = Piece()
    piece.box((-0.24, 0.02, 0.0), (0.24, 0.5, 0.4), stone, _OTHER)
    piece.cylinder((0.0, 0.26, 0.4), 0.1, 0.12, stone, _OTHER)
    piece.ellipsoid((0.0, 0.26, 0.68), (0.24, 0.24, 0.2), stone, _OTHER)
    piece.ellipsoid((0.0, 0.26, 0.9), (0.24, 0.24, dice.uniform(0.14, 0.24)), bloom,
                    SemanticClass.PLANT, thing=piece.thing())
    return piece


def statue(stone: Material, dice: Dice) -> Piece:
    """A figure of simple bodies on a plinth."""
    piece, high = Piece(), dice.uniform(0.5, 0.9)
    piece.box((-0.3, 0.02, 0.0), (0.3, 0.62, 0.08), stone, _OTHER)
    piece.box((-0.25, 0.07, 0.08), (0.25, 0.57, high), stone, _OTHER)
    shape = dice.choice(("figure", "obelisk", "ball", "rings"))
    if shape == "figure":
        piece.cylinder((0.0, 0.32, high), 0.15, 0.5, stone, _OTHER)
        piece.ellipsoid((0.0, 0.32, high + 0.62), (0.2, 0.14, 0.24), stone, _OTHER)
        piece.ellipsoid((0.0, 0.32, high + 0.95), (0.1, 0.11, 0.13), stone, _OTHER)
    elif shape == "obelisk":
        for k in range(4):
            half = 0.17 - 0.035 * k
            piece.box((-half, 0.32 - half, high + 0.25 * k), (half, 0.32 + half, high + 0.25 * (k + 1)), stone, _OTHER)
    elif shape == "ball":
        piece.ellipsoid((0.0, 0.32, high + 0.24), (0.25, 0.25, 0.25), stone, _OTHER)
    else:
        for k in range(4):
            piece.cylinder((0.0, 0.32, high + 0.16 * k), 0.22 if k % 2 == 0 else 0.13, 0.16, stone, _OTHER)
    return piece


def post(look: Look) -> Piece:
    """A lamp post as high as a person."""
    piece, lamp = Piece(), SemanticClass.LAMP
    piece.cylinder((0.0, 0.2, 0.0), 0.12, 0.1, look.metal, lamp)
    piece.cylinder((0.0, 0.2, 0.1), 0.04, 1.9, look.metal, lamp)
    piece.ellipsoid((0.0, 0.2, 2.15), (0.17, 0.17, 0.19), MATERIALS["lamp"], lamp)
    piece.glow((0.0, 0.2, 2.4), 0.9, 6.0)
    return piece
