"""Tables, desks and stands."""

from __future__ import annotations

from spatialmem.generators.worlds.furniture.piece import Piece
from spatialmem.generators.worlds.materials import MATERIALS, Material
from spatialmem.generators.worlds.places.look import Look
from spatialmem.labels import SemanticClass

_TABLE = SemanticClass.TABLE


def table(width: float, depth: float, height: float, top: Material, legs: Material) -> Piece:
    """A table with four legs; its middle is `depth / 2` before the wall."""
    piece = Piece()
    piece.box((-width / 2, 0.0, height - 0.04), (width / 2, depth, height), top, _TABLE)
    piece.box((0.08 - width / 2, 0.08, height - 0.1), (width / 2 - 0.08, depth - 0.08, height - 0.038), legs, _TABLE)
    for x in (0.06 - width / 2, width / 2 - 0.12):
        for y in (0.06, depth - 0.12):
            piece.box((x, y, 0.0), (x + 0.06, y + 0.06, height - 0.038), legs, _TABLE)
    return piece


def round_table(radius: float, height: float, top: Material, leg: Material) -> Piece:
    """A round table on one leg."""
    piece = Piece()
    piece.cylinder((0.0, radius, height - 0.035), radius, 0.035, top, _TABLE)
    piece.cylinder((0.0, radius, 0.03), 0.05, height - 0.06, leg, _TABLE)
    piece.cylinder((0.0, radius, 0.0), min(0.28, 0.6 * radius), 0.03, leg, _TABLE)
    return piece


def desk(width: float, look: Look) -> Piece:
    """A desk at a wall: drawers on the right, a monitor, a keyboard, and room to sit before it."""
    piece = Piece(front=0.0)
    piece.box((-width / 2, 0.0, 0.7), (width / 2, 0.68, 0.74), look.wood, _TABLE)
    piece.box((-width / 2, 0.02, 0.0), (0.04 - width / 2, 0.66, 0.7), look.wood, _TABLE)
    piece.box((width / 2 - 0.42, 0.02, 0.04), (width / 2, 0.64, 0.7), look.wood, _TABLE)
    for z in (0.08, 0.29, 0.5):
        piece.box((width / 2 - 0.4, 0.63, z), (width / 2 - 0.02, 0.655, z + 0.19), look.front, _TABLE, fine=True)
        piece.box((width / 2 - 0.27, 0.655, z + 0.08), (width / 2 - 0.15, 0.68, z + 0.1), look.metal,
                  SemanticClass.HANDLE, fine=True)
    screen = piece.thing()
    piece.box((-0.3, 0.14, 0.86), (0.28, 0.17, 1.2), MATERIALS["screen"], SemanticClass.OTHER, thing=screen)
    piece.box((-0.04, 0.12, 0.74), (0.02, 0.15, 0.9), MATERIALS["dark_metal"], SemanticClass.OTHER, fine=True,
              thing=screen)
    piece.box((-0.13, 0.08, 0.74), (0.11, 0.24, 0.755), MATERIALS["dark_metal"], SemanticClass.OTHER, fine=True,
              thing=screen)
    piece.box((-0.22, 0.42, 0.74), (0.2, 0.55, 0.76), MATERIALS["plastic"], SemanticClass.OTHER, fine=True,
              thing=piece.thing())
    return piece


def nightstand(look: Look) -> Piece:
    """A low cabinet with a drawer."""
    piece = Piece()
    piece.box((-0.22, 0.0, 0.08), (0.22, 0.4, 0.5), look.wood, SemanticClass.CABINET)
    piece.box((-0.19, 0.03, 0.0), (0.19, 0.36, 0.082), look.wood, SemanticClass.CABINET)
    piece.box((-0.2, 0.398, 0.3), (0.2, 0.412, 0.48), look.front, SemanticClass.CABINET, fine=True)
    piece.box((-0.05, 0.41, 0.385), (0.05, 0.43, 0.4), look.metal, SemanticClass.HANDLE, fine=True)
    return piece
