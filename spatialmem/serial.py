"""`serial_torch`: small tensor operations on one thread."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def serial_torch() -> Iterator[None]:
    """PyTorch on one thread within, so that its spinning workers leave the cores to the kernels here, and to others.

    For loops that alternate small tensor operations and kernels: beside another busy program a commit took 1.2 s
    with two threads and 0.1 s with one. The setting is one of the program; it is put back at the end.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
