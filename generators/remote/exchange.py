"""One question to a served generator and its answer, over HTTP."""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse

from spatialmem import strictjson
from spatialmem.errors import GenerationError, InvalidValueError
from spatialmem.generators.remote.address import TOKEN_VARIABLE, Address
from spatialmem.generators.remote.message import CONTENT_TYPE

CONNECT_SECONDS = 10.0
INVITATION_SECONDS = 5.0
_BUSY = 503
_ERROR_LIMIT = 64 * 1024


class Exchange:
    """Asks the server at `address`; waits for `patience` seconds while it is at work or busy with others."""

    def __init__(self, address: Address, patience: float) -> None:
        self._address = address
        self._patience = patience

    def ask(self, method: str, path: str, body: bytes = b"", *, limit: int) -> bytes:
        """The body of its answer, of at most `limit` bytes.

        Raises:
            GenerationError: nobody answers, the connection is lost, or the server refuses; says what to do.
        """
        until = time.monotonic() + self._patience
        while True:
            status, pause, answer = self._once(method, path, body, limit)
            if status == 200:
                return answer
            if status != _BUSY or time.monotonic() + pause > until:
                raise GenerationError(self._refusal(status, answer))
            time.sleep(pause)

    def _once(self, method: str, path: str, body: bytes, limit: int) -> tuple[int, float, bytes]:
        """Status, seconds after which to come back, and body."""
        connection = HTTPConnection(self._address.host, self._address.port, timeout=CONNECT_SECONDS)
        try:
            connection.connect()
        except OSError as error:
            raise GenerationError(f"{self._address}: no generator answers there ({_reason(error)}); start one with "
                                  "'spatialmem serve-generator', then try again (--resume, if the world was begun)"
                                  ) from None
        try:
            self._send(connection, method, path, body)
            response = connection.getresponse()
            pause = response.headers.get("Retry-After", "")
            return response.status, max(1.0, float(pause) if pause.isdecimal() else 1.0), self._read(response, limit)
        except TimeoutError:
            raise GenerationError(f"{self._address}: no answer within {self._patience:g} seconds; every committed clip "
                                  "is kept, look after the server and go on with --resume") from None
        except (OSError, HTTPException) as error:
            raise GenerationError(f"{self._address}: the connection was lost ({_reason(error)}); every committed clip "
                                  "is kept, start the server again and go on with --resume") from None
        finally:
            connection.close()

    def _send(self, connection: HTTPConnection, method: str, path: str, body: bytes) -> None:
        line: socket.socket = connection.sock
        _keep_alive(line)
        connection.putrequest(method, path)
        if self._address.token is not None:
            connection.putheader("Authorization", f"Bearer {self._address.token}")
        if body:
            connection.putheader("Content-Type", CONTENT_TYPE)
            connection.putheader("Content-Length", str(len(body)))
            connection.putheader("Expect", "100-continue")
        connection.endheaders()
        # A refused body is never sent: its server would hang up on it, and its reason could be lost.
        if body and _invited(line):
            line.settimeout(self._patience)
            with suppress(BrokenPipeError, ConnectionResetError):  # an answer may say why
                connection.send(body)
        line.settimeout(self._patience)

    def _read(self, response: HTTPResponse, limit: int) -> bytes:
        most = limit if response.status == 200 else _ERROR_LIMIT
        if response.length is None or response.length > most:
            raise GenerationError(f"{self._address}: an answer of {response.length} bytes came, at most {most} were "
                                  "expected; is it a spatialmem generator?")
        return response.read()

    def _refusal(self, status: int, answer: bytes) -> str:
        if status == 401:
            return (f"{self._address}: it wants the token that its server printed; set {TOKEN_VARIABLE} to it"
                    f"{' (the present one is not it)' if self._address.token else ''}")
        try:
            said = strictjson.loads(answer, "answer", limit=_ERROR_LIMIT, depth=4).get("error")
        except InvalidValueError:
            said = None
        if not isinstance(said, str):
            return f"{self._address}: something else than a spatialmem generator answers there (HTTP {status})"
        plain = "".join(letter if letter.isprintable() else " " for letter in said)
        return f"{self._address}: {' '.join(plain.split())[:2000]}"


def _invited(line: socket.socket) -> bool:
    """Whether the server wants the body; one that says nothing in a while is taken to."""
    line.settimeout(INVITATION_SECONDS)
    try:
        head = line.recv(12, socket.MSG_PEEK)
    except TimeoutError:
        return True
    return head[9:12] == b"100"


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__


def _keep_alive(line: socket.socket) -> None:
    """Let the system notice, within two minutes, that the other machine is gone while it is waited for."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for option, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 6)):
        if hasattr(socket, option):  # not on every system
            line.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
