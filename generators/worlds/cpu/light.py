"""Light at a point: occlusion by what is near, its room, lamps and openings, and the tone curve."""

from __future__ import annotations

from math import floor, pi

import numpy as np

from spatialmem.generators.worlds.cpu.lanes import lane, least
from spatialmem.generators.worlds.cpu.layout import (
    BODIES,
    CELL,
    F32,
    LAMPS,
    LANES,
    LOW,
    OPENINGS,
    SIDE,
    Around,
    Triple,
)
from spatialmem.render.cpu.jit import bare_inlined
from spatialmem.render.cpu.simd import (
    ONE,
    ZERO,
    Vector,
    both,
    less,
    less_equal,
    maximum,
    minimum,
    splat,
    square_root,
    sums,
    where,
)
from spatialmem.render.cpu.simd_bits import bits, magnitude
from spatialmem.render.cpu.simd_memory import load

STEPS = (0.06, 0.22, 0.6)
"""Metres above a surface at which its distance to everything else is looked at."""

_WEIGHTS = (0.26, 0.32, 0.34)
_TINY, _CORE, _SQUARE = np.float32(1e-4), np.float32(0.35), np.float32(0.3)
_WRAP, _FACE, _PI = np.float32(0.2), np.float32(0.8), np.float32(pi)
_SKIM, _FRONT, _HALF = np.float32(0.12), np.float32(0.88), np.float32(0.5)


@bare_inlined
def column_of(x: float, y: float) -> int:
    """The column that holds a point; the nearest one outside the window."""
    i, j = floor((x - LOW) * (1 / CELL)), floor((y - LOW) * (1 / CELL))
    return min(max(j, 0), SIDE - 1) * SIDE + min(max(i, 0), SIDE - 1)


@bare_inlined
def _distances(bodies: F32, base: int, x: float, y: float, z: float) -> Vector:
    """Distance of a point to each of eight rounded boxes; negative inside."""
    px, py = splat(np.float32(x)) - load(bodies, base), splat(np.float32(y)) - load(bodies, base + LANES)
    pz = splat(np.float32(z)) - load(bodies, base + 2 * LANES)
    c, s = load(bodies, base + 6 * LANES), load(bodies, base + 7 * LANES)
    nothing = splat(ZERO)
    qx = maximum(magnitude(c * px + s * py) - load(bodies, base + 3 * LANES), nothing)
    qy = maximum(magnitude(c * py - s * px) - load(bodies, base + 4 * LANES), nothing)
    qz = maximum(magnitude(pz) - load(bodies, base + 5 * LANES), nothing)
    return square_root(qx * qx + qy * qy + qz * qz) - load(bodies, base + 8 * LANES)


@bare_inlined
def openness(around: Around, x: float, y: float, z: float, nx: float, ny: float, nz: float) -> float:
    """0..1: how open a surface point is, from the distance to other solids above it (Evans 2006)."""
    a, b, c = STEPS
    # all that matters lies within the last step of the last point
    column = column_of(x + nx * c, y + ny * c)
    v1, v2, v3 = splat(np.float32(a)), splat(np.float32(b)), splat(np.float32(c))
    for group in range(around.first[column], around.first[column + 1]):
        base = group * BODIES
        far = _distances(around.bodies, base, x + nx * c, y + ny * c, z + nz * c)
        if bits(less(far, splat(np.float32(c)))) == 0:
            # what is near the points below is nearer than c to this one
            continue
        v1 = minimum(v1, _distances(around.bodies, base, x + nx * a, y + ny * a, z + nz * a))
        v2 = minimum(v2, _distances(around.bodies, base, x + nx * b, y + ny * b, z + nz * b))
        v3 = minimum(v3, far)
    d1, d2, d3 = float(least(v1)), float(least(v2)), float(least(v3))
    return 1 - (_WEIGHTS[0] * (1 - max(d1, 0.0) / a) + _WEIGHTS[1] * (1 - max(d2, 0.0) / b)
                + _WEIGHTS[2] * (1 - max(d3, 0.0) / c))


@bare_inlined
def room_at(around: Around, x: float, y: float, z: float) -> int:
    """Row of the room that holds a point; -1 in the open."""
    column = column_of(x, y)
    for k in range(around.room_first[column], around.room_first[column + 1]):
        row = int(around.room_rows[k])
        if x < around.rooms[row, 0] or x > around.rooms[row, 3]:
            continue
        if y < around.rooms[row, 1] or y > around.rooms[row, 4]:
            continue
        if not (z < around.rooms[row, 2] or z > around.rooms[row, 5]):
            return row
    return -1


