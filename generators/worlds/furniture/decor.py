"""Pictures, plants, rugs, clocks and other small things."""

from __future__ import annotations

import math
from dataclasses import replace

from spatialmem.generators.worlds.dice import Dice
from spatialmem.generators.worlds.furniture.piece import Piece
from spatialmem.generators.worlds.materials import MATERIALS, Material
from spatialmem.generators.worlds.places.look import Look
from spatialmem.labels import SemanticClass


def picture(width: float, height: float, frame: Material) -> Piece:
    """A painting in a frame; the origin is the middle of its lower edge on the wall."""
    piece, thing = Piece(), SemanticClass.PICTURE
    piece.box((-width / 2, 0.0, 0.0), (width / 2, 0.02, height), frame, thing)
    piece.box((0.035 - width / 2, 0.018, 0.035), (width / 2 - 0.035, 0.028, height - 0.035), MATERIALS["painting"],
              thing)
    return piece


def mirror(look: Look) -> Piece:
    """A tall mirror in a frame; the origin is the middle of its lower edge on the wall."""
    piece = Piece()
    piece.box((-0.22, 0.0, 0.0), (0.22, 0.02, 0.8), look.wood, SemanticClass.OTHER)
    piece.box((-0.19, 0.018, 0.03), (0.19, 0.026, 0.77), MATERIALS["metal"], SemanticClass.OTHER)
    return piece


def towels(look: Look) -> Piece:
    """Two towels on a rail; the origin is the rail's middle on the wall."""
    piece = Piece()
    piece.box((-0.36, 0.05, 0.0), (0.36, 0.07, 0.02), look.metal, SemanticClass.OTHER, fine=True)
    for x, cloth in ((-0.32, look.bedding), (0.03, look.cushion)):
        piece.box((x, 0.03, -0.5), (x + 0.29, 0.09, 0.03), cloth, SemanticClass.CURTAIN, thing=piece.thing())
    return piece


def wall_shelf(width: float, look: Look, dice: Dice) -> Piece:
    """A board on the wall with books or a pot on it; the origin is the middle of its lower edge."""
    piece, x = Piece(), 0.03 - width / 2
    piece.box((-width / 2, 0.0, 0.0), (width / 2, 0.17, 0.025), look.wood, SemanticClass.SHELF)
    while x < width / 2 - 0.12:
        long = min(dice.uniform(0.12, 0.3), width / 2 - 0.02 - x)
        if dice.chance(0.65):
            piece.box((x, 0.01, 0.025), (x + long, 0.15, dice.uniform(0.2, 0.27)), MATERIALS["books"],
                      SemanticClass.SHELF, thing=piece.thing())
        else:
            thing = piece.thing()
            piece.cylinder((x + 0.06, 0.085, 0.025), 0.05, 0.09, look.pot, SemanticClass.PLANT, thing=thing)
            piece.ellipsoid((x + 0.06, 0.085, 0.17), (0.065, 0.065, 0.08), look.leaves, SemanticClass.PLANT,
                            thing=thing)
        x += long + 0.03
    return piece


def rug(width: float, depth: float, look: Look) -> Piece:
    """A rug; the origin is its middle."""
    piece = Piece()
    piece.box((-width / 2, -depth / 2, -0.02), (width / 2, depth / 2, 0.014), look.rug, SemanticClass.RUG)
    return piece


def plant(size: float, look: Look, dice: Dice) -> Piece:
    """A pot plant about `size` metres high: a bush, or long leaves around a stem."""
    piece, pot = Piece(), 0.1 + 0.09 * size
    y = pot + 0.04 + 0.1 * size
    piece.cylinder((0.0, y, 0.0), pot, 0.28 * size, look.pot, SemanticClass.PLANT)
    piece.cylinder((0.0, y, 0.27 * size), 0.9 * pot, 0.012, MATERIALS["soil"], SemanticClass.PLANT, fine=True)
    (_crown if dice.chance(0.5) else _blades)(piece, y, size, look, dice)
    return piece


