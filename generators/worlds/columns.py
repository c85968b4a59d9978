"""Sorts a window's solids and lights into columns, the form that the kernels read."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spatialmem.generators.worlds.cpu import grid
from spatialmem.generators.worlds.cpu.layout import (
    ALIGNED,
    BLOCK_CELLS,
    BLOCKS,
    BOUNDS,
    CELL,
    CODE_BITS,
    CYLINDER,
    ELLIPSOID,
    F32,
    GABLE,
    I32,
    LANES,
    SIDE,
    TURNED,
    Around,
    Columns,
)
from spatialmem.generators.worlds.cpu.light import STEPS
from spatialmem.generators.worlds.lights import Lights
from spatialmem.generators.worlds.solids import Shape, Solids

_COLUMNS = (SIDE, CELL)
_SQUARES = (BLOCKS, BLOCK_CELLS * CELL)
_WIDE = 32.0
"""Square metres from which on a solid is looked for block by block: floors would stand in every column."""

_CODE_OF = {Shape.CYLINDER: CYLINDER, Shape.ELLIPSOID: ELLIPSOID, Shape.GABLE: GABLE}


def columns_of(solids: Solids) -> Columns:
    """The solids in groups of eight: wide ones per block, the others per column, coarse before fine."""
    boxes = np.ascontiguousarray(solids.bounds.reshape(-1, 6))
    codes = _codes(solids)
    members = ((np.arange(len(solids)) << CODE_BITS) + codes).astype(np.int32)
    wide = (boxes[:, 3] - boxes[:, 0]) * (boxes[:, 4] - boxes[:, 1]) >= _WIDE
    parts = [(_SQUARES, wide & ~solids.fine), (_SQUARES, wide & solids.fine),
             (_COLUMNS, ~wide & ~solids.fine), (_COLUMNS, ~wide & solids.fine)]
    sizes = [-(-_counted(boxes[chosen], 0.0, square) // LANES) for square, chosen in parts]
    block_first = _starts(sizes[0] + sizes[1], 0)
    first = _starts(sizes[2] + sizes[3], int(block_first[-1]))
    begins = [block_first[:-1], block_first[:-1] + sizes[0], first[:-1], first[:-1] + sizes[2]]
    slots = np.full(int(first[-1]) * LANES, -1, np.int32)
    for ((side, size), chosen), begin in zip(parts, begins, strict=True):
        grid.place(boxes[chosen], members[chosen], 0.0, side, size, (begin * LANES).astype(np.int32), slots)
    packed = np.empty(len(slots) // LANES * BOUNDS, np.float32)
    grid.pack_bounds(slots, boxes, packed)
    top = np.full(SIDE * SIDE, -1e30, np.float32)
    grid.tops(boxes[~wide], *_COLUMNS, top)
    ceiling = np.array([boxes[:, 5].max(initial=-1e30)], np.float32)
    table = np.column_stack([solids.center, solids.half, solids.yaw_cos, solids.yaw_sin]).astype(np.float32)
    return Columns(packed, slots, first.astype(np.int32), begins[3].astype(np.int32), block_first.astype(np.int32),
                   begins[1].astype(np.int32), top, ceiling, table, codes)


def around_of(solids: Solids, lights: Lights) -> Around:
    """Coarse solids by nearness, and lights and rooms, per column."""
    chosen = np.flatnonzero(~solids.fine)
    # by height, so that a group is near a point as a whole or not at all
    chosen = chosen[np.argsort(solids.center[chosen, 2], kind="stable")]
    boxes = np.ascontiguousarray(solids.bounds.reshape(-1, 6)[chosen])
    bodies, first = _grouped(boxes, _rounded(solids)[chosen], STEPS[-1])
    lamps, lamp_first = _grouped(_reached(lights), _lamp_rows(lights), 0.0)
    room_boxes = lights.opening_boxes.reshape(-1, 6)
    openings, opening_first = _grouped(room_boxes, _opening_rows(lights), 0.0)
    rooms = lights.rooms.reshape(-1, 6)
    room_rows, room_first = _listed(rooms)
    return Around(bodies, first, lamps, lamp_first, openings, opening_first, rooms, room_rows, room_first)


def _grouped(boxes: F32, rows: F32, margin: float) -> tuple[F32, I32]:
    """`rows` `[N, width]` in groups of eight for each column that their boxes `[N, 6]` touch, and the first of each."""
    first = _starts(-(-_counted(boxes, margin, _COLUMNS) // LANES), 0)
    slots = np.full(int(first[-1]) * LANES, -1, np.int32)
    grid.place(boxes, np.arange(len(boxes), dtype=np.int32), margin, *_COLUMNS, (first[:-1] * LANES).astype(np.int32),
               slots)
    groups = np.empty(len(slots) * rows.shape[1], np.float32)
    grid.pack_rows(slots, rows, groups)
    return groups, first.astype(np.int32)


def _codes(solids: Solids) -> I32:
    codes = np.where(solids.yaw_cos == 1, ALIGNED, TURNED).astype(np.int32)
    for shape, code in _CODE_OF.items():
        codes[solids.shape == shape] = code
    return codes


def _rounded(solids: Solids) -> F32:
    """Every solid as a box with rounded edges, `[N, 9]`: centre, half extents, cosine, sine, rounding."""
    center, half = solids.center.copy(), solids.half.copy()
    rounding = np.zeros(len(solids), np.float32)
    ball, rod, roof = (solids.shape == shape for shape in (Shape.ELLIPSOID, Shape.CYLINDER, Shape.GABLE))
    rounding[ball] = half[ball].min(1, initial=np.inf)
    half[ball] -= rounding[ball, None]
    rounding[rod] = np.minimum(half[rod, 0], half[rod, 2])
    half[rod] -= rounding[rod, None]
    # of a roof the lower half: its upper corners are air
    center[roof, 2] -= half[roof, 2] / 2
    half[roof, 2] /= 2
    return np.column_stack([center, half, solids.yaw_cos, solids.yaw_sin, rounding]).astype(np.float32)


def _lamp_rows(lights: Lights) -> F32:
    """`[L, 13]`: position, colour, 1 / reach², box."""
    fade = (1 / lights.lamps[:, 6:] ** 2).astype(np.float32)
    return np.column_stack([lights.lamps[:, :6], fade, lights.lamp_boxes.reshape(-1, 6)])


def _opening_rows(lights: Lights) -> F32:
    """`[O, 17]`: centre, half extents, normal, area, daylight, box."""
    area = 4 * np.sort(lights.openings[:, 3:6], 1)[:, 1:].prod(1)
    return np.column_stack([lights.openings[:, :9], area, lights.openings[:, 9:], lights.opening_boxes.reshape(-1, 6)])


def _reached(lights: Lights) -> F32:
    """Boxes `[L, 6]` outside which a lamp does nothing."""
    position, reach = lights.lamps[:, :3], lights.lamps[:, 6:]
    low, high = lights.lamp_boxes[:, 0], lights.lamp_boxes[:, 1]
    return np.column_stack([np.maximum(low, position - reach), np.minimum(high, position + reach)])


def _counted(boxes: F32, margin: float, square: tuple[int, float]) -> NDArray[np.int64]:
    """How many boxes touch each square of a grid, given as its side and the metres of a square."""
    counts = np.zeros(square[0] ** 2, np.int32)
    grid.count(boxes, margin, *square, counts)
    return counts.astype(np.int64)


def _starts(counts: NDArray[np.int64], begin: int) -> NDArray[np.int64]:
    return begin + np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])


def _listed(boxes: F32) -> tuple[I32, I32]:
    """Rows of `boxes` `[N, 6]` that touch each column, and where each column's begin `[cells + 1]`."""
    first = _starts(_counted(boxes, 0.0, _COLUMNS), 0)
    rows = np.zeros(int(first[-1]), np.int32)
    grid.place(boxes, np.arange(len(boxes), dtype=np.int32), 0.0, *_COLUMNS, first[:-1].astype(np.int32), rows)
    return rows, first.astype(np.int32)
