"""The ways a function here is compiled: serial kernel, parallel kernel, inlined piece, each with its use."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """`function` compiled to run on the calling thread without the interpreter lock."""
    return _compiled(function)


def parallel_kernel(function: F) -> F:
    """`function` compiled with its `prange` loops spread over threads; call it in `parallel_region`."""
    return _compiled(function, parallel=True)


def inlined(function: F) -> F:
    """`function` compiled into its callers, so that vectors stay in registers."""
    return _compiled(function, forceinline=True)


def bare_kernel(function: F) -> F:
    """Like `kernel`, for what allocates no arrays (Numba refuses it otherwise): references are not counted.

    Every look into an array of a tuple counts as a reference, atomically, and in large functions Numba
    does not see which counts cancel: a ray tracer spends a third of its time on them.
    """
    return _compiled(function, counted=False)


def bare_inlined(function: F) -> F:
    """Like `inlined`, for pieces of bare kernels."""
    return _compiled(function, forceinline=True, counted=False)


def _compiled(function: F, *, parallel: bool = False, forceinline: bool = False, counted: bool = True) -> F:
    # Fused multiply-adds and ignored zero signs only: "no NaN" would let a NaN slip past a
    # comparison that guards an array index.
    flags = {"contract", "nsz", "arcp"}
    compiled: Any = njit  # its annotations leave `_nrt` out
    dispatcher: Any = compiled(cache=True, nogil=True, error_model="numpy", fastmath=flags, parallel=parallel,
                               forceinline=forceinline, _nrt=counted)(function)
    # Numba's disk cache watches a function's own file only, but kernels contain pieces of the others:
    # without this an edit of `simd.py` would leave old machine code in use.
    dispatcher._cache._cache_file._source_stamp = _stamp(Path(function.__code__.co_filename).parent)
    return cast(F, dispatcher)


@cache
def _stamp(folder: Path) -> tuple[int, int]:
    """Changes whenever a file of `folder` or of this one does: newest modification and total size."""
    folders = {folder.resolve(), Path(__file__).resolve().parent}
    states = [path.stat() for each in folders for path in each.glob("*.py")]
    return max(state.st_mtime_ns for state in states), sum(state.st_size for state in states)
