"""`Guard`: which requests a served generator looks at, judged by their headers alone."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from email.message import Message
from http import HTTPStatus
from ipaddress import ip_address

from spatialmem.generators.remote.message import CONTENT_TYPE, VERSION

PATHS = {"/v1/generator": "GET", "/v1/generate": "POST", "/v1/verify": "POST"}


@dataclass(frozen=True)
class Refusal:
    """Why a request is not served: an HTTP status and one sentence."""

    status: HTTPStatus
    reason: str


@dataclass(frozen=True)
class Guard:
    """The rules of one server.

    A request must name the machine as it is known (a foreign page that points its own name at this machine gets
    nowhere), must come from a program and not from a page, and must bring the token if there is one. The port in
    Host is left open: through a tunnel it is another one.

    Attributes:
        limit: bytes of the longest body.
        token: the secret, or None for anybody.
        names: the machine's own names, in lower case.
    """

    limit: int
    token: str | None = field(default=None, repr=False)
    names: frozenset[str] = frozenset()

    def refusal(self, method: str, path: str, headers: Message, here: str) -> Refusal | None:
        """Why the request is refused, or None; `here` is the address of this machine that it came in by."""
        return self._stranger(headers, here) or _lost(method, path) or self._unfit(method, headers)

    def _stranger(self, headers: Message, here: str) -> Refusal | None:
        address = ip_address(here)
        address = getattr(address, "ipv4_mapped", None) or address  # an IPv6 socket's way to say an IPv4 address
        names = {str(address), *self.names, *(("localhost", "127.0.0.1", "::1") if address.is_loopback else ())}
        if _named(headers) not in names:
            return Refusal(HTTPStatus.FORBIDDEN, "this host is not served here; use the address that was printed")
        if headers.get_all("Origin"):
            return Refusal(HTTPStatus.FORBIDDEN, "pages in browsers are not served")
        given = headers.get("Authorization", "").encode("utf-8", "backslashreplace")
        if self.token is not None and not secrets.compare_digest(given, f"Bearer {self.token}".encode()):
            return Refusal(HTTPStatus.UNAUTHORIZED, "the token is missing or wrong; use the one that was printed")
        return None

    def _unfit(self, method: str, headers: Message) -> Refusal | None:
        lengths = headers.get_all("Content-Length", [])
        if "Transfer-Encoding" in headers or (method == "POST" and not lengths):
            return Refusal(HTTPStatus.LENGTH_REQUIRED, "say the body's length in Content-Length")
        if len(lengths) > 1 or not all(re.fullmatch(r"[0-9]{1,15}", length) for length in lengths):
            return Refusal(HTTPStatus.BAD_REQUEST, "Content-Length must be one number of bytes")
        most = self.limit if method == "POST" else 0
        if lengths and int(lengths[0]) > most:
            return Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body of {lengths[0]} bytes is more than the {most} "
                                                                "that are taken; ask for fewer or smaller frames")
        if method == "POST" and headers.get_content_type() != CONTENT_TYPE:
            return Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"the Content-Type must be {CONTENT_TYPE}")
        return None


def _lost(method: str, path: str) -> Refusal | None:
    if path in PATHS:
        if method == PATHS[path]:
            return None
        return Refusal(HTTPStatus.METHOD_NOT_ALLOWED, f"{path} takes {PATHS[path]}")
    version = re.match(r"/v(\d{1,9})/", path)
    if version is not None and int(version[1]) != VERSION:
        return Refusal(HTTPStatus.NOT_FOUND, f"protocol version {version[1]} is not spoken here, only version "
                                             f"{VERSION}; bring both sides to the same release")
    return Refusal(HTTPStatus.NOT_FOUND, f"there are only {', '.join(PATHS)}")


def _named(headers: Message) -> str | None:
    """The host that a request names, without its port; None unless it names exactly one."""
    hosts = headers.get_all("Host", [])
    host = hosts[0].lower() if len(hosts) == 1 else ""
    match = re.fullmatch(r"(?:\[([0-9a-f:.]+)\]|([^\s:\[\]]+))(?::\d{1,5})?", host)
    return None if match is None else match[1] or match[2]
