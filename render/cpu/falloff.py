"""Powers of two of eight lanes: how a Gaussian's opacity falls off from its centre.

What the loops over pixels evaluate is not the exponent s of alpha = exp(-s) but its power of two, -s log2(e), in units
of the last bit of a float between 1 and 2. Its coefficients are scaled once per row, which saves the multiplication of
every lane; and as a whole number, its upper bits are those of the result's exponent.
"""

from __future__ import annotations

import numpy as np

from spatialmem.render.cpu.jit import bare_inlined
from spatialmem.render.cpu.simd import Vector
from spatialmem.render.cpu.simd_bits import add_bits, exponent_and_mantissa

_UNITS = 1 << 23
PER_NAT = np.float32(-1.4426950408889634 * _UNITS)
"""What an exponent is multiplied by to give a power."""
MIN_POWER = np.float32(-7.994353436858858 * _UNITS)
"""The power of the smallest alpha that is drawn, 1/255."""

# 2^(m - 1) for m in 1..2: least greatest relative error, 8e-8.
_C0, _C1, _C2, _C3, _C4, _C5 = (np.float32(c) for c in (
    0.49828592, 0.3537553, 0.10783496, 0.03864471, -0.00039853784, 0.001877576))


@bare_inlined
def two_to(power: Vector) -> Vector:
    """2 to the given power, to 2e-7 relative; meaningless below -126 units, where it is not drawn.

    Behind a Gaussian of alpha a, an error of a counts 1 / (1 - a) times: hence not a coarser one.
    """
    exponent, m = exponent_and_mantissa(power)
    return add_bits(((((m * _C5 + _C4) * m + _C3) * m + _C2) * m + _C1) * m + _C0, exponent)
