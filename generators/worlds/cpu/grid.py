"""Sorts boxes into the squares of a grid: a window's columns, or its blocks."""

from __future__ import annotations

from math import floor

from spatialmem.generators.worlds.cpu.layout import BOUNDS, CODE_BITS, F32, I32, LANES, LOW
from spatialmem.render.cpu.jit import inlined, kernel

_SHARED = 2e-5
"""A box that ends where the next square begins does not count there: floors would stand in four blocks."""


@inlined
def _span(low: float, high: float, side: int, size: float) -> tuple[int, int]:
    """First and past-last square that an interval touches; empty outside the window."""
    first = max(floor((low + _SHARED - LOW) / size), 0)
    return first, min(floor((high - _SHARED - LOW) / size), side - 1) + 1


@kernel
def count(boxes: F32, margin: float, side: int, size: float, counts: I32) -> None:
    """Adds to `counts` `[side²]` how many of the boxes `[N, 6]`, grown by `margin`, touch each square of `size` m."""
    for item in range(boxes.shape[0]):
        x0, x1 = _span(boxes[item, 0] - margin, boxes[item, 3] + margin, side, size)
        y0, y1 = _span(boxes[item, 1] - margin, boxes[item, 4] + margin, side, size)
        for y in range(y0, y1):
            for x in range(x0, x1):
                counts[y * side + x] += 1


@kernel
def place(boxes: F32, values: I32, margin: float, side: int, size: float, cursors: I32, rows: I32) -> None:
    """Writes `values` of the boxes into `rows`, each square's from its cursor on; the cursors advance."""
    for item in range(boxes.shape[0]):
        x0, x1 = _span(boxes[item, 0] - margin, boxes[item, 3] + margin, side, size)
        y0, y1 = _span(boxes[item, 1] - margin, boxes[item, 4] + margin, side, size)
        for y in range(y0, y1):
            for x in range(x0, x1):
                cell = y * side + x
                rows[cursors[cell]] = values[item]
                cursors[cell] += 1


@kernel
def pack_bounds(members: I32, boxes: F32, groups: F32) -> None:
    """Copies the bounding box of each member into its lane; lanes without one get a box no ray can meet."""
    for slot in range(members.shape[0]):
        base = (slot // LANES) * BOUNDS + slot % LANES
        for k in range(6):
            groups[base + k * LANES] = boxes[members[slot] >> CODE_BITS, k] if members[slot] >= 0 else 1e30


@kernel
def pack_rows(members: I32, rows: F32, groups: F32) -> None:
    """Copies the row `[N, width]` of each member into its lane; lanes without one get zeros, placed far away."""
    width = rows.shape[1]
    for slot in range(members.shape[0]):
        base = (slot // LANES) * width * LANES + slot % LANES
        for k in range(width):
            groups[base + k * LANES] = rows[members[slot], k] if members[slot] >= 0 else 1e15 * (k < 3)


@kernel
def tops(boxes: F32, side: int, size: float, top: F32) -> None:
    """Raises `top` `[side²]` to the highest box over each square."""
    for item in range(boxes.shape[0]):
        x0, x1 = _span(boxes[item, 0], boxes[item, 3], side, size)
        y0, y1 = _span(boxes[item, 1], boxes[item, 4], side, size)
        for y in range(y0, y1):
            for x in range(x0, x1):
                top[y * side + x] = max(top[y * side + x], boxes[item, 5])