def _crown(piece: Piece, y: float, size: float, look: Look, dice: Dice) -> None:
    """A small tree: a stem with a crown of a few lumps."""
    leaves, wide = piece.thing(), 0.2 * size
    piece.cylinder((0.0, y, 0.28 * size), 0.02, 0.3 * size, MATERIALS["bark"], SemanticClass.PLANT, fine=True,
                   thing=leaves)
    piece.ellipsoid((0.0, y, 0.72 * size), (0.9 * wide, 0.9 * wide, 0.24 * size), look.leaves, SemanticClass.PLANT,
                    thing=leaves)
    for k in range(5):
        turn, z = 2.4 * k, (0.62 + 0.07 * k) * size
        out, small = 0.55 * wide, dice.uniform(0.45, 0.6) * wide
        piece.ellipsoid((out * math.cos(turn), y + out * math.sin(turn), z), (small, small, small), look.leaves,
                        SemanticClass.PLANT, fine=True, thing=leaves)


def _blades(piece: Piece, y: float, size: float, look: Look, dice: Dice) -> None:
    """Long leaves that stand up from the pot."""
    leaves = piece.thing()
    greens = [replace(MATERIALS["paint"], name="leaf").tinted(colour)
              for colour in (look.leaves.colour_a, look.leaves.colour_b)]
    piece.ellipsoid((0.0, y, 0.45 * size), (0.07 * size, 0.07 * size, 0.25 * size), greens[0], SemanticClass.PLANT,
                    thing=leaves)
    for k in range(13):
        turn, tall = 2.4 * k, dice.uniform(0.22, 0.36) * size * (1 - 0.02 * k)
        out = (0.02 + 0.009 * k) * size
        piece.ellipsoid((out * math.cos(turn), y + out * math.sin(turn), 0.24 * size + tall),
                        (0.024 * size, 0.024 * size, tall), greens[k % 2], SemanticClass.PLANT, fine=True,
                        thing=leaves)


def clock(look: Look) -> Piece:
    """A square clock; the origin is its middle on the wall."""
    piece = Piece()
    piece.box((-0.16, 0.0, -0.16), (0.16, 0.03, 0.16), look.metal, SemanticClass.OTHER)
    piece.box((-0.14, 0.028, -0.14), (0.14, 0.034, 0.14), MATERIALS["plastic"], SemanticClass.OTHER)
    for x, z in ((0.01, 0.1), (0.08, 0.01)):
        piece.box((-0.008, 0.032, -0.008), (x, 0.04, z), MATERIALS["screen"], SemanticClass.OTHER, fine=True)
    return piece


def notice_board(width: float, look: Look, dice: Dice) -> Piece:
    """A cork board with sheets pinned to it; the origin is the middle of its lower edge on the wall."""
    piece = Piece()
    piece.box((-width / 2, 0.0, 0.0), (width / 2, 0.02, 0.8), look.metal, SemanticClass.PICTURE)
    piece.box((0.03 - width / 2, 0.018, 0.03), (width / 2 - 0.03, 0.024, 0.77), MATERIALS["cardboard"],
              SemanticClass.PICTURE)
    for k in range(int(width / 0.3)):
        x, z = 0.08 - width / 2 + 0.3 * k + dice.uniform(0.0, 0.05), dice.uniform(0.1, 0.36)
        piece.box((x, 0.022, z), (x + 0.2, 0.028, z + 0.29), MATERIALS["plastic"], SemanticClass.PICTURE, fine=True)
    return piece


def vase(height: float, look: Look, dice: Dice) -> Piece:
    """A vase with flowers; the origin is below its middle."""
    piece = Piece()
    piece.cylinder((0.0, 0.0, 0.0), 0.05, 0.55 * height, look.pot, SemanticClass.OTHER)
    for k in range(3):
        x, y = 0.06 * math.cos(2.1 * k), 0.06 * math.sin(2.1 * k)
        piece.ellipsoid((x, y, height * dice.uniform(0.75, 0.9)), (0.06, 0.06, 0.07), look.bloom,
                        SemanticClass.PLANT, fine=True)
    return piece
