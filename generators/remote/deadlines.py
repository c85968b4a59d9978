"""Deadlines of connections: one that takes too long is cut off, however busy it keeps its thread."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress


class Deadlines:
    """By when each connection must have got on with it.

    A socket's own timeout starts anew with every byte, so a client that sends one now and then could
    hold a thread for ever; these do not.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._due: dict[socket.socket, float] = {}

    def set(self, connection: socket.socket, seconds: float | None) -> None:
        """Give `connection` so many seconds from now; None = as long as it takes."""
        with self._lock:
            self._due.pop(connection, None)
            if seconds is not None:
                self._due[connection] = time.monotonic() + seconds

    def enforce(self) -> None:
        """Cut off what is overdue: whoever reads or writes there finds the connection ended."""
        now = time.monotonic()
        with self._lock:
            late = [connection for connection, due in self._due.items() if due < now]
            for connection in late:
                del self._due[connection]
                with suppress(OSError):  # gone by itself
                    connection.shutdown(socket.SHUT_RDWR)
