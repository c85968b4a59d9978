"""`F32x8`: eight float32 lanes as one value inside Numba kernels, by LLVM's vector types.

LLVM maps them to the widest registers of the machine (one AVX register, two NEON ones), so kernels
state their parallelism instead of hoping that a loop gets vectorised. Vectors support `+ - * /` with
vectors and float32 scalars; comparisons give masks. Comparisons with NaN are false. `F64x8`, eight
float64 lanes, knows arithmetic, `clamp` and `square_root`: for what float32 cannot hold.
"""
# mypy: allow-untyped-defs, allow-untyped-decorators, allow-untyped-calls

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, ClassVar, cast

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.imputils import lower_builtin
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature
from numba.extending import intrinsic, models, register_model

LANES = 8

Vector = Any
"""What type checkers see of an `F32x8`."""

FLOAT = ir.FloatType()
INT = ir.IntType(32)
VECTOR = ir.VectorType(FLOAT, LANES)
WIDE = ir.VectorType(ir.DoubleType(), LANES)
MASK = ir.VectorType(ir.IntType(1), LANES)
_FLAGS = ("contract", "nsz", "arcp")


class F32x8(types.Type):
    """Numba's type of a vector."""

    def __init__(self) -> None:
        super().__init__(name="f32x8")


class F64x8(types.Type):
    """Numba's type of a vector of float64."""

    def __init__(self) -> None:
        super().__init__(name="f64x8")


class Mask8(types.Type):
    """Numba's type of a comparison's result."""

    def __init__(self) -> None:
        super().__init__(name="mask8")


vec, wide, mask = F32x8(), F64x8(), Mask8()


@register_model(F32x8)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, fe_type: types.Type) -> None:
        super().__init__(manager, fe_type, VECTOR)


@register_model(F64x8)
class _WideModel(models.PrimitiveModel):
    def __init__(self, manager: Any, fe_type: types.Type) -> None:
        super().__init__(manager, fe_type, WIDE)


@register_model(Mask8)
class _MaskModel(models.PrimitiveModel):
    def __init__(self, manager: Any, fe_type: types.Type) -> None:
        super().__init__(manager, fe_type, MASK)


def operation_of(build: Callable[..., Any]) -> Callable[..., Any]:
    """Numba's `intrinsic`, typed as kernels call it: without the typing context."""
    callable_in_kernels: Any = intrinsic(build)
    return cast(Callable[..., Any], callable_in_kernels)


def _constant(value: float) -> ir.Constant:
    return ir.Constant(VECTOR, [ir.Constant(FLOAT, value)] * LANES)


def shuffle(builder, a, b, lanes):
    index = ir.Constant(ir.VectorType(INT, len(lanes)), [ir.Constant(INT, k) for k in lanes])
    return builder.shuffle_vector(a, b, index)


def _comparison(symbol: str) -> Callable[[Vector, Vector], Vector]:
    @operation_of
    def operation(typingctx, a, b):
        def codegen(context, builder, signature, args):
            return builder.fcmp_ordered(symbol, args[0], args[1])

        return mask(vec, vec), codegen

    return operation


def _chosen(symbol: str) -> Callable[[Vector, Vector], Vector]:
    @operation_of
    def operation(typingctx, a, b):
        def codegen(context, builder, signature, args):
            return builder.select(builder.fcmp_ordered(symbol, args[0], args[1]), args[0], args[1])

        return vec(vec, vec), codegen

    return operation


def _logic(opcode: str) -> Callable[[Vector, Vector], Vector]:
    @operation_of
    def operation(typingctx, a, b):
        def codegen(context, builder, signature, args):
            return getattr(builder, opcode)(args[0], args[1])

        return mask(mask, mask), codegen

    return operation


less, less_equal, greater, greater_equal = (_comparison(s) for s in ("<", "<=", ">", ">="))
minimum, maximum = _chosen("<"), _chosen(">")
both, either = _logic("and_"), _logic("or_")


@operation_of
def splat(typingctx, x):
    """All lanes `x`."""

    def codegen(context, builder, signature, args):
        undefined = ir.Constant(VECTOR, ir.Undefined)
        return shuffle(builder, builder.insert_element(undefined, args[0], INT(0)), undefined, [0] * LANES)

    return vec(types.float32), codegen


@operation_of
def ramp(typingctx):
    """0, 1, … 7."""

    def codegen(context, builder, signature, args):
        return ir.Constant(VECTOR, [ir.Constant(FLOAT, float(k)) for k in range(LANES)])

    return vec(), codegen


