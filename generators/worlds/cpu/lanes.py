"""What the tracer needs of eight-lane vectors beyond `render.cpu.simd`: masks as bits, one lane, reductions."""
# mypy: allow-untyped-defs, allow-untyped-decorators, allow-untyped-calls

from __future__ import annotations

from llvmlite import ir
from numba import types

from spatialmem.render.cpu.simd import LANES, mask, operation_of, shuffle, vec


@operation_of
def bits(typingctx, a):
    """The mask as a whole number, lane k at bit k."""

    def codegen(context, builder, signature, args):
        return builder.zext(builder.bitcast(args[0], ir.IntType(LANES)), ir.IntType(64))

    return types.int64(mask), codegen


@operation_of
def lowest(typingctx, number):
    """Position of the lowest set bit of a number that is not 0."""

    def codegen(context, builder, signature, args):
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.int64), codegen


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


@operation_of
def magnitude(typingctx, a):
    """Each lane without its sign."""

    def codegen(context, builder, signature, args):
        integers = ir.VectorType(ir.IntType(32), LANES)
        kept = ir.Constant(integers, [ir.Constant(ir.IntType(32), 0x7FFFFFFF)] * LANES)
        return builder.bitcast(builder.and_(builder.bitcast(args[0], integers), kept), args[0].type)

    return vec(vec), codegen
