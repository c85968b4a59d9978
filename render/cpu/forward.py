"""Forward compositing: tiles are drawn front to back, eight pixels of a row at a time.

Per pixel and Gaussian (Kerbl et al., 2023; thresholds as in gsplat): alpha = min(0.999, o exp(-s)),
skipped below 1/255; the pixel is finished before its transmittance would fall to 1e-4.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from spatialmem.render.cpu.falloff import MIN_POWER, PER_NAT, two_to
from spatialmem.render.cpu.jit import bare_inlined, bare_kernel, parallel_kernel
from spatialmem.render.cpu.layout import (
    C0,
    C1,
    C2,
    C3,
    CHANNELS,
    F32,
    I32,
    I64,
    MAX_ALPHA,
    MIN_TRANSMITTANCE,
    PLANE,
    QA,
    RECORD,
    TILE,
    TileLists,
)
from spatialmem.render.cpu.rows import BATCH, begin_rows, cut, pixels, watch_living
from spatialmem.render.cpu.simd import (
    LANES,
    Vector,
    choose,
    greater,
    greater_equal,
    minimum,
    ramp,
    splat,
    where,
)
from spatialmem.render.cpu.simd_bits import lowest, negative
from spatialmem.render.cpu.simd_memory import load, prefetch, prefetch_to_write, scalar, store, take_next
from spatialmem.render.cpu.tile_pixels import SHOWN, clear, write_pixels
from spatialmem.render.cpu.tile_records import further_channels, tile_record

SLOTS = BATCH + 2
"""Records of a worker that keeps none: a batch, and so far apart that threads do not wait for each other."""


def planes_needed(channels: int) -> int:
    """Planes of a tile: transmittance, negative where a pixel is finished, and the channels."""
    return 1 + max(channels, CHANNELS)


@parallel_kernel
def draw(columns: int, geometry: F32, colors: F32, deep: bool, lists: TileLists, keep: bool, expected: bool,
         image: F32, alphas: F32, planes: F32, shapes: F32, starts: I32, masks: I64, spans: F32, further: F32 | None,
         counter: I64) -> None:
    """Composite all tiles into `image` `[H, W, D]` and `alphas` `[H, W]`.

    Args:
        geometry: records by Gaussian, which are gathered into `lists.records`.
        keep: those records, for a backward pass; else there are `SLOTS` for each worker.
        colors: `[N, D]`, or one fewer where depth is the last channel (`deep`), `expected` or accumulated.
        planes: scratch `[workers, planes_needed(D) * PLANE]`.
        shapes, starts, masks: scratch `[workers, BATCH * (rows.SHAPE, rows.STARTS, 2)]`.
        spans: scratch `[workers, rows.SPANS]`.
        further: scratch `[workers, D - 4]`, or None where there are at most four channels.
        counter: one zero.
    """
    tiles = lists.drawn.shape[0]
    for worker in prange(planes.shape[0]):
        while True:
            tile: int = take_next(counter)
            if tile >= tiles:
                break
            _draw_tile(tile, columns, geometry, colors, deep, lists, keep, alphas.shape, planes[worker],
                       shapes[worker], starts[worker], masks[worker], spans[worker], further, int(np.int64(worker)))
            write_pixels(planes[worker], tile % columns * TILE, tile // columns * TILE, deep and expected, image,
                         alphas)


@bare_inlined
def _draw(records: F32, p: int, planes: F32, shapes: F32, starts: I32, masks: I64, k: int, further: F32 | None,
          worker: int) -> None:
    """Composite record `p`, the `k`-th of a batch that was cut, over its pixels of the tile."""
    row = p * RECORD
    near, far = masks[2 * k], masks[2 * k + 1]
    qa = splat(scalar(records, row + QA) * PER_NAT)
    c0, c1 = splat(scalar(records, row + C0)), splat(scalar(records, row + C1))
    c2, c3 = splat(scalar(records, row + C2)), splat(scalar(records, row + C3))
    place, lanes = 0, ramp()
    while near != 0:
        while near != 0:
            at, _, _, _, power = pixels(shapes, starts, k, lowest(near), place, lanes, qa)
            near &= near - 1
            alpha = where(greater_equal(power, splat(MIN_POWER)), minimum(two_to(power), splat(MAX_ALPHA)))
            before = load(planes, at)
            weight = alpha * before
            after = before - weight
            alive = greater(after, splat(MIN_TRANSMITTANCE))
            weight = where(alive, weight)
            store(planes, at, choose(alive, after, negative(before)))
            _add(planes, at + SHOWN, weight * c0)
            _add(planes, at + SHOWN + PLANE, weight * c1)
            _add(planes, at + SHOWN + 2 * PLANE, weight * c2)
            _add(planes, at + SHOWN + 3 * PLANE, weight * c3)
            if further is not None:
                count = further.shape[1]
                for c in range(count):
                    _add(planes, at + SHOWN + (CHANNELS + c) * PLANE, weight * scalar(further, worker * count + c))
        near, far = far, 0
        place += 2 * LANES
        lanes = lanes + np.float32(2 * LANES)


@bare_inlined
def _add(planes: F32, at: int, value: Vector) -> None:
    store(planes, at, load(planes, at) + value)


@bare_kernel
def _draw_tile(tile: int, columns: int, geometry: F32, colors: F32, deep: bool, lists: TileLists, keep: bool,
               size: tuple[int, int], planes: F32, shapes: F32, starts: I32, masks: I64, spans: F32,
               further: F32 | None, worker: int) -> None:
    left, top = tile % columns * TILE, tile // columns * TILE
    clear(planes, left, top, size[0], size[1])
    begin_rows(spans)
    p, end = lists.offsets[tile], lists.offsets[tile + 1]
    living, wait, due = 0, 1, 0
    while p < end:
        living, wait, due = watch_living(planes, spans, living, wait, due)
        if living == 0:
            break
        stop, base = min(p + BATCH, end), p if keep else worker * SLOTS
        # Gathering a batch at once overlaps its cache misses; backward finds it in order.
        for k in range(p, stop):
            i = lists.gaussians[k]
            tile_record(geometry, colors, deep, i, np.float32(left), np.float32(top), lists.records, base + k - p)
        for k in range(stop, min(stop + BATCH, end)):
            i = lists.gaussians[k]
            prefetch(geometry, i * RECORD)
            if keep:
                prefetch_to_write(lists.records, k * RECORD)
            prefetch(colors, i * colors.shape[1])
        for k in range(p, stop):
            masks[2 * (k - p)], masks[2 * (k - p) + 1] = cut(lists.records, base + k - p, spans, shapes, starts, k - p)
        for k in range(p, stop):
            if further is not None:
                further_channels(geometry, colors, deep, lists.gaussians[k], further, worker * further.shape[1],
                                 further.shape[1])
            _draw(lists.records, base + k - p, planes, shapes, starts, masks, k - p, further, worker)
        p = stop
    lists.drawn[tile] = p - lists.offsets[tile]
