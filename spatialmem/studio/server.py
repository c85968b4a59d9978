"""A viser server that only those with its token can reach, and the address that says it."""

from __future__ import annotations

import errno
import re
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import rich
import viser

from spatialmem.errors import InvalidValueError, MissingBackendError
from spatialmem.studio.gate import gated
from spatialmem.studio.guard import Guard, host_names

PORTS_TRIED = 10


@dataclass(frozen=True)
class Opening:
    """A running server.

    Attributes:
        server: viser's, to put a scene and controls on.
        guard: who may reach it.
        url: the address to open, token included.
        exposed: whether other machines can reach it.
    """

    server: viser.ViserServer
    guard: Guard
    url: str
    exposed: bool


@contextmanager
def open_server(*, host: str = "127.0.0.1", port: int = 8080, allow_hosts: Iterable[str] = ()) -> Iterator[Opening]:
    """A guarded server, stopped at the end of the `with` block.

    Args:
        host: IP address of this machine to listen on; "0.0.0.0" for all of them.
        port: the first port to try, of ten; 0 for any.
        allow_hosts: further names, with or without a port, by which pages may call this server.

    Raises:
        InvalidValueError: an argument is not allowed, or no port is free.
        MissingBackendError: viser is incomplete, or of a version that cannot be guarded.
    """
    _require_page()
    names = _names(allow_hosts)
    with _listening(host, port) as listener, _silence():
        address, bound = listener.getsockname()[:2]
        guard = Guard(bound, host_names(names, bound))
        with gated(guard, listener) as gate:
            server = viser.ViserServer(host="127.0.0.1", port=bound, verbose=False)
        try:
            gate.require_used()
            yield Opening(server, guard, _url(address, guard), exposed=not ip_address(address).is_loopback)
        finally:
            server.stop()


def _url(address: str, guard: Guard) -> str:
    """The address to open: of this very machine, where it listens on all of its addresses."""
    if ip_address(address).is_unspecified:
        address = "127.0.0.1" if ":" not in address else "::1"
    host = f"[{address}]" if ":" in address else address
    return f"http://{host}:{guard.port}/?token={guard.token}"


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that listens on `host` at the first free one of the ports from `port` on."""
    if not 0 <= port <= 65535:
        raise InvalidValueError(f"--port must be 0..65535, got {port}")
    last = min(port + PORTS_TRIED - 1, 65535) if port else 0
    for candidate in range(port, last + 1):
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            listener = socket.create_server((_literal(host), candidate), family=family)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                continue
            raise InvalidValueError(f"--host {host} --port {candidate}: cannot be listened on ({error.strerror}); "
                                    "give an address of this machine, and a port that you may use") from None
        with listener:
            yield listener
        return
    raise InvalidValueError(f"--port {port}: {port} to {last} are all in use; choose another")


def _literal(host: str) -> str:
    """`host` as an IP address; names are refused, as they may stand for several."""
    host = "127.0.0.1" if host == "localhost" else host.strip("[]")
    try:
        return str(ip_address(host))
    except ValueError:
        raise InvalidValueError(f"--host must be an IP address of this machine, such as 127.0.0.1 or 0.0.0.0, got "
                                f"{host!r}") from None


def _names(allowed: Iterable[str]) -> tuple[str, ...]:
    names = tuple(allowed)
    for name in names:
        if not re.fullmatch(r"[A-Za-z0-9._-]{1,253}(:\d{1,5})?", name):
            raise InvalidValueError(f"--allow-host must be NAME or NAME:PORT, such as studio.local, got {name!r}")
    return names


def _require_page() -> None:
    """Raise unless viser has its page; it would try to build one, from the network."""
    if not (Path(viser.__file__).parent / "client" / "build" / "index.html").is_file():
        raise MissingBackendError("viser is installed without its page; install it from its wheel: "
                                  "pip install --force-reinstall 'viser>=1.1,<1.2'")


@contextmanager
def _silence() -> Iterator[None]:
    """viser prints addresses of its own, without the token and with a name that may not be served."""
    console = rich.get_console()
    before, console.quiet = console.quiet, True
    try:
        yield
    finally:
        console.quiet = before
