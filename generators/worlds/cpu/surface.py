"""What a hit looks like geometrically: face, normal, surface coordinates and the pixel's footprint on them."""

from __future__ import annotations

from math import atan2, pi, sqrt

from spatialmem.generators.worlds.cpu.layout import CYLINDER, ELLIPSOID, F32, GABLE, Triple
from spatialmem.render.cpu.jit import bare_inlined


@bare_inlined
def local(table: F32, item: int, x: float, y: float, z: float) -> Triple:
    """A point of the window in the solid's own axes."""
    c, s = float(table[item, 6]), float(table[item, 7])
    px, py = x - float(table[item, 0]), y - float(table[item, 1])
    return c * px + s * py, c * py - s * px, z - float(table[item, 2])


@bare_inlined
def face(code: int, table: F32, item: int, x: float, y: float, z: float) -> int:
    """Number of the face at point p of the surface: boxes 0..5 (-x, +x, -y …).

    Cylinders: 0 side, 4 bottom, 5 top; gables: 0, 1 ends, 2, 3 slopes, 4 bottom; ellipsoids: that of
    the box whose face the normal leans to most, from which its pattern is projected.
    """
    qx, qy, qz = local(table, item, x, y, z)
    hx, hy, hz = float(table[item, 3]), float(table[item, 4]), float(table[item, 5])
    if code == ELLIPSOID:
        ex, ey, ez = qx / (hx * hx), qy / (hy * hy), qz / (hz * hz)
        if abs(ex) > max(abs(ey), abs(ez)):
            return 1 if ex > 0 else 0
        if abs(ey) > abs(ez):
            return 3 if ey > 0 else 2
        return 5 if ez > 0 else 4
    if code == CYLINDER:
        if abs(qz) - hz > sqrt(qx * qx + qy * qy) - hx:
            return 5 if qz > 0 else 4
        return 0
    ends = abs(qx) - hx
    if code == GABLE:
        slope = (2 * hz * abs(qy) + hy * qz - hy * hz) / sqrt(4 * hz * hz + hy * hy)
        if -qz - hz > max(ends, slope):
            return 4
        return (1 if qx > 0 else 0) if ends > slope else (3 if qy > 0 else 2)
    sides, lids = abs(qy) - hy, abs(qz) - hz
    if ends > max(sides, lids):
        return 1 if qx > 0 else 0
    if sides > lids:
        return 3 if qy > 0 else 2
    return 5 if qz > 0 else 4


@bare_inlined
def normal(code: int, table: F32, item: int, side: int, x: float, y: float, z: float) -> Triple:
    """Outward unit normal at point p of face `side`, window axes."""
    c, s = float(table[item, 6]), float(table[item, 7])
    nx, ny, nz = 0.0, 0.0, 0.0
    if code == ELLIPSOID or (code == CYLINDER and side == 0):
        qx, qy, qz = local(table, item, x, y, z)
        hx, hy, hz = float(table[item, 3]), float(table[item, 4]), float(table[item, 5])
        nx, ny, nz = qx / (hx * hx), qy / (hy * hy), (qz / (hz * hz) if code == ELLIPSOID else 0.0)
        length = sqrt(nx * nx + ny * ny + nz * nz)
        nx, ny, nz = nx / length, ny / length, nz / length
    elif side < 2:
        nx = 2.0 * side - 1
    elif side >= 4:
        nz = 2.0 * side - 9
    elif code == GABLE:
        hy, hz = float(table[item, 4]), float(table[item, 5])
        length = sqrt(4 * hz * hz + hy * hy)
        ny, nz = (2.0 * side - 5) * 2 * hz / length, hy / length
    else:
        ny = 2.0 * side - 5
    return c * nx - s * ny, s * nx + c * ny, nz


@bare_inlined
def coordinates(code: int, table: F32, item: int, side: int, x: float, y: float, z: float,
                size: float) -> tuple[float, float, float, float, float, float, float]:
    """Where point p of face `side` lies on its surface.

    u runs level and v upwards, or along y on lids, in metres. Solids that are not turned are laid out in
    the window, whose shifts are multiples of what patterns repeat in, so that the pieces of a wall join;
    others in their own axes. A cylinder is unrolled into whole units of `size`.

    Returns:
        u, v, metres after which u repeats, u and v from the middle of the face, and half its extents.
    """
    qx, qy, qz = local(table, item, x, y, z)
    hx, hy, hz = float(table[item, 3]), float(table[item, 4]), float(table[item, 5])
    if code == CYLINDER and side == 0:
        turn = atan2(qy, qx) / (2 * pi)
        around = max(1.0, round(2 * pi * hx / size)) * size
        return turn * around, qz, around, 2 * pi * hx * turn, qz, pi * hx, hz
    if float(table[item, 6]) != 1.0:
        x, y, z = qx, qy, qz
    if code == GABLE and 2 <= side < 4:
        length = sqrt(4 * hz * hz + hy * hy)
        down = (hy - abs(qy)) / hy
        return x, down * length, 16.0, qx, (down - 0.5) * length, hx, length / 2
    if side < 2:
        return y, z, 16.0, qy, qz, hy, hz
    if side >= 4:
        return x, y, 16.0, qx, qy, hx, hy
    return x, z, 16.0, qx, qz, hx, hz


@bare_inlined
def footprint(table: F32, item: int, t: float, d: Triple, n: Triple, right: Triple,
              down: Triple) -> tuple[float, float]:
    """Metres that a pixel covers along u and v of the surface with normal n, seen at distance t along d.

    `right` and `down` are the changes of d from one pixel to the next; the surface is taken as flat
    (ray differentials, Igehy 1999).
    """
    facing = d[0] * n[0] + d[1] * n[1] + d[2] * n[2]
    inverse = 1 / min(facing, -1e-3)
    a = (right[0] * n[0] + right[1] * n[1] + right[2] * n[2]) * inverse
    b = (down[0] * n[0] + down[1] * n[1] + down[2] * n[2]) * inverse
    px, py, pz = right[0] - a * d[0], right[1] - a * d[1], right[2] - a * d[2]
    qx, qy, qz = down[0] - b * d[0], down[1] - b * d[1], down[2] - b * d[2]
    if n[2] == 0:
        # walls, most of what there is
        return t * (abs(py * n[0] - px * n[1]) + abs(qy * n[0] - qx * n[1])), t * (abs(pz) + abs(qz))
    c, s = float(table[item, 6]), float(table[item, 7])
    if abs(n[2]) > 0.999:
        return (t * (abs(px * c + py * s) + abs(qx * c + qy * s)), t * (abs(py * c - px * s) + abs(qy * c - qx * s)))
    level = sqrt(n[0] * n[0] + n[1] * n[1])
    ux, uy = -n[1] / level, n[0] / level
    vx, vy, vz = -n[2] * uy, n[2] * ux, level
    return (t * (abs(px * ux + py * uy) + abs(qx * ux + qy * uy)),
            t * (abs(px * vx + py * vy + pz * vz) + abs(qx * vx + qy * vy + qz * vz)))
