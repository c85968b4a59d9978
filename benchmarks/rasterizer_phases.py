"""Where the time of the CPU rasteriser goes: its kernels timed one by one, without touching them."""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any

from rasterizer_scenes import Scene
from rasterizer_timing import BOTH, on_threads, own_calls, timed

REST = "between kernels"
ALL = "all"


def measure(scene: Scene, threads: Sequence[int], rounds: int) -> dict[str, dict[str, float]]:
    """Milliseconds of forward with backward by the clock, by number of threads and kernel; the best of some rounds."""
    call = own_calls(scene)[BOTH]
    for count in threads:
        with on_threads(count):
            call()
    found: dict[str, dict[str, float]] = {}
    for _ in range(rounds):
        for count in threads:
            with on_threads(count), kernels_timed() as spent:
                total = timed(call)[1]
            best = found.setdefault(str(count), {})
            for name, milliseconds in {**spent, ALL: total}.items():
                best[name] = min(milliseconds, best.get(name, milliseconds))
    for best in found.values():
        best[REST] = max(0.0, 2 * best[ALL] - sum(best.values()))
    return found


@contextmanager
def kernels_timed() -> Iterator[dict[str, float]]:
    """Milliseconds spent within in each kernel that Python calls, by its name; all must be compiled before."""
    spent: dict[str, float] = defaultdict(float)
    changed: list[tuple[Any, str, Any]] = []
    for module in [m for name, m in sys.modules.items() if name.startswith("spatialmem.render.cpu.")]:
        changed += [(module, name, value) for name, value in vars(module).items() if hasattr(value, "py_func")]
    for module, name, kernel in changed:
        setattr(module, name, _counting(kernel, spent))
    try:
        yield spent
    finally:
        for module, name, kernel in changed:
            setattr(module, name, kernel)


def _counting(kernel: Any, spent: dict[str, float]) -> Callable[..., Any]:
    name = f"{kernel.py_func.__module__.rpartition('.')[2]}.{kernel.py_func.__name__}"

    @wraps(kernel.py_func)
    def call(*args: Any) -> Any:
        start = time.perf_counter()
        result = kernel(*args)
        spent[name] += 1e3 * (time.perf_counter() - start)
        return result

    return call