@bare_inlined
def lamps(around: Around, x: float, y: float, z: float, n: Triple, lamp: float, day: Triple) -> Triple:
    """Light from the lamps (times `lamp`) and openings (of the colour `day`) that reach a point with normal n."""
    px, py, pz = splat(np.float32(x)), splat(np.float32(y)), splat(np.float32(z))
    nx, ny, nz = splat(np.float32(n[0])), splat(np.float32(n[1])), splat(np.float32(n[2]))
    column = column_of(x, y)
    zero = splat(ZERO)
    r, g, b, sky = zero, zero, zero, zero
    for group in range(around.lamp_first[column], around.lamp_first[column + 1]):
        base = group * LAMPS
        lit = _lit(around.lamps, base + 7 * LANES, px, py, pz)
        if bits(lit) == 0:
            continue
        gain = where(lit, _shine(around.lamps, base, px, py, pz, nx, ny, nz))
        r, g = r + gain * load(around.lamps, base + 3 * LANES), g + gain * load(around.lamps, base + 4 * LANES)
        b = b + gain * load(around.lamps, base + 5 * LANES)
    for group in range(around.opening_first[column], around.opening_first[column + 1]):
        base = group * OPENINGS
        lit = _lit(around.openings, base + 11 * LANES, px, py, pz)
        if bits(lit) != 0:
            sky = sky + where(lit, _seen(around.openings, base, px, py, pz, nx, ny, nz))
    summed = sums(r, g, b, sky, zero, zero, zero, zero)
    share = float(lane(summed, 3))
    return (lamp * float(lane(summed, 0)) + share * day[0], lamp * float(lane(summed, 1)) + share * day[1],
            lamp * float(lane(summed, 2)) + share * day[2])


@bare_inlined
def _lit(table: F32, base: int, px: Vector, py: Vector, pz: Vector) -> Vector:
    """Which of eight boxes hold a point."""
    within = both(less_equal(load(table, base), px), less_equal(px, load(table, base + 3 * LANES)))
    within = both(within, both(less_equal(load(table, base + LANES), py),
                               less_equal(py, load(table, base + 4 * LANES))))
    return both(within, both(less_equal(load(table, base + 2 * LANES), pz),
                             less_equal(pz, load(table, base + 5 * LANES))))


@bare_inlined
def _shine(table: F32, base: int, px: Vector, py: Vector, pz: Vector, nx: Vector, ny: Vector, nz: Vector) -> Vector:
    """A lamp's light falls off with the square of the distance, ends smoothly, and wraps around edges a little."""
    lx, ly = load(table, base) - px, load(table, base + LANES) - py
    lz = load(table, base + 2 * LANES) - pz
    square = lx * lx + ly * ly + lz * lz + _TINY
    end = maximum(splat(ONE) - square * load(table, base + 6 * LANES), splat(ZERO))
    distance = square_root(square)
    facing = maximum(distance * _WRAP + (lx * nx + ly * ny + lz * nz) * _FACE, splat(ZERO))
    return facing * end * end / (distance * (square * _SQUARE + _CORE))


@bare_inlined
def _seen(table: F32, base: int, px: Vector, py: Vector, pz: Vector, nx: Vector, ny: Vector, nz: Vector) -> Vector:
    """Share of what a point sees that an opening fills: a disc of its area (Wallace and others 1989).

    The disc stands half way between the opening's middle and its nearest place to the point, which is
    what matters most near a wide window.
    """
    lx = _halfway(load(table, base) - px, load(table, base + 3 * LANES))
    ly = _halfway(load(table, base + LANES) - py, load(table, base + 4 * LANES))
    lz = _halfway(load(table, base + 2 * LANES) - pz, load(table, base + 5 * LANES))
    square = lx * lx + ly * ly + lz * lz + _TINY
    out = (lx * load(table, base + 6 * LANES) + ly * load(table, base + 7 * LANES)
           + lz * load(table, base + 8 * LANES))
    facing = maximum(square_root(square) * _SKIM + (lx * nx + ly * ny + lz * nz) * _FRONT, splat(ZERO))
    area = load(table, base + 9 * LANES)
    share = area * facing * (splat(ZERO) - out) / (square * (square * _PI + area))
    return where(less(out, splat(ZERO)), share * load(table, base + 10 * LANES))


@bare_inlined
def _halfway(towards: Vector, half: Vector) -> Vector:
    zero = splat(ZERO)
    return towards + minimum(maximum(zero - towards, zero - half), half) * _HALF


@bare_inlined
def tone(x: float) -> float:
    """sRGB 0..1 of linear light: a film's curve with a toe and a long shoulder (Hejl and Burgess-Dawson 2010)."""
    x = max(x, 0.0)
    return x * (6.2 * x + 0.5) / (x * (6.2 * x + 1.7) + 0.06)
