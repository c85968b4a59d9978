"""Bathtub, shower, toilet, basin and washing machine."""

from __future__ import annotations

from spatialmem.generators.worlds.furniture.piece import Piece
from spatialmem.generators.worlds.materials import MATERIALS
from spatialmem.generators.worlds.places.look import Look
from spatialmem.labels import SemanticClass

_WHITE, _STEEL = MATERIALS["ceramic"], MATERIALS["metal"]


def bathtub(length: float = 1.7) -> Piece:
    """A tub along the wall, with taps and a hand shower."""
    piece, tub, half = Piece(front=0.5), SemanticClass.BATHTUB, length / 2
    piece.box((-half, 0.0, 0.0), (half, 0.76, 0.16), _WHITE, tub)
    for low, high in (((-half, 0.0), (half, 0.08)), ((-half, 0.68), (half, 0.76)), ((-half, 0.07), (0.1 - half, 0.69)),
                      ((half - 0.1, 0.07), (half, 0.69))):
        piece.box((*low, 0.158), (*high, 0.56), _WHITE, tub)
    piece.cylinder((half - 0.35, 0.04, 0.56), 0.02, 0.14, _STEEL, tub, fine=True)
    piece.box((half - 0.37, 0.04, 0.68), (half - 0.33, 0.2, 0.71), _STEEL, tub, fine=True)
    return piece


def shower(look: Look) -> Piece:
    """A tray in a corner with a glass screen's frame, pipe and head."""
    piece, half = Piece(front=0.5), 0.45
    tub = SemanticClass.BATHTUB
    piece.box((-half, 0.0, 0.0), (half, 0.9, 0.13), _WHITE, tub)
    for x in (-half, half - 0.025):
        piece.box((x, 0.875, 0.128), (x + 0.025, 0.9, 2.0), look.metal, tub, fine=True)
    piece.box((-half, 0.875, 1.975), (half, 0.9, 2.0), look.metal, tub, fine=True)
    piece.cylinder((0.0, 0.05, 1.0), 0.012, 1.05, _STEEL, tub, fine=True)
    piece.box((-0.012, 0.05, 2.03), (0.012, 0.3, 2.05), _STEEL, tub, fine=True)
    piece.cylinder((0.0, 0.32, 2.0), 0.11, 0.02, _STEEL, tub)
    return piece


def toilet() -> Piece:
    """A toilet with a cistern."""
    piece, thing = Piece(front=0.5, sides=0.12), SemanticClass.TOILET
    piece.box((-0.2, 0.0, 0.4), (0.2, 0.18, 0.82), _WHITE, thing)
    piece.box((-0.13, 0.1, 0.0), (0.13, 0.55, 0.34), _WHITE, thing)
    piece.box((-0.19, 0.16, 0.3), (0.19, 0.42, 0.42), _WHITE, thing)
    piece.cylinder((0.0, 0.42, 0.3), 0.19, 0.12, _WHITE, thing)
    piece.cylinder((0.0, 0.42, 0.42), 0.18, 0.025, MATERIALS["plastic"], thing)
    piece.cylinder((0.0, 0.09, 0.82), 0.03, 0.012, _STEEL, thing, fine=True)
    return piece


def basin(look: Look) -> Piece:
    """A basin on a cabinet, a tap, and a mirror in a frame above."""
    piece, sink = Piece(front=0.6), SemanticClass.SINK
    piece.box((-0.34, 0.0, 0.25), (0.34, 0.42, 0.76), look.wood, SemanticClass.CABINET)
    for x in (-0.335, 0.005):
        piece.box((x, 0.418, 0.265), (x + 0.33, 0.435, 0.75), look.front, SemanticClass.CABINET, fine=True)
        piece.box((0.285 + x if x < 0 else x + 0.03, 0.434, 0.6), (0.3 + x if x < 0 else x + 0.045, 0.455, 0.7),
                  look.metal, SemanticClass.HANDLE, fine=True)
    thing = piece.thing()
    piece.box((-0.37, 0.0, 0.758), (0.37, 0.47, 0.8), _WHITE, sink, thing=thing)
    for low, high in (((-0.37, 0.0), (0.37, 0.1)), ((-0.37, 0.42), (0.37, 0.47)), ((-0.37, 0.1), (-0.26, 0.42)),
                      ((0.26, 0.1), (0.37, 0.42))):
        piece.box((*low, 0.798), (*high, 0.88), _WHITE, sink, thing=thing)
    piece.cylinder((0.0, 0.05, 0.88), 0.018, 0.14, _STEEL, sink, fine=True, thing=thing)
    piece.box((-0.014, 0.05, 1.0), (0.014, 0.2, 1.02), _STEEL, sink, fine=True, thing=thing)
    mirror = piece.thing()
    piece.box((-0.33, 0.0, 1.1), (0.33, 0.02, 1.85), MATERIALS["metal"], SemanticClass.OTHER, thing=mirror)
    return piece


def washing_machine() -> Piece:
    """A washing machine: a white cube with a round door."""
    piece, thing = Piece(front=0.6), SemanticClass.OTHER
    piece.box((-0.3, 0.02, 0.02), (0.3, 0.6, 0.85), _WHITE, thing)
    piece.box((-0.16, 0.598, 0.26), (0.16, 0.62, 0.58), MATERIALS["screen"], thing)
    piece.box((-0.28, 0.598, 0.72), (0.28, 0.61, 0.83), MATERIALS["plastic"], thing, fine=True)
    piece.box((0.14, 0.608, 0.75), (0.2, 0.62, 0.8), _STEEL, thing, fine=True)
    return piece
