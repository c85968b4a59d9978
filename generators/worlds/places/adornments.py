"""`adornment`: what grows or hangs on the walls of a maze, so that no two stretches look the same."""

from __future__ import annotations

from spatialmem.generators.worlds.dice import Dice
from spatialmem.generators.worlds.furniture.decor import picture
from spatialmem.generators.worlds.furniture.lamps import wall_lamp
from spatialmem.generators.worlds.furniture.piece import Piece
from spatialmem.generators.worlds.materials import MATERIALS
from spatialmem.generators.worlds.places.look import Look
from spatialmem.labels import SemanticClass

_PLANT = SemanticClass.PLANT


def adornment(look: Look, dice: Dice, *, hedge: bool, height: float) -> Piece:
    """Something up to 1.6 m wide and 0.2 m deep on a stretch of wall; the origin is below its middle."""
    if hedge:
        return dice.choice((_flowers, _flowers, _trellis))(look, dice, height)
    return dice.choice((_ivy, _ivy, _relief, _lantern, _boxes, _painting))(look, dice, height)


def _ivy(look: Look, dice: Dice, height: float) -> Piece:
    """Leaves that climb up the wall in clumps."""
    piece, lean = Piece(), dice.uniform(-0.15, 0.15)
    for row in range(4):
        z = 0.3 + row * (height - 0.6) / 3
        for k in range(3):
            x = (k - 1) * 0.26 + lean * row + dice.uniform(-0.06, 0.06)
            size = dice.uniform(0.12, 0.19)
            piece.ellipsoid((x, 0.06 - size / 2, z + dice.uniform(-0.1, 0.1)), (size, size, dice.uniform(0.3, 0.42)),
                            look.leaves, _PLANT)
    return piece


def _flowers(look: Look, dice: Dice, height: float) -> Piece:
    """Small flowers all over."""
    piece, top = Piece(), min(1.9, height - 0.2)
    for k in range(14):
        size = dice.uniform(0.05, 0.1)
        piece.ellipsoid((-0.8 + 0.12 * k, 0.0, dice.uniform(0.5, top)), (size, size, size), look.bloom, _PLANT)
    return piece


def _boxes(look: Look, dice: Dice, height: float) -> Piece:
    """Two wooden boxes with flowers."""
    piece = Piece()
    del height
    for x in (-0.45, 0.45):
        z, thing = dice.uniform(0.9, 1.3), piece.thing()
        piece.box((x - 0.35, 0.0, z), (x + 0.35, 0.18, z + 0.18), look.wood, SemanticClass.BOX, thing=thing)
        for k in range(4):
            piece.ellipsoid((x - 0.24 + 0.16 * k, 0.09, z + 0.24), (0.09, 0.09, dice.uniform(0.09, 0.15)), look.bloom,
                            _PLANT, thing=thing)
    return piece


def _trellis(look: Look, dice: Dice, height: float) -> Piece:
    """A lattice of laths with a few blossoms."""
    piece, top = Piece(), min(height - 0.15, 2.0)
    for k in range(5):
        x = -0.7 + 0.35 * k
        piece.box((x - 0.02, 0.0, 0.1), (x + 0.02, 0.04, top), look.trim, SemanticClass.FENCE, fine=k % 2 == 1)
    for k in range(5):
        z = 0.3 + (top - 0.5) * k / 4
        piece.box((-0.75, 0.038, z - 0.02), (0.75, 0.06, z + 0.02), look.trim, SemanticClass.FENCE, fine=k % 2 == 1)
    for _ in range(3):
        piece.ellipsoid((dice.uniform(-0.6, 0.6), 0.05, dice.uniform(0.8, 1.8)), (0.09, 0.09, 0.1), look.bloom, _PLANT)
    return piece


def _relief(look: Look, dice: Dice, height: float) -> Piece:
    """A blind arch or a framed panel of another stone."""
    piece, half, top = Piece(), dice.uniform(0.45, 0.7), min(2.0, height - 0.2)
    stone = MATERIALS[dice.choice(("sandstone", "marble", "dark_marble"))]
    thing = SemanticClass.OTHER
    for x in (-half, half - 0.12):
        piece.box((x, 0.0, 0.3), (x + 0.12, 0.08, top), stone, thing)
    piece.box((-half - 0.05, 0.0, top), (half + 0.05, 0.1, top + 0.12), stone, thing)
    piece.box((-half - 0.05, 0.0, 0.2), (half + 0.05, 0.1, 0.3), stone, thing)
    piece.ellipsoid((0.0, 0.0, 1.45), (0.13, 0.13, 0.2), look.metal, thing, thing=piece.thing())
    return piece


def _lantern(look: Look, dice: Dice, height: float) -> Piece:
    """A lamp between two small signs."""
    piece = Piece()
    piece.add(wall_lamp(look, 0.7), 0.0, 0.0, min(1.9, height - 0.35))
    for x in (-0.6, 0.6):
        piece.add(picture(0.4, 0.5, MATERIALS["dark_metal"]), x + dice.uniform(-0.1, 0.1), 0.0, 1.2)
    return piece


def _painting(look: Look, dice: Dice, height: float) -> Piece:
    """A painting on the wall."""
    piece, wide = Piece(), dice.uniform(0.8, 1.3)
    del height
    piece.add(picture(wide, 0.7 * wide, look.wood), dice.uniform(-0.2, 0.2), 0.0, 1.1)
    return piece
