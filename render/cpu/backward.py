"""Backward compositing: gradients of every (Gaussian, tile) pair, front to back like the forward.

With L the loss, g = dL/d(channels) at a pixel and S the part of g·(output) that is still behind, a
Gaussian of alpha a and weight w = a T has dL/d(exponent) = a S / (1 - a) - w g·c, and S falls by
w g·c: one running scalar per pixel replaces the stored suffix. Six moments of it over the pixels
give the gradients of centre, conic and opacity.
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
    GRADIENT,
    I32,
    I64,
    MAX_ALPHA,
    MIN_TRANSMITTANCE,
    PLANE,
    QA,
    QB,
    QC,
    RECORD,
    TILE,
    U8,
    TileLists,
)
from spatialmem.render.cpu.rows import BATCH, begin_rows, cut, pixels, watch_living
from spatialmem.render.cpu.simd import (
    LANES,
    ONE,
    ZERO,
    Vector,
    both,
    greater,
    greater_equal,
    less_equal,
    minimum,
    ramp,
    splat,
    sums,
    total,
    where,
)
from spatialmem.render.cpu.simd_bits import lowest, magnitude
from spatialmem.render.cpu.simd_memory import load, prefetch, prefetch_to_write, scalar, store, take_next
from spatialmem.render.cpu.tile_pixels import ALPHA, ARRIVING, BEHIND, read_gradients
from spatialmem.render.cpu.tile_records import further_channels

_FURTHER = ARRIVING + CHANNELS * PLANE
_TWO, _PER_BIT = np.float32(2), np.float32(-1) / PER_NAT


def planes_needed(channels: int) -> int:
    """Planes of a tile: transmittance, what is still behind, dL/d(alpha), and dL/d of the channels."""
    return 3 + max(channels, CHANNELS)


@parallel_kernel
def differentiate(columns: int, lists: TileLists, geometry: F32, colors: F32, deep: bool, expected: bool, image: F32,
                  alphas: F32, d_image: F32, d_alphas: F32, planes: F32, shapes: F32, starts: I32, masks: I64,
                  spans: F32, further: F32 | None, entries: F32, used: U8, further_entries: F32 | None,
                  absolute: bool | None, counter: I64) -> None:
    """Gradients per entry, `[entries, GRADIENT]`, from those of the image and of alpha.

    Each entry has its own row, so nothing is added across threads and the result does not depend on
    their number. Entries that the forward pass did not need are not `used`.

    Args:
        geometry, colors, deep, expected, shapes, starts, masks, spans: as in `forward.draw`.
        planes: scratch `[workers, planes_needed(D) * PLANE]`.
        further: scratch `[workers, 9 * (D - 4)]`, or None where there are at most four channels.
        used: `[entries]`, written: 1 where an entry was drawn.
        further_entries: `[entries, D - 4]`, gradients of the channels beyond four, or None.
        absolute: True: also sums of absolute gradients of the centre; None: not.
        counter: one zero.
    """
    tiles = lists.drawn.shape[0]
    for worker in prange(planes.shape[0]):
        while True:
            tile: int = take_next(counter)
            if tile >= tiles:
                break
            left, top = tile % columns * TILE, tile // columns * TILE
            read_gradients(planes[worker], left, top, deep and expected, image, alphas, d_image, d_alphas)
            _differentiate_tile(tile, lists, geometry, colors, deep, planes[worker], shapes[worker],
                                starts[worker], masks[worker], spans[worker], further, int(np.int64(worker)), entries,
                                used, further_entries, absolute)


@bare_inlined
def _differentiate(records: F32, p: int, planes: F32, shapes: F32, starts: I32, masks: I64, k: int,
                   further: F32 | None, worker: int, entries: F32, out: int, absolute: bool | None) -> None:
    """Gradients of record `p`, the `k`-th of a batch that was cut, over its pixels, to `entries` from `out` on."""
    row = p * RECORD
    near, far = masks[2 * k], masks[2 * k + 1]
    qa = splat(scalar(records, row + QA) * PER_NAT)
    c0, c1 = splat(scalar(records, row + C0)), splat(scalar(records, row + C1))
    c2, c3 = splat(scalar(records, row + C2)), splat(scalar(records, row + C3))
    zero = splat(ZERO)
    d0, d1, d2, d3 = zero, zero, zero, zero
    m, mx, my, mxx, mxy, myy = zero, zero, zero, zero, zero, zero
    across, down = zero, zero
    place, lanes = 0, ramp()
    while near != 0:
        while near != 0:
            at, dx, dy, slope, power = pixels(shapes, starts, k, lowest(near), place, lanes, qa)
            near &= near - 1
            strength = two_to(power)
            alpha = where(greater_equal(power, splat(MIN_POWER)), minimum(strength, splat(MAX_ALPHA)))
            before = load(planes, at)
            weight = alpha * before
            after = before - weight
            alive = greater(after, splat(MIN_TRANSMITTANCE))
            weight = where(alive, weight)
            store(planes, at, where(alive, after))
            g0, g1 = load(planes, at + ARRIVING), load(planes, at + ARRIVING + PLANE)
            g2, g3 = load(planes, at + ARRIVING + 2 * PLANE), load(planes, at + ARRIVING + 3 * PLANE)
            value = load(planes, at + ALPHA) + g0 * c0 + g1 * c1 + g2 * c2 + g3 * c3
            if further is not None:
                value = value + _further(planes, at, weight, further, worker)
            own = weight * value
            behind = load(planes, at + BEHIND) - own
            store(planes, at + BEHIND, behind)
            d_exponent = where(both(alive, less_equal(strength, splat(MAX_ALPHA))),
                               alpha * (behind / (ONE - alpha)) - own)
            d0, d1, d2, d3 = d0 + weight * g0, d1 + weight * g1, d2 + weight * g2, d3 + weight * g3
            moment_x, moment_y = d_exponent * dx, d_exponent * dy
            m, mx, my = m + d_exponent, mx + moment_x, my + moment_y
            mxx, mxy, myy = mxx + moment_x * dx, mxy + moment_x * dy, myy + moment_y * dy
            if absolute is not None:
                across = across + magnitude(d_exponent * (_TWO * (qa * dx) + slope))
                down = down + magnitude(d_exponent * (dx * (scalar(records, row + QB) * PER_NAT)
                                                      + _TWO * dy * (scalar(records, row + QC) * PER_NAT)))
        near, far = far, 0
        place += 2 * LANES
        lanes = lanes + np.float32(2 * LANES)
    store(entries, out, sums(d0, d1, d2, d3, m, mx, my, mxx))
    # Slopes of the power are those of the exponent times PER_NAT.
    across, down = across * _PER_BIT, down * _PER_BIT
    store(entries, out + LANES, sums(mxy, myy, across, down, zero, zero, zero, zero))


@bare_inlined
def _further(planes: F32, at: int, weight: Vector, further: F32, worker: int) -> Vector:
    """g·c of the channels beyond four, whose values stand first in `further`; their sums of w g, after them, grow."""
    count, base = further.shape[1] // (1 + LANES), worker * further.shape[1]
    value = splat(ZERO)
    for c in range(count):
        gradient = load(planes, at + _FURTHER + c * PLANE)
        value = value + gradient * scalar(further, base + c)
        sum_at = base + count + c * LANES
        store(further, sum_at, load(further, sum_at) + weight * gradient)
    return value


@bare_inlined
def _begin_further(geometry: F32, colors: F32, deep: bool, i: int, further: F32, worker: int) -> None:
    count, base = further.shape[1] // (1 + LANES), worker * further.shape[1]
    further_channels(geometry, colors, deep, i, further, base, count)
    for c in range(count):
        store(further, base + count + c * LANES, splat(ZERO))


@bare_inlined
def _end_further(further: F32, worker: int, further_entries: F32, entry: int) -> None:
    count, base = further.shape[1] // (1 + LANES), worker * further.shape[1]
    for c in range(count):
        further_entries[entry, c] = total(load(further, base + count + c * LANES))


@bare_kernel
def _differentiate_tile(tile: int, lists: TileLists, geometry: F32, colors: F32, deep: bool,
                        planes: F32, shapes: F32, starts: I32, masks: I64, spans: F32, further: F32 | None, worker: int,
                        entries: F32, used: U8, further_entries: F32 | None, absolute: bool | None) -> None:
    begin, end = lists.offsets[tile], lists.offsets[tile + 1]
    middle = begin + lists.drawn[tile]
    begin_rows(spans)
    p = begin
    living, wait, due = 0, 1, 0
    while p < middle:
        living, wait, due = watch_living(planes, spans, living, wait, due)
        stop = min(p + BATCH, middle)
        for k in range(p, stop):
            masks[2 * (k - p)], masks[2 * (k - p) + 1] = cut(lists.records, k, spans, shapes, starts, k - p)
        for k in range(stop, min(stop + BATCH, middle)):
            prefetch(lists.records, k * RECORD)
            prefetch_to_write(entries, lists.entries[k] * GRADIENT)
        for k in range(p, stop):
            entry = int(lists.entries[k])
            used[entry] = 1
            if further is not None:
                _begin_further(geometry, colors, deep, lists.gaussians[k], further, worker)
            _differentiate(lists.records, k, planes, shapes, starts, masks, k - p, further, worker, entries,
                           entry * GRADIENT, absolute)
            if further is not None and further_entries is not None:
                _end_further(further, worker, further_entries, entry)
        p = stop
    for k in range(middle, end):
        used[lists.entries[k]] = 0
