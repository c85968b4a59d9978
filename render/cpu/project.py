"""Forward projection: world Gaussians to image-plane records, tile spans, depth keys, and rows of the graph."""

from __future__ import annotations

import math

import numpy as np
from numba import prange

from spatialmem.render.cpu.geometry import Covariance, covariance, image_axes, linearise, unit_quats, world_axes
from spatialmem.render.cpu.jit import bare_inlined, bare_kernel, parallel_kernel
from spatialmem.render.cpu.layout import (
    BEGIN,
    COMPENSATION,
    CX,
    CY,
    DEPTH,
    END,
    ENTRIES,
    F32,
    FAR,
    FARTHEST,
    FX,
    FY,
    HEIGHT,
    I64,
    MIN_ALPHA,
    NEAR,
    NEAREST,
    QA,
    QB,
    QC,
    RADIUS_CLIP,
    REACH_X,
    REACH_Y,
    RECORD,
    TILE,
    U_REST,
    V_REST,
    VISIBLE,
    WIDTH,
    Gaussians,
    Projected,
    Rows,
    Touching,
    U,
    V,
)
from spatialmem.render.cpu.logarithm import logarithm
from spatialmem.render.cpu.simd import (
    HALF,
    LANES,
    ONE,
    ZERO,
    Vector,
    both,
    double,
    either,
    greater,
    greater_equal,
    less,
    less_equal,
    maximum,
    minimum,
    single,
    splat,
    square_root,
    total,
    where,
)
from spatialmem.render.cpu.simd_memory import (
    load,
    prefetch,
    prefetch_to_write,
    put,
    scalar,
    store,
    store_rows,
    take_next,
)
from spatialmem.render.cpu.simd_rows import (
    Mask,
    any_of,
    ceiling,
    floor,
    load_quadruples,
    load_triples,
    store_whole_quadruples,
)

_TWO, _PER_TILE = np.float32(2), np.float32(1 / TILE)
_MAX = np.float32(1e38)
_ROUND = np.float32(1.5 * 2.0**52)
_LOG_MIN_ALPHA = np.float32(math.log(1 / 255))
_LOWEST_FLOOR = np.float32(-80)
_MAX_RADIUS = np.float32(1e9)
_AHEAD = 32
"""Records between asking for memory and using it."""
_DEPTH, _FARTHEST_BITS = np.uint64(32), np.uint32(2**32 - 1)


@parallel_kernel
def project(camera: F32, gaussians: Gaussians, antialiased: bool, projected: Projected, touching: Touching,
            workers: int, counter: I64) -> None:
    """Fill `projected` and `touching`.

    Args:
        counter: one zero.
    """
    blocks, rows = touching.tallies.shape[1], projected.depths.shape[0]
    for _ in prange(workers):
        while True:
            block: int = take_next(counter)
            if block >= blocks:
                break
            begin, end = block_limits(block, blocks, rows)
            _project_block(camera, gaussians, antialiased, projected, touching, block, begin, end)


@parallel_kernel
def place_rows(projected: Projected, starts: I64, packed: bool, camera: int, rows: Rows, workers: int,
               counter: I64) -> None:
    """Write the rows of visible Gaussians: in order if packed, else each at its own number.

    Args:
        starts: `[blocks]`, the first row of each block; what `project` counted, summed up.
        camera: its number, for the ids.
        counter: one zero.
    """
    blocks, count = starts.shape[0], projected.depths.shape[0]
    for _ in prange(workers):
        while True:
            block: int = take_next(counter)
            if block >= blocks:
                break
            begin, end = block_limits(block, blocks, count)
            _place_block(projected, begin, end, starts[block], packed, camera, rows)


@bare_inlined
def block_limits(block: int, blocks: int, rows: int) -> tuple[int, int]:
    """First and past-last row of a block; blocks start at multiples of a vector."""
    groups = (rows + LANES - 1) // LANES
    return groups * block // blocks * LANES, min(groups * (block + 1) // blocks * LANES, rows)


@bare_inlined
def far_apart(taken: int, blocks: int, workers: int) -> int:
    """The block to do as the `taken`-th, so that blocks done at one time are not neighbours; `blocks` at the end.

    For blocks that write beside each other: threads that write to one cache line wait for each other. Some numbers
    between stand for no block and are -1.
    """
    each = (blocks + workers - 1) // workers
    if taken >= each * workers:
        return blocks
    block = taken % workers * each + taken // workers
    return block if block < blocks else -1


