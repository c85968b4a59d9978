"""The gate before viser's web server: every request passes the guard first."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import viser
from websockets.asyncio import server as websocket_server
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from spatialmem.errors import MissingBackendError
from spatialmem.studio.connections import MESSAGE_BYTES, GuardedConnection, connection_logger
from spatialmem.studio.guard import Guard, Refusal

CLIENTS = 16
"""Pages at once: each may hold a copy of the whole scene in its send buffer."""

_Answer = Callable[[ServerConnection, Request], Response | None]


@contextmanager
def gated(guard: Guard, listener: socket.socket) -> Iterator[Gate]:
    """While it is open, a server that viser starts is guarded, and listens on `listener` alone.

    viser offers no place to check requests in, so the one function by which it serves is replaced meanwhile.
    Whoever starts the server asks the gate afterwards whether it was used, and stops the server if not.
    """
    gate = Gate(guard, listener)
    setattr(websocket_server, "serve", gate)  # noqa: B010 - it is a class, which type checkers let nobody replace
    try:
        yield gate
    finally:
        setattr(websocket_server, "serve", serve)  # noqa: B010


class Gate:
    """Stands in for `websockets.asyncio.server.serve`; takes whatever viser asks for, and guards it."""

    def __init__(self, guard: Guard, listener: socket.socket) -> None:
        self._guard = guard
        self._listener = listener
        self._used = False

    def require_used(self) -> None:
        """Raise MissingBackendError if viser started its server in some other way."""
        if not self._used:
            raise MissingBackendError(f"viser {viser.__version__} serves in a way that cannot be guarded; install one "
                                      "that can: pip install 'viser>=1.1,<1.2'")

    def __call__(self, handler: Callable[[ServerConnection], Awaitable[None]], *_address: Any,
                 process_request: _Answer | None = None, **options: Any) -> serve:
        self._used = True
        bounds: dict[str, Any] = {
            "host": None, "port": None, "sock": self._listener, "create_connection": GuardedConnection,
            "max_size": MESSAGE_BYTES, "max_queue": 4, "open_timeout": 10, "close_timeout": 2,
            "server_header": None, "logger": connection_logger()}
        return serve(handler, process_request=self._guarded(process_request), **{**options, **bounds})

    def _guarded(self, page: _Answer | None) -> _Answer:
        """`page`, asked only for what the guard lets through."""
        def answer(connection: ServerConnection, request: Request) -> Response | None:
            address: str = connection.local_address[0]
            refusal = self._guard.refusal(request.path, request.headers, address) or _crowded(connection, request)
            if refusal is not None:
                response = connection.respond(refusal.status, f"{refusal.reason}\n")
            elif page is None or (found := page(connection, request)) is None:
                return None
            else:
                response = found
                response.headers["Set-Cookie"] = self._guard.cookie
            for name, value in self._guard.headers(self._guard.host(request.headers, address)).items():
                if name in response.headers:
                    del response.headers[name]  # assignment would add a second one
                response.headers[name] = value
            return response

        return answer


def _crowded(connection: ServerConnection, request: Request) -> Refusal | None:
    """Why a page that the guard lets through gets no live connection; None if it does, or asks for none."""
    if "Upgrade" not in request.headers:
        return None
    if f"viser-v{viser.__version__}" not in ", ".join(request.headers.get_all("Sec-WebSocket-Protocol")).split(", "):
        return Refusal(HTTPStatus.BAD_REQUEST, "this page is of another version; load it again")
    if len(connection.server.connections) >= CLIENTS:
        return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, f"{CLIENTS} pages are open already; close one of them")
    return None
