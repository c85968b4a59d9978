"""Forward compositing: tiles are drawn front to back, eight pixels of a row at a time.

Per pixel and Gaussian (Kerbl et al., 2023; thresholds as in gsplat): alpha = min(0.999, o exp(-s)),
skipped below 1/255; the pixel is finished before its transmittance would fall to 1e-4.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from spatialmem.render.cpu.bin import sort_tile
from spatialmem.render.cpu.jit import inlined, kernel, parallel_kernel
from spatialmem.render.cpu.layout import (
    BLUE,
    DEPTH,
    F32,
    FLOOR,
    GREEN,
    I32,
    I64,
    LOG_255,
    MAX_ALPHA,
    MIN_COVERAGE,
    MIN_TRANSMITTANCE,
    PLANE,
    QA,
    QB,
    QC,
    RECORD,
    RED,
    STRIDE,
    TILE,
    U32,
    U_REST,
    V_REST,
    Channels,
    TileLists,
    U,
    V,
)
from spatialmem.render.cpu.simd import (
    HALF,
    LANES,
    ONE,
    ZERO,
    greater,
    less_equal,
    minimum,
    ramp,
    splat,
    total,
    where,
)
from spatialmem.render.cpu.simd_memory import load, scalar, store, take_next
from spatialmem.render.cpu.window import falloff, window

PLANES = 6
"""Transmittance, red, green, blue, depth, alpha. A finished pixel has transmittance 0."""
_BATCH = 16


@parallel_kernel
def draw(columns: int, source: F32, lists: TileLists, keys: U32, unsorted: I32, keys_scratch: U32,
         channels: Channels, image: F32, alphas: F32, planes: F32, histograms: I32, counter: I64) -> None:
    """Sort and composite all tiles into `image` `[H, W, D]` and `alphas` `[H, W]`.

    Args:
        source: records by Gaussian, which are gathered into `lists.records`.
        planes: scratch `[workers, PLANES * PLANE]`.
        histograms: scratch `[workers, 3, DIGITS]`.
        counter: one zero.
    """
    tiles = lists.drawn.shape[0]
    for worker in prange(planes.shape[0]):
        while True:
            tile: int = take_next(counter)
            if tile >= tiles:
                break
            begin, end = lists.offsets[tile], lists.offsets[tile + 1]
            sort_tile(begin, end, keys, unsorted, keys_scratch, lists.entries, histograms[worker])
            _draw_tile(tile, columns, source, lists, channels, image, alphas, planes[worker])


@inlined
def _draw(records: F32, p: int, left: np.float32, top: np.float32, planes: F32) -> None:
    """Composite Gaussian `p` over its window of the tile."""
    row = p * RECORD
    u, v = scalar(records, row + U) - left, scalar(records, row + V) - top
    qa, qb, qc = splat(scalar(records, row + QA)), scalar(records, row + QB), scalar(records, row + QC)
    floor = scalar(records, row + FLOOR)
    red, green = splat(scalar(records, row + RED)), splat(scalar(records, row + GREEN))
    blue, depth = splat(scalar(records, row + BLUE)), splat(scalar(records, row + DEPTH))
    u_rest, v_rest = scalar(records, row + U_REST), scalar(records, row + V_REST)
    y0, y1, x0, vectors = window(records, p, left, top)
    # Whole numbers first: their difference is exact.
    first = (ramp() + (np.float32(x0) + HALF - u)) - u_rest
    for y in range(y0, y1):
        dy = (np.float32(y) + HALF - v) - v_rest
        slope, level = splat(qb * dy), splat(qc * dy * dy + floor)
        at, dx = y * STRIDE + x0, first
        for _ in range(vectors):
            exponent = dx * (qa * dx + slope) + level
            alpha = where(less_equal(exponent, splat(LOG_255)), minimum(falloff(exponent), splat(MAX_ALPHA)))
            before = load(planes, at)
            weight = alpha * before
            after = before - weight
            alive = greater(after, splat(MIN_TRANSMITTANCE))
            weight = where(alive, weight)
            store(planes, at, where(alive, after))
            store(planes, at + PLANE, load(planes, at + PLANE) + weight * red)
            store(planes, at + 2 * PLANE, load(planes, at + 2 * PLANE) + weight * green)
            store(planes, at + 3 * PLANE, load(planes, at + 3 * PLANE) + weight * blue)
            store(planes, at + 4 * PLANE, load(planes, at + 4 * PLANE) + weight * depth)
            store(planes, at + 5 * PLANE, load(planes, at + 5 * PLANE) + weight)
            at += LANES
            dx = dx + np.float32(LANES)


@inlined
def _finished(planes: F32) -> bool:
    """Whether no pixel of the tile can take more."""
    left = splat(ZERO)
    for at in range(0, TILE * STRIDE, LANES):
        left = left + load(planes, at)
    return bool(total(left) == ZERO)


@inlined
def _write(planes: F32, left: int, top: int, channels: Channels, image: F32, alphas: F32) -> None:
    height, width = alphas.shape
    for y in range(min(TILE, height - top)):
        for x in range(min(TILE, width - left)):
            at = y * STRIDE + x
            alpha = planes[at + 5 * PLANE]
            alphas[top + y, left + x] = alpha
            for c in range(channels.number):
                value = planes[at + (1 + channels.first + c) * PLANE]
                if channels.expected and channels.first + c == 3:
                    value /= max(alpha, MIN_COVERAGE)
                image[top + y, left + x, c] = value


@kernel
def _draw_tile(tile: int, columns: int, source: F32, lists: TileLists, channels: Channels, image: F32,
               alphas: F32, planes: F32) -> None:
    left, top = tile % columns * TILE, tile // columns * TILE
    height, width = alphas.shape
    planes[:] = ZERO
    for y in range(min(TILE, height - top)):
        planes[y * STRIDE : y * STRIDE + min(TILE, width - left)] = ONE
    p, end = lists.offsets[tile], lists.offsets[tile + 1]
    while p < end:
        stop = min(p + _BATCH, end)
        # Gathering a batch at once overlaps its cache misses; backward finds it in order.
        for k in range(p, stop):
            row = lists.owners[lists.entries[k]] * RECORD
            store(lists.records, k * RECORD, load(source, row))
            store(lists.records, k * RECORD + LANES, load(source, row + LANES))
        for k in range(p, stop):
            _draw(lists.records, k, np.float32(left), np.float32(top), planes)
        p = stop
        if _finished(planes):
            break
    lists.drawn[tile] = p - lists.offsets[tile]
    _write(planes, left, top, channels, image, alphas)
