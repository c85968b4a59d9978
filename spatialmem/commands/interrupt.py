"""Ctrl-C that lets the work at hand be finished."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Stop:
    """Whether somebody asked to stop."""

    def __init__(self) -> None:
        self.asked = False


@contextmanager
def stop_on_interrupt(message: str) -> Iterator[Stop]:
    """A `Stop` that the first Ctrl-C asks (`message` says so); the second raises KeyboardInterrupt.

    Outside the main thread, where no signal handler can be set, Ctrl-C keeps its usual meaning.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def interrupted(number: int, frame: FrameType | None) -> None:
        if stop.asked:
            raise KeyboardInterrupt
        stop.asked = True
        print(f"\n{message}", file=sys.stderr, flush=True)

    before = signal.signal(signal.SIGINT, interrupted)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
