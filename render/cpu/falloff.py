"""Powers of two of eight lanes: how a Gaussian's opacity falls off from its centre.

What the loops over pixels evaluate is not the exponent s of alpha = exp(-s) but its power of two, -s log2(e): its
coefficients are scaled once per row, which saves the multiplication of every lane.
"""

from __future__ import annotations

import numpy as np

from spatialmem.render.cpu.jit import bare_inlined
from spatialmem.render.cpu.simd import Vector, scale_by_power

PER_NAT = np.float32(-1.4426950408889634)
"""What an exponent is multiplied by to give a power of two."""
MIN_POWER = np.float32(-7.994353436858858)
"""log2 of the smallest alpha that is drawn, 1/255."""

_ROUND = np.float32(12582912.0)
# 2^x on -1/2..1/2: least squares in relative error on Chebyshev nodes, error 8e-8.
_C0, _C1, _C2, _C3, _C4, _C5 = (np.float32(c) for c in (
    1.0000001, 0.69314694, 0.24022122, 0.055507425, 0.00967546, 0.0013266971))


@bare_inlined
def two_to(power: Vector) -> Vector:
    """2 to the given power, to 3e-7 relative; meaningless below -126, where it is not drawn.

    Behind a Gaussian of alpha a, an error of a counts 1 / (1 - a) times: hence not a coarser one.
    """
    rounded = power + _ROUND
    x = power - (rounded - _ROUND)
    mantissa = ((((x * _C5 + _C4) * x + _C3) * x + _C2) * x + _C1) * x + _C0
    return scale_by_power(mantissa, rounded)
