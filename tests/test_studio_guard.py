"""The guard of the viewer: who gets in, what a connection may do, and that the server outlives all of it."""

import http.client
import io
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress

import msgspec
import pytest
import viser
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from spatialmem.errors import InvalidValueError, MissingBackendError
from spatialmem.studio import connections, gate, server
from spatialmem.studio.guard import Guard
from spatialmem.studio.server import Opening, open_server

VERSION = f"viser-v{viser.__version__}"


@pytest.fixture(scope="module")
def opening() -> Iterator[Opening]:
    with open_server(port=0) as opened:
        yield opened


def get(opening: Opening, path: str, *lines: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of a raw GET with exactly the header `lines`; status 0 if it is hung up on."""
    try:
        with socket.create_connection(("127.0.0.1", opening.guard.port), timeout=20) as raw:
            raw.sendall("\r\n".join([f"GET {path} HTTP/1.1", *lines, "", ""]).encode())
            answer = raw.makefile("rb").read()
    except ConnectionError:
        answer = b""
    if not answer:
        return 0, {}, b""
    head, _, body = answer.partition(b"\r\n\r\n")
    status, _, rest = head.partition(b"\r\n")
    return int(status.split()[1]), dict(http.client.parse_headers(io.BytesIO(rest + b"\r\n\r\n"))), body


def live(opening: Opening, *, origin: str | None = None, host: str | None = None, cookie: str | None = None,
         protocol: str = VERSION) -> ClientConnection:
    """A live connection as the page makes it, unless told otherwise."""
    port = opening.guard.port
    headers = {"Cookie": opening.guard.cookie.partition(";")[0] if cookie is None else cookie}
    where = socket.create_connection(("127.0.0.1", port))
    return connect(f"ws://{host or f'127.0.0.1:{port}'}/", sock=where, additional_headers=headers, max_size=None,
                   origin=Origin(f"http://127.0.0.1:{port}") if origin is None else Origin(origin) if origin else None,
                   subprotocols=[Subprotocol(protocol)], proxy=None, close_timeout=2)


def assert_alive(opening: Opening) -> None:
    with live(opening) as page:
        assert isinstance(page.recv(timeout=20), bytes)


# What the guard says, by itself.

HOST = ("Host", "127.0.0.1:8080")


VISIBLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60)


@settings(deadline=None)
@given(st.text(max_size=40), VISIBLE)
def test_whoever_does_not_know_the_token_is_refused(guess: str, cookies: str) -> None:
    guard = Guard(8080)
    refusal = guard.refusal(f"/?token={guess}&{cookies}", Headers([HOST, ("Cookie", cookies)]), "127.0.0.1")
    assert refusal is not None
    assert refusal.status == 401
    assert guard.token not in refusal.reason


@pytest.mark.parametrize("cookie", ["{own}", "a=b; {own}", "{own}; spatialmem-8080=stale", "x={{}}; {own};"])
def test_the_cookie_is_found_among_those_of_other_programs(cookie: str) -> None:
    guard = Guard(8080)
    crumb = cookie.format(own=guard.cookie.partition(";")[0])
    assert guard.refusal("/", Headers([HOST, ("Cookie", crumb)]), "127.0.0.1") is None


def test_every_run_has_another_token_which_is_never_shown() -> None:
    guards = [Guard(8080) for _ in range(50)]
    assert len({guard.token for guard in guards}) == 50
    assert all(len(guard.token) >= 32 and guard.token not in repr(guard) for guard in guards)


def test_a_cookie_of_another_port_is_not_this_ones() -> None:
    guard, other = Guard(8080, token="same"), Guard(8081, token="same")
    crumb = Headers([HOST, ("Cookie", other.cookie.partition(";")[0])])
    assert guard.refusal("/", crumb, "127.0.0.1") is not None


@pytest.mark.parametrize("hosts, address, allowed", [
    (["127.0.0.1:8080"], "127.0.0.1", True),
    (["LocalHost:8080"], "127.0.0.1", True),
    (["[::1]:8080"], "::1", True),
    (["192.168.1.5:8080"], "192.168.1.5", True),
    (["[fd00::5]:8080"], "fd00::5", True),
    (["studio.local:8080"], "192.168.1.5", True),
    (["localhost:8080"], "192.168.1.5", False),
    (["192.168.1.6:8080"], "192.168.1.5", False),
    (["127.0.0.1"], "127.0.0.1", False),
    (["127.0.0.1:80"], "127.0.0.1", False),
    (["evil.example:8080"], "127.0.0.1", False),
    (["127.0.0.1:8080.evil.example"], "127.0.0.1", False),
    (["127.0.0.1:8080", "127.0.0.1:8080"], "127.0.0.1", False),
    ([""], "127.0.0.1", False),
    ([], "127.0.0.1", False),
])
def test_only_this_servers_own_addresses_are_served(hosts: list[str], address: str, allowed: bool) -> None:
    guard = Guard(8080, names=frozenset({"studio.local:8080"}))
    headers = Headers([("Host", host) for host in hosts])
    refusal = guard.refusal(f"/?token={guard.token}", headers, address)
    assert (refusal is None) == allowed


# What the server does.

def test_the_page_comes_to_who_has_the_token_and_then_by_its_cookie(opening: Opening) -> None:
    host = f"Host: 127.0.0.1:{opening.guard.port}"
    status, headers, body = get(opening, f"/?token={opening.guard.token}", host)
    assert (status, len(body)) == (200, int(headers["Content-Length"]))
    assert "HttpOnly; SameSite=Strict" in headers["Set-Cookie"]
    assert get(opening, "/", host, f"Cookie: {headers['Set-Cookie'].partition(';')[0]}")[0] == 200


@pytest.mark.parametrize("path, lines, status", [
    ("/", (), 401),
    ("/?token=", (), 401),
    ("/?token=wrong", (), 401),
    ("/?token={token}x", (), 401),
    ("/?TOKEN={token}", (), 401),
    ("/?token=%ff%00%ed%a0%80", (), 401),
    ("/?token=\u00ff", (), 401),
    ("/{token}", (), 401),
    ("/", ("Cookie: spatialmem-{port}=wrong",), 401),
    ("/", ("Authorization: Bearer {token}",), 401),
    ("/?token={token}", ("Host: evil.example",), 403),
    ("/?token={token}", ("Origin: http://evil.example",), 403),
    ("/?token={token}", ("Origin: null",), 403),
    ("/?token={token}", ("Origin: https://127.0.0.1:{port}",), 403),
    ("/?token={token}", ("Origin: http://127.0.0.1:{port}", "Origin: http://evil.example"), 403),
    ("//[?token={token}", (), 404),
    ("/../../etc/passwd?token={token}", (), 404),
    ("/%2e%2e/%2e%2e/_messages.py?token={token}", (), 404),
])
def test_refusals_are_one_line_and_let_nothing_out(opening: Opening, path: str, lines: tuple[str, ...],
                                                   status: int) -> None:
    known = {"token": opening.guard.token, "port": opening.guard.port}
    sent = [line.format(**known) for line in lines]
    if not any(line.startswith("Host:") for line in sent):
        sent.insert(0, f"Host: 127.0.0.1:{opening.guard.port}")
    got, headers, body = get(opening, path.format(**known), *sent)
    assert got == status
    assert len(body) < 200
    assert body.count(b"\n") <= 1
    assert (status == 404) == ("Set-Cookie" in headers)
    assert (headers["X-Frame-Options"], headers["Referrer-Policy"]) == ("DENY", "no-referrer")
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("request_line", ["POST / HTTP/1.1", "DELETE / HTTP/1.1", "nonsense", "GET / HTTP/0.9"])
def test_what_is_no_get_is_hung_up_on(opening: Opening, request_line: str) -> None:
    with socket.create_connection(("127.0.0.1", opening.guard.port), timeout=20) as raw:
        raw.sendall(f"{request_line}\r\nHost: 127.0.0.1:{opening.guard.port}\r\n\r\n".encode())
        with suppress(ConnectionResetError):
            assert raw.recv(1) == b""
    assert_alive(opening)


@pytest.mark.parametrize("strange, status", [
    ({"cookie": ""}, 401),
    ({"cookie": "spatialmem=wrong"}, 401),
    ({"origin": ""}, 403),
    ({"origin": "http://evil.example"}, 403),
    ({"origin": "null"}, 403),
    ({"host": "evil.example:80"}, 403),
    ({"protocol": "viser-v0.0.1"}, 400),
])
def test_no_live_connection_for_strangers(opening: Opening, strange: dict[str, str], status: int) -> None:
    with pytest.raises(InvalidStatus) as refused:
        live(opening, **strange)
    assert refused.value.response.status_code == status
    assert_alive(opening)


def test_a_message_of_100_megabytes_ends_its_sender_only(opening: Opening) -> None:
    with live(opening) as sender, live(opening) as other:
        with pytest.raises(ConnectionClosed) as closed:
            sender.send(bytes(100 << 20))
            while True:
                sender.recv(timeout=20)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009
        assert isinstance(other.recv(timeout=20), bytes)
    assert_alive(opening)


def test_of_50_clients_the_first_are_served_and_the_rest_refused(opening: Opening) -> None:
    refused = 0
    with ExitStack() as pages:
        for _ in range(50):
            try:
                pages.enter_context(live(opening))
            except InvalidStatus as full:
                assert full.response.status_code == 503
                refused += 1
    assert refused == 50 - gate.CLIENTS
    assert_alive(opening)


@pytest.mark.parametrize("message", ["text", b"", b"\xff\xff", b"\x80", msgspec.msgpack.encode({"type": 3})])
def test_what_is_no_message_ends_its_sender(opening: Opening, message: str | bytes) -> None:
    with live(opening) as sender:
        sender.send(message)
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                sender.recv(timeout=20)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1007
    assert_alive(opening)


def test_trouble_with_a_message_is_told_in_one_line(opening: Opening, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), live(opening) as sender:
        sender.send(msgspec.msgpack.encode({"type": "ViewerCameraMessage"}))  # without a camera
        with pytest.raises(ConnectionClosed):
            while True:
                sender.recv(timeout=20)
    told = [record.getMessage() for record in caplog.records if record.name.startswith("spatialmem")]
    assert any(line.startswith("connection handler failed: TypeError(") for line in told), told
    assert not any(opening.guard.token in line or "\n" in line for line in told)
    assert_alive(opening)


@pytest.mark.parametrize("kind", ["ShareUrlRequest", "ShareUrlDisconnect", "FileTransferStartUpload",
                                  "FileTransferPart", "CommandTriggerMessage", "RunJavascriptMessage", "NoSuchMessage"])
def test_no_page_can_open_a_tunnel_or_leave_files(opening: Opening, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = threading.Event()
    monkeypatch.setattr(opening.server, "request_share_url", asked.set)
    monkeypatch.setattr(opening.server, "disconnect_share_url", asked.set)
    monkeypatch.setattr(opening.server._thread_executor, "submit", lambda *_: asked.set())
    with live(opening) as page:
        page.send(msgspec.msgpack.encode({"type": kind}))
        page.send("the end")  # what comes later is answered later
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                page.recv(timeout=20)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1007
    assert not asked.is_set()


@pytest.mark.parametrize("updates, passed", [
    ({"value": False}, True), ({"removed": True}, False), ({"update_cb": []}, False), ({"props": "x"}, False),
    ({"value": False, "sync_cb": None}, False), ({}, False), ("value", False)])
def test_a_page_sets_the_values_of_controls_and_nothing_else(opening: Opening, updates: object, passed: bool) -> None:
    control = opening.server.gui.add_checkbox("a control", True)
    try:
        before = dict(vars(control._impl))
        with live(opening) as page:
            page.send(msgspec.msgpack.encode({"type": "GuiUpdateMessage", "uuid": control._impl.uuid,
                                              "updates": updates}))
            page.send("the end")  # what comes later is answered later
            with pytest.raises(ConnectionClosed):
                while True:
                    page.recv(timeout=20)
        after = dict(vars(control._impl))
        changed = {name for name in after if name != "update_timestamp" and after[name] is not before.get(name)}
        assert changed == ({"value"} if passed else set())
    finally:
        control.remove()


def test_idle_connections_cannot_keep_others_out_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "SOCKETS", 6)
    with open_server(port=0) as own, ExitStack() as crowd:
        where = ("127.0.0.1", own.guard.port)
        idle = [crowd.enter_context(closing(socket.create_connection(where, timeout=20))) for _ in range(9)]
        ended = 0
        for waiting in idle[6:]:
            waiting.settimeout(5)  # a handshake that does not come is given up after 10 s anyway
            try:
                ended += waiting.recv(1) == b""
            except ConnectionResetError:
                ended += 1
        assert ended == 3
        for waiting in idle[:6]:
            waiting.close()
        deadline = time.monotonic() + 20
        while get(own, "/")[0] != 403 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert_alive(own)


# Starting and ending.

def test_viser_says_nothing_of_its_own(capfd: pytest.CaptureFixture[str]) -> None:
    with open_server(port=0) as own:
        assert_alive(own)
    assert capfd.readouterr() == ("", "")


def test_nothing_is_listened_on_afterwards() -> None:
    with open_server(port=0) as own:
        port = own.guard.port
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_a_taken_port_gives_way_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    with open_server(port=0) as first:
        port = first.guard.port
        with open_server(port=port) as second:
            assert port < second.guard.port < port + server.PORTS_TRIED
            assert first.guard.token != second.guard.token
        monkeypatch.setattr(server, "PORTS_TRIED", 1)
        with pytest.raises(InvalidValueError, match="all in use; choose another"), open_server(port=port):
            pass


def test_a_viser_that_goes_another_way_is_stopped_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = threading.Event()

    class Unguarded:
        def __init__(self, host: str, **_: object) -> None:
            assert host == "127.0.0.1"

        def stop(self) -> None:
            stopped.set()

    monkeypatch.setattr(viser, "ViserServer", Unguarded)
    with pytest.raises(MissingBackendError, match=r"cannot be guarded; .* pip install"), open_server(port=0):
        pytest.fail("an unguarded server was handed out")
    assert stopped.is_set()


def test_the_way_to_serve_is_as_before() -> None:
    before = gate.websocket_server.serve
    with open_server(port=0):
        assert gate.websocket_server.serve is before


@pytest.mark.parametrize("given, reason", [
    ({"host": "studio.local"}, "--host must be an IP address"),
    ({"host": "8.8.8.8"}, "cannot be listened on"),
    ({"port": 70000}, "--port must be 0..65535"),
    ({"port": -1}, "--port must be 0..65535"),
    ({"allow_hosts": ["http://studio.local"]}, "--allow-host must be NAME"),
    ({"allow_hosts": ["a b"]}, "--allow-host must be NAME"),
])
def test_settings_that_cannot_be(given: dict, reason: str) -> None:
    with pytest.raises(InvalidValueError, match=reason), open_server(**{"port": 0, **given}):
        pass


def test_on_all_addresses_the_token_and_the_name_are_still_asked_for() -> None:
    with open_server(host="0.0.0.0", port=0, allow_hosts=["Studio.local", "tunnel:9000"]) as own:
        port, path = own.guard.port, f"/?token={own.guard.token}"
        assert own.exposed
        assert own.url == f"http://127.0.0.1:{port}{path}"
        assert get(own, "/", f"Host: 127.0.0.1:{port}")[0] == 401
        names = {f"127.0.0.1:{port}": 200, f"studio.local:{port}": 200, "tunnel:9000": 200, "tunnel": 403,
                 f"evil.example:{port}": 403, f"0.0.0.0:{port}": 403}
        assert {name: get(own, path, f"Host: {name}")[0] for name in names} == names
