"""Lamps on ceilings, floors and tables."""

from __future__ import annotations

from spatialmem.generators.worlds.furniture.piece import Piece
from spatialmem.generators.worlds.materials import MATERIALS
from spatialmem.generators.worlds.places.look import Look
from spatialmem.labels import SemanticClass

_LAMP = SemanticClass.LAMP
_SHADE, _BULB = MATERIALS["lamp_shade"], MATERIALS["lamp"]


def table_lamp(look: Look, power: float = 0.35) -> Piece:
    """A small lamp with a shade; the origin is below its middle."""
    piece = Piece()
    piece.cylinder((0.0, 0.0, 0.0), 0.07, 0.02, look.metal, _LAMP, fine=True)
    piece.cylinder((0.0, 0.0, 0.02), 0.012, 0.2, look.metal, _LAMP, fine=True)
    piece.cylinder((0.0, 0.0, 0.2), 0.12, 0.17, _SHADE, _LAMP)
    piece.glow((0.0, 0.0, 0.5), power, 4.0)
    return piece


def floor_lamp(look: Look) -> Piece:
    """A lamp on a tall foot."""
    piece = Piece()
    piece.cylinder((0.0, 0.2, 0.0), 0.15, 0.03, look.metal, _LAMP)
    piece.cylinder((0.0, 0.2, 0.03), 0.015, 1.4, look.metal, _LAMP, fine=True)
    piece.cylinder((0.0, 0.2, 1.4), 0.19, 0.26, _SHADE, _LAMP)
    piece.glow((0.0, 0.2, 1.72), 0.7, 6.0)
    return piece


def pendant(drop: float, look: Look, power: float = 1.0) -> Piece:
    """A lamp that hangs `drop` metres under the ceiling; the origin is its hook."""
    piece = Piece()
    piece.cylinder((0.0, 0.0, -drop), 0.008, drop, MATERIALS["dark_metal"], _LAMP, fine=True)
    piece.ellipsoid((0.0, 0.0, -drop - 0.05), (0.2, 0.2, 0.14), _BULB, _LAMP)
    piece.cylinder((0.0, 0.0, -0.03), 0.06, 0.03, look.metal, _LAMP, fine=True)
    piece.glow((0.0, 0.0, -drop - 0.25), power, 9.0)
    return piece


def dome(power: float = 1.0) -> Piece:
    """A flat round lamp at the ceiling; the origin is its middle on the ceiling."""
    piece = Piece()
    piece.cylinder((0.0, 0.0, -0.08), 0.2, 0.08, _BULB, _LAMP)
    piece.glow((0.0, 0.0, -0.2), power, 9.0)
    return piece


def panel(width: float, depth: float, power: float = 1.0) -> Piece:
    """A bright rectangle in the ceiling."""
    piece = Piece()
    piece.box((-width / 2, -depth / 2, -0.03), (width / 2, depth / 2, 0.0), _BULB, _LAMP)
    piece.glow((0.0, 0.0, -0.15), power, 9.0)
    return piece


def wall_lamp(look: Look, power: float = 0.5) -> Piece:
    """A lamp on an arm at the wall; the origin is on the wall."""
    piece = Piece()
    piece.box((-0.04, 0.0, -0.08), (0.04, 0.02, 0.08), look.metal, _LAMP, fine=True)
    piece.box((-0.01, 0.018, -0.02), (0.01, 0.09, 0.0), look.metal, _LAMP, fine=True)
    piece.cylinder((0.0, 0.11, -0.02), 0.08, 0.16, _SHADE, _LAMP)
    piece.glow((0.0, 0.25, 0.05), power, 6.0)
    return piece
