"""Fences and low walls along a line, with gaps where one passes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from spatialmem.generators.worlds.blocks import Side
from spatialmem.generators.worlds.nature.green import hedge
from spatialmem.generators.worlds.plot import Plot, Rect
from spatialmem.generators.worlds.solids import BLOCK
from spatialmem.generators.worlds.thing import Thing
from spatialmem.labels import SemanticClass

FenceKind = Literal["pickets", "boards", "rails", "wall", "hedge"]

_GATE = 0.75
"""Metres, half the width of a gate."""
_END = 0.02
"""Metres from the corner of a block to the end of a fence along its side."""

Span = tuple[float, float]

_THICK: dict[FenceKind, float] = {"pickets": 0.1, "boards": 0.1, "rails": 0.12, "wall": 0.24, "hedge": 0.5}


def inset(kind: FenceKind) -> float:
    """Metres from the side of a block to the line of a fence that stays within it, with its posts.

    No face lies a robot's radius from a cell's middle: cells beside it are free all along it, or none is.
    """
    return max(_THICK[kind] / 2, 0.19 if kind == "wall" else 0.135) + 0.02


def fence_side(plot: Plot, kind: FenceKind, side: Side) -> None:
    """A fence along a side of the block, just within it and from corner to corner, with gates at its openings."""
    at = inset(kind) if side in {"west", "south"} else BLOCK - inset(kind)
    # as far as a neighbour's fence: no nook is left between the two
    low, high = _END, BLOCK - _END
    start, end = ((at, low), (at, high)) if side in {"west", "east"} else ((low, at), (high, at))
    fence(plot, kind, start, end, [(o.middle - _GATE, o.middle + _GATE) for o in plot.site.edges[side].openings])


def fence(plot: Plot, kind: FenceKind, start: tuple[float, float], end: tuple[float, float],
          gaps: Sequence[Span] = ()) -> None:
    """A fence from `start` to `end`, which lie on a line along x or y; its ground is taken.

    Args:
        plot: where it is built.
        kind: what it is made of.
        start, end: metres within the block, `start` the lower one.
        gaps: where one passes, metres along the axis of the fence in the block.
    """
    along_x = abs(end[0] - start[0]) >= abs(end[1] - start[1])
    axis = 0 if along_x else 1
    for low, high in _between(start[axis], end[axis], gaps):
        half = _THICK[kind] / 2
        ground: Rect = ((low, start[1] - half, high, start[1] + half) if along_x
                        else (start[0] - half, low, start[0] + half, high))
        plot.take(ground)
        _span(plot, kind, ground, along_x)
    if kind != "hedge":
        _gate_posts(plot, kind, start, along_x, gaps)


def _between(low: float, high: float, gaps: Sequence[Span]) -> list[Span]:
    """What is left of low..high outside the gaps, in pieces longer than 20 cm."""
    left, at = [], low
    for gap_low, gap_high in sorted(gaps):
        left.append((at, gap_low))
        at = max(at, gap_high)
    return [(a, b) for a, b in (*left, (at, high)) if b - a > 0.2]


def _span(plot: Plot, kind: FenceKind, ground: Rect, along_x: bool) -> None:
    if kind == "hedge":
        hedge(plot, ground, plot.dice.uniform(1.0, 1.3))
        return
    length = ground[2] - ground[0] if along_x else ground[3] - ground[1]
    middle = ((ground[0] + ground[2]) / 2, (ground[1] + ground[3]) / 2)
    row = plot.stand(*middle, 0.0, SemanticClass.FENCE)
    row = row if along_x else row.moved(0.0, 0.0, math.pi / 2)
    {"pickets": _pickets, "boards": _boards, "rails": _rails, "wall": _wall}[kind](plot, row, length)


def _posts(row: Thing, length: float, height: float, material: str, every: float = 1.9) -> list[float]:
    count = max(1, round(length / every))
    places = [-length / 2 + 0.06 + k * (length - 0.12) / count for k in range(count + 1)]
    for x in places:
        row.box((x - 0.05, -0.05, -0.05), (x + 0.05, 0.05, height), material)
    return places


def _pickets(plot: Plot, row: Thing, length: float) -> None:
    """Upright slats with pointed tops in front of two rails."""
    paint = plot.scheme.material("white_wood", "trim")
    half = length / 2
    for z in (0.25, 0.7):
        row.box((-half, 0.0, z), (half, 0.04, z + 0.09), paint)
    count = max(2, round(length / 0.21))
    for k in range(count):
        x = -half + (k + 0.5) * length / count
        row.gable((x - 0.065, -0.03, 0.88), (x + 0.065, 0.0, 0.97), "y", paint, fine=True)
        row.box((x - 0.065, -0.03, 0.05), (x + 0.065, 0.0, 0.88), paint)


def _boards(plot: Plot, row: Thing, length: float) -> None:
    """Level boards, close together, between posts."""
    wood = plot.scheme.material("fence_wood", "floor")
    half = length / 2
    row.box((-half, -0.02, 0.06), (half, 0.02, 1.15), wood)
    row.box((-half, -0.04, 1.15), (half, 0.04, 1.19), wood)
    _posts(row, length, 1.24, "dark_wood")


def _rails(plot: Plot, row: Thing, length: float) -> None:
    """Iron rails with thin upright bars on a low kerb of stone."""
    half = length / 2
    row.box((-half, -0.06, -0.05), (half, 0.06, 0.14), plot.scheme.material("concrete", "ground"))
    for z in (0.25, 0.98):
        row.box((-half, -0.02, z), (half, 0.02, z + 0.05), "dark_metal")
    count = max(2, round(length / 0.2))
    for k in range(count):
        x = -half + (k + 0.5) * length / count
        row.box((x - 0.014, -0.014, 0.14), (x + 0.014, 0.014, 1.12), "dark_metal", fine=True)
    _posts(row, length, 1.15, "dark_metal")


def _wall(plot: Plot, row: Thing, length: float) -> None:
    """A low wall with coping stones."""
    half = length / 2
    row.box((-half, -0.1, -0.05), (half, 0.1, 0.72), plot.scheme.material("brick", "wall"))
    row.box((-half, -0.13, 0.72), (half, 0.13, 0.8), plot.scheme.material("concrete", "ground"))


def _gate_posts(plot: Plot, kind: FenceKind, start: tuple[float, float], along_x: bool, gaps: Sequence[Span]) -> None:
    """Stout posts on both sides of every gap, outside of it."""
    tall = 1.15 if kind == "pickets" else 1.4
    material = plot.scheme.material("white_wood", "trim") if kind == "pickets" else (
        plot.scheme.material("brick", "wall") if kind == "wall" else plot.scheme.material("dark_wood", "trim"))
    half = 0.16 if kind == "wall" else 0.08
    for gap in gaps:
        for at in (gap[0] - half, gap[1] + half):
            x, y = (at, start[1]) if along_x else (start[0], at)
            post = plot.stand(x, y, 0.0, SemanticClass.FENCE)
            post.box((-half, -half, -0.05), (half, half, tall), material)
            post.box((-half - 0.03, -half - 0.03, tall), (half + 0.03, half + 0.03, tall + 0.06), material)

