"""`Guard`: who may talk to a viewer: those who know its token, through its own address, from its own page."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from ipaddress import ip_address
from urllib.parse import parse_qs

from websockets.datastructures import Headers

POLICY = {
    "default-src": "'none'",
    "script-src": "'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval' blob:",   # the page unpacks itself
    "style-src": "'unsafe-inline'",
    "img-src": "data: blob:",
    "font-src": "data:",
    "worker-src": "blob:",
    "connect-src": "data: blob:",
    "base-uri": "'none'",
    "form-action": "'none'",
}
"""What viser's page may load: nothing from anywhere else. Its server's own address is added where there is one."""

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True)
class Refusal:
    """Why a request is not served: an HTTP status and one line for whoever sent it."""

    status: HTTPStatus
    reason: str


@dataclass(frozen=True)
class Guard:
    """The rules of one server.

    A request must name the address that it came in by (a foreign page that points its own name at this machine
    gets nowhere), must not come from another site's page, and must bring the token: in its query, or in the
    cookie that the first page sets.

    Attributes:
        port: the port that is listened on.
        names: further values of Host that are this server's, such as "studio.local:8080", in lower case.
        token: the secret.
    """

    port: int
    names: frozenset[str] = frozenset()
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)

    def refusal(self, path: str, headers: Headers, address: str) -> Refusal | None:
        """Why the request for `path` is refused, or None if it may be served.

        Args:
            path: the request's target, query included, as it came.
            headers: the request's.
            address: the IP address of this machine that it was sent to.
        """
        host = self.host(headers, address)
        if host is None:
            return Refusal(HTTPStatus.FORBIDDEN, "this address is not served here; open the one that was printed")
        origins = headers.get_all("Origin")
        upgrade = bool(headers.get_all("Upgrade"))
        if any(origin != f"http://{host}" for origin in origins) or (upgrade and not origins):
            return Refusal(HTTPStatus.FORBIDDEN, "pages of other sites are not served")
        if not self._knows_token(path, headers):
            return Refusal(HTTPStatus.UNAUTHORIZED, "the token is missing or of another run; open the address that "
                                                    "was printed, all of it")
        return None

    def host(self, headers: Headers, address: str) -> str | None:
        """The request's Host if it is one of this server's at `address`, else None."""
        given = [value.lower() for value in headers.get_all("Host")]
        literal = f"[{address}]" if ":" in address else address
        own = {literal, *(LOOPBACK if ip_address(address).is_loopback else ())}
        allowed = self.names | {name if self.port == 80 else f"{name}:{self.port}" for name in own}
        return given[0] if len(given) == 1 and given[0] in allowed else None

    def headers(self, host: str | None) -> Mapping[str, str]:
        """What every answer carries; one to a page of `host` says how far that page may reach."""
        own = f"'self' ws://{host} " if host else ""
        policy = {**POLICY, "connect-src": own + POLICY["connect-src"], "frame-ancestors": "'none'"}
        return {
            "Content-Security-Policy": content_policy(policy),
            "X-Frame-Options": "DENY",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cache-Control": "no-store",
            "Connection": "close",
        }

    @property
    def cookie(self) -> str:
        """The cookie that lets a page in again; named for the port, as browsers share cookies between ports."""
        return f"{self._cookie_name}={self.token}; HttpOnly; SameSite=Strict; Path=/"

    @property
    def _cookie_name(self) -> str:
        return f"spatialmem-{self.port}"

    def _knows_token(self, path: str, headers: Headers) -> bool:
        known = parse_qs(path.partition("?")[2]).get("token", [])
        for crumb in ";".join(headers.get_all("Cookie")).split(";"):
            name, _, value = crumb.strip().partition("=")
            known += [value] if name == self._cookie_name else []
        return any(secrets.compare_digest(_encoded(value), _encoded(self.token)) for value in known)


def content_policy(sources: Mapping[str, str]) -> str:
    """The value of a Content-Security-Policy."""
    return "; ".join(f"{kind} {where}" for kind, where in sources.items())


def host_names(names: Iterable[str], port: int) -> frozenset[str]:
    """Values of Host, in lower case: each of `names` with `port`, unless it brings a port of its own."""
    return frozenset(name.lower() if ":" in name else f"{name.lower()}:{port}" for name in names)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")
