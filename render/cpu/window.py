"""What the forward and backward tile loops share: a Gaussian's window in a tile, and its falloff."""

from __future__ import annotations

import numpy as np

from spatialmem.render.cpu.jit import inlined
from spatialmem.render.cpu.layout import F32, REACH_X, REACH_Y, RECORD, TILE, U_REST, V_REST, U, V
from spatialmem.render.cpu.simd import HALF, LANES, ZERO, Vector, scale_by_power
from spatialmem.render.cpu.simd_memory import scalar

_SIDE = np.float32(TILE)
_ALMOST_ONE = np.float32(0.99999)
_PER_BIT, _ROUND = np.float32(-1.4426950408889634), np.float32(12582912.0)
# 2^x on -1/2..1/2: least squares in relative error on Chebyshev nodes, error 8e-8.
_C0, _C1, _C2, _C3, _C4, _C5 = (np.float32(c) for c in (
    1.0000001, 0.69314694, 0.24022122, 0.055507425, 0.00967546, 0.0013266971))


@inlined
def falloff(exponent: Vector) -> Vector:
    """exp(-exponent), to 3e-7 relative; meaningless beyond 87, where it is not drawn.

    Behind a Gaussian of alpha a, an error of a counts 1 / (1 - a) times: hence not a coarser one.
    """
    rounded = exponent * _PER_BIT + _ROUND
    x = exponent * _PER_BIT - (rounded - _ROUND)
    power = ((((x * _C5 + _C4) * x + _C3) * x + _C2) * x + _C1) * x + _C0
    return scale_by_power(power, rounded)


@inlined
def window(records: F32, p: int, left: np.float32, top: np.float32) -> tuple[int, int, int, int]:
    """First row, past-last row, first column and number of vectors per row that Gaussian `p` covers.

    Rows and columns count from the tile's corner (`left`, `top`). Casting to int floors here, as
    nothing is negative; a call to `floor` would spill the vectors of the loop around it.
    """
    row = p * RECORD
    u = (scalar(records, row + U) - left) + scalar(records, row + U_REST)
    v = (scalar(records, row + V) - top) + scalar(records, row + V_REST)
    rx, ry = scalar(records, row + REACH_X), scalar(records, row + REACH_Y)
    y0, y1 = _pixels(v, ry)
    x0, x1 = _pixels(u, rx)
    return y0, y1, x0, (x1 - x0 + LANES - 1) >> 3


@inlined
def _pixels(centre: np.float32, reach: np.float32) -> tuple[int, int]:
    """First and past-last pixel whose centre is within `reach` of `centre`, inside the tile."""
    return (int(max(centre - reach - HALF, ZERO) + _ALMOST_ONE),
            int(max(min(centre + reach + HALF, _SIDE), ZERO)))
