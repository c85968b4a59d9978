"""The parts of a kitchen run: cabinets with sink and stove, cabinets above, hood and fridge."""

from __future__ import annotations

from typing import Literal

from spatialmem.generators.worlds.furniture.piece import Piece
from spatialmem.generators.worlds.materials import MATERIALS
from spatialmem.generators.worlds.places.look import Look
from spatialmem.labels import SemanticClass

Unit = Literal["cabinet", "drawers", "sink", "stove"]
UNIT = 0.6
"""Width of a kitchen unit, metres."""
_DEEP, _HIGH = 0.62, 0.9


def run(units: list[Unit], look: Look, *, upper: bool) -> Piece:
    """Units side by side under one worktop.

    If `upper`, tiles, a hood over the stove and cabinets hang above; else a window may be there.
    """
    piece, width = Piece(front=0.7), UNIT * len(units)
    piece.box((-width / 2, 0.0, 0.0), (width / 2, _DEEP - 0.07, 0.1), MATERIALS["dark_metal"], SemanticClass.CABINET)
    for k, unit in enumerate(units):
        x = -width / 2 + UNIT * k
        _BUILD[unit](piece, x, look)
        if upper and unit not in {"stove", "sink"}:
            _upper(piece, x, look)
        if upper and unit == "stove":
            _hood(piece, x)
    # the worktop leaves a hole for every sink
    starts = [-width / 2, *(-width / 2 + UNIT * k + 0.54 for k, unit in enumerate(units) if unit == "sink")]
    ends = [*(-width / 2 + UNIT * k + 0.06 for k, unit in enumerate(units) if unit == "sink"), width / 2]
    for x0, x1 in zip(starts, ends, strict=True):
        piece.box((x0, 0.0, _HIGH - 0.04), (x1, _DEEP + 0.01, _HIGH), look.counter, SemanticClass.TABLE)
    if upper:
        piece.box((-width / 2, 0.0, _HIGH), (width / 2, 0.012, 1.35), MATERIALS["wall_tiles"], SemanticClass.WALL)
    return piece


def fridge(look: Look) -> Piece:
    """A tall fridge with two doors."""
    piece, thing = Piece(front=0.7), SemanticClass.FRIDGE
    body = MATERIALS["metal" if look.metal.name != "brass" else "plastic"]
    piece.box((-0.31, 0.0, 0.02), (0.31, 0.6, 1.85), body, thing)
    for z0, z1 in ((0.06, 0.68), (0.7, 1.84)):
        piece.box((-0.305, 0.598, z0), (0.305, 0.64, z1), body, thing)
    for z0, z1 in ((0.42, 0.64), (0.75, 1.1)):
        piece.box((0.23, 0.638, z0), (0.25, 0.67, z1), MATERIALS["dark_metal"], SemanticClass.HANDLE, fine=True)
    return piece


def _cabinet(piece: Piece, x: float, look: Look) -> None:
    piece.box((x, 0.0, 0.098), (x + UNIT, _DEEP - 0.03, _HIGH - 0.038), look.wood, SemanticClass.CABINET)
    piece.box((x + 0.006, _DEEP - 0.032, 0.11), (x + UNIT - 0.006, _DEEP - 0.01, _HIGH - 0.05), look.front,
              SemanticClass.CABINET)
    piece.box((x + 0.22, _DEEP - 0.012, 0.78), (x + 0.38, _DEEP + 0.02, 0.795), look.metal, SemanticClass.HANDLE,
              fine=True)


def _drawers(piece: Piece, x: float, look: Look) -> None:
    piece.box((x, 0.0, 0.098), (x + UNIT, _DEEP - 0.03, _HIGH - 0.038), look.wood, SemanticClass.CABINET)
    for z0, z1 in ((0.11, 0.37), (0.38, 0.63), (0.64, 0.85)):
        piece.box((x + 0.006, _DEEP - 0.032, z0), (x + UNIT - 0.006, _DEEP - 0.01, z1), look.front,
                  SemanticClass.CABINET)
        piece.box((x + 0.22, _DEEP - 0.012, z1 - 0.06), (x + 0.38, _DEEP + 0.02, z1 - 0.045), look.metal,
                  SemanticClass.HANDLE, fine=True)


