"""Loads and stores of eight short rows of an array as one vector per column, and roundings to whole numbers.

Positions count elements of a C-contiguous array from its start, unchecked, as in `simd_memory`. The compiler turns a
contiguous load with strided picks into the few shuffles that the machine needs.
"""
# mypy: allow-untyped-defs, allow-untyped-decorators, allow-untyped-calls

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from spatialmem.render.cpu.jit import bare_inlined
from spatialmem.render.cpu.layout import F32
from spatialmem.render.cpu.simd import FLOAT, INT, LANES, VECTOR, Vector, mask, operation_of, shuffle, vec, where
from spatialmem.render.cpu.simd_memory import vector_at

Mask = Vector
"""What type checkers see of a mask."""



def _loads(columns: int) -> Callable[..., tuple[Vector, ...]]:
    @operation_of
    def operation(typingctx, array, index):
        def codegen(context, builder, signature, args):
            span = ir.VectorType(FLOAT, LANES * columns)
            rows = builder.load(vector_at(context, builder, signature.args[0], args[0], args[1], span), align=4)
            picked = [shuffle(builder, rows, ir.Constant(span, ir.Undefined), range(k, LANES * columns, columns))
                      for k in range(columns)]
            return context.make_tuple(builder, signature.return_type, picked)

        return types.UniTuple(vec, columns)(array, types.int64), codegen

    return operation


load_triples, load_quadruples = _loads(3), _loads(4)


@operation_of
def store_triples(typingctx, array, index, v0, v1, v2):
    """Write row k, the k-th lane of `v0 … v2`, of a float32 array."""
    return _storing(types.void(array, types.int64, vec, vec, vec))


@operation_of
def store_quadruples(typingctx, array, index, v0, v1, v2, v3):
    """Write row k, the k-th lane of `v0 … v3`, of a float32 array."""
    return _storing(types.void(array, types.int64, vec, vec, vec, vec))


@operation_of
def store_whole_quadruples(typingctx, array, index, v0, v1, v2, v3):
    """Write row k, the k-th lane of `v0 … v3`, of an int16 array: four whole numbers within its range."""

    return _storing(types.void(array, types.int64, vec, vec, vec, vec), ir.IntType(16))


@operation_of
def load_rows(typingctx, array, rows, base, columns, column):
    """Lane k is `array[rows[base + k], column]`; where that row is negative, of row 0."""

    def codegen(context, builder, signature, args):
        array_value, rows_value, base, columns, column = args
        elements = context.make_array(signature.args[0])(context, builder, array_value).data
        numbers = ir.VectorType(INT, LANES)
        pointer = vector_at(context, builder, signature.args[1], rows_value, base, numbers)
        row_of = builder.load(pointer, align=4)
        nothing = ir.Constant(numbers, [INT(0)] * LANES)
        row_of = builder.select(builder.icmp_signed("<", row_of, nothing), nothing, row_of)
        value = ir.Constant(VECTOR, ir.Undefined)
        for lane in range(LANES):
            row = builder.sext(builder.extract_element(row_of, INT(lane)), columns.type)
            at = builder.gep(elements, [builder.add(builder.mul(row, columns), column)])
            value = builder.insert_element(value, builder.load(at), INT(lane))
        return value

    return vec(array, rows, types.int64, types.int64, types.int64), codegen


@operation_of
def not_negative(typingctx, numbers, base):
    """The mask of eight int32 numbers from position `base` on: whether they are 0 or more."""

    def codegen(context, builder, signature, args):
        lanes = ir.VectorType(INT, LANES)
        loaded = builder.load(vector_at(context, builder, signature.args[0], args[0], args[1], lanes), align=4)
        return builder.icmp_signed(">=", loaded, ir.Constant(lanes, [INT(0)] * LANES))

    return mask(numbers, types.int64), codegen


@operation_of
def load_mask(typingctx, flags, base):
    """The mask of eight booleans from position `base` on."""

    def codegen(context, builder, signature, args):
        lanes = ir.VectorType(ir.IntType(8), LANES)
        loaded = builder.load(vector_at(context, builder, signature.args[0], args[0], args[1], lanes), align=1)
        return builder.icmp_unsigned("!=", loaded, ir.Constant(lanes, [ir.IntType(8)(0)] * LANES))

    return mask(flags, types.int64), codegen


@operation_of
def any_of(typingctx, a):
    """Whether a mask is set anywhere."""

    def codegen(context, builder, signature, args):
        bits = builder.bitcast(args[0], ir.IntType(LANES))
        return builder.icmp_unsigned("!=", bits, ir.IntType(LANES)(0))

    return types.boolean(mask), codegen


@bare_inlined
def write_triples(array: F32, base: int, add: bool, seen: Mask, fresh: Mask, values: tuple[Vector, ...]) -> None:
    """Write rows `base` on of `[N, 3]`, 0 where not `seen`, or `add` what is `fresh` to them."""
    if add:
        x, y, z = load_triples(array, 3 * base)
        store_triples(array, 3 * base, x + where(fresh, values[0]), y + where(fresh, values[1]),
                      z + where(fresh, values[2]))
    else:
        store_triples(array, 3 * base, where(seen, values[0]), where(seen, values[1]), where(seen, values[2]))


@bare_inlined
def write_quadruples(array: F32, base: int, add: bool, seen: Mask, fresh: Mask, values: tuple[Vector, ...]) -> None:
    """The same of `[N, 4]`."""
    if add:
        w, x, y, z = load_quadruples(array, 4 * base)
        store_quadruples(array, 4 * base, w + where(fresh, values[0]), x + where(fresh, values[1]),
                         y + where(fresh, values[2]), z + where(fresh, values[3]))
    else:
        store_quadruples(array, 4 * base, where(seen, values[0]), where(seen, values[1]), where(seen, values[2]),
                         where(seen, values[3]))


def _rounding(name: str) -> Callable[[Vector], Vector]:
    @operation_of
    def operation(typingctx, a):
        def codegen(context, builder, signature, args):
            kind = ir.FunctionType(VECTOR, [VECTOR])
            function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.{name}.v{LANES}f32")
            return builder.call(function, args)

        return vec(vec), codegen

    return operation


floor, ceiling = _rounding("floor"), _rounding("ceil")


def _storing(signature: Any, whole: ir.Type | None = None) -> tuple[Any, Callable[..., Any]]:
    """Code that interleaves three or four columns, as numbers of type `whole` if given, and stores them."""

    def codegen(context, builder, signature, args):
        array, index, *columns = args
        if whole is not None:
            columns = [builder.fptosi(column, ir.VectorType(whole, LANES)) for column in columns]
        count = len(columns)
        low, high = (shuffle(builder, a, b, range(2 * LANES)) for a, b in (columns[:2], (columns[2], columns[-1])))
        order = [LANES * column + row for row in range(LANES) for column in range(count)]
        rows = shuffle(builder, low, high, order)
        pointer = vector_at(context, builder, signature.args[0], array, index, rows.type)
        builder.store(rows, pointer, align=4 if whole is None else 2)
        return context.get_dummy_value()

    return signature, codegen
