"""Backward projection: from gradients per (Gaussian, tile) to gradients of the five inputs."""

from __future__ import annotations

from typing import NamedTuple

from numba import prange

from spatialmem.render.cpu.geometry import (
    TWO,
    camera_points,
    own_axes,
    rotate_back,
    unit_quats,
)
from spatialmem.render.cpu.jit import inlined, kernel, parallel_kernel
from spatialmem.render.cpu.layout import (
    F32,
    FX,
    FY,
    GRADIENT,
    I32,
    I64,
    QA,
    QB,
    QC,
    RECORD,
    X_HIGH,
    X_LOW,
    Y_HIGH,
    Y_LOW,
    Gaussians,
)
from spatialmem.render.cpu.project import block_limits
from spatialmem.render.cpu.simd import (
    HALF,
    LANES,
    ONE,
    ZERO,
    Vector,
    both,
    clamp,
    greater,
    greater_equal,
    less_equal,
    splat,
    where,
)
from spatialmem.render.cpu.simd_memory import load, load_column, scalar, store, store_column, take_next

SCRATCH = LANES * GRADIENT
_SEEN = 10


class Gradients(NamedTuple):
    """dL/d of the inputs; an array without rows is not wanted."""

    means: F32
    quats: F32
    scales: F32
    opacities: F32
    colors: F32


@parallel_kernel
def project_backward(camera: F32, gaussians: Gaussians, records: F32, first: I32, entries: F32,
                     out: Gradients, blocks: int, scratch: F32, counter: I64) -> None:
    """Write `out`, the gradients of the inputs, from those of the entries.

    Args:
        scratch: `[workers, SCRATCH]`.
        counter: one zero.
    """
    for worker in prange(scratch.shape[0]):
        while True:
            block: int = take_next(counter)
            if block >= blocks:
                break
            begin, end = block_limits(block, blocks, gaussians.means.shape[0])
            _block(camera, gaussians, records, first, entries, out, begin, end, scratch[worker])


@inlined
def _gather(first: I32, entries: F32, base: int, scratch: F32) -> bool:
    """Sum the entries of rows `base` … `base + 7` into `scratch`; returns whether there are any."""
    if first[base] == first[base + LANES]:
        return False
    for lane in range(LANES):
        begin, end = first[base + lane], first[base + lane + 1]
        head, tail = splat(ZERO), splat(ZERO)
        for e in range(begin, end):
            head = head + load(entries, int(e) * GRADIENT)
            tail = tail + load(entries, int(e) * GRADIENT + LANES)
        store(scratch, lane * GRADIENT, head)
        store(scratch, lane * GRADIENT + LANES, tail)
        scratch[lane * GRADIENT + _SEEN] = ONE if end > begin else ZERO
    return True


@inlined
def _image_gradients(records: F32, base: int, scratch: F32) -> tuple[Vector, ...]:
    """dL/d of u, v, depth and covariance entries 00, 01, 11, from the moments of dL/d(exponent).

    With Q the inverse covariance and G the gradient of its entries, dL/d(covariance) = -Q G Q.
    """
    row = base * RECORD
    a, b = TWO * load_column(records, row + QA, RECORD), load_column(records, row + QB, RECORD)
    c = TWO * load_column(records, row + QC, RECORD)
    mx, my = load_column(scratch, 5, GRADIENT), load_column(scratch, 6, GRADIENT)
    gxx, gxy = HALF * load_column(scratch, 7, GRADIENT), HALF * load_column(scratch, 8, GRADIENT)
    gyy = HALF * load_column(scratch, 9, GRADIENT)
    p00, p01 = a * gxx + b * gxy, a * gxy + b * gyy
    p10, p11 = b * gxx + c * gxy, b * gxy + c * gyy
    zero = splat(ZERO)
    return (zero - (a * mx + b * my), zero - (b * mx + c * my), load_column(scratch, 3, GRADIENT),
            zero - (p00 * a + p01 * b), zero - (p00 * b + p01 * c), zero - (p10 * b + p11 * c))