def _sink(piece: Piece, x: float, look: Look) -> None:
    steel = MATERIALS["metal"]
    piece.box((x, 0.0, 0.098), (x + UNIT, _DEEP - 0.03, 0.7), look.wood, SemanticClass.CABINET)
    piece.box((x + 0.006, _DEEP - 0.032, 0.11), (x + UNIT - 0.006, _DEEP - 0.01, _HIGH - 0.05), look.front,
              SemanticClass.CABINET)
    piece.box((x + 0.22, _DEEP - 0.012, 0.78), (x + 0.38, _DEEP + 0.02, 0.795), look.metal, SemanticClass.HANDLE,
              fine=True)
    thing, sink = piece.thing(), SemanticClass.SINK
    piece.box((x + 0.06, 0.06, 0.698), (x + 0.54, _DEEP - 0.034, 0.76), steel, sink, thing=thing)
    for low, high in (((x + 0.06, 0.0), (x + 0.09, _DEEP)), ((x + 0.51, 0.0), (x + 0.54, _DEEP)),
                      ((x + 0.088, 0.0), (x + 0.512, 0.13)), ((x + 0.088, 0.52), (x + 0.512, _DEEP))):
        piece.box((*low, 0.74), (*high, _HIGH + 0.003), steel, sink, thing=thing)
    piece.cylinder((x + 0.3, 0.08, _HIGH), 0.016, 0.24, steel, sink, fine=True, thing=thing)
    piece.box((x + 0.288, 0.08, _HIGH + 0.22), (x + 0.312, 0.26, _HIGH + 0.24), steel, sink, fine=True, thing=thing)


def _stove(piece: Piece, x: float, look: Look) -> None:
    del look
    thing, stove = piece.thing(), SemanticClass.STOVE
    dark, steel = MATERIALS["screen"], MATERIALS["metal"]
    piece.box((x + 0.004, 0.0, 0.098), (x + UNIT - 0.004, _DEEP - 0.02, _HIGH - 0.038), steel, stove, thing=thing)
    piece.box((x + 0.05, _DEEP - 0.022, 0.2), (x + UNIT - 0.05, _DEEP - 0.008, 0.62), dark, stove, thing=thing)
    piece.box((x + 0.06, _DEEP - 0.01, 0.66), (x + UNIT - 0.06, _DEEP + 0.03, 0.68), steel, SemanticClass.HANDLE,
              fine=True, thing=thing)
    piece.box((x + 0.02, 0.04, _HIGH - 0.01), (x + UNIT - 0.02, _DEEP - 0.04, _HIGH + 0.008), dark, stove, thing=thing)
    for dx in (0.17, 0.43):
        for y in (0.17, 0.44):
            piece.cylinder((x + dx, y, _HIGH), 0.09, 0.014, MATERIALS["dark_metal"], stove, fine=True, thing=thing)
        piece.cylinder((x + dx, _DEEP - 0.02, 0.76), 0.022, 0.03, dark, stove, fine=True, thing=thing)


def _upper(piece: Piece, x: float, look: Look) -> None:
    thing = piece.thing()
    piece.box((x, 0.0, 1.4), (x + UNIT, 0.33, 2.1), look.wood, SemanticClass.CABINET, thing=thing)
    piece.box((x + 0.006, 0.328, 1.405), (x + UNIT - 0.006, 0.35, 2.095), look.front, SemanticClass.CABINET,
              thing=thing)
    piece.box((x + 0.22, 0.348, 1.44), (x + 0.38, 0.375, 1.455), look.metal, SemanticClass.HANDLE, fine=True,
              thing=thing)


def _hood(piece: Piece, x: float) -> None:
    thing, steel = piece.thing(), MATERIALS["metal"]
    piece.box((x, 0.0, 1.55), (x + UNIT, 0.48, 1.64), steel, SemanticClass.OTHER, thing=thing)
    piece.box((x + 0.18, 0.0, 1.638), (x + UNIT - 0.18, 0.25, 2.1), steel, SemanticClass.OTHER, thing=thing)


_BUILD = {"cabinet": _cabinet, "drawers": _drawers, "sink": _sink, "stove": _stove}
