"""Beds with what belongs beside them."""

from __future__ import annotations

from spatialmem.generators.worlds.furniture.lamps import table_lamp
from spatialmem.generators.worlds.furniture.piece import Piece
from spatialmem.generators.worlds.furniture.tables import nightstand
from spatialmem.generators.worlds.materials import MATERIALS
from spatialmem.generators.worlds.places.look import Look
from spatialmem.labels import SemanticClass

_BED = SemanticClass.BED


def bed(width: float, look: Look) -> Piece:
    """A bed of 2 m with its head at the wall: frame, mattress, blanket, a pillow for each sleeper."""
    piece = Piece()
    half = width / 2
    piece.box((-half - 0.04, 0.0, 0.0), (half + 0.04, 0.06, 1.0), look.wood, _BED)
    piece.box((-half - 0.03, 0.05, 0.1), (half + 0.03, 2.1, 0.3), look.wood, _BED)
    for x in (-half, half - 0.08):
        for y in (0.1, 1.98):
            piece.box((x, y, 0.0), (x + 0.08, y + 0.08, 0.102), look.wood, _BED, fine=True)
    piece.box((-half, 0.065, 0.298), (half, 2.07, 0.5), MATERIALS["linen"], _BED)
    piece.box((-half - 0.025, 0.75, 0.26), (half + 0.025, 2.09, 0.54), look.bedding, _BED)
    piece.box((-half - 0.027, 0.62, 0.3), (half + 0.027, 0.8, 0.552), MATERIALS["linen"], _BED, fine=True)
    sleepers = 2 if width > 1.2 else 1
    for k in range(sleepers):
        x = -half + width * (k + 0.5) / sleepers
        piece.ellipsoid((x, 0.34, 0.52), (0.33, 0.22, 0.1), MATERIALS["linen"], _BED)
    return piece


def bed_set(width: float, look: Look) -> Piece:
    """A double bed between two nightstands with lamps, or a single one with one."""
    piece = Piece(front=0.0)
    piece.add(bed(width, look), 0.0, 0.0)
    for side in ((-1.0, 1.0) if width > 1.2 else (1.0,)):
        x = side * (width / 2 + 0.3)
        piece.add(nightstand(look), x, 0.0)
        piece.add(table_lamp(look, 0.3), x, 0.2, 0.5)
    return piece