@inlined
def _store_if_wanted(array: F32, base: int, columns: int, column: int, seen: Vector, value: Vector) -> None:
    if array.shape[0] > 0:
        store_column(array, base * columns + column, columns, where(greater(seen, splat(ZERO)), value))


@inlined
def _axis_gradients(scale: Vector, nx: Vector, ny: Vector, nz: Vector, a: Vector, b: Vector, tx: Vector,
                    ty: Vector, c00: Vector, c01: Vector, c11: Vector) -> tuple[Vector, ...]:
    """One axis' share of dL/d: scale; turn about camera x, y, z; a·dL/da, b·dL/db; tx, ty.

    The axis' image (u, v) = (a (bx - tx bz), b (by - ty bz)) with (bx, by, bz) = scale n; a small turn
    by t moves the axis by t x b, so dL/dt = b x dL/db.
    """
    bx, by, bz = scale * nx, scale * ny, scale * nz
    u, v = a * (bx - tx * bz), b * (by - ty * bz)
    du, dv = TWO * (c00 * u + c01 * v), TWO * (c01 * u + c11 * v)
    gx, gy = a * du, b * dv
    gz = splat(ZERO) - (tx * gx + ty * gy)
    return (gx * nx + gy * ny + gz * nz, by * gz - bz * gy, bz * gx - bx * gz, bx * gy - by * gx,
            du * u, dv * v, splat(ZERO) - gx * bz, splat(ZERO) - gy * bz)


@inlined
def _store_means(camera: F32, out: F32, base: int, seen: Vector, x: Vector, y: Vector, rz: Vector,
                 image: tuple[Vector, ...], d_log_a: Vector, d_log_b: Vector, d_tx: Vector,
                 d_ty: Vector) -> None:
    """Gradients of the centres: through the image centre, the depth, and the linearisation's z, tx, ty."""
    slope_x, slope_y = x * rz, y * rz
    inside_x = both(greater_equal(slope_x, splat(scalar(camera, X_LOW))),
                    less_equal(slope_x, splat(scalar(camera, X_HIGH))))
    inside_y = both(greater_equal(slope_y, splat(scalar(camera, Y_LOW))),
                    less_equal(slope_y, splat(scalar(camera, Y_HIGH))))
    d_slope_x = scalar(camera, FX) * image[0] + where(inside_x, d_tx)
    d_slope_y = scalar(camera, FY) * image[1] + where(inside_y, d_ty)
    dz = image[2] - rz * (d_log_a + d_log_b + slope_x * d_slope_x + slope_y * d_slope_y)
    wx, wy, wz = rotate_back(camera, d_slope_x * rz, d_slope_y * rz, dz)
    _store_if_wanted(out, base, 3, 0, seen, wx)
    _store_if_wanted(out, base, 3, 1, seen, wy)
    _store_if_wanted(out, base, 3, 2, seen, wz)


@inlined
def _store_quats(camera: F32, out: F32, base: int, seen: Vector, quat: tuple[Vector, ...], tx: Vector,
                 ty: Vector, tz: Vector) -> None:
    """Gradients of quaternions from those of a small turn (tx, ty, tz) in the camera frame.

    A turn by t changes a unit q by t q / 2, and those tangents have length 1/2 and span what is
    orthogonal to q; so dL/dq = 2 (0, t) q, over the length that q was divided by.
    """
    x, y, z = rotate_back(camera, tx, ty, tz)
    w, i, j, k, scale = quat
    scale = TWO * scale
    _store_if_wanted(out, base, 4, 0, seen, splat(ZERO) - scale * (x * i + y * j + z * k))
    _store_if_wanted(out, base, 4, 1, seen, scale * (w * x + y * k - z * j))
    _store_if_wanted(out, base, 4, 2, seen, scale * (w * y + z * i - x * k))
    _store_if_wanted(out, base, 4, 3, seen, scale * (w * z + x * j - y * i))