@bare_inlined
def _camera_points(camera: F32, x32: Vector, y32: Vector, z32: Vector) -> tuple[Vector, Vector, Vector]:
    """Centres in the camera frame in float64.

    In float32 the exponent at a pixel would be off by some 1e-4, which decides too often on which side
    of alpha = 1/255 a pixel lies, and with it about visible shares of a gradient.
    """
    x, y, z = double(x32), double(y32), double(z32)
    return (scalar(camera, 0) * x + scalar(camera, 1) * y + scalar(camera, 2) * z + scalar(camera, 9),
            scalar(camera, 3) * x + scalar(camera, 4) * y + scalar(camera, 5) * z + scalar(camera, 10),
            scalar(camera, 6) * x + scalar(camera, 7) * y + scalar(camera, 8) * z + scalar(camera, 11))


@bare_inlined
def _project_eight(camera: F32, gaussians: Gaussians, antialiased: bool, projected: Projected, base: int) -> Vector:
    """Write records, depths and spans of rows `base` … `base + 7`; returns 0, or NaN where an input is not finite.

    Tests are written so that a NaN or infinity fails them: such a Gaussian is not visible.
    """
    x32, y32, z32 = load_triples(gaussians.means, 3 * base)
    scales = load_triples(gaussians.scales, 3 * base)
    opacity = load(gaussians.opacities, base)
    x, y, z_exact = _camera_points(camera, x32, y32, z32)
    rz_exact = ONE / z_exact
    slope_x, slope_y = x * rz_exact, y * rz_exact
    u_exact = scalar(camera, FX) * slope_x + scalar(camera, CX)
    v_exact = scalar(camera, FY) * slope_y + scalar(camera, CY)
    # Adding a number whose last bit counts ones rounds to whole pixels.
    whole_u, whole_v = (u_exact + _ROUND) - _ROUND, (v_exact + _ROUND) - _ROUND
    linear = linearise(camera, single(slope_x), single(slope_y), single(rz_exact))
    w, i, j, k, _ = unit_quats(gaussians.quats, base)
    axes = world_axes(w, i, j, k)
    u_axes, v_axes = image_axes(linear, axes, scales)
    cov = covariance(camera, linear, axes, scales, u_axes, v_axes)
    compensation = square_root(cov.sharp / cov.det) if antialiased else splat(ONE)
    log_opacity = logarithm(opacity * compensation)
    u, v, z = single(u_exact), single(v_exact), single(z_exact)
    opaque = greater_equal(opacity * compensation, splat(MIN_ALPHA))
    reach_x, reach_y = _reach(cov, log_opacity)
    seen = both(opaque, _seen(camera, cov, u, v, z, reach_x, reach_y))
    store(projected.depths, base, where(seen, z))
    _store_spans(camera, projected, base, seen, u, v, reach_x, reach_y)
    if any_of(seen):
        zero, half, row = splat(ZERO), HALF / cov.det, base * RECORD
        store_rows(projected.records, row, RECORD, single(whole_u), single(whole_v), half * cov.yy,
                   zero - cov.xy / cov.det, half * cov.xx, maximum(zero - log_opacity, splat(_LOWEST_FLOOR)),
                   compensation, zero)
        store_rows(projected.records, row + LANES, RECORD, zero, z, reach_x, reach_y,
                   single(u_exact - whole_u), single(v_exact - whole_v),
                   _TWO * (log_opacity - _LOG_MIN_ALPHA) * (cov.det / cov.yy), cov.xy / cov.yy)
    qw, qx, qy, qz = load_quadruples(gaussians.quats, 4 * base)
    # Nothing finite times zero is NaN, and NaN survives the sum.
    return (x32 * ZERO + y32 * ZERO + z32 * ZERO + opacity * ZERO + scales[0] * ZERO + scales[1] * ZERO
            + scales[2] * ZERO + qw * ZERO + qx * ZERO + qy * ZERO + qz * ZERO)


@bare_inlined
def _reach(cov: Covariance, log_opacity: Vector) -> tuple[Vector, Vector]:
    """Half sizes of the box outside which alpha is below 1/255 (Radl et al., "StopThePop", 2024, appendix B.2), px."""
    extent = square_root(maximum(_TWO * (log_opacity - _LOG_MIN_ALPHA), splat(ZERO)))
    return extent * square_root(cov.xx), extent * square_root(cov.yy)


@bare_inlined
def _seen(camera: F32, cov: Covariance, u: Vector, v: Vector, z: Vector, reach_x: Vector, reach_y: Vector) -> Mask:
    """Whether depth, image and `radius_clip` let a Gaussian be seen; radii are whole pixels there, as in gsplat."""
    width, height = splat(scalar(camera, WIDTH)), splat(scalar(camera, HEIGHT))
    clip = splat(scalar(camera, RADIUS_CLIP))
    rx, ry = ceiling(reach_x), ceiling(reach_y)
    seen = both(greater_equal(z, splat(scalar(camera, NEAR))), less_equal(z, splat(scalar(camera, FAR))))
    seen = both(seen, both(less(cov.det, splat(_MAX)), less(cov.xx + cov.yy, splat(_MAX))))
    seen = both(seen, both(greater(u + rx, splat(ZERO)), less(u - rx, width)))
    seen = both(seen, both(greater(v + ry, splat(ZERO)), less(v - ry, height)))
    return both(seen, either(greater(rx, clip), greater(ry, clip)))


