"""A Gaussian as one tile draws it: its geometry about the tile's corner, the shape of its rows, its channels."""

from __future__ import annotations

import numpy as np

from spatialmem.render.cpu.jit import bare_inlined
from spatialmem.render.cpu.layout import (
    C0,
    CHANNELS,
    DEPTH,
    F32,
    PER_REACH,
    REACH_Y,
    RECORD,
    U_REST,
    V_REST,
    U,
    V,
)
from spatialmem.render.cpu.simd import LANES, ONE, ZERO
from spatialmem.render.cpu.simd_memory import load, put, scalar, store


@bare_inlined
def tile_record(geometry: F32, colors: F32, deep: bool, i: int, left: np.float32, top: np.float32, records: F32,
                k: int) -> None:
    """Write record `k` of a tile with the corner (`left`, `top`) from Gaussian `i`."""
    row, at = i * RECORD, k * RECORD
    per_reach = ONE / scalar(geometry, row + REACH_Y)
    u = (scalar(geometry, row + U) - left) + scalar(geometry, row + U_REST)
    v = (scalar(geometry, row + V) - top) + scalar(geometry, row + V_REST)
    store(records, at, load(geometry, row))
    store(records, at + LANES, load(geometry, row + LANES))
    put(records, at + U, u)
    put(records, at + V, v)
    put(records, at + PER_REACH, per_reach)
    for c in range(CHANNELS):
        put(records, at + C0 + c, channel(geometry, colors, deep, i, c))


@bare_inlined
def further_channels(geometry: F32, colors: F32, deep: bool, i: int, further: F32, at: int, count: int) -> None:
    """Write the `count` channels of Gaussian `i` that a record has no room for to flat position `at` on."""
    for c in range(count):
        put(further, at + c, channel(geometry, colors, deep, i, CHANNELS + c))


@bare_inlined
def channel(geometry: F32, colors: F32, deep: bool, i: int, c: int) -> np.float32:
    """Channel `c` of the image that Gaussian `i` shows: a colour, then the depth; 0 beyond."""
    count = colors.shape[1]
    if c < count:
        color: np.float32 = scalar(colors, i * count + c)
        return color
    depth: np.float32 = scalar(geometry, i * RECORD + DEPTH)
    return depth if deep and c == count else ZERO
