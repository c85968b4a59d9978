"""Scratch memory that is leased to one call at a time: fresh pages cost more than the kernels save."""

from __future__ import annotations

import math
import mmap
from collections import deque
from contextlib import suppress
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

_APART = 128
"""Bytes between what two threads write: processors fetch cache lines in pairs, and two threads that write to one pair
wait for each other."""
_HUGE = 2 << 20
_WORTH_HUGE = 256 << 10
_SKEW = 4096 + 5 * 64
"""Bytes of a huge page, and of the smallest buffer that gets one."""


def scratch(workers: int, count: int) -> npt.NDArray[np.float32]:
    """Fresh float32 zeros `[workers, count or more]`, whose rows lie apart in memory."""
    return np.zeros((workers, count + _APART // 4), np.float32)


def _room(size: int, number: int) -> npt.NDArray[np.uint8]:
    """At least `size` bytes, where it pays in huge pages: random reads of small ones wait for the tables of pages.

    Buffers of different `number` begin in different sets of the caches.
    """
    if size < _WORTH_HUGE or not hasattr(mmap, "MADV_HUGEPAGE"):
        return np.empty(size, np.uint8)
    skew = number * _SKEW
    mapped = mmap.mmap(-1, -(-(size + skew) // _HUGE) * _HUGE + _HUGE)
    with suppress(OSError):  # Advice only: kernels may be built without huge pages.
        mapped.madvise(mmap.MADV_HUGEPAGE)
    room = np.frombuffer(mapped, np.uint8)
    begin = -room.ctypes.data % _HUGE + skew
    return room[begin : begin + size]


class Workspace:
    """Named buffers that grow to the largest size asked for and keep it."""

    def __init__(self) -> None:
        self._buffers: dict[str, npt.NDArray[np.uint8]] = {}

    def array(self, name: str, shape: tuple[int, ...], dtype: type[np.generic]) -> npt.NDArray[Any]:
        """An uninitialised C-contiguous array; it shares memory with the last one of the same name."""
        size = math.prod(shape) * np.dtype(dtype).itemsize
        buffer = self._buffers.get(name)
        if buffer is None or buffer.size < size:
            # A quarter more, so that a slowly growing scene does not allocate at every call.
            buffer = self._buffers[name] = _room(size + size // 4 + 64, len(self._buffers))
        return buffer[:size].view(dtype).reshape(shape)

    def scratch(self, name: str, workers: int, count: int, dtype: type[np.generic]) -> npt.NDArray[Any]:
        """An uninitialised array `[workers, count or more]`, whose rows lie apart in memory."""
        return self.array(name, (workers, count + _APART // np.dtype(dtype).itemsize), dtype)


class Lease:
    """A workspace of a pool; it goes back on `release`, after a `with`, or with the last reference."""

    def __init__(self, pool: WorkspacePool, workspace: Workspace) -> None:
        self._pool = pool
        self._workspace: Workspace | None = workspace

    @property
    def workspace(self) -> Workspace:
        """The leased workspace. Raises RuntimeError after release."""
        if self._workspace is None:
            raise RuntimeError("this workspace was already given back")
        return self._workspace

    def tensor(self, array: npt.NDArray[Any]) -> Tensor:
        """An array of the workspace as a tensor that keeps the lease for as long as it lives itself.

        Autograd frees the tensors that it saved when a graph is used up, which may be long before its functions go:
        their memory is then free for the next call.
        """
        return torch.from_numpy(np.asarray(_Leased(self, array)))

    def release(self) -> None:
        """Give the workspace back; its arrays must not be used any more."""
        workspace, self._workspace = self._workspace, None
        if workspace is not None:
            self._pool.give_back(workspace)

    def __enter__(self) -> Lease:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.release()

    def __del__(self) -> None:
        self.release()


class _Leased:
    """An array's memory, with the lease that it is of."""

    def __init__(self, lease: Lease, array: npt.NDArray[Any]) -> None:
        self._owners = lease, array
        self.__array_interface__ = array.__array_interface__


class WorkspacePool:
    """At most `keep` idle workspaces, the most recently used first; safe to share between threads.

    A deque's `append` and `pop` are atomic, so returning a lease from a finaliser cannot deadlock as
    a lock could.
    """

    def __init__(self, keep: int) -> None:
        self._idle: deque[Workspace] = deque(maxlen=keep)

    def lease(self) -> Lease:
        """A workspace that no one else holds."""
        try:
            return Lease(self, self._idle.pop())
        except IndexError:
            return Lease(self, Workspace())

    def give_back(self, workspace: Workspace) -> None:
        """Take a workspace back; the least recently used idle one is dropped when there are too many."""
        self._idle.append(workspace)
