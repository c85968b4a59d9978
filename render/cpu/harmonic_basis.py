"""The basis of real spherical harmonics up to degree 3, and its gradient, for eight directions at a time.

It is gsplat's: with Condon-Shortley phase, of each degree l the orders m = -l..l (Sloan, "Stupid spherical harmonics
tricks", 2008), as polynomials of the unit direction.
"""

from __future__ import annotations

import numpy as np

from spatialmem.render.cpu.geometry import Triple
from spatialmem.render.cpu.jit import bare_inlined
from spatialmem.render.cpu.layout import F32
from spatialmem.render.cpu.simd import LANES, ZERO, Vector, splat
from spatialmem.render.cpu.simd_memory import load, store

BASES = 16
SCRATCH = 2 * BASES * LANES
"""Floats of scratch: the values of the basis for eight Gaussians, and dL/d of them."""

_TWO, _THREE, _SIX = np.float32(2), np.float32(3), np.float32(6)
_B0, _B1 = np.float32(0.28209479177387814), np.float32(0.48860251190291992)
_B4, _B6, _B6_LOW, _B8 = (np.float32(c) for c in (
    1.0925484305920792, 0.94617469575755997, 0.31539156525251999, 0.54627421529603959))
_B9, _B10, _B11, _B11_LOW, _B12, _B12_LOW = (np.float32(c) for c in (
    0.59004358992664352, 1.4453057213202769, 2.2852289973223288, 0.45704579946446572, 1.865881662950577,
    1.1195289977703462))


@bare_inlined
def store_basis(direction: Triple, scratch: F32) -> None:
    """All 16 values of the basis, one vector after the other."""
    x, y, z = direction
    xx_yy, xy, zz = x * x - y * y, x * y, z * z
    high = _B11_LOW - _B11 * zz
    _store_eight(scratch, 0, splat(_B0), _minus(_B1, y), _B1 * z, _minus(_B1, x), _B4 * xy,
                 _minus(_B4, y * z), _B6 * zz - _B6_LOW, _minus(_B4, x * z))
    _store_eight(scratch, LANES * LANES, _B8 * xx_yy, _minus(_B9, _TWO * x * xy + y * xx_yy),
                 _TWO * _B10 * xy * z, high * y, z * (_B12 * zz - _B12_LOW), high * x, _B10 * z * xx_yy,
                 _minus(_B9, x * xx_yy - _TWO * y * xy))


@bare_inlined
def basis_gradient(direction: Triple, scratch: F32) -> Triple:
    """dL/d of directions, from that of the values of the basis, the second half of scratch."""
    x, y, z = direction
    at = BASES * LANES
    w1, w2, w3 = load(scratch, at + LANES), load(scratch, at + 2 * LANES), load(scratch, at + 3 * LANES)
    w4, w5, w6 = load(scratch, at + 4 * LANES), load(scratch, at + 5 * LANES), load(scratch, at + 6 * LANES)
    w7, w8, w9 = load(scratch, at + 7 * LANES), load(scratch, at + 8 * LANES), load(scratch, at + 9 * LANES)
    w10, w11, w12 = load(scratch, at + 10 * LANES), load(scratch, at + 11 * LANES), load(scratch, at + 12 * LANES)
    w13, w14, w15 = load(scratch, at + 13 * LANES), load(scratch, at + 14 * LANES), load(scratch, at + 15 * LANES)
    xx_yy, xy, zz = x * x - y * y, x * y, z * z
    high = _B11_LOW - _B11 * zz
    gx = (_B4 * (y * w4 - z * w7) - _B1 * w3 + _TWO * _B8 * x * w8 - _B9 * (_SIX * xy * w9 + _THREE * xx_yy * w15)
          + _TWO * _B10 * z * (y * w10 + x * w14) + high * w13)
    gy = (_B4 * (x * w4 - z * w5) - _B1 * w1 - _TWO * _B8 * y * w8 + _B9 * (_SIX * xy * w15 - _THREE * xx_yy * w9)
          + _TWO * _B10 * z * (x * w10 - y * w14) + high * w11)
    gz = (_B1 * w2 - _B4 * (y * w5 + x * w7) + _TWO * _B6 * z * w6 + _B10 * (_TWO * xy * w10 + xx_yy * w14)
          - _TWO * _B11 * z * (y * w11 + x * w13) + (_THREE * _B12 * zz - _B12_LOW) * w12)
    return gx, gy, gz


@bare_inlined
def _minus(factor: np.float32, a: Vector) -> Vector:
    """−factor a."""
    return ZERO - factor * a


@bare_inlined
def _store_eight(scratch: F32, at: int, v0: Vector, v1: Vector, v2: Vector, v3: Vector, v4: Vector, v5: Vector,
                 v6: Vector, v7: Vector) -> None:
    store(scratch, at, v0)
    store(scratch, at + LANES, v1)
    store(scratch, at + 2 * LANES, v2)
    store(scratch, at + 3 * LANES, v3)
    store(scratch, at + 4 * LANES, v4)
    store(scratch, at + 5 * LANES, v5)
    store(scratch, at + 6 * LANES, v6)
    store(scratch, at + 7 * LANES, v7)
