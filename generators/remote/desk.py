"""`Desk`: many threads ask, one works."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager

from spatialmem.errors import GenerationError
from spatialmem.protocols.findings import attempt

_Call = tuple[Callable[[], bytes], "Future[bytes | Exception]"]


class Desk:
    """Calls to something that only one thread may touch, one at a time, in the order they came.

    Models often belong to the thread that made them (graphics contexts, streams), so the calls are
    made in the thread that calls `work`, and Ctrl-C reaches it there.

    Args:
        seats: how many may wait or be served at once.
    """

    def __init__(self, seats: int) -> None:
        self._free = threading.BoundedSemaphore(seats)
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False

    @contextmanager
    def seat(self) -> Iterator[bool]:
        """Whether there is a seat; it is kept to the end of the block."""
        taken = self._free.acquire(blocking=False)
        try:
            yield taken
        finally:
            if taken:
                self._free.release()

    def ask(self, call: Callable[[], bytes]) -> bytes | Exception:
        """What `call` gave in the working thread, or the exception it raised there."""
        future: Future[bytes | Exception] = Future()
        with self._lock:
            if self._closed:
                return _closing()
            self._calls.put((call, future))
        try:
            return future.result()
        except CancelledError:
            return _closing()

    def work(self) -> None:
        """Make the calls that are asked for, until `close`; an exception ends only its own call."""
        while (item := self._calls.get()) is not None:
            call, future = item
            try:
                future.set_result(attempt(call))
            finally:
                future.cancel()  # of use only where Ctrl-C fell into the call

    def close(self) -> None:
        """End `work` after the present call; whoever waits is told so."""
        with self._lock:
            self._closed = True
            while not self._calls.empty():
                if (item := self._calls.get()) is not None:
                    item[1].cancel()
            self._calls.put(None)


def _closing() -> Exception:
    return GenerationError("the server is stopping; start it again and go on with --resume")
