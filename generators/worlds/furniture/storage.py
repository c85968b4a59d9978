"""Wardrobes, shelves, sideboards and what stands on them."""

from __future__ import annotations

from spatialmem.generators.worlds.dice import Dice
from spatialmem.generators.worlds.furniture.piece import Piece
from spatialmem.generators.worlds.materials import MATERIALS
from spatialmem.generators.worlds.places.look import Look
from spatialmem.labels import SemanticClass

_CABINET, _SHELF = SemanticClass.CABINET, SemanticClass.SHELF


def wardrobe(doors: int, height: float, look: Look) -> Piece:
    """A wardrobe with doors of half a metre."""
    piece, width = Piece(front=0.6), 0.5 * doors
    piece.box((-width / 2, 0.0, 0.06), (width / 2, 0.58, height), look.wood, _CABINET)
    piece.box((0.03 - width / 2, 0.02, 0.0), (width / 2 - 0.03, 0.54, 0.062), look.wood, _CABINET)
    for k in range(doors):
        x = -width / 2 + 0.5 * k
        piece.box((x + 0.006, 0.578, 0.08), (x + 0.494, 0.598, height - 0.02), look.front, _CABINET)
        grip = x + (0.44 if k % 2 == 0 else 0.04)
        piece.box((grip, 0.596, 0.95), (grip + 0.02, 0.63, 1.15), look.metal, SemanticClass.HANDLE, fine=True)
    return piece


def bookshelf(width: float, height: float, look: Look, dice: Dice) -> Piece:
    """An open shelf, filled with books, boxes and pots."""
    piece, depth = Piece(front=0.4), 0.3
    piece.box((-width / 2, 0.0, 0.0), (width / 2, 0.015, height), look.wood, _SHELF)
    for x in (-width / 2, width / 2 - 0.025):
        piece.box((x, 0.013, 0.0), (x + 0.025, depth, height), look.wood, _SHELF)
    levels = max(2, round((height - 0.1) / 0.36))
    pitch = (height - 0.1) / levels
    for level in range(levels + 1):
        z = 0.06 + level * pitch
        piece.box((0.023 - width / 2, 0.013, z - 0.02), (width / 2 - 0.023, depth - 0.01, z), look.wood, _SHELF)
        if level < levels:
            _fill(piece, (0.04 - width / 2, width / 2 - 0.04), z, pitch - 0.05, (look, dice))
    return piece


def sideboard(width: float, height: float, look: Look) -> Piece:
    """A low cabinet with doors."""
    piece, doors = Piece(front=0.5), max(2, round(width / 0.5))
    piece.box((-width / 2, 0.0, 0.1), (width / 2, 0.42, height), look.wood, _CABINET)
    for x in (0.04 - width / 2, width / 2 - 0.1):
        for y in (0.03, 0.33):
            piece.box((x, y, 0.0), (x + 0.06, y + 0.06, 0.102), look.wood, _CABINET, fine=True)
    for k in range(doors):
        x = -width / 2 + width / doors * k
        piece.box((x + 0.008, 0.418, 0.12), (x + width / doors - 0.008, 0.436, height - 0.03), look.front, _CABINET)
        piece.box((x + width / doors / 2 - 0.05, 0.434, height - 0.12), (x + width / doors / 2 + 0.05, 0.455,
                  height - 0.1), look.metal, SemanticClass.HANDLE, fine=True)
    return piece


def television(width: float, look: Look) -> Piece:
    """A low board with a television on it."""
    piece = sideboard(width, 0.5, look)
    piece.front = 0.8
    screen, wide = piece.thing(), min(1.2, width - 0.2)
    piece.box((-wide / 2, 0.14, 0.56), (wide / 2, 0.19, 0.56 + 0.57 * wide), MATERIALS["screen"], SemanticClass.OTHER,
              thing=screen)
    piece.box((-0.25, 0.1, 0.5), (0.25, 0.26, 0.515), MATERIALS["dark_metal"], SemanticClass.OTHER, fine=True,
              thing=screen)
    piece.box((-0.04, 0.15, 0.5), (0.04, 0.18, 0.57), MATERIALS["dark_metal"], SemanticClass.OTHER, fine=True,
              thing=screen)
    return piece


def boxes(dice: Dice) -> Piece:
    """A small stack of cardboard boxes."""
    piece, top = Piece(), 0.0
    for size in (dice.uniform(0.45, 0.6), dice.uniform(0.34, 0.44), dice.uniform(0.22, 0.32))[:dice.integer(1, 3)]:
        high = size * dice.uniform(0.6, 0.8)
        piece.box((-size / 2, 0.32 - size / 2, top), (size / 2, 0.32 + size / 2, top + high), MATERIALS["cardboard"],
                  SemanticClass.BOX, yaw=dice.uniform(-0.12, 0.12), thing=piece.thing())
        top += high
    return piece


def _fill(piece: Piece, along: tuple[float, float], z: float, room: float, looks: tuple[Look, Dice]) -> None:
    """Things on one board: rows of books with gaps, a box or a pot now and then."""
    look, dice = looks
    x, end = along
    while end - x > 0.14:
        width = min(dice.uniform(0.16, 0.5), end - x)
        pick = dice.uniform(0.0, 1.0)
        if pick < 0.68:
            piece.box((x, 0.03, z), (x + width, dice.uniform(0.2, 0.25), z + room * dice.uniform(0.62, 0.95)),
                      MATERIALS["books"], _SHELF, thing=piece.thing())
        elif pick < 0.78:
            piece.box((x + 0.02, 0.04, z), (x + min(width, 0.3), 0.26, z + 0.5 * room), MATERIALS["cardboard"],
                      SemanticClass.BOX, fine=True, thing=piece.thing())
        elif pick < 0.88:
            piece.cylinder((x + 0.09, 0.14, z), 0.065, 0.6 * room, look.pot, SemanticClass.OTHER, fine=True,
                           thing=piece.thing())
        x += width + 0.015
