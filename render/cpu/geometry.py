"""The EWA projection of eight Gaussians at a time, shared by the forward and backward kernels.

Zwicker et al., "EWA splatting", 2002: a Gaussian with camera-frame square-root covariance B (3x3,
columns b = s n) is linearised at its centre, so its image covariance is U Uᵀ + eps2d I with
U = J B and J = [[a, 0, -a tx], [0, b, -b ty]], a = fx/z, b = fy/z, (tx, ty) the clamped slopes.
"""

from __future__ import annotations

import numpy as np

from spatialmem.render.cpu.jit import inlined
from spatialmem.render.cpu.layout import F32
from spatialmem.render.cpu.simd import ONE, Vector, square_root
from spatialmem.render.cpu.simd_memory import load_column, scalar

TWO = np.float32(2)
_TINY = np.float32(1e-24)


@inlined
def rotate(camera: F32, x: Vector, y: Vector, z: Vector) -> tuple[Vector, Vector, Vector]:
    """Directions turned from the world into the camera frame."""
    return (scalar(camera, 0) * x + scalar(camera, 1) * y + scalar(camera, 2) * z,
            scalar(camera, 3) * x + scalar(camera, 4) * y + scalar(camera, 5) * z,
            scalar(camera, 6) * x + scalar(camera, 7) * y + scalar(camera, 8) * z)


@inlined
def rotate_back(camera: F32, x: Vector, y: Vector, z: Vector) -> tuple[Vector, Vector, Vector]:
    """Directions turned from the camera into the world frame."""
    return (scalar(camera, 0) * x + scalar(camera, 3) * y + scalar(camera, 6) * z,
            scalar(camera, 1) * x + scalar(camera, 4) * y + scalar(camera, 7) * z,
            scalar(camera, 2) * x + scalar(camera, 5) * y + scalar(camera, 8) * z)


@inlined
def camera_points(camera: F32, means: F32, base: int) -> tuple[Vector, Vector, Vector]:
    """Centres of rows `base` on, in the camera frame, metres."""
    x, y, z = rotate(camera, load_column(means, 3 * base, 3), load_column(means, 3 * base + 1, 3),
                     load_column(means, 3 * base + 2, 3))
    return x + scalar(camera, 9), y + scalar(camera, 10), z + scalar(camera, 11)


@inlined
def unit_quats(quats: F32, base: int) -> tuple[Vector, Vector, Vector, Vector, Vector]:
    """Unit quaternions w, x, y, z of rows `base` on, and one over their former length."""
    w, x = load_column(quats, 4 * base, 4), load_column(quats, 4 * base + 1, 4)
    y, z = load_column(quats, 4 * base + 2, 4), load_column(quats, 4 * base + 3, 4)
    return normalized(w, x, y, z)


@inlined
def normalized(w: Vector, x: Vector, y: Vector, z: Vector) -> tuple[Vector, Vector, Vector, Vector, Vector]:
    """A unit quaternion, and one over its former length; no turn for a zero quaternion."""
    scale = ONE / square_root(w * w + x * x + y * y + z * z + _TINY)
    return w * scale, x * scale, y * scale, z * scale, scale


@inlined
def own_axes(camera: F32, w: Vector, x: Vector, y: Vector, z: Vector) -> tuple[Vector, ...]:
    """The unit axes n0, n1, n2 of Gaussians in the camera frame, nine components, axis by axis."""
    a = rotate(camera, ONE - TWO * (y * y + z * z), TWO * (x * y + w * z), TWO * (x * z - w * y))
    b = rotate(camera, TWO * (x * y - w * z), ONE - TWO * (x * x + z * z), TWO * (y * z + w * x))
    c = rotate(camera, TWO * (x * z + w * y), TWO * (y * z - w * x), ONE - TWO * (x * x + y * y))
    return a[0], a[1], a[2], b[0], b[1], b[2], c[0], c[1], c[2]
