"""Where a ray enters one body: the tests that follow when its bounding box alone does not say.

All shapes are convex and count only where a ray comes in: who stands inside one looks out of it.
Distances are in units of the ray's direction; `MISS` = not at all.
"""

from __future__ import annotations

from math import sqrt

from spatialmem.generators.worlds.cpu.layout import CYLINDER, ELLIPSOID, F32, TURNED
from spatialmem.render.cpu.jit import bare_inlined, bare_kernel

MISS = 1e30


@bare_kernel
def enter(code: int, table: F32, item: int, ox: float, oy: float, oz: float, dx: float, dy: float,
          dz: float) -> float:
    """Distance at which the ray from o along d enters solid `item`, whose shape is `code`."""
    cx, cy, cz = float(table[item, 0]), float(table[item, 1]), float(table[item, 2])
    hx, hy, hz = float(table[item, 3]), float(table[item, 4]), float(table[item, 5])
    c, s = float(table[item, 6]), float(table[item, 7])
    px, py, pz = ox - cx, oy - cy, oz - cz
    ax, ay, bx, by = c * px + s * py, c * py - s * px, c * dx + s * dy, c * dy - s * dx
    if code <= TURNED:
        return _slabs(ax, ay, pz, bx, by, dz, hx, hy, hz)
    if code == ELLIPSOID:
        return _sphere(ax / hx, ay / hy, pz / hz, bx / hx, by / hy, dz / hz)
    if code == CYLINDER:
        return _cylinder(ax, ay, pz, bx, by, dz, hx, hz)
    return _gable(ax, ay, pz, bx, by, dz, hx, hy, hz)


@bare_inlined
def _slab(near: float, far: float, position: float, step: float, half: float) -> tuple[float, float]:
    """The interval near..far cut to where |position + t step| <= half."""
    inverse = 1.0 / (step if abs(step) > 1e-12 else 1e-12)
    a, b = (-half - position) * inverse, (half - position) * inverse
    return max(near, min(a, b)), min(far, max(a, b))


@bare_inlined
def _slabs(ax: float, ay: float, az: float, bx: float, by: float, bz: float, hx: float, hy: float,
           hz: float) -> float:
    near, far = _slab(-MISS, MISS, ax, bx, hx)
    near, far = _slab(near, far, ay, by, hy)
    near, far = _slab(near, far, az, bz, hz)
    return near if near <= far else MISS


@bare_inlined
def _sphere(ax: float, ay: float, az: float, bx: float, by: float, bz: float) -> float:
    """The unit sphere; the discriminant is formed from the nearest point, which keeps its digits far away."""
    bb, ab = bx * bx + by * by + bz * bz, ax * bx + ay * by + az * bz
    t = -ab / bb
    qx, qy, qz = ax + t * bx, ay + t * by, az + t * bz
    rest = 1.0 - (qx * qx + qy * qy + qz * qz)
    return t - sqrt(rest / bb) if rest > 0 else MISS


@bare_inlined
def _cylinder(ax: float, ay: float, az: float, bx: float, by: float, bz: float, radius: float, hz: float) -> float:
    near, far = _slab(-MISS, MISS, az, bz, hz)
    bb = max(bx * bx + by * by, 1e-18)
    t = -(ax * bx + ay * by) / bb
    qx, qy = ax + t * bx, ay + t * by
    rest = radius * radius - (qx * qx + qy * qy)
    if rest <= 0:
        return MISS
    reach = sqrt(rest / bb)
    near, far = max(near, t - reach), min(far, t + reach)
    return near if near <= far else MISS


@bare_inlined
def _gable(ax: float, ay: float, az: float, bx: float, by: float, bz: float, hx: float, hy: float,
           hz: float) -> float:
    """A prism: |x| <= hx, z >= -hz, and below both slopes 2 hz |y| + hy z <= hy hz, whose ridge runs along x."""
    near, far = _slab(-MISS, MISS, ax, bx, hx)
    near, far = _below(near, far, -az - hz, -bz)
    near, far = _below(near, far, 2 * hz * ay + hy * az - hy * hz, 2 * hz * by + hy * bz)
    near, far = _below(near, far, -2 * hz * ay + hy * az - hy * hz, -2 * hz * by + hy * bz)
    return near if near <= far else MISS


@bare_inlined
def _below(near: float, far: float, value: float, step: float) -> tuple[float, float]:
    """The interval near..far cut to where value + t step <= 0."""
    if abs(step) < 1e-12:
        return near, (far if value <= 0 else -MISS)
    if step > 0:
        return near, min(far, -value / step)
    return max(near, -value / step), far
