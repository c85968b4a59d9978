"""Loads and stores of `F32x8` vectors in Numba kernels: contiguous, by column, and transposed to rows.

Positions count elements of a C-contiguous array from its start, whatever its shape. Nothing is
checked: a kernel vouches for its indices.
"""
# mypy: allow-untyped-defs, allow-untyped-decorators, allow-untyped-calls

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils

from spatialmem.render.cpu.simd import INT, LANES, VECTOR, operation_of, shuffle, vec


@operation_of
def scalar(typingctx, array, index):
    """`array.flat[index]` of a contiguous float32 array, without Python's negative indices."""

    def codegen(context, builder, signature, args):
        return builder.load(_element(context, builder, signature.args[0], *args))

    return types.float32(array, types.int64), codegen


@operation_of
def put(typingctx, array, index, value):
    """`array.flat[index] = value` of a contiguous float32 array, without Python's negative indices."""

    def codegen(context, builder, signature, args):
        builder.store(args[2], _element(context, builder, signature.args[0], args[0], args[1]))
        return context.get_dummy_value()

    return types.void(array, types.int64, types.float32), codegen


def _asking(to_write):
    @operation_of
    def operation(typingctx, array, index):
        def codegen(context, builder, signature, args):
            pointer = _element(context, builder, signature.args[0], *args)
            kind = ir.FunctionType(ir.VoidType(), [pointer.type, INT, INT, INT])
            function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
            builder.call(function, [pointer, INT(int(to_write)), INT(3), INT(1)])
            return context.get_dummy_value()

        return types.void(array, types.int64), codegen

    return operation


prefetch, prefetch_to_write = _asking(False), _asking(True)
"""Ask for the cache line of `array.flat[index]`, which is read or written soon; no harm if it is not."""


@operation_of
def load(typingctx, array, index):
    """Eight elements of a contiguous float32 array from flat position `index` on."""

    def codegen(context, builder, signature, args):
        return builder.load(vector_at(context, builder, signature.args[0], *args), align=4)

    return vec(array, types.int64), codegen


@operation_of
def store(typingctx, array, index, value):
    """Write eight elements from flat position `index` on."""

    def codegen(context, builder, signature, args):
        builder.store(args[2], vector_at(context, builder, signature.args[0], args[0], args[1]), align=4)
        return context.get_dummy_value()

    return types.void(array, types.int64, vec), codegen


@operation_of
def load_column(typingctx, array, index, step):
    """Lane k from flat position `index + k * step`: one field of eight rows."""

    def codegen(context, builder, signature, args):
        array_value, index_value, step_value = args
        value = ir.Constant(VECTOR, ir.Undefined)
        for lane in range(LANES):
            offset = builder.add(index_value, builder.mul(step_value, ir.Constant(step_value.type, lane)))
            element = builder.load(_element(context, builder, signature.args[0], array_value, offset))
            value = builder.insert_element(value, element, INT(lane))
        return value

    return vec(array, types.int64, types.int64), codegen


@operation_of
def store_column(typingctx, array, index, step, value):
    """Write lane k to flat position `index + k * step`: one field of eight rows."""

    def codegen(context, builder, signature, args):
        array_value, index_value, step_value, vector = args
        for lane in range(LANES):
            offset = builder.add(index_value, builder.mul(step_value, ir.Constant(step_value.type, lane)))
            element = builder.extract_element(vector, INT(lane))
            builder.store(element, _element(context, builder, signature.args[0], array_value, offset))
        return context.get_dummy_value()

    return types.void(array, types.int64, types.int64, vec), codegen


@operation_of
def store_rows(typingctx, array, index, step, v0, v1, v2, v3, v4, v5, v6, v7):
    """Write row k, the k-th lane of `v0 … v7`, to flat positions `index + k * step` on: a transpose."""

    def codegen(context, builder, signature, args):
        array_value, index_value, step_value, *rows = args
        # Each stage interleaves vectors half the set apart; after three, lane k holds field k.
        for _ in range(3):
            low = [0, 8, 1, 9, 2, 10, 3, 11]
            high = [4, 12, 5, 13, 6, 14, 7, 15]
            pairs = [(rows[k], rows[k + 4]) for k in range(4)]
            rows = [shuffle(builder, a, b, order) for a, b in pairs for order in (low, high)]
        for k, row in enumerate(rows):
            offset = builder.add(index_value, builder.mul(step_value, ir.Constant(step_value.type, k)))
            pointer = vector_at(context, builder, signature.args[0], array_value, offset)
            builder.store(row, pointer, align=4)
        return context.get_dummy_value()

    return types.void(array, types.int64, types.int64, *[vec] * LANES), codegen


@operation_of
def take_next(typingctx, counter):
    """The value of the int64 array's first element, which is raised by one atomically."""

    def codegen(context, builder, signature, args):
        base = context.make_array(signature.args[0])(context, builder, args[0]).data
        return builder.atomic_rmw("add", base, ir.Constant(ir.IntType(64), 1), "monotonic")

    return types.int64(counter), codegen


def _element(context, builder, array_type, array, index):
    base = context.make_array(array_type)(context, builder, array).data
    return builder.gep(base, [index])


def vector_at(context, builder, array_type, array, index, lanes=VECTOR):
    return builder.bitcast(_element(context, builder, array_type, array, index), ir.PointerType(lanes))
