"""What the tracer needs of eight-lane vectors beyond `render.cpu.simd`: one lane, reductions."""
# mypy: allow-untyped-defs, allow-untyped-decorators, allow-untyped-calls

from __future__ import annotations

from llvmlite import ir
from numba import types

from spatialmem.render.cpu.simd import LANES, operation_of, shuffle, vec


@operation_of
def lane(typingctx, a, index):
    """Lane `index` of a vector."""

    def codegen(context, builder, signature, args):
        return builder.extract_element(args[0], args[1])

    return types.float32(vec, types.int64), codegen


@operation_of
def least(typingctx, a):
    """The smallest lane."""

    def codegen(context, builder, signature, args):
        best = args[0]
        for distance in (4, 2, 1):
            other = shuffle(builder, best, best, [k ^ distance for k in range(LANES)])
            best = builder.select(builder.fcmp_ordered("<", best, other), best, other)
        return builder.extract_element(best, ir.Constant(ir.IntType(32), 0))

    return types.float32(vec), codegen
