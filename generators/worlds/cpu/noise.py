"""Chance and waves for patterns: hashes of lattice points, value noise, and box-filtered trains of pulses."""

from __future__ import annotations

from math import floor, sqrt

import numpy as np

from spatialmem.render.cpu.jit import bare_inlined, bare_kernel

_A, _B, _C, _D = 0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F
_UNIT = 1.0 / 4294967296.0


@bare_inlined
def chance(i: int, j: int, seed: int) -> float:
    """A number 0..1 for lattice point (i, j), uniform and the same for ever (a finaliser like xxHash's)."""
    # Numba widens products of uint32 to 64 bits; each cast keeps the low half
    h = np.uint32(i * _A + j * _B + seed * _C)
    h = np.uint32((h ^ (h >> 15)) * _D)
    h = np.uint32((h ^ (h >> 13)) * _A)
    return float(h ^ (h >> 15)) * _UNIT


@bare_inlined
def wrapped(i: int, period: int) -> int:
    """`i` modulo `period`, so that patterns repeat after 16 m (or one turn)."""
    return i - period * floor(i / period)


@bare_inlined
def fraction(x: float) -> float:
    # NumPy's floor stays a float in Numba; `math.floor` makes a whole number of it
    return x - float(np.floor(x))


@bare_inlined
def smooth(x: float) -> float:
    """0 below 0, 1 above 1, and a smooth step between (Hermite)."""
    x = min(max(x, 0.0), 1.0)
    return x * x * (3 - 2 * x)


@bare_inlined
def fade(width: float) -> float:
    """What is left of detail of size 1 under a filter of `width`: all below 0.45, nothing above 1.2."""
    return smooth((1.2 - width) / 0.75)


@bare_inlined
def wave(x: float, width: float) -> float:
    """A smooth wave of period 1 between -1 and 1 with mean 0, faded under a filter of `width`."""
    return 2 * fade(2 * width) * (smooth(abs(2 * fraction(x) - 1)) - 0.5)


@bare_inlined
def pulse(x: float, width: float, duty: float) -> float:
    """Mean over x ± width / 2 of a train of pulses that is 1 where the fraction of x lies below `duty`."""
    width = max(width, 1e-4)
    a, b = x - width / 2, x + width / 2
    low, high = float(np.floor(a)), float(np.floor(b))
    return ((high - low) * duty + min(b - high, duty) - min(a - low, duty)) / width


@bare_kernel
def noise(u: float, v: float, period_u: int, period_v: int, seed: int) -> float:
    """Value noise 0..1 with mean 1/2 on a unit lattice that repeats after the periods."""
    i, j = floor(u), floor(v)
    x, y = u - i, v - j
    x, y = x * x * (3 - 2 * x), y * y * (3 - 2 * y)
    i0, j0 = wrapped(i, period_u), wrapped(j, period_v)
    i1, j1 = (i0 + 1 if i0 + 1 < period_u else 0), (j0 + 1 if j0 + 1 < period_v else 0)
    low = chance(i0, j0, seed) * (1 - x) + chance(i1, j0, seed) * x
    high = chance(i0, j1, seed) * (1 - x) + chance(i1, j1, seed) * x
    return low * (1 - y) + high * y


@bare_inlined
def ripple(u: float, v: float, size_u: float, size_v: float, wrap: float, foot_u: float, foot_v: float,
           seed: int) -> float:
    """Value noise -1..1 with mean 0 in lattice units of `size` metres, faded by the pixel's footprint."""
    left = fade(foot_u / size_u) * fade(foot_v / size_v)
    if left <= 0:
        return 0.0
    # whole units to a turn, also where `size_u` does not divide it: no seam at the back of a trunk
    across = max(1, round(wrap / size_u))
    return left * (2 * noise(u * (across / wrap), v / size_v, across, max(1, round(16.0 / size_v)), seed) - 1)


@bare_inlined
def _within(i: int, period: int) -> int:
    """`i` from -1 to `period`, brought into 0 .. period - 1."""
    if i < 0:
        return i + period
    return i if i < period else i - period


@bare_kernel
def pebbles(u: float, v: float, period_u: int, period_v: int, seed: int) -> tuple[float, float, float]:
    """Cells around one scattered point per unit square (Worley 1996).

    Returns:
        Distance to the nearest point, how much farther the next one is, and a number 0..1 of the cell.
    """
    i, j = floor(u), floor(v)
    x0, y0 = i + 0.1 - u, j + 0.1 - v
    i0, j0 = wrapped(i, period_u) - 1, wrapped(j, period_v) - 1
    first, second, tone = 9.0, 9.0, 0.0
    for dj in range(3):
        jw = _within(j0 + dj, period_v)
        for di in range(3):
            one = chance(_within(i0 + di, period_u), jw, seed)
            x = x0 + (di - 1) + 0.8 * one
            y = y0 + (dj - 1) + 0.8 * fraction(one * 1024)
            distance = x * x + y * y
            if distance < first:
                first, second, tone = distance, first, fraction(one * 65536)
            elif distance < second:
                second = distance
    return sqrt(first), sqrt(second) - sqrt(first), tone


_TURNS = np.array([[np.cos(k * np.pi / 8), np.sin(k * np.pi / 8)] for k in range(16)])


@bare_kernel
def blades(u: float, v: float, period_u: int, period_v: int, seed: int) -> tuple[float, float, float]:
    """Overlapping leaves, one in every unit square, each turned its own way.

    Returns:
        How far inside the topmost leaf the point lies (0 = none there, 1 = its middle), how far to one
        side of its midrib (-1..1), and a number 0..1 of the leaf.
    """
    i, j = floor(u), floor(v)
    x0, y0 = i + 0.1 - u, j + 0.1 - v
    i0, j0 = wrapped(i, period_u) - 1, wrapped(j, period_v) - 1
    top, inside, side = -1.0, 0.0, 0.0
    for dj in range(3):
        jw = _within(j0 + dj, period_v)
        for di in range(3):
            one = chance(_within(i0 + di, period_u), jw, seed)
            if one < top:
                continue
            x = x0 + (di - 1) + 0.8 * fraction(one * 8192)
            y = y0 + (dj - 1) + 0.8 * fraction(one * 1024)
            turn = int(one * 4096) & 15
            along = (x * _TURNS[turn, 0] + y * _TURNS[turn, 1]) * (1 / 0.85)
            across = (y * _TURNS[turn, 0] - x * _TURNS[turn, 1]) * (1 / 0.46)
            depth = 1 - along * along - abs(across)
            if depth > 0:
                top, inside, side = one, depth, across
    return inside, side, max(top, 0.0)