@inlined
def _store_shape_and_place(camera: F32, gaussians: Gaussians, records: F32, out: Gradients, base: int,
                           scratch: F32, seen: Vector) -> None:
    image = _image_gradients(records, base, scratch)
    x, y, z = camera_points(camera, gaussians.means, base)
    rz = ONE / z
    quat = unit_quats(gaussians.quats, base)
    n = own_axes(camera, quat[0], quat[1], quat[2], quat[3])
    tx = clamp(x * rz, scalar(camera, X_LOW), scalar(camera, X_HIGH))
    ty = clamp(y * rz, scalar(camera, Y_LOW), scalar(camera, Y_HIGH))
    a, b = scalar(camera, FX) * rz, scalar(camera, FY) * rz
    s0, s1 = load_column(gaussians.scales, 3 * base, 3), load_column(gaussians.scales, 3 * base + 1, 3)
    s2 = load_column(gaussians.scales, 3 * base + 2, 3)
    g0 = _axis_gradients(s0, n[0], n[1], n[2], a, b, tx, ty, image[3], image[4], image[5])
    g1 = _axis_gradients(s1, n[3], n[4], n[5], a, b, tx, ty, image[3], image[4], image[5])
    g2 = _axis_gradients(s2, n[6], n[7], n[8], a, b, tx, ty, image[3], image[4], image[5])
    _store_if_wanted(out.scales, base, 3, 0, seen, g0[0])
    _store_if_wanted(out.scales, base, 3, 1, seen, g1[0])
    _store_if_wanted(out.scales, base, 3, 2, seen, g2[0])
    _store_quats(camera, out.quats, base, seen, quat, g0[1] + g1[1] + g2[1], g0[2] + g1[2] + g2[2],
                 g0[3] + g1[3] + g2[3])
    _store_means(camera, out.means, base, seen, x, y, rz, image, g0[4] + g1[4] + g2[4], g0[5] + g1[5] + g2[5],
                 g0[6] + g1[6] + g2[6], g0[7] + g1[7] + g2[7])


@inlined
def _store_nothing(out: Gradients, base: int) -> None:
    zero = splat(ZERO)
    for column in range(4):
        _store_if_wanted(out.quats, base, 4, column, zero, zero)
    for column in range(3):
        _store_if_wanted(out.means, base, 3, column, zero, zero)
        _store_if_wanted(out.scales, base, 3, column, zero, zero)
        _store_if_wanted(out.colors, base, 3, column, zero, zero)
    _store_if_wanted(out.opacities, base, 1, 0, zero, zero)


@kernel
def _block(camera: F32, gaussians: Gaussians, records: F32, first: I32, entries: F32, out: Gradients,
           begin: int, end: int, scratch: F32) -> None:
    last = gaussians.means.shape[0] - LANES
    geometry = out.means.shape[0] > 0 or out.quats.shape[0] > 0 or out.scales.shape[0] > 0
    for start in range(begin, end, LANES):
        # The last eight may reach back over rows of another block: those are written alike.
        base = min(start, last)
        if not _gather(first, entries, base, scratch):
            _store_nothing(out, base)
            continue
        seen = load_column(scratch, _SEEN, GRADIENT)
        for column in range(3):
            _store_if_wanted(out.colors, base, 3, column, seen, load_column(scratch, column, GRADIENT))
        # The exponent holds -ln(opacity), so dL/d(opacity) = -dL/d(exponent) / opacity.
        d_floor = load_column(scratch, 4, GRADIENT)
        opacity = load(gaussians.opacities, base)
        _store_if_wanted(out.opacities, base, 1, 0, seen, splat(ZERO) - d_floor / opacity)
        if geometry:
            _store_shape_and_place(camera, gaussians, records, out, base, scratch, seen)
