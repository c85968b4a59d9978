"""Kernels that look world points up in reference images: visibility, scale, Lanczos resampling."""

# ruff: noqa: PLR0917 - kernels take arrays one by one, by position
from __future__ import annotations

from math import ceil, floor, pi, sin, sqrt

import numpy as np
from numba import njit  # type: ignore[import-untyped, unused-ignore]

OCCLUSION = 0.02
"""A reference sees a point if its depth there agrees within this share of the distance."""

MAX_WIDENING = 4.0
_LOBES = 3
_MAX_TAPS = 2 * _LOBES * int(MAX_WIDENING) + 2


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def restore(points, wanted, images, depths, viewmats, Ks, out):  # type: ignore[no-untyped-def]
    """Overwrites the `wanted` pixels of `out` that a reference shows, from the best one.

    The best shows the surface at the most similar scale; magnifying counts twice, and more than
    twofold it is refused. On a tie the earlier reference wins.

    Args:
        points: `[H, W, 3]` world points of the pixels.
        wanted: `[H, W]` bool.
        images, depths, viewmats, Ks: of the `R` references: `[R, h, w, 3]` 0..1, `[R, h, w]` z-depth
            with 0 where it must not match, `[R, 4, 4]` world to camera, `[R, 3, 3]`.
        out: `[H, W, 3]`, written.
    """
    height, width = wanted.shape
    weights_x, weights_y = np.empty(_MAX_TAPS), np.empty(_MAX_TAPS)
    for row in range(height):
        for column in range(width):
            if not wanted[row, column]:
                continue
            # neighbours on the same side keep the differences inside the image
            right = column + 1 if column + 1 < width else column - 1
            lower = row + 1 if row + 1 < height else row - 1
            best, cost, bx, by, bsx, bsy = -1, 1e9, 0.0, 0.0, 1.0, 1.0
            for ref in range(len(images)):
                x, y, z = _seen_at(points[row, column], viewmats[ref], Ks[ref])
                if z <= 0 or not _visible(depths[ref], x, y, z):
                    continue
                sx, sy, magnified = _scale(points, row, column, right, lower, x, y, z, viewmats[ref], Ks[ref])
                if magnified > 2.0:
                    continue
                change = max(sx, sy, 1.0) - 1.0 + 2.0 * (magnified - 1.0)
                if change < cost - 0.02:
                    best, cost, bx, by, bsx, bsy = ref, change, x, y, sx, sy
            if best >= 0:
                _lanczos(images[best], bx, by, bsx, bsy, weights_x, weights_y, out[row, column])


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _seen_at(p, viewmat, K):  # type: ignore[no-untyped-def]
    """Pixel position and depth of a world point."""
    z = viewmat[2, 0] * p[0] + viewmat[2, 1] * p[1] + viewmat[2, 2] * p[2] + viewmat[2, 3]
    if z <= 1e-6:
        return 0.0, 0.0, -1.0
    x = viewmat[0, 0] * p[0] + viewmat[0, 1] * p[1] + viewmat[0, 2] * p[2] + viewmat[0, 3]
    y = viewmat[1, 0] * p[0] + viewmat[1, 1] * p[1] + viewmat[1, 2] * p[2] + viewmat[1, 3]
    return K[0, 0] * x / z + K[0, 2], K[1, 1] * y / z + K[1, 2], z


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _visible(depth, x, y, z):  # type: ignore[no-untyped-def]
    """Whether the surface at depth z is what the four pixels around (x, y) show."""
    column, row = floor(x - 0.5), floor(y - 0.5)
    if column < 0 or row < 0 or column + 1 >= depth.shape[1] or row + 1 >= depth.shape[0]:
        return False
    fx, fy = x - 0.5 - column, y - 0.5 - row
    a, b = depth[row, column], depth[row, column + 1]
    c, d = depth[row + 1, column], depth[row + 1, column + 1]
    if min(a, b, c, d) <= 0:
        return False
    between = (1 - fy) * ((1 - fx) / a + fx / b) + fy * ((1 - fx) / c + fx / d)
    return abs(1 / between - z) <= OCCLUSION * z


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _scale(points, row, column, right, lower, x, y, z, viewmat, K):  # type: ignore[no-untyped-def]
    """Reference pixels per view pixel along x and y, and by how much the worst direction is magnified."""
    xr, yr, zr = _seen_at(points[row, right], viewmat, K)
    xl, yl, zl = _seen_at(points[lower, column], viewmat, K)
    if abs(zr - z) > 0.1 * z or abs(zl - z) > 0.1 * z:
        return 1.0, 1.0, 1.0
    a, b, c, d = xr - x, xl - x, yr - y, yl - y
    sx, sy = sqrt(a * a + b * b), sqrt(c * c + d * d)
    # smallest singular value of the 2x2 Jacobian, from its determinant and Frobenius norm
    total, det = a * a + b * b + c * c + d * d, abs(a * d - b * c)
    largest = sqrt((total + sqrt(max(total * total - 4 * det * det, 0.0))) / 2)
    smallest = det / max(largest, 1e-9)
    return sx, sy, max(1.0, 1.0 / max(smallest, 1e-9))


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _kernel(position, scale, limit, weights):  # type: ignore[no-untyped-def]
    """Fills normalised Lanczos-3 weights around `position`; the first tap's index and their number."""
    centre = position - 0.5
    reach = _LOBES * scale
    first, last = ceil(centre - reach), floor(centre + reach)
    first, last = max(first, 0), min(last, limit - 1)
    total = 0.0
    for tap in range(first, last + 1):
        s = (tap - centre) / scale
        weight = 1.0 if abs(s) < 1e-9 else _LOBES * sin(pi * s) * sin(pi * s / _LOBES) / (pi * s) ** 2
        weights[tap - first] = weight
        total += weight
    for tap in range(last - first + 1):
        weights[tap] /= total
    return first, last - first + 1


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _lanczos(image, x, y, sx, sy, weights_x, weights_y, out):  # type: ignore[no-untyped-def]
    """Writes the Lanczos-3 sample of `image` at pixel position (x, y), 0..1."""
    x0, nx = _kernel(x, min(max(sx, 1.0), MAX_WIDENING), image.shape[1], weights_x)
    y0, ny = _kernel(y, min(max(sy, 1.0), MAX_WIDENING), image.shape[0], weights_y)
    for channel in range(3):
        total = 0.0
        for j in range(ny):
            line = 0.0
            for i in range(nx):
                line += weights_x[i] * image[y0 + j, x0 + i, channel]
            total += weights_y[j] * line
        out[channel] = min(max(total, 0.0), 1.0)
