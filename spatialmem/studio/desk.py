"""`Desk`: the one thread that works on a world, so that callbacks stay quick and nothing runs at once."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from spatialmem.errors import SpatialMemError

logger = logging.getLogger(__name__)

Job = Callable[[], None]


class Desk:
    """Does jobs one after the other on its own thread.

    A world is used by one thread at a time, and a browser's callbacks come from many: they only post
    jobs here. A job that waits is replaced by a newer one of the same name, so a slider that is
    dragged leaves one job, not fifty.

    Args:
        report: told of every failed job in one line, on the desk's thread; the desk goes on after it.
    """

    def __init__(self, report: Callable[[str], None]) -> None:
        self._report = report
        self._waiting: dict[str, Job] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="spatialmem-studio")
        self._beats: list[threading.Thread] = []

    def post(self, name: str, job: Job) -> None:
        """Have `job` done after those that wait, in the place of a waiting one of that name.

        What is posted after `close` is dropped.
        """
        with self._lock:
            if self._closed.is_set():
                return
            waits = name in self._waiting
            self._waiting[name] = job
            if not waits:
                self._pool.submit(self._next, name).add_done_callback(self._judge)

    def beat(self, name: str, job: Job, seconds: float) -> None:
        """Post `job` every so many seconds from now on; a busy desk skips beats."""

        def keep_beating() -> None:
            while not self._closed.wait(seconds):
                self.post(name, job)

        thread = threading.Thread(target=keep_beating, name=f"spatialmem-{name}", daemon=True)
        self._beats.append(thread)
        thread.start()

    def close(self) -> None:
        """End after the job at hand; what waits is dropped. Closing twice is harmless."""
        with self._lock:
            self._closed.set()
        self._pool.shutdown(cancel_futures=True)
        for thread in self._beats:
            thread.join()

    def _next(self, name: str) -> None:
        with self._lock:
            job = self._waiting.pop(name)
        job()

    def _judge(self, done: Future[None]) -> None:
        if done.cancelled() or (error := done.exception()) is None:
            return
        if isinstance(error, SpatialMemError):
            logger.warning("%s", error)
            self._report(str(error))
        else:
            logger.error("a job of the viewer failed", exc_info=error)
            self._report(f"the viewer made an error ({type(error).__name__}: {error}); its log has the details")