@operation_of
def where(typingctx, condition, a):
    """`a` where the mask is set, else 0."""

    def codegen(context, builder, signature, args):
        return builder.select(args[0], args[1], _constant(0.0))

    return vec(mask, vec), codegen


@operation_of
def choose(typingctx, condition, a, b):
    """`a` where the mask is set, else `b`."""

    def codegen(context, builder, signature, args):
        return builder.select(*args)

    return vec(mask, vec, vec), codegen


@operation_of
def double(typingctx, a):
    """The same lanes in float64."""

    def codegen(context, builder, signature, args):
        return builder.fpext(args[0], WIDE)

    return wide(vec), codegen


@operation_of
def single(typingctx, a):
    """Float64 lanes rounded to float32."""

    def codegen(context, builder, signature, args):
        return builder.fptrunc(args[0], VECTOR)

    return vec(wide), codegen


@operation_of
def square_root(typingctx, a):
    """Elementwise square root; NaN below zero."""

    def codegen(context, builder, signature, args):
        lanes = args[0].type
        name = f"llvm.sqrt.v{LANES}{'f32' if lanes == VECTOR else 'f64'}"
        function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(lanes, [lanes]), name)
        return builder.call(function, [args[0]])

    return a(a), codegen


@operation_of
def clamp(typingctx, a, low, high):
    """`a` limited to the scalars low..high; NaN becomes low."""

    def codegen(context, builder, signature, args):
        value, *limits = args
        for symbol, limit in zip((">", "<"), limits, strict=True):
            scalar = limit if value.type == VECTOR else builder.fpext(limit, ir.DoubleType())
            undefined = ir.Constant(value.type, ir.Undefined)
            one_lane = builder.insert_element(undefined, scalar, INT(0))
            bound = shuffle(builder, one_lane, undefined, [0] * LANES)
            value = builder.select(builder.fcmp_ordered(symbol, value, bound), value, bound)
        return value

    return a(a, types.float32, types.float32), codegen


def _halves(builder, rows):
    """Sums of neighbouring lanes, two vectors packed into one."""
    even, odd = list(range(0, 16, 2)), list(range(1, 16, 2))
    pairs = [(rows[k], rows[k + 1]) for k in range(0, len(rows), 2)]
    folded = [(shuffle(builder, a, b, even), shuffle(builder, a, b, odd)) for a, b in pairs]
    return [builder.fadd(a, b, flags=_FLAGS) for a, b in folded]


@operation_of
def sums(typingctx, v0, v1, v2, v3, v4, v5, v6, v7):
    """Lane k holds the sum over the lanes of the k-th vector; three levels instead of eight sums."""

    def codegen(context, builder, signature, args):
        rows = list(args)
        while len(rows) > 1:
            rows = _halves(builder, rows)
        return rows[0]

    return vec(*[vec] * LANES), codegen


@operation_of
def total(typingctx, a):
    """The sum over all lanes."""

    def codegen(context, builder, signature, args):
        rows = [args[0]] * LANES
        while len(rows) > 1:
            rows = _halves(builder, rows)
        return builder.extract_element(rows[0], INT(0))

    return types.float32(vec), codegen


def _arithmetic(symbol: Any, opcode: str) -> None:
    """Teach Numba an operator of vectors, with vectors and float32 scalars, as one instruction in its caller."""
    kinds = (vec, wide)
    typed_by: Any = infer_global  # annotated as if it could not decorate

    @typed_by(symbol)
    class _Template(ConcreteTemplate):
        cases: ClassVar[list[Any]] = [signature(kind, *pair) for kind in kinds
                                      for pair in ((kind, kind), (kind, types.float32), (types.float32, kind))]

    def codegen(context, builder, signature, args):
        kind = VECTOR if signature.return_type == vec else WIDE
        return getattr(builder, opcode)(*(_lanes(builder, each, kind) for each in args), flags=_FLAGS)

    for case in _Template.cases:
        lower_builtin(symbol, *case.args)(codegen)


def _lanes(builder, value, kind):
    """A scalar in all lanes; a vector as it is."""
    if value.type == kind:
        return value
    scalar = value if kind == VECTOR else builder.fpext(value, ir.DoubleType())
    undefined = ir.Constant(kind, ir.Undefined)
    return shuffle(builder, builder.insert_element(undefined, scalar, INT(0)), undefined, [0] * LANES)


for _symbol, _opcode in ((operator.add, "fadd"), (operator.sub, "fsub"), (operator.mul, "fmul"),
                         (operator.truediv, "fdiv")):
    _arithmetic(_symbol, _opcode)

ZERO, ONE, HALF = np.float32(0), np.float32(1), np.float32(0.5)
