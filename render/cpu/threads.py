"""How many threads kernels use, and the one rule for starting parallel kernels."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numba
import numpy as np
import numpy.typing as npt

# Tried in this order: open3d brings a TBB that Numba would find first, judge too old and warn about.
numba.config.THREADING_LAYER_PRIORITY = ["omp", "workqueue", "tbb"]  # type: ignore[attr-defined]

# GNU OpenMP reads this when Numba loads it. By default its threads spin for milliseconds after each kernel,
# which starves whatever else runs on a busy machine (measured: up to 9 times slower) and gains nothing here.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

parallel_region = threading.Lock()
"""Held while parallel kernels run.

Numba's threads are one pool per program, and its fallback threading layer aborts the program when two
Python threads start parallel kernels at once. One kernel at a time, on all cores, is also the fastest
order. Whoever adds Numba `prange` kernels elsewhere must hold this lock around them too.
"""


def worker_count() -> int:
    """Threads to use: as many as Numba would (`numba.set_num_threads`, NUMBA_NUM_THREADS)."""
    return int(numba.get_num_threads())


def new_counter() -> npt.NDArray[np.int64]:
    """One zero, from which the threads of a kernel take the numbers of blocks."""
    return np.zeros(1, np.int64)


@contextmanager
def one_worker() -> Iterator[None]:
    """Numba's kernels on one thread within: for a few pixels, waking the others takes 40 times as long as the work."""
    before = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        yield
    finally:
        numba.set_num_threads(before)
