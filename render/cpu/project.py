"""Forward projection: world Gaussians to image-plane records, tile spans and per-tile counts."""

from __future__ import annotations

import math

import numpy as np
from numba import prange

from spatialmem.render.cpu.geometry import TWO, normalized, own_axes, rotate
from spatialmem.render.cpu.jit import inlined, kernel, parallel_kernel
from spatialmem.render.cpu.layout import (
    CX,
    CY,
    DEPTH,
    EPS2D,
    F32,
    FAR,
    FX,
    FY,
    HEIGHT,
    I32,
    I64,
    LOG_255,
    NEAR,
    RADIUS_CLIP,
    REACH_X,
    REACH_Y,
    RECORD,
    TILE_BITS,
    U_REST,
    V_REST,
    WIDTH,
    X_HIGH,
    X_LOW,
    Y_HIGH,
    Y_LOW,
    Gaussians,
    Projected,
    U,
    V,
)
from spatialmem.render.cpu.simd import (
    HALF,
    LANES,
    ONE,
    ZERO,
    Vector,
    both,
    clamp,
    double,
    greater,
    greater_equal,
    less,
    less_equal,
    maximum,
    single,
    splat,
    square_root,
    where,
)
from spatialmem.render.cpu.simd_memory import load, load_column, scalar, store_rows, take_next

_MIN_DETERMINANT = np.float32(1e-10)
_MAX, _INFINITY = np.float32(1e38), np.float32(np.inf)
_ROUND = np.float32(1.5 * 2.0**52)
_LOWEST_FLOOR = np.float32(-80)
_MAX_RADIUS = np.float32(1e9)


@parallel_kernel
def project(camera: F32, gaussians: Gaussians, projected: Projected, columns: int, counts: I32,
            block_entries: I64, workers: int, counter: I64) -> None:
    """Fill `projected`, and per block of Gaussians count entries, in all and by tile.

    Args:
        counts: `[blocks, tiles]`, written.
        block_entries: `[blocks]`, written.
        counter: one zero.
    """
    blocks = counts.shape[0]
    rows = projected.depths.shape[0]
    for _ in prange(workers):
        while True:
            block: int = take_next(counter)
            if block >= blocks:
                break
            begin, end = block_limits(block, blocks, rows)
            block_entries[block] = _project_block(camera, gaussians, projected, begin, end, columns,
                                                  counts[block])


@inlined
def block_limits(block: int, blocks: int, rows: int) -> tuple[int, int]:
    """First and past-last row of a block; blocks start at multiples of a vector."""
    groups = (rows + LANES - 1) // LANES
    return groups * block // blocks * LANES, min(groups * (block + 1) // blocks * LANES, rows)


@inlined
def _column(array: F32, base: int, columns: int, column: int) -> Vector:
    """One field of rows `base` on, in float64."""
    return double(load_column(array, columns * base + column, columns))


@inlined
def _camera_points(camera: F32, means: F32, base: int) -> tuple[Vector, Vector, Vector]:
    x, y, z = rotate(camera, _column(means, base, 3, 0), _column(means, base, 3, 1),
                     _column(means, base, 3, 2))
    return x + scalar(camera, 9), y + scalar(camera, 10), z + scalar(camera, 11)


@inlined
def _image_covariance(camera: F32, gaussians: Gaussians, base: int, slope_x: Vector, slope_y: Vector,
                      rz: Vector) -> tuple[Vector, Vector, Vector, Vector]:
    """Entries 00, 01, 11 and the determinant of the blurred image covariance, px² (px⁴)."""
    quats, scales = gaussians.quats, gaussians.scales
    w, i, j, k, _ = normalized(_column(quats, base, 4, 0), _column(quats, base, 4, 1),
                               _column(quats, base, 4, 2), _column(quats, base, 4, 3))
    n = own_axes(camera, w, i, j, k)
    s0, s1, s2 = _column(scales, base, 3, 0), _column(scales, base, 3, 1), _column(scales, base, 3, 2)
    tx = clamp(slope_x, scalar(camera, X_LOW), scalar(camera, X_HIGH))
    ty = clamp(slope_y, scalar(camera, Y_LOW), scalar(camera, Y_HIGH))
    a, b = scalar(camera, FX) * rz, scalar(camera, FY) * rz
    u0, u1, u2 = a * s0 * (n[0] - tx * n[2]), a * s1 * (n[3] - tx * n[5]), a * s2 * (n[6] - tx * n[8])
    v0, v1, v2 = b * s0 * (n[1] - ty * n[2]), b * s1 * (n[4] - ty * n[5]), b * s2 * (n[7] - ty * n[8])
    uu, uv, vv = u0 * u0 + u1 * u1 + u2 * u2, u0 * v0 + u1 * v1 + u2 * v2, v0 * v0 + v1 * v1 + v2 * v2
    # det(U Uᵀ + e I) = |u x v|² + e (uu + vv) + e²: unlike uu vv - uv², nothing cancels.
    cx, cy, cz = u1 * v2 - u2 * v1, u2 * v0 - u0 * v2, u0 * v1 - u1 * v0
    eps = scalar(camera, EPS2D)
    det = cx * cx + cy * cy + cz * cz + eps * (uu + vv) + eps * eps
    return uu + eps, uv, vv + eps, clamp(det, _MIN_DETERMINANT, _INFINITY)


