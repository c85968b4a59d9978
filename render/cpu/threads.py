"""How many threads kernels use, and the one rule for starting parallel kernels."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numba
import torch

# "workqueue" sleeps between kernels. OpenMP's threads spin instead, and PyTorch's own OpenMP threads beside
# them: on a busy machine each pool then waits for cores that the other burns (measured: up to 9 times slower).
numba.config.THREADING_LAYER = "workqueue"  # type: ignore[attr-defined]

parallel_region = threading.Lock()
"""Held while parallel kernels run.

Numba's threads are one pool per program, and the threading layer used here aborts the program when
two Python threads start parallel kernels at once. One kernel at a time, on all cores, is also the fastest
order. Whoever adds Numba `prange` kernels elsewhere must hold this lock around them too.
"""


def worker_count() -> int:
    """Threads to use: as many as Numba would (`numba.set_num_threads`, NUMBA_NUM_THREADS)."""
    return int(numba.get_num_threads())


@contextmanager
def serial_torch() -> Iterator[None]:
    """PyTorch on one thread within, so that its spinning workers leave the cores to the kernels here.

    For loops that alternate small tensor operations and kernels. The setting is one of the program;
    it is put back at the end.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
