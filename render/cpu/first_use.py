"""Says that kernels are being compiled: the first call on a machine takes seconds, and nobody should wonder why.

By `logging`, as a library must not print: without any configuration Python shows warnings on stderr, and whoever
configures logging decides.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numba.core.event import Listener, register

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kind:
    """Kernels that are compiled together: those of the modules below `package`, and seconds that this takes."""

    package: str
    name: str
    seconds: int


KINDS = (Kind("spatialmem.render.", "the rasteriser", 15),
         Kind("spatialmem.reconstruction.", "fusion", 5),
         Kind("spatialmem.memory.", "what judges memory", 3),
         Kind("spatialmem.generators.worlds.", "the painter of worlds", 40),
         Kind("spatialmem.generators.scene.", "the mesh renderer", 3))
"""The seconds are those of one core of a usual machine, to set expectations."""


class Announcer(Listener):
    """One line when kernels of a kind begin to be compiled, one when none has been for a while.

    Numba calls it under its compiler lock, so from one thread at a time.

    Args:
        kinds: those that are told of.
        quiet: seconds without compiling after which a kind is done; kernels of one call follow each other faster.
    """

    def __init__(self, kinds: Sequence[Kind] = KINDS, *, quiet: float = 0.5) -> None:
        self._kinds, self._quiet = kinds, quiet
        self._open: list[Kind | None] = []
        self._started: dict[Kind, float] = {}
        self._told: set[Kind] = set()
        self._done: tuple[Kind, float, threading.Timer] | None = None
        self._lock = threading.Lock()

    def on_start(self, event: Any) -> None:
        """A function begins to be compiled, perhaps for one that is being compiled."""
        module = event.data["dispatcher"].py_func.__module__
        kind = next((kind for kind in self._kinds if module.startswith(kind.package)), None)
        outermost = not any(self._open)
        self._open.append(kind)
        if kind and outermost:
            self._begin(kind)

    def on_end(self, event: Any) -> None:
        """The function that began last is compiled, or has failed."""
        kind = self._open.pop()
        if kind and not any(self._open):
            seconds = time.monotonic() - self._started[kind]
            timer = threading.Timer(self._quiet, self._finish, (kind, seconds))
            timer.daemon = True
            with self._lock:
                self._done = kind, seconds, timer
            timer.start()

    def _begin(self, kind: Kind) -> None:
        with self._lock:
            done, self._done = self._done, None
        if done:
            before, seconds, timer = done
            timer.cancel()
            if before is not kind:
                self._finish(before, seconds)
        if kind in self._started:
            return
        self._started[kind] = time.monotonic()
        if kind in self._told:
            _say("compiling more of %s for this machine, once", kind.name)
        else:
            self._told.add(kind)
            _say("compiling %s for this machine, once: about %d s (spatialmem warmup does it ahead)", kind.name,
                 kind.seconds)

    def _finish(self, kind: Kind, seconds: float) -> None:
        if self._started.pop(kind, None) is not None:
            _say("compiled %s in %.1f s", kind.name, seconds)


def announce() -> None:
    """Tell of kernels that this program compiles from now on."""
    listen: Any = register  # Numba's is not annotated
    listen("numba:compile", Announcer())


def _say(text: str, *values: object) -> None:
    logger.warning(text, *values, extra={"plain": True})  # the command line shows it without date and level