@inlined
def _project_eight(camera: F32, gaussians: Gaussians, projected: Projected, base: int) -> None:
    """Records and depths of rows `base` … `base + 7`, computed in float64.

    In float32 the exponent at a pixel would be off by some 1e-5, which decides too often on which side
    of alpha = 1/255 a pixel lies, and with it about visible shares of a gradient.
    Tests are written so that a NaN or infinity fails them: such a Gaussian is not visible.
    """
    x, y, z_exact = _camera_points(camera, gaussians.means, base)
    rz = ONE / z_exact
    slope_x, slope_y = x * rz, y * rz
    u_exact = scalar(camera, FX) * slope_x + scalar(camera, CX)
    v_exact = scalar(camera, FY) * slope_y + scalar(camera, CY)
    # Adding a number whose last bit counts ones rounds to whole pixels.
    whole_u, whole_v = (u_exact + _ROUND) - _ROUND, (v_exact + _ROUND) - _ROUND
    c00, c01, c11, det = _image_covariance(camera, gaussians, base, slope_x, slope_y, rz)
    u, v, z = single(u_exact), single(v_exact), single(z_exact)
    log_opacity = load(gaussians.log_opacities, base)
    # Alpha falls below 1/255 outside this many standard deviations (Radl et al., 2024, appendix B.2).
    extent = square_root(TWO * (log_opacity + LOG_255))
    reach_x, reach_y = extent * square_root(single(c00)), extent * square_root(single(c11))
    seen = both(greater_equal(z, splat(scalar(camera, NEAR))), less_equal(z, splat(scalar(camera, FAR))))
    sound = both(less(single(det), splat(_MAX)), less(single(c00 + c11), splat(_MAX)))
    seen = both(seen, both(sound, greater_equal(log_opacity, splat(-LOG_255))))
    width, height = splat(scalar(camera, WIDTH)), splat(scalar(camera, HEIGHT))
    seen = both(seen, both(greater(u + reach_x, splat(ZERO)), less(u - reach_x, width)))
    seen = both(seen, both(greater(v + reach_y, splat(ZERO)), less(v - reach_y, height)))
    half = HALF / det
    row = base * RECORD
    store_rows(projected.records, row, RECORD, single(whole_u), single(whole_v), single(half * c11),
               single(ZERO - c01 / det), single(half * c00),
               maximum(splat(ZERO) - log_opacity, splat(_LOWEST_FLOOR)),
               load_column(gaussians.colors, 3 * base, 3), load_column(gaussians.colors, 3 * base + 1, 3))
    zero = splat(ZERO)
    store_rows(projected.records, row + LANES, RECORD, load_column(gaussians.colors, 3 * base + 2, 3),
               where(seen, z), reach_x, reach_y, single(u_exact - whole_u), single(v_exact - whole_v),
               zero, zero)


@inlined
def _span(camera: F32, projected: Projected, i: int) -> int:
    """Write the tiles and radii of Gaussian `i`, which passed the tests; returns how many tiles it touches.

    Radii are rounded up to pixels as in gsplat, and so decide about `radius_clip`; the tiles hold
    every pixel centre inside the exact extent.
    """
    row = i * RECORD
    u = scalar(projected.records, row + U) + scalar(projected.records, row + U_REST)
    v = scalar(projected.records, row + V) + scalar(projected.records, row + V_REST)
    rx, ry = scalar(projected.records, row + REACH_X), scalar(projected.records, row + REACH_Y)
    width, height = scalar(camera, WIDTH), scalar(camera, HEIGHT)
    x0, x1 = math.ceil(max(u - rx - HALF, ZERO)), int(min(u + rx + HALF, width))
    y0, y1 = math.ceil(max(v - ry - HALF, ZERO)), int(min(v + ry + HALF, height))
    clip = scalar(camera, RADIUS_CLIP)
    px, py = math.ceil(min(rx, _MAX_RADIUS)), math.ceil(min(ry, _MAX_RADIUS))
    if x1 <= x0 or y1 <= y0 or (px <= clip and py <= clip):
        return 0
    projected.radii[i, 0], projected.radii[i, 1] = px, py
    first_column, end_column = x0 >> TILE_BITS, ((x1 - 1) >> TILE_BITS) + 1
    first_row, end_row = y0 >> TILE_BITS, ((y1 - 1) >> TILE_BITS) + 1
    projected.spans[i, 0], projected.spans[i, 1] = first_column, end_column
    projected.spans[i, 2], projected.spans[i, 3] = first_row, end_row
    return int((end_column - first_column) * (end_row - first_row))


@kernel
def _project_block(camera: F32, gaussians: Gaussians, projected: Projected, begin: int, end: int,
                   columns: int, counts: I32) -> int:
    """Project rows begin..end and count their tiles; returns the number of entries."""
    last = projected.depths.shape[0] - LANES
    entries = 0
    counts[:] = 0
    for start in range(begin, end, LANES):
        # The last eight may reach back over rows of another block: those records are written alike.
        _project_eight(camera, gaussians, projected, min(start, last))
        for i in range(start, min(start + LANES, end)):
            depth = scalar(projected.records, i * RECORD + DEPTH)
            tiles = _span(camera, projected, i) if depth > ZERO else 0
            if tiles == 0:
                projected.depths[i], projected.radii[i, 0], projected.radii[i, 1] = ZERO, 0, 0
                continue
            projected.depths[i] = depth
            entries += tiles
            for row in range(projected.spans[i, 2], projected.spans[i, 3]):
                for column in range(projected.spans[i, 0], projected.spans[i, 1]):
                    counts[row * columns + column] += 1
    return entries
