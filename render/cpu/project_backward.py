"""Backward projection: from gradients of rows to those of means, quaternions, scales and the camera."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import prange

from spatialmem.render.cpu.geometry import (
    TWO,
    Covariance,
    Linear,
    Triple,
    camera_rows,
    covariance,
    dot,
    image_axes,
    linearise,
    minus,
    unit_quats,
    world_axes,
)
from spatialmem.render.cpu.jit import bare_inlined, bare_kernel, parallel_kernel
from spatialmem.render.cpu.layout import EPS2D, F32, F64, FX, FY, I32, I64, X_HIGH, X_LOW, Y_HIGH, Y_LOW, Gaussians
from spatialmem.render.cpu.project import block_limits
from spatialmem.render.cpu.simd import (
    HALF,
    LANES,
    ONE,
    ZERO,
    Vector,
    both,
    greater,
    greater_equal,
    less_equal,
    ramp,
    splat,
    square_root,
    sums,
    where,
)
from spatialmem.render.cpu.simd_memory import scalar, store, take_next
from spatialmem.render.cpu.simd_rows import (
    Mask,
    any_of,
    load_rows,
    load_triples,
    not_negative,
    store_quadruples,
    store_triples,
    write_quadruples,
    write_triples,
)

SCRATCH = 2 * LANES
"""Floats of scratch per worker."""
CAMERA_ENTRIES = 12
"""Rows 0..2 of a view matrix, row by row."""


class RowGradients(NamedTuple):
    """dL/d of the rows of visible Gaussians; no compensations unless antialiased."""

    means2d: F32
    conics: F32
    depths: F32
    compensations: F32


class Gradients(NamedTuple):
    """dL/d of the inputs; an array without rows is not wanted.

    `cameras` are sums per block `[blocks, CAMERA_ENTRIES]`, which must be zero before: added up in their order, they
    do not depend on the number of threads.
    """

    means: F32
    quats: F32
    scales: F32
    cameras: F64


@parallel_kernel
def project_backward(camera: F32, gaussians: Gaussians, row_of: I32, rows: RowGradients, add: bool, out: Gradients,
                     blocks: int, scratch: F32, counter: I64) -> None:
    """Write `out` from the gradients of the rows of one camera, or `add` them to what it holds.

    Args:
        row_of: `[N]`, -1 where not visible: the gradients there are 0.
        scratch: `[workers, SCRATCH]`.
        counter: one zero.
    """
    for worker in prange(scratch.shape[0]):
        while True:
            block: int = take_next(counter)
            if block >= blocks:
                break
            begin, end = block_limits(block, blocks, row_of.shape[0])
            _block(camera, gaussians, row_of, rows, add, out, block, begin, end, scratch[worker])


@bare_kernel
def _block(camera: F32, gaussians: Gaussians, row_of: I32, rows: RowGradients, add: bool, out: Gradients, block: int,
           begin: int, end: int, scratch: F32) -> None:
    last = row_of.shape[0] - LANES
    for start in range(begin, end, LANES):
        base = min(start, last)
        seen = not_negative(row_of, base)
        if any_of(seen):
            # The last eight reach back over rows that were done: written alike, but not added twice.
            fresh = both(seen, greater_equal(ramp(), splat(np.float32(start - base))))
            _backward_eight(camera, gaussians, row_of, rows, out, block, base, add, seen, fresh, scratch)
        elif not add:
            _store_nothing(out, base)


@bare_inlined
def _backward_eight(camera: F32, gaussians: Gaussians, row_of: I32, rows: RowGradients, out: Gradients, block: int,
                    base: int, add: bool, seen: Mask, fresh: Mask, scratch: F32) -> None:
    means = load_triples(gaussians.means, 3 * base)
    scales = load_triples(gaussians.scales, 3 * base)
    rz, slope_x, slope_y = _slopes(camera, means)
    linear = linearise(camera, slope_x, slope_y, rz)
    w, x, y, z, shrink = unit_quats(gaussians.quats, base)
    axes = world_axes(w, x, y, z)
    u, v = image_axes(linear, axes, scales)
    cov = covariance(camera, linear, axes, scales, u, v)
    d_xx, d_xy, d_yy = _covariance_gradient(camera, row_of, rows, base, cov)
    du = (_along(d_xx, d_xy, u[0], v[0]), _along(d_xx, d_xy, u[1], v[1]), _along(d_xx, d_xy, u[2], v[2]))
    dv = (_along(d_yy, d_xy, v[0], u[0]), _along(d_yy, d_xy, v[1], u[1]), _along(d_yy, d_xy, v[2], u[2]))
    g0 = _axis_gradient(linear, du[0], dv[0])
    g1 = _axis_gradient(linear, du[1], dv[1])
    g2 = _axis_gradient(linear, du[2], dv[2])
    if out.scales.shape[0] > 0:
        write_triples(out.scales, base, add, seen, fresh, (dot(g0, axes[0]), dot(g1, axes[1]), dot(g2, axes[2])))
    if out.quats.shape[0] > 0:
        turn = _sum(_turn(scales[0], axes[0], g0), _turn(scales[1], axes[1], g1), _turn(scales[2], axes[2], g2))
        write_quadruples(out.quats, base, add, seen, fresh, _quat_gradient((w, x, y, z), TWO * shrink, turn))
    # dL/dp and dL/dq: the axes, weighted by what their images ask for.
    dp = _weighted(linear.a, scales, axes, du)
    dq = _weighted(linear.b, scales, axes, dv)
    place = _place_gradient(camera, row_of, rows, base, rz, slope_x, slope_y, dp, dq, dot(du, u) + dot(dv, v))
    if out.means.shape[0] > 0:
        write_triples(out.means, base, add, seen, fresh, _to_world(camera, place))
    if out.cameras.shape[0] > 0:
        _add_camera(out.cameras, block, fresh, means, place, linear, dp, dq, scratch)


@bare_inlined
def _slopes(camera: F32, means: Triple) -> Triple:
    """One over the depth, and x/z and y/z."""
    m0, m1, m2 = camera_rows(camera)
    rz = ONE / (dot(m2, means) + scalar(camera, 11))
    return rz, (dot(m0, means) + scalar(camera, 9)) * rz, (dot(m1, means) + scalar(camera, 10)) * rz


@bare_inlined
def _covariance_gradient(camera: F32, row_of: I32, rows: RowGradients, base: int, cov: Covariance) -> Triple:
    """dL/d of the image covariance's entries 00, 01 (= 10), 11.

    With Q its inverse and G the gradient of Q's entries, dL/dC = -Q G Q. A compensation c = sqrt(det before / det
    after eps2d) has dc/dC = ((1 - c²) Q - eps2d / det I) / (2 c).
    """
    r = ONE / cov.det
    a, b, c = cov.yy * r, minus(cov.xy) * r, cov.xx * r
    gxx = load_rows(rows.conics, row_of, base, 3, 0)
    gxy = HALF * load_rows(rows.conics, row_of, base, 3, 1)
    gyy = load_rows(rows.conics, row_of, base, 3, 2)
    p00, p01 = a * gxx + b * gxy, a * gxy + b * gyy
    p10, p11 = b * gxx + c * gxy, b * gxy + c * gyy
    d_xx, d_xy, d_yy = minus(p00 * a + p01 * b), minus(p00 * b + p01 * c), minus(p10 * b + p11 * c)
    if rows.compensations.shape[0] > 0:
        compensation = square_root(cov.sharp * r)
        share = load_rows(rows.compensations, row_of, base, 1, 0) * HALF / compensation
        share = where(greater(compensation, splat(ZERO)), share)
        spread = scalar(camera, EPS2D) * r
        lost = (cov.xx + cov.yy - scalar(camera, EPS2D)) * spread  # 1 - c², without cancellation
        d_xx = d_xx + share * (lost * a - spread)
        d_xy = d_xy + share * lost * b
        d_yy = d_yy + share * (lost * c - spread)
    return d_xx, d_xy, d_yy


@bare_inlined
def _along(d_own: Vector, d_cross: Vector, own: Vector, other: Vector) -> Vector:
    """dL/du of C = Σ (u, v)(u, v)ᵀ, from dL/dC."""
    return TWO * (d_own * own + d_cross * other)


@bare_inlined
def _axis_gradient(linear: Linear, du: Vector, dv: Vector) -> Triple:
    """dL/d of a scaled axis in the world, whose image is (a axis·p, b axis·q)."""
    along_p, along_q = linear.a * du, linear.b * dv
    return (along_p * linear.p[0] + along_q * linear.q[0], along_p * linear.p[1] + along_q * linear.q[1],
            along_p * linear.p[2] + along_q * linear.q[2])


@bare_inlined
def _turn(scale: Vector, axis: Triple, gradient: Triple) -> Triple:
    """dL/d of a small turn t: it moves a scaled axis by t x axis, so this is axis x gradient."""
    return (scale * (axis[1] * gradient[2] - axis[2] * gradient[1]),
            scale * (axis[2] * gradient[0] - axis[0] * gradient[2]),
            scale * (axis[0] * gradient[1] - axis[1] * gradient[0]))


@bare_inlined
def _sum(a: Triple, b: Triple, c: Triple) -> Triple:
    return a[0] + b[0] + c[0], a[1] + b[1] + c[1], a[2] + b[2] + c[2]


@bare_inlined
def _weighted(factor: Vector, scales: Triple, axes: tuple[Triple, Triple, Triple], weights: Triple) -> Triple:
    w0, w1, w2 = scales[0] * weights[0], scales[1] * weights[1], scales[2] * weights[2]
    return (factor * (w0 * axes[0][0] + w1 * axes[1][0] + w2 * axes[2][0]),
            factor * (w0 * axes[0][1] + w1 * axes[1][1] + w2 * axes[2][1]),
            factor * (w0 * axes[0][2] + w1 * axes[1][2] + w2 * axes[2][2]))


@bare_inlined
def _place_gradient(camera: F32, row_of: I32, rows: RowGradients, base: int, rz: Vector, slope_x: Vector,
                    slope_y: Vector, dp: Triple, dq: Triple, d_log_z: Vector) -> Triple:
    """dL/d of the centres in the camera frame: through the image, the depth, and the linearisation's slopes and z.

    Clamped slopes do not move. `d_log_z` is dL/d(-ln z) of a = fx/z and b = fy/z.
    """
    m2 = camera_rows(camera)[2]
    inside_x = both(greater_equal(slope_x, splat(scalar(camera, X_LOW))),
                    less_equal(slope_x, splat(scalar(camera, X_HIGH))))
    inside_y = both(greater_equal(slope_y, splat(scalar(camera, Y_LOW))),
                    less_equal(slope_y, splat(scalar(camera, Y_HIGH))))
    d_slope_x = scalar(camera, FX) * load_rows(rows.means2d, row_of, base, 2, 0) - where(inside_x, dot(m2, dp))
    d_slope_y = scalar(camera, FY) * load_rows(rows.means2d, row_of, base, 2, 1) - where(inside_y, dot(m2, dq))
    dz = load_rows(rows.depths, row_of, base, 1, 0) - rz * (d_log_z + slope_x * d_slope_x + slope_y * d_slope_y)
    return d_slope_x * rz, d_slope_y * rz, dz


@bare_inlined
def _to_world(camera: F32, place: Triple) -> Triple:
    m0, m1, m2 = camera_rows(camera)
    return (place[0] * m0[0] + place[1] * m1[0] + place[2] * m2[0],
            place[0] * m0[1] + place[1] * m1[1] + place[2] * m2[1],
            place[0] * m0[2] + place[1] * m1[2] + place[2] * m2[2])


@bare_inlined
def _quat_gradient(quat: tuple[Vector, ...], scale: Vector, turn: Triple) -> tuple[Vector, Vector, Vector, Vector]:
    """dL/d of quaternions from that of a small turn of what they turn.

    A turn by t changes a unit q by t q / 2, and those tangents have length 1/2 and span what is
    orthogonal to q; so dL/dq = 2 (0, t) q, over the length that q was divided by.
    """
    w, i, j, k = quat
    x, y, z = turn
    return (minus(scale * (x * i + y * j + z * k)), scale * (w * x + y * k - z * j),
            scale * (w * y + z * i - x * k), scale * (w * z + x * j - y * i))


@bare_inlined
def _add_camera(cameras: F64, block: int, fresh: Mask, means: Triple, place: Triple, linear: Linear, dp: Triple,
                dq: Triple, scratch: F32) -> None:
    """Add dL/d of the view matrix: centres move by M mean + t, and p, q are made of M's rows."""
    x, y, z = where(fresh, place[0]), where(fresh, place[1]), where(fresh, place[2])
    p0, p1, p2 = where(fresh, dp[0]), where(fresh, dp[1]), where(fresh, dp[2])
    q0, q1, q2 = where(fresh, dq[0]), where(fresh, dq[1]), where(fresh, dq[2])
    tx, ty, zero = linear.tx, linear.ty, splat(ZERO)
    store(scratch, 0, sums(x * means[0] + p0, x * means[1] + p1, x * means[2] + p2, x,
                           y * means[0] + q0, y * means[1] + q1, y * means[2] + q2, y))
    store(scratch, LANES, sums(z * means[0] - tx * p0 - ty * q0, z * means[1] - tx * p1 - ty * q1,
                               z * means[2] - tx * p2 - ty * q2, z, zero, zero, zero, zero))
    for k in range(CAMERA_ENTRIES):
        cameras[block, k] += np.float64(scratch[k])


@bare_inlined
def _store_nothing(out: Gradients, base: int) -> None:
    zero = splat(ZERO)
    if out.means.shape[0] > 0:
        store_triples(out.means, 3 * base, zero, zero, zero)
    if out.scales.shape[0] > 0:
        store_triples(out.scales, 3 * base, zero, zero, zero)
    if out.quats.shape[0] > 0:
        store_quadruples(out.quats, 4 * base, zero, zero, zero, zero)
