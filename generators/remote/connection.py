"""One connection to a served generator: one request, judged before its body is read, and one answer."""

from __future__ import annotations

import json
import logging
import socket
import socketserver
import traceback
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler

from spatialmem.errors import InvalidValueError, SpatialMemError
from spatialmem.generators.remote.deadlines import Deadlines
from spatialmem.generators.remote.desk import Desk
from spatialmem.generators.remote.guard import Guard, Refusal
from spatialmem.generators.remote.limits import Limits
from spatialmem.generators.remote.message import CONTENT_TYPE
from spatialmem.generators.remote.service import Service
from spatialmem.protocols.findings import one_line

logger = logging.getLogger(__name__)

COME_BACK_SECONDS = 1
_REASON_LETTERS = 2000
_CHUNK = 1 << 20
_FAREWELL_SECONDS = 1.0


@dataclass(frozen=True)
class Office:
    """What all connections of a server share."""

    guard: Guard
    desk: Desk
    service: Service
    limits: Limits
    deadlines: Deadlines = field(default_factory=Deadlines)


class Connection(BaseHTTPRequestHandler):
    """Serves a single request; its thread never waits longer than the office's limits say."""

    protocol_version = "HTTP/1.1"

    def __init__(self, request: socket.socket, address: object, server: socketserver.BaseServer,
                 office: Office) -> None:
        self._office = office
        self._unread = False
        super().__init__(request, address, server)  # serves it, too

    def setup(self) -> None:
        """The headers must be there in time."""
        self._office.deadlines.set(self.request, self._office.limits.patience)
        super().setup()

    def finish(self) -> None:
        """Say goodbye; a client that is still sending gets a moment to read why nobody listens."""
        with suppress(OSError):
            super().finish()
            if self._unread:
                self._hear_out()
        self._office.deadlines.set(self.request, None)

    def handle_expect_100(self) -> bool:
        """Invite no body before the headers are judged."""
        return True

    def version_string(self) -> str:
        """What serves, without the versions beneath."""
        return "spatialmem"

    def do_GET(self) -> None:
        """Answer what is asked by GET."""
        self._serve()

    def do_POST(self) -> None:
        """Answer what is asked by POST."""
        self._serve()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """The library's own refusals, in the form of ours."""
        self._refuse(Refusal(HTTPStatus(code), message or HTTPStatus(code).phrase))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Requests are logged for who looks for them."""
        logger.debug("%s: %s", self.client_address[0], repr(format % args))

    def _serve(self) -> None:
        here: str = self.request.getsockname()[0]
        refusal = self._office.guard.refusal(self.command, self.path, self.headers, here)
        if refusal is not None:
            self._refuse(refusal)
        elif self.command == "GET":
            self._answer(HTTPStatus.OK, CONTENT_TYPE, self._office.service.description)
        else:
            with self._office.desk.seat() as seated:
                if seated:
                    self._work()
                else:
                    self._refuse(Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "others are being served; come back soon"))

    def _work(self) -> None:
        """Read the body, let it be answered, answer."""
        body = self._body(int(self.headers["Content-Length"]))
        if body is None:
            logger.info("%s: a message was cut off", self.client_address[0])
            return
        self._office.deadlines.set(self.request, None)
        try:
            call = self._office.service.read(self.path, body)
        except InvalidValueError as error:
            self._refuse(Refusal(HTTPStatus.BAD_REQUEST, str(error)))
            return
        del body  # as large as all that follows
        answer = self._office.desk.ask(call)
        if isinstance(answer, bytes):
            self._answer(HTTPStatus.OK, CONTENT_TYPE, answer)
        elif isinstance(answer, SpatialMemError):
            self._refuse(Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, str(answer)))
        else:
            logger.error("the generator failed\n%s", "".join(traceback.format_exception(answer)))
            self._refuse(Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, f"the generator failed: {one_line(answer)}"))

    def _body(self, length: int) -> bytes | None:
        """All of the body, or None if it ends early; memory grows only as bytes arrive."""
        self._office.deadlines.set(self.request, self._office.limits.seconds(length))
        self._unread = True
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.send_response_only(HTTPStatus.CONTINUE)
            self.end_headers()
            self.wfile.flush()
        chunks: list[bytes] = []
        while length > 0:
            chunk = self.rfile.read1(min(length, _CHUNK))
            if not chunk:
                return None
            chunks.append(chunk)
            length -= len(chunk)
        self._unread = False
        return b"".join(chunks)

    def _refuse(self, refusal: Refusal) -> None:
        reason = " ".join(refusal.reason.split())[:_REASON_LETTERS]
        logger.info("%s: refused with %d: %s", self.client_address[0], refusal.status, reason)
        self._unread = self._unread or self.command == "POST"
        body = json.dumps({"error": reason}).encode()
        self._answer(refusal.status, "application/json", body)

    def _answer(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.close_connection = True  # one request each: nothing of a refused body can be taken for the next
        self._office.deadlines.set(self.request, self._office.limits.seconds(len(body)))
        self.send_response(status)
        extra = {HTTPStatus.SERVICE_UNAVAILABLE: ("Retry-After", str(COME_BACK_SECONDS)),
                 HTTPStatus.UNAUTHORIZED: ("WWW-Authenticate", "Bearer")}.get(status)
        for name, value in (("Content-Type", kind), ("Content-Length", str(len(body))), ("Connection", "close"),
                            ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"),
                            *((extra,) if extra else ())):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _hear_out(self) -> None:
        self._office.deadlines.set(self.request, _FAREWELL_SECONDS)
        self.request.shutdown(socket.SHUT_WR)
        while self.request.recv(_CHUNK):
            pass
