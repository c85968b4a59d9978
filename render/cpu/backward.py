"""Backward compositing: gradients of every (Gaussian, tile) pair, front to back like the forward.

With L the loss, g = dL/d(channels) at a pixel and S the part of g·(output) that is still behind, a
Gaussian of alpha a and weight w = a T has dL/d(exponent) = a S / (1 - a) - w g·c, and S falls by
w g·c: one running scalar per pixel replaces the stored suffix. Six moments of it over the window
give the gradients of centre, conic and opacity.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from spatialmem.render.cpu.jit import inlined, kernel, parallel_kernel
from spatialmem.render.cpu.layout import (
    BLUE,
    DEPTH,
    F32,
    FLOOR,
    GRADIENT,
    GREEN,
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
    both,
    greater,
    less_equal,
    minimum,
    ramp,
    splat,
    sums,
    where,
)
from spatialmem.render.cpu.simd_memory import load, scalar, store, take_next
from spatialmem.render.cpu.window import falloff, window

PLANES = 7
"""Transmittance, what is still behind, then dL/d of red, green, blue, depth, alpha."""


@parallel_kernel
def differentiate(columns: int, lists: TileLists, channels: Channels, image: F32, alphas: F32, d_image: F32,
                  d_alphas: F32, planes: F32, gradients: F32, counter: I64) -> None:
    """Gradients per entry, `[entries, GRADIENT]`, from those of the image and of alpha.

    Each entry has its own row, so nothing is added across threads and the result does not depend on
    their number.

    Args:
        planes: scratch `[workers, PLANES * PLANE]`.
        counter: one zero.
    """
    tiles = lists.drawn.shape[0]
    for worker in prange(planes.shape[0]):
        while True:
            tile: int = take_next(counter)
            if tile >= tiles:
                break
            _read(tile % columns * TILE, tile // columns * TILE, channels, image, alphas, d_image, d_alphas,
                  planes[worker])
            _differentiate_tile(tile, columns, lists, planes[worker], gradients)


@inlined
def _differentiate(records: F32, p: int, left: np.float32, top: np.float32, planes: F32, gradients: F32,
                   out: int) -> None:
    """Gradients of Gaussian `p` over its window, to `gradients` from flat position `out` on."""
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
    zero = splat(ZERO)
    d_red, d_green, d_blue, d_depth = zero, zero, zero, zero
    m, mx, my, mxx, mxy, myy = zero, zero, zero, zero, zero, zero
    for y in range(y0, y1):
        dy = (np.float32(y) + HALF - v) - v_rest
        slope, level = splat(qb * dy), splat(qc * dy * dy + floor)
        row_m, row_mx = zero, zero
        at, dx = y * STRIDE + x0, first
        for _ in range(vectors):
            exponent = dx * (qa * dx + slope) + level
            strength = falloff(exponent)
            alpha = where(less_equal(exponent, splat(LOG_255)), minimum(strength, splat(MAX_ALPHA)))
            before = load(planes, at)
            weight = alpha * before
            after = before - weight
            alive = greater(after, splat(MIN_TRANSMITTANCE))
            weight = where(alive, weight)
            store(planes, at, where(alive, after))
            g_red, g_green = load(planes, at + 2 * PLANE), load(planes, at + 3 * PLANE)
            g_blue, g_depth = load(planes, at + 4 * PLANE), load(planes, at + 5 * PLANE)
            own = weight * (g_red * red + g_green * green + g_blue * blue + g_depth * depth
                            + load(planes, at + 6 * PLANE))
            behind = load(planes, at + PLANE) - own
            store(planes, at + PLANE, behind)
            d_exponent = where(both(alive, less_equal(strength, splat(MAX_ALPHA))),
                               alpha * behind / (ONE - alpha) - own)
            d_red, d_green = d_red + weight * g_red, d_green + weight * g_green
            d_blue, d_depth = d_blue + weight * g_blue, d_depth + weight * g_depth
            moment = d_exponent * dx
            row_m, row_mx, mxx = row_m + d_exponent, row_mx + moment, mxx + moment * dx
            at += LANES
            dx = dx + np.float32(LANES)
        m, mx = m + row_m, mx + row_mx
        my, mxy, myy = my + row_m * dy, mxy + row_mx * dy, myy + row_m * (dy * dy)
    store(gradients, out, sums(d_red, d_green, d_blue, d_depth, m, mx, my, mxx))
    store(gradients, out + LANES, sums(mxy, myy, zero, zero, zero, zero, zero, zero))


@inlined
def _read(left: int, top: int, channels: Channels, image: F32, alphas: F32, d_image: F32, d_alphas: F32,
          planes: F32) -> None:
    """Set up the planes of a tile from the rendered image and the gradients that arrive."""
    height, width = alphas.shape
    planes[:] = ZERO
    for y in range(min(TILE, height - top)):
        for x in range(min(TILE, width - left)):
            at = y * STRIDE + x
            alpha, d_alpha, behind = alphas[top + y, left + x], d_alphas[top + y, left + x], ZERO
            for c in range(channels.number):
                value, gradient = image[top + y, left + x, c], d_image[top + y, left + x, c]
                if channels.expected and channels.first + c == 3:
                    # expected = sum / alpha: in terms of the sum and alpha, by the quotient rule.
                    coverage = max(alpha, MIN_COVERAGE)
                    gradient /= coverage
                    if alpha > MIN_COVERAGE:
                        d_alpha -= gradient * value
                    value *= coverage
                planes[at + (2 + channels.first + c) * PLANE] = gradient
                behind += gradient * value
            planes[at] = ONE
            planes[at + PLANE] = behind + d_alpha * alpha
            planes[at + 6 * PLANE] = d_alpha


@kernel
def _differentiate_tile(tile: int, columns: int, lists: TileLists, planes: F32, gradients: F32) -> None:
    left, top = np.float32(tile % columns * TILE), np.float32(tile // columns * TILE)
    begin, end = lists.offsets[tile], lists.offsets[tile + 1]
    middle = begin + lists.drawn[tile]
    for p in range(begin, middle):
        _differentiate(lists.records, p, left, top, planes, gradients, lists.entries[p] * GRADIENT)
    for p in range(middle, end):
        store(gradients, lists.entries[p] * GRADIENT, splat(ZERO))
        store(gradients, lists.entries[p] * GRADIENT + LANES, splat(ZERO))
