"""The EWA projection of eight Gaussians at a time, shared by the forward and backward kernels.

Zwicker et al., "EWA splatting", 2002: with M the camera's rotation, r the unit axes of a Gaussian in the world and s
its scales, the columns b = s M r are a root of its covariance in the camera frame. Linearised at the centre, with
a = fx/z, b = fy/z and the slopes (tx, ty) = (x/z, y/z) clamped, axis k lies in the image as
(u, v) = s (a r·p, b r·q), where p = M₀ − tx M₂ and q = M₁ − ty M₂ are made of the rows of M once per Gaussian. The
image covariance is C = Σ (u, v)(u, v)ᵀ + eps2d I.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from spatialmem.render.cpu.jit import bare_inlined
from spatialmem.render.cpu.layout import COFACTORS, EPS2D, F32, FX, FY, X_HIGH, X_LOW, Y_HIGH, Y_LOW
from spatialmem.render.cpu.simd import ONE, ZERO, Vector, clamp, square_root
from spatialmem.render.cpu.simd_memory import scalar
from spatialmem.render.cpu.simd_rows import load_quadruples

TWO = np.float32(2)
Triple = tuple[Vector, Vector, Vector]
_TINY = np.float32(1e-24)
_MIN_DETERMINANT, _INFINITY = np.float32(1e-10), np.float32(np.inf)


class Linear(NamedTuple):
    """The linearised projection: clamped slopes, a and b, and the world directions p and q."""

    tx: Vector
    ty: Vector
    a: Vector
    b: Vector
    p: Triple
    q: Triple


class Covariance(NamedTuple):
    """Entries of the image covariance and its determinant, with eps2d, px² (px⁴); the determinant without."""

    xx: Vector
    xy: Vector
    yy: Vector
    det: Vector
    sharp: Vector


@bare_inlined
def dot(a: Triple, b: Triple) -> Vector:
    """Scalar products."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@bare_inlined
def camera_rows(camera: F32) -> tuple[Triple, Triple, Triple]:
    """The rows of the camera's rotation, as scalars."""
    return ((scalar(camera, 0), scalar(camera, 1), scalar(camera, 2)),
            (scalar(camera, 3), scalar(camera, 4), scalar(camera, 5)),
            (scalar(camera, 6), scalar(camera, 7), scalar(camera, 8)))


@bare_inlined
def unit_quats(quats: F32, base: int) -> tuple[Vector, Vector, Vector, Vector, Vector]:
    """Unit quaternions w, x, y, z of rows `base` on, and one over their former length; no turn for zero."""
    w, x, y, z = load_quadruples(quats, 4 * base)
    scale = ONE / square_root(w * w + x * x + y * y + z * z + _TINY)
    return w * scale, x * scale, y * scale, z * scale, scale


@bare_inlined
def world_axes(w: Vector, x: Vector, y: Vector, z: Vector) -> tuple[Triple, Triple, Triple]:
    """The unit axes of Gaussians in the world frame: columns of the rotation matrix of a unit quaternion."""
    return ((ONE - TWO * (y * y + z * z), TWO * (x * y + w * z), TWO * (x * z - w * y)),
            (TWO * (x * y - w * z), ONE - TWO * (x * x + z * z), TWO * (y * z + w * x)),
            (TWO * (x * z + w * y), TWO * (y * z - w * x), ONE - TWO * (x * x + y * y)))


@bare_inlined
def linearise(camera: F32, slope_x: Vector, slope_y: Vector, rz: Vector) -> Linear:
    """The projection's derivative where slopes are x/z and y/z, and `rz` is one over the depth."""
    tx = clamp(slope_x, scalar(camera, X_LOW), scalar(camera, X_HIGH))
    ty = clamp(slope_y, scalar(camera, Y_LOW), scalar(camera, Y_HIGH))
    m0, m1, m2 = camera_rows(camera)
    return Linear(tx, ty, scalar(camera, FX) * rz, scalar(camera, FY) * rz,
                  (m0[0] - tx * m2[0], m0[1] - tx * m2[1], m0[2] - tx * m2[2]),
                  (m1[0] - ty * m2[0], m1[1] - ty * m2[1], m1[2] - ty * m2[2]))


@bare_inlined
def image_axes(linear: Linear, axes: tuple[Triple, Triple, Triple], scales: Triple) -> tuple[Triple, Triple]:
    """u and v of the three scaled axes, px."""
    a, b = linear.a, linear.b
    return ((a * scales[0] * dot(axes[0], linear.p), a * scales[1] * dot(axes[1], linear.p),
             a * scales[2] * dot(axes[2], linear.p)),
            (b * scales[0] * dot(axes[0], linear.q), b * scales[1] * dot(axes[1], linear.q),
             b * scales[2] * dot(axes[2], linear.q)))


@bare_inlined
def covariance(camera: F32, linear: Linear, axes: tuple[Triple, Triple, Triple], scales: Triple, u: Triple,
               v: Triple) -> Covariance:
    """The image covariance, whose determinants come without the cancellation in xx yy − xy².

    By Lagrange's identity the sharp determinant is |u × v|², and the components of u × v are products of two scales
    and of the third axis with p × q, which is cof(M)ᵀ (tx, ty, 1): nearly the ray through the centre. With e = eps2d,
    det(C) = |u × v|² + e (uu + vv) + e².
    """
    r = _ray(camera, linear.tx, linear.ty)
    area = linear.a * linear.b
    c0 = area * scales[1] * scales[2] * dot(axes[0], r)
    c1 = area * scales[2] * scales[0] * dot(axes[1], r)
    c2 = area * scales[0] * scales[1] * dot(axes[2], r)
    sharp = c0 * c0 + c1 * c1 + c2 * c2
    uu, vv = dot(u, u), dot(v, v)
    eps = scalar(camera, EPS2D)
    det = sharp + eps * (uu + vv) + eps * eps
    return Covariance(uu + eps, dot(u, v), vv + eps, clamp(det, _MIN_DETERMINANT, _INFINITY), sharp)


@bare_inlined
def _ray(camera: F32, tx: Vector, ty: Vector) -> Triple:
    c = COFACTORS
    return (tx * scalar(camera, c) + ty * scalar(camera, c + 3) + scalar(camera, c + 6),
            tx * scalar(camera, c + 1) + ty * scalar(camera, c + 4) + scalar(camera, c + 7),
            tx * scalar(camera, c + 2) + ty * scalar(camera, c + 5) + scalar(camera, c + 8))


@bare_inlined
def minus(a: Vector) -> Vector:
    """−a."""
    return ZERO - a