@bare_inlined
def _store_spans(camera: F32, projected: Projected, base: int, seen: Mask, u: Vector, v: Vector, reach_x: Vector,
                 reach_y: Vector) -> None:
    """The tiles that hold the pixel centres within reach; none where there are no such pixels."""
    zero = splat(ZERO)
    x0 = ceiling(maximum(u - reach_x - HALF, zero))
    y0 = ceiling(maximum(v - reach_y - HALF, zero))
    x1 = floor(minimum(u + reach_x + HALF, splat(scalar(camera, WIDTH))))
    y1 = floor(minimum(v + reach_y + HALF, splat(scalar(camera, HEIGHT))))
    seen = both(seen, both(greater(x1, x0), greater(y1, y0)))
    store_whole_quadruples(projected.spans, 4 * base, where(seen, floor(x0 * _PER_TILE)),
                           where(seen, ceiling(x1 * _PER_TILE)), where(seen, floor(y0 * _PER_TILE)),
                           where(seen, ceiling(y1 * _PER_TILE)))


@bare_kernel
def _project_block(camera: F32, gaussians: Gaussians, antialiased: bool, projected: Projected, touching: Touching,
                   block: int, begin: int, end: int) -> None:
    """Project rows begin..end, write their depth keys and count their tiles."""
    last = projected.depths.shape[0] - LANES
    depth_bits, spans, tallies = projected.depths.view(np.uint32), projected.spans, touching.tallies
    entries, visible, key, unsound = 0, 0, begin, splat(ZERO)
    nearest, farthest = _FARTHEST_BITS, np.uint32(0)
    for start in range(begin, end, LANES):
        # The last eight may reach back over rows of another block: those are written alike.
        unsound = unsound + _project_eight(camera, gaussians, antialiased, projected, min(start, last))
        for i in range(start, start + LANES):
            prefetch_to_write(projected.records, (i + _AHEAD) * RECORD)
        for i in range(start, min(start + LANES, end)):
            depth, tiles = depth_bits[i], (spans[i, 1] - spans[i, 0]) * (spans[i, 3] - spans[i, 2])
            touching.first[i] = entries
            # Written in any case, and over again: a branch would often be guessed wrong.
            touching.keys[key] = (np.uint64(depth) << _DEPTH) | np.uint64(i)
            key += int(tiles > 0)
            entries += tiles
            visible += int(depth > 0)
            least = depth if depth > 0 else _FARTHEST_BITS
            nearest = least if least < nearest else nearest
            farthest = depth if depth > farthest else farthest
    tallies[ENTRIES, block], tallies[VISIBLE, block] = entries, visible if total(unsound) == ZERO else -1
    tallies[BEGIN, block], tallies[END, block] = begin, key
    tallies[NEAREST, block], tallies[FARTHEST, block] = nearest, farthest


@bare_kernel
def _place_block(projected: Projected, begin: int, end: int, start: int, packed: bool, camera: int,
                 rows: Rows) -> None:
    records, following = projected.records, start
    antialiased = rows.compensations.shape[0] > 0
    for i in range(begin, end):
        prefetch(records, (i + _AHEAD) * RECORD)
        if projected.depths[i] == ZERO:
            rows.row_of[i] = -1
            continue
        row = following if packed else i
        following += 1
        rows.row_of[i] = row
        at = i * RECORD
        put(rows.means2d, 2 * row, scalar(records, at + U) + scalar(records, at + U_REST))
        put(rows.means2d, 2 * row + 1, scalar(records, at + V) + scalar(records, at + V_REST))
        put(rows.conics, 3 * row, _TWO * scalar(records, at + QA))
        put(rows.conics, 3 * row + 1, scalar(records, at + QB))
        put(rows.conics, 3 * row + 2, _TWO * scalar(records, at + QC))
        put(rows.depths, row, scalar(records, at + DEPTH))
        rows.radii[row, 0] = math.ceil(min(scalar(records, at + REACH_X), _MAX_RADIUS))
        rows.radii[row, 1] = math.ceil(min(scalar(records, at + REACH_Y), _MAX_RADIUS))
        if antialiased:
            rows.compensations[row] = scalar(records, at + COMPENSATION)
        if packed:
            rows.camera_ids[row], rows.gaussian_ids[row] = camera, i
