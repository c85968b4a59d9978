"""Vectors and masks of `simd` as whole numbers: masks as bits, lanes as indices, lanes without their sign."""
# mypy: allow-untyped-defs, allow-untyped-decorators, allow-untyped-calls

from __future__ import annotations

from llvmlite import ir
from numba import types

from spatialmem.render.cpu.simd import INT, LANES, VECTOR, mask, operation_of, vec
from spatialmem.render.cpu.simd_memory import vector_at

_LONG = ir.IntType(64)
_INTEGERS = ir.VectorType(INT, LANES)
_SIGN, _REST = -(1 << 31), (1 << 31) - 1
_EXPONENT, _ONE = -(1 << 23), 127 << 23


@operation_of
def bits(typingctx, a):
    """The mask as a whole number, lane k at bit k."""

    def codegen(context, builder, signature, args):
        return builder.zext(builder.bitcast(args[0], ir.IntType(LANES)), _LONG)

    return types.int64(mask), codegen


@operation_of
def lowest(typingctx, number):
    """Position of the lowest set bit of a number that is not 0."""

    def codegen(context, builder, signature, args):
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.int64), codegen


@operation_of
def length(typingctx, number):
    """Position after the highest set bit of a number that is not 0."""

    def codegen(context, builder, signature, args):
        return builder.sub(ir.Constant(_LONG, 64), builder.ctlz(args[0], ir.Constant(ir.IntType(1), 1)))

    return types.int64(types.int64), codegen


@operation_of
def magnitude(typingctx, a):
    """Each lane without its sign."""

    def codegen(context, builder, signature, args):
        return _with_bits(builder, "and_", args[0], _REST)

    return vec(vec), codegen


@operation_of
def negative(typingctx, a):
    """Each lane with a minus sign, whatever sign it has."""

    def codegen(context, builder, signature, args):
        return _with_bits(builder, "or_", args[0], _SIGN)

    return vec(vec), codegen


@operation_of
def exponent_and_mantissa(typingctx, a):
    """The floats whose bits are those of the whole number in `a`: of the exponent, and of a mantissa in 1 to 2."""

    def codegen(context, builder, signature, args):
        whole = builder.fptosi(args[0], _INTEGERS)
        exponent, rest = (_with_bits(builder, "and_", whole, pattern) for pattern in (_EXPONENT, ~_EXPONENT))
        return context.make_tuple(builder, signature.return_type, [exponent, _with_bits(builder, "or_", rest, _ONE)])

    return types.UniTuple(vec, 2)(vec), codegen


@operation_of
def add_bits(typingctx, a, b):
    """The floats whose bits are the sum of two floats' bits as whole numbers."""

    def codegen(context, builder, signature, args):
        return builder.bitcast(builder.add(*(builder.bitcast(value, _INTEGERS) for value in args)), VECTOR)

    return vec(vec, vec), codegen


@operation_of
def truncated(typingctx, a):
    """Each lane without its fraction; it must fit into an int32."""

    def codegen(context, builder, signature, args):
        return builder.sitofp(builder.fptosi(args[0], _INTEGERS), VECTOR)

    return vec(vec), codegen


@operation_of
def store_indices(typingctx, array, index, value):
    """Write eight lanes that hold whole numbers to an int32 array from flat position `index` on."""

    def codegen(context, builder, signature, args):
        pointer = vector_at(context, builder, signature.args[0], args[0], args[1], _INTEGERS)
        builder.store(builder.fptosi(args[2], _INTEGERS), pointer, align=4)
        return context.get_dummy_value()

    return types.void(array, types.int64, vec), codegen


@operation_of
def index_at(typingctx, array, index):
    """`array.flat[index]` of a contiguous int32 array, as int64."""

    def codegen(context, builder, signature, args):
        base = context.make_array(signature.args[0])(context, builder, args[0]).data
        return builder.sext(builder.load(builder.gep(base, [args[1]])), _LONG)

    return types.int64(array, types.int64), codegen


def _with_bits(builder, operation, value, pattern):
    constant = ir.Constant(_INTEGERS, [ir.Constant(INT, pattern)] * LANES)
    return builder.bitcast(getattr(builder, operation)(builder.bitcast(value, _INTEGERS), constant), VECTOR)
