"""The ways a function here is compiled: serial kernel, parallel kernel, inlined piece, each with its use.

Numba keeps what it compiled on disk, by the types of a call, the processor (its name and features) and the source:
in NUMBA_CACHE_DIR, else beside the module, else, where that cannot be written, in the user's cache folder.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba.core import types
from numba.core.registry import CPUDispatcher

from spatialmem.render.cpu.cache import KernelCache
from spatialmem.render.cpu.first_use import announce

F = TypeVar("F", bound=Callable[..., Any])

announce()


def kernel(function: F) -> F:
    """`function` compiled to run on the calling thread without the interpreter lock."""
    return _compiled(function)


def parallel_kernel(function: F) -> F:
    """`function` compiled with its `prange` loops spread over threads; call it in `parallel_region`."""
    return _compiled(function, parallel=True)


def inlined(function: F) -> F:
    """`function` compiled into its callers, so that vectors stay in registers; only kernels may call it."""
    return _compiled(function, Piece)


def bare_kernel(function: F) -> F:
    """Like `kernel`, for what allocates no arrays (Numba refuses it otherwise): references are not counted.

    Every look into an array of a tuple counts as a reference, atomically, and in large functions Numba
    does not see which counts cancel: a ray tracer spends a third of its time on them.
    """
    return _compiled(function, counted=False)


def bare_inlined(function: F) -> F:
    """Like `inlined`, for pieces of bare kernels."""
    return _compiled(function, Piece, counted=False)


class Kernel(CPUDispatcher):
    """Numba's compiled function, but compiled once for all numbers that are written into calls of it."""

    def get_call_template(self, args: Any, kws: Any) -> Any:
        """How a call from another kernel is typed; Numba would make one copy per literal (`piece(a, 3)`)."""
        unliteral: Any = types.unliteral
        return super().get_call_template([unliteral(kind) for kind in args],
                                         {name: unliteral(kind) for name, kind in kws.items()})


class Piece(Kernel):
    """A function that is only compiled into others: what Python would need to call it is left out."""

    def __call__(self, *_: object) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Refused: there is nothing to call.

        Raises:
            TypeError: always.
        """
        raise TypeError(f"{self.py_func.__module__}.{self.py_func.__name__}: an inlined piece can be called by kernels "
                        "only; from Python call its .py_func or make it a kernel")


def _compiled(function: F, kind: type[Kernel] = Kernel, *, parallel: bool = False, counted: bool = True) -> F:
    # Fused multiply-adds and ignored zero signs only: "no NaN" would let a NaN slip past a
    # comparison that guards an array index.
    flags = {"contract", "nsz", "arcp"}
    piece = kind is Piece
    dispatcher: Any = kind(function, {}, {
        "nopython": True, "nogil": True, "error_model": "numpy", "fastmath": flags, "parallel": parallel,
        "forceinline": piece, "no_cpython_wrapper": piece, "no_cfunc_wrapper": True, "_nrt": counted,
        "boundscheck": None})
    if not piece:  # those are stored within the kernels they are a part of
        dispatcher._cache = KernelCache(function)
    return cast(F, dispatcher)
