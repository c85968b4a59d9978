"""The natural logarithm of eight lanes."""
# mypy: allow-untyped-defs, allow-untyped-decorators, allow-untyped-calls

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import types

from spatialmem.render.cpu.jit import inlined
from spatialmem.render.cpu.simd import INT, LANES, ONE, VECTOR, Vector, operation_of, vec

_INTEGERS = ir.VectorType(INT, LANES)
_ROOT_HALF = 0x3F3504F3
"""The bits of √½ as a float32."""
_LN2_HIGH, _LN2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)
_C3, _C5, _C7, _C9 = (np.float32(2 / n) for n in (3, 5, 7, 9))
_TWO = np.float32(2)


@inlined
def logarithm(x: Vector) -> Vector:
    """ln(x) of positive normal numbers, to 1e-7 relative or absolute; any number for others.

    With x = 2ⁿ m and √½ ≤ m < √2: n ln 2 + 2 artanh((m − 1) / (m + 1)); the series left out is below 1e-9.
    ln 2 is split, so that n times its first part is exact.
    """
    power, rest = powers_of_two(x)
    f = (rest - ONE) / (rest + ONE)
    square = f * f
    series = f * (_TWO + square * (_C3 + square * (_C5 + square * (_C7 + square * _C9))))
    return power * _LN2_HIGH + (power * _LN2_LOW + series)


@operation_of
def powers_of_two(typingctx, a):
    """n and m of a = 2ⁿ m with √½ ≤ m < √2, from the bits of a positive float32."""

    def codegen(context, builder, signature, args):
        def lanes(value: int) -> ir.Constant:
            return ir.Constant(_INTEGERS, [INT(value)] * LANES)

        bits = builder.bitcast(args[0], _INTEGERS)
        power = builder.ashr(builder.sub(bits, lanes(_ROOT_HALF)), lanes(23))
        rest = builder.bitcast(builder.sub(bits, builder.shl(power, lanes(23))), VECTOR)
        return context.make_tuple(builder, signature.return_type, [builder.sitofp(power, VECTOR), rest])

    return types.UniTuple(vec, 2)(vec), codegen
