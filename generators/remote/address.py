"""Where a served generator is found, and the token that it wants."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from spatialmem.errors import InvalidValueError

DEFAULT_PORT = 8765
TOKEN_VARIABLE = "SPATIALMEM_TOKEN"


@dataclass(frozen=True)
class Address:
    """Host, port and token of a served generator; its text never shows the token."""

    host: str
    port: int
    token: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


def is_address(name: str) -> bool:
    """Whether a generator's name is meant as an address rather than as a class."""
    return "://" in name


def without_token(name: str) -> str:
    """An address without what stands before its @, so that it can be kept and shown; other names as they are."""
    return re.sub(r"(?<=://).*@", "", name) if is_address(name) else name


def parse_address(text: str) -> Address:
    """The address in `http://HOST:PORT` or `http://:TOKEN@HOST:PORT`; else the token is the environment's.

    Raises:
        InvalidValueError: it is no such address; the message does not repeat the token.
    """
    shown = without_token(text)
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:  # its text may repeat the token
        raise InvalidValueError(f"--generator {shown}: no address of a generator; write http://HOST:PORT") from None
    if parts.scheme == "https":
        raise InvalidValueError(f"--generator {shown}: https is not spoken; use an ssh tunnel to the machine "
                                f"(ssh -L {DEFAULT_PORT}:127.0.0.1:{DEFAULT_PORT} HOST) and http://127.0.0.1:{DEFAULT_PORT}")
    if parts.scheme != "http" or not host or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise InvalidValueError(f"--generator {shown}: no address of a generator; write http://HOST:PORT, "
                                f"such as http://127.0.0.1:{DEFAULT_PORT}")
    token = unquote(parts.password or parts.username or "") or os.environ.get(TOKEN_VARIABLE) or None
    return Address(host, port or DEFAULT_PORT, checked_token(token))


def checked_token(token: str | None) -> str | None:
    """`token`, if it can travel in a header.

    Raises:
        InvalidValueError: it holds blanks or letters outside ASCII.
    """
    if token is not None and not re.fullmatch(r"[!-~]{1,512}", token):
        raise InvalidValueError("the token must be 1 to 512 ASCII letters without blanks; copy it as the server "
                                "printed it")
    return token
