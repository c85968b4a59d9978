"""Chairs, sofas, armchairs, stools and benches."""

from __future__ import annotations

from spatialmem.generators.worlds.furniture.piece import Piece
from spatialmem.generators.worlds.materials import MATERIALS, Material
from spatialmem.generators.worlds.places.look import Look
from spatialmem.labels import SemanticClass

_CHAIR, _SOFA = SemanticClass.CHAIR, SemanticClass.SOFA


def chair(wood: Material, seat: Material) -> Piece:
    """A chair whose back is at y = 0 and whose sitter looks along +y."""
    piece = Piece()
    piece.box((-0.21, 0.02, 0.43), (0.21, 0.45, 0.47), seat, _CHAIR)
    piece.box((-0.2, 0.0, 0.62), (0.2, 0.035, 0.92), wood, _CHAIR)
    for x in (-0.205, 0.17):
        piece.box((x, 0.0, 0.0), (x + 0.035, 0.035, 0.92), wood, _CHAIR, fine=True)
        piece.box((x, 0.41, 0.0), (x + 0.035, 0.445, 0.43), wood, _CHAIR, fine=True)
    return piece


def office_chair(look: Look) -> Piece:
    """A chair on a column, looking along +y."""
    piece, steel = Piece(), MATERIALS["dark_metal"]
    piece.box((-0.23, 0.06, 0.44), (0.23, 0.5, 0.52), look.soft, _CHAIR)
    piece.box((-0.21, 0.0, 0.58), (0.21, 0.07, 1.05), look.soft, _CHAIR)
    piece.box((-0.03, 0.01, 0.46), (0.03, 0.05, 0.6), steel, _CHAIR, fine=True)
    piece.cylinder((0.0, 0.27, 0.06), 0.03, 0.38, steel, _CHAIR)
    piece.box((-0.25, 0.25, 0.04), (0.25, 0.29, 0.08), steel, _CHAIR, fine=True)
    piece.box((-0.02, 0.02, 0.04), (0.02, 0.52, 0.08), steel, _CHAIR, fine=True)
    return piece


def sofa(width: float, look: Look) -> Piece:
    """A sofa with arms and cushions; a seat for every 0.7 m."""
    piece = Piece()
    piece.box((-width / 2, 0.0, 0.08), (width / 2, 0.9, 0.3), look.soft, _SOFA)
    piece.box((-width / 2, 0.0, 0.298), (width / 2, 0.24, 0.82), look.soft, _SOFA)
    for x in (-width / 2, width / 2 - 0.2):
        piece.box((x, 0.002, 0.296), (x + 0.2, 0.898, 0.6), look.soft, _SOFA)
    for x in (0.06 - width / 2, width / 2 - 0.12):
        for y in (0.06, 0.8):
            piece.box((x, y, 0.0), (x + 0.06, y + 0.06, 0.082), look.wood, _SOFA, fine=True)
    seats = max(1, round((width - 0.4) / 0.75))
    span = (width - 0.4) / seats
    for k in range(seats):
        x = 0.2 - width / 2 + k * span
        piece.box((x + 0.008, 0.2, 0.298), (x + span - 0.008, 0.88, 0.44), look.soft, _SOFA)
        piece.box((x + 0.015, 0.22, 0.43), (x + span - 0.015, 0.36, 0.78), look.soft, _SOFA, fine=True)
    for x, turn in ((0.42 - width / 2, 0.3), (width / 2 - 0.42, -0.25)):
        piece.box((x - 0.19, 0.36, 0.44), (x + 0.19, 0.46, 0.8), look.cushion, _SOFA, fine=True, yaw=turn,
                  thing=piece.thing())
    return piece


def armchair(look: Look) -> Piece:
    """A soft chair with arms, looking along +y."""
    piece = Piece()
    piece.box((-0.4, 0.0, 0.1), (0.4, 0.8, 0.32), look.cushion, _CHAIR)
    piece.box((-0.4, 0.0, 0.318), (0.4, 0.2, 0.88), look.cushion, _CHAIR)
    for x in (-0.4, 0.26):
        piece.box((x, 0.002, 0.316), (x + 0.14, 0.798, 0.58), look.cushion, _CHAIR)
    piece.box((-0.25, 0.18, 0.318), (0.25, 0.79, 0.45), look.cushion, _CHAIR)
    for x in (-0.36, 0.3):
        for y in (0.05, 0.68):
            piece.box((x, y, 0.0), (x + 0.06, y + 0.06, 0.102), look.wood, _CHAIR, fine=True)
    return piece


def stool(height: float, seat: Material, legs: Material) -> Piece:
    """A round seat on four legs."""
    piece = Piece()
    piece.cylinder((0.0, 0.19, height - 0.05), 0.18, 0.05, seat, _CHAIR)
    for x in (-0.13, 0.1):
        for y in (0.06, 0.29):
            piece.box((x, y, 0.0), (x + 0.03, y + 0.03, height - 0.048), legs, _CHAIR, fine=True)
    return piece


def bench(width: float, seat: Material, legs: Material, *, back: bool = False) -> Piece:
    """A bench; with a back at y = 0 if wanted."""
    piece = Piece()
    for k in range(3):
        piece.box((-width / 2, 0.04 + 0.14 * k, 0.42), (width / 2, 0.16 + 0.14 * k, 0.46), seat, SemanticClass.BENCH)
    for x in (0.15 - width / 2, width / 2 - 0.23):
        piece.box((x, 0.04, 0.0), (x + 0.08, 0.44, 0.422), legs, SemanticClass.BENCH)
    if back:
        for z in (0.56, 0.72):
            piece.box((-width / 2, 0.0, z), (width / 2, 0.03, z + 0.12), seat, SemanticClass.BENCH)
        for x in (0.17 - width / 2, width / 2 - 0.21):
            piece.box((x, 0.002, 0.4), (x + 0.04, 0.045, 0.86), legs, SemanticClass.BENCH, fine=True)
    return piece
