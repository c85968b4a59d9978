"""`GeneratorServer`: lets programs elsewhere use a generator that lives here."""

from __future__ import annotations

import logging
import secrets
import socket
import socketserver
import sys
import threading
from functools import partial
from ipaddress import ip_address
from types import TracebackType

from spatialmem.errors import InvalidValueError
from spatialmem.generators.remote.address import DEFAULT_PORT, Address, checked_token
from spatialmem.generators.remote.connection import Connection, Office
from spatialmem.generators.remote.desk import Desk
from spatialmem.generators.remote.guard import Guard
from spatialmem.generators.remote.limits import Limits
from spatialmem.generators.remote.service import Service
from spatialmem.protocols import Generator

logger = logging.getLogger(__name__)

_USUAL = Limits()
_TICK = 0.2


class GeneratorServer:
    """Serves one generator; keeps nothing of any world.

    Attributes:
        address: where it is found, with its token.
        exposed: whether other machines can reach it.

    Args:
        generator: what to serve; `serve` calls it in its own thread, one request at a time.
        host: the address to listen at.
        port: the port; 0 = any that is free.
        token: what clients must bring; None = nothing where only this machine can reach the server, else
            one that is made up.
        limits: how much it lets itself be asked.

    Raises:
        InvalidValueError: the token has blanks, or nothing can listen there.
        GenerationError: a member of the generator is missing or of the wrong kind.
    """

    def __init__(self, generator: Generator, *, host: str = "127.0.0.1", port: int = DEFAULT_PORT,
                 token: str | None = None, limits: Limits = _USUAL) -> None:
        family, place = _resolved(host, port)
        here = ip_address(place[0])
        self.exposed = not here.is_loopback
        token = checked_token(token) or (secrets.token_urlsafe(24) if self.exposed else None)
        guard = Guard(limits.message, token, frozenset({host.lower(), socket.gethostname().lower()}))
        self._desk = Desk(limits.seats)
        office = Office(guard, self._desk, Service(generator, limits.message), limits)
        try:
            self._listener = Listener(family, place, office)
        except OSError as error:
            raise InvalidValueError(f"--host {host} --port {port}: cannot listen there ({error.strerror}); choose "
                                    "another") from None
        name = socket.gethostname() if here.is_unspecified else host
        self.address = Address(name, self._listener.server_address[1], token)

    def serve(self) -> None:
        """Serve until `stop` or Ctrl-C; the generator works in this thread."""
        accepting = threading.Thread(target=self._listener.serve_forever, args=(_TICK,), name="accept", daemon=True)
        accepting.start()
        try:
            self._desk.work()
        finally:
            self._desk.close()
            self._listener.closing = True
            self._listener.shutdown()
            accepting.join()

    def stop(self) -> None:
        """Let `serve` return after the call it is at; from any thread."""
        self._desk.close()

    def close(self) -> None:
        """Stop listening; closing twice is harmless."""
        self._desk.close()
        self._listener.server_close()

    def __enter__(self) -> GeneratorServer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()


class Listener(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """Accepts connections, at most so many at once; the system's queue holds the next ones."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, family: socket.AddressFamily, place: tuple[str, int], office: Office) -> None:
        self.address_family = family
        self.closing = False
        self._deadlines = office.deadlines
        self._free = threading.BoundedSemaphore(office.limits.connections)
        super().__init__(place, partial(Connection, office=office))

    def process_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        """Serve in a thread of its own, once one of the allowed ones is free."""
        while not self._free.acquire(timeout=_TICK):
            self._deadlines.enforce()
            if self.closing:
                self.shutdown_request(request)
                return
        super().process_request(request, client_address)

    def process_request_thread(self, request: socket.socket | tuple[bytes, socket.socket],
                               client_address: object) -> None:
        """As the library does, and free the thread's place."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def service_actions(self) -> None:
        """At every tick of the accepting loop."""
        self._deadlines.enforce()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is nothing to talk about; what else went wrong in a thread is."""
        error = sys.exception()
        if isinstance(error, OSError):
            logger.debug("%s: went away (%s)", client_address, error)
        else:
            logger.exception("%s: a request could not be served", client_address)


def _resolved(host: str, port: int) -> tuple[socket.AddressFamily, tuple[str, int]]:
    try:
        family, *_, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except (OSError, UnicodeError, OverflowError) as error:
        raise InvalidValueError(f"--host {host} --port {port}: no address of this machine ({error})") from None
    return family, (str(place[0]), int(place[1]))
