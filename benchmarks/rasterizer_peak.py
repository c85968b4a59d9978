"""The most one core computes in float32: chains of fused multiply-adds that do not wait for each other."""
# mypy: allow-untyped-defs, allow-untyped-decorators, allow-untyped-calls

from __future__ import annotations

import time
from collections.abc import Callable
from typing import cast

from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

CHAINS = 12
"""More than the latency of an instruction times the units that run it, fewer than registers."""
STEPS = 4_000_000
WIDTHS = (8, 16)


def _chains_of(lanes: int) -> Callable[[int], float]:
    """A function that runs `CHAINS` chains of x = x · a + b over vectors of `lanes` for a number of steps."""

    @intrinsic
    def chains(typingctx, steps):
        def codegen(context, builder, signature, args):
            vector = ir.VectorType(ir.FloatType(), lanes)
            fused = cgutils.get_or_insert_function(builder.module, ir.FunctionType(vector, [vector] * 3),
                                                   f"llvm.fma.v{lanes}f32")
            a, b = (ir.Constant(vector, [value] * lanes) for value in (0.5, 1.0))
            values = [cgutils.alloca_once_value(builder, ir.Constant(vector, [float(k)] * lanes))
                      for k in range(CHAINS)]
            with cgutils.for_range(builder, args[0]):
                for value in values:
                    builder.store(builder.call(fused, [builder.load(value), a, b]), value)
            result = builder.load(values[0])
            for value in values[1:]:
                result = builder.fadd(result, builder.load(value))
            return builder.extract_element(result, ir.Constant(ir.IntType(32), 0))

        return types.float32(types.int64), codegen

    @njit(nogil=True)
    def run(steps: int) -> float:
        return float(chains(steps))  # type: ignore[call-arg]  # Numba passes the first argument

    return cast(Callable[[int], float], run)


def peak_gflops(rounds: int = 7) -> float:
    """GFLOP/s of one core, a fused multiply-add counted as two: the best of some rounds and vector widths."""
    best = 0.0
    for lanes in WIDTHS:
        run = _chains_of(lanes)
        run(1)
        for _ in range(rounds):
            start = time.perf_counter()
            run(STEPS)
            best = max(best, 2 * lanes * CHAINS * STEPS / (time.perf_counter() - start) / 1e9)
    return best
