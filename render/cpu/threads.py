"""How many threads kernels use, and the one rule for starting parallel kernels."""

from __future__ import annotations

import threading

import numba
import torch

parallel_region = threading.Lock()
"""Held while parallel kernels run.

Numba's threads are one pool per program, and its fallback threading layer aborts the program when two
Python threads start parallel kernels at once. One kernel at a time, on all cores, is also the fastest
order. Whoever adds Numba `prange` kernels elsewhere must hold this lock around them too.
"""


def worker_count() -> int:
    """Threads to use: as many as PyTorch does (`torch.set_num_threads`), at most as Numba would."""
    return max(1, min(torch.get_num_threads(), numba.get_num_threads()))
