"""A served generator looks only at what it should, bounds everything, and stays alive."""

import gc
import logging
import re
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import recordings_on_disk
import torch
from box_room import RoomGenerator, room_walk
from served import Patient, asked, blank, generated, half_known, raw, serving
from test_values import equal

from spatialmem.camera import Cameras
from spatialmem.errors import GenerationError, InvalidValueError
from spatialmem.frames import Frames
from spatialmem.generators.recorded import Recorded
from spatialmem.generators.remote.client import Remote
from spatialmem.generators.remote.description import describe, encode_description
from spatialmem.generators.remote.limits import Limits
from spatialmem.generators.remote.message import decode_frames, encode_cameras, encode_request
from spatialmem.generators.remote.server import GeneratorServer
from spatialmem.protocols import Generator, Request, empty_recall

HASTY = Limits(patience=0.4, connections=4)


class Failing(RoomGenerator):
    """Fails once, in the way it is told."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error: Exception | None = error

    def generate(self, request: Request) -> Frames:
        if (error := self._error) is not None:
            self._error = None
            raise error
        return super().generate(request)


def remote(server: GeneratorServer, **options: float) -> Remote:
    return Remote(server.address, **options)


# --- what a client gets is what it would get beside the generator ---------------------------------


def test_a_served_generator_seems_to_be_here():
    with serving(RoomGenerator(clip=3)) as server:
        far: Generator = remote(server)
        near = RoomGenerator(clip=3)
        assert (far.clip, far.size_multiple, far.state()) == (3, 4, {"given": 0})
        for start in (0, 3):
            assert equal(far.generate(blank(3, start)), near.generate(blank(3, start)))
            assert far.state() == near.state()


def test_a_recording_offers_its_path_and_verifies_it(tmp_path: Path):
    walk = recordings_on_disk.write_open3d(tmp_path / "walk")
    with serving(Recorded(walk)) as server:
        far, near = remote(server), Recorded(walk)
        assert (far.name, far.version, far.given, far.up) == ("recorded", "1", True, near.up)
        assert far.start_pose is None
        assert far.cameras is not None
        assert equal(far.cameras, near.cameras)
        assert far.verify is not None
        far.verify(near.cameras)
        (walk / "image" / "1.png").write_bytes(b"")
        with pytest.raises(GenerationError, match=r"1\.png"):
            far.verify(near.cameras)
        with pytest.raises(GenerationError, match="asked for 48x36 frames, plays at 16x12"):
            far.generate(blank(2))


def test_one_server_serves_several_worlds_in_turn():
    with serving(RoomGenerator()) as server:
        pair = [(remote(server), RoomGenerator()) for _ in range(2)]
        for start in (0, 2, 4):
            for far, near in pair:
                assert equal(far.generate(blank(2, start)), near.generate(blank(2, start)))


def test_a_state_can_be_taken_up_anywhere():
    with serving(RoomGenerator()) as server:
        far, near = remote(server), RoomGenerator()
        for generator in (far, near):
            generator.restore({"given": 77})
        assert far.state() == {"given": 77}
        assert equal(far.generate(half_known()), near.generate(half_known()))


def test_the_calls_are_made_in_the_thread_that_serves():
    seen: list[str] = []

    class Watched(RoomGenerator):
        def generate(self, request: Request) -> Frames:
            seen.append(threading.current_thread().name)
            assert not torch.is_grad_enabled()
            return super().generate(request)

    with serving(Watched()) as server:
        for _ in range(2):
            generated(server)
    assert len(set(seen)) == 1
    assert not seen[0].startswith("Thread-") or "process_request" not in seen[0]


# --- refusals ------------------------------------------------------------------------------------


REFUSALS: dict[str, tuple[tuple[str, str], dict[str, str | None], int, str]] = {
    "a foreign page": (("POST", "/v1/generate"), {"Origin": "http://evil.example"}, 403, "pages in browsers"),
    "its own page": (("GET", "/v1/generator"), {"Origin": "http://127.0.0.1"}, 403, "pages in browsers"),
    "a sandboxed page": (("GET", "/v1/generator"), {"Origin": "null"}, 403, "pages in browsers"),
    "a foreign host": (("GET", "/v1/generator"), {"Host": "evil.example"}, 403, "this host is not served"),
    "a rebound name": (("POST", "/v1/generate"), {"Host": "evil.example:8765"}, 403, "this host is not served"),
    "another machine": (("GET", "/v1/generator"), {"Host": "10.0.0.1:8765"}, 403, "this host is not served"),
    "no host": (("GET", "/v1/generator"), {"Host": None}, 403, "this host is not served"),
    "two hosts": (("GET", "/v1/generator"), {"Host": "localhost, evil.example"}, 403, "this host is not served"),
    "an unknown version": (("POST", "/v7/generate"), {}, 404, "protocol version 7 is not spoken here, only version 1"),
    "an unknown path": (("GET", "/"), {}, 404, "there are only /v1/generator"),
    "a path with a query": (("GET", "/v1/generator?x"), {}, 404, "there are only"),
    "another method": (("GET", "/v1/generate"), {}, 405, "/v1/generate takes POST"),
    "an unknown method": (("DELETE", "/v1/generate"), {}, 501, "Unsupported method"),
    "no length": (("POST", "/v1/generate"), {"Content-Length": None}, 411, "Content-Length"),
    "chunks": (("POST", "/v1/generate"), {"Transfer-Encoding": "chunked"}, 411, "Content-Length"),
    "a negative length": (("POST", "/v1/generate"), {"Content-Length": "-1"}, 400, "one number of bytes"),
    "no number": (("POST", "/v1/generate"), {"Content-Length": "1e3"}, 400, "one number of bytes"),
    "a body by GET": (("GET", "/v1/generator"), {"Content-Length": "5"}, 413, "more than the 0"),
    "100 MB": (("POST", "/v1/generate"), {"Content-Length": "100000000"}, 413, "100000000 bytes is more than the 9000"),
    "a form": (("POST", "/v1/generate"), {"Content-Type": "text/plain"}, 415, "Content-Type must be application/vnd"),
    "no type": (("POST", "/v1/generate"), {"Content-Type": None}, 415, "Content-Type must be"),
    "an empty message": (("POST", "/v1/generate"), {}, 400, "the request message: "),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_is_no_good_request_is_refused_with_a_reason(name: str):
    (method, path), headers, status, why = REFUSALS[name]
    generator = RoomGenerator()
    with serving(generator, limits=Limits(message=9000)) as server:
        got, answer = asked(server, method, path, **headers)
        assert (got, set(answer)) == (status, {"error"})
        assert why in answer["error"]
        assert asked(server, "GET", "/v1/generator")[0] == 200
    assert generator.requests == []


@pytest.mark.parametrize("given", [None, "Bearer wrong", "Bearer ", "Bearer s3cre", "Basic czNjcmV0", "s3cret2"])
def test_without_the_token_nothing_is_told(given: str | None):
    with serving(RoomGenerator(), token="s3cret") as server:
        for method, path in (("GET", "/v1/generator"), ("POST", "/v1/generate"), ("GET", "/nowhere")):
            status, answer = asked(server, method, path, Authorization=given)
            assert status == 401
            assert "token is missing or wrong" in answer["error"]
            assert "s3cret" not in str(answer)
        assert asked(server, "GET", "/v1/generator")[0] == 200


def test_a_token_is_demanded_by_whom_others_can_reach():
    with GeneratorServer(RoomGenerator(), host="0.0.0.0", port=0) as server:
        assert server.exposed
        assert server.address.token is not None
        assert len(server.address.token) >= 32
        assert server.address.token not in f"{server.address!r} {server.address}"
    with GeneratorServer(RoomGenerator(), port=0) as server:
        assert (server.exposed, server.address.token) == (False, None)
    with pytest.raises(InvalidValueError, match="without blanks"):
        GeneratorServer(RoomGenerator(), port=0, token="a b")


def test_clients_bring_the_token_and_say_when_it_is_wrong(monkeypatch: pytest.MonkeyPatch):
    with serving(RoomGenerator(), token="s3cret") as server:
        place = f"127.0.0.1:{server.address.port}"
        assert len(Remote(f"http://:s3cret@{place}").generate(blank())) == 2
        with pytest.raises(GenerationError, match=f"^http://{place}: it wants the token .*set SPATIALMEM_TOKEN to it$"):
            Remote(f"http://{place}")
        with pytest.raises(GenerationError, match="the present one is not it") as refusal:
            Remote(f"http://:wr0ng@{place}")
        assert "wr0ng" not in str(refusal.value)
        monkeypatch.setenv("SPATIALMEM_TOKEN", "s3cret")
        assert Remote(f"http://{place}").size_multiple == 4


@pytest.mark.parametrize("sent", [
    b"\r\n\r\n", b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64 + b"\r\n",
    b"GET /v1/generator HTTP/9.9\r\nHost: localhost\r\n\r\n", b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n",
    b"GET /v1/generator HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % i for i in range(200)) + b"\r\n",
    b"GET /v1/generator HTTP/1.1\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
    b"GET /v1/generator\r\n\r\n", b"POST /v1/generate HTTP/1.0\r\nHost: localhost\r\n\r\n",
    b"GET /v1/generator HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
    b"POST /v1/generate HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
])
def test_what_is_hardly_http_harms_nobody(sent: bytes):
    with serving(RoomGenerator()) as server:
        received = raw(server, sent)
        assert b" 200 " not in received.split(b"\r\n")[0]
        assert b"Traceback" not in received
        assert asked(server, "GET", "/v1/generator")[0] == 200


def test_one_connection_is_one_request():
    with serving(RoomGenerator()) as server:
        one = b"GET /v1/generator HTTP/1.1\r\nHost: localhost\r\n\r\n"
        assert raw(server, one * 3).count(b"HTTP/1.1 200") == 1


def test_a_refused_body_is_never_waited_for():
    """The answer to 100 MB comes while nothing of them was sent; nor is a client left that sends them anyway."""
    with serving(RoomGenerator(), limits=Limits(message=10**6)) as server:
        head = (f"POST /v1/generate HTTP/1.1\r\nHost: localhost:{server.address.port}\r\nContent-Length: 100000000\r\n"
                "Content-Type: application/vnd.spatialmem+safetensors\r\n\r\n").encode()
        assert raw(server, head).startswith(b"HTTP/1.1 413 ")
        status, answer = asked(server, "POST", "/v1/generate", bytes(8 * 10**6))
        assert (status, "more than the 1000000" in answer["error"]) == (413, True)


def test_our_client_does_not_send_what_is_not_invited():
    received = list[bytes]()
    told = encode_description(describe(RoomGenerator(), 10**9))
    refused = b'{"error": "not today"}'

    def serve(listener: socket.socket) -> None:
        for status, body in ((b"200 OK", told), (b"422 No", refused)):
            line, _ = listener.accept()
            with line:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    head += line.recv(1)
                line.sendall(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n" % (status, len(body)) + body)
                received.extend((head, line.recv(1000)))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        worker = threading.Thread(target=serve, args=(listener,))
        worker.start()
        far = Remote(f"http://127.0.0.1:{listener.getsockname()[1]}", patience=5)
        with pytest.raises(GenerationError, match="not today"):
            far.generate(blank())
        worker.join(20)
    assert b"Expect: 100-continue" in received[2]
    assert received[3] == b""


# --- bounds --------------------------------------------------------------------------------------


def test_a_request_that_is_too_long_is_not_even_sent():
    refused = pytest.raises(GenerationError, match=r"more than the 0.0 MB that its server takes; use a smaller --clip")
    with serving(RoomGenerator(), limits=Limits(message=10_000)) as server, refused:
        remote(server).generate(blank(2))


def test_slow_headers_are_cut_off_and_others_are_served_after_them():
    with serving(RoomGenerator(), limits=HASTY) as server:
        place = ("127.0.0.1", server.address.port)
        lines = [socket.create_connection(place, timeout=20) for _ in range(HASTY.connections)]
        stop = threading.Event()

        def drip(line: socket.socket) -> None:
            try:
                while not stop.wait(0.05):  # a timeout of the socket alone would start anew every time
                    line.sendall(b"X")
            except OSError:
                stop.wait(0)

        with ThreadPoolExecutor(len(lines)) as pool:
            drips = [pool.submit(drip, line) for line in lines]
            assert asked(server, "GET", "/v1/generator")[0] == 200  # waited for a free connection, and got it
            stop.set()
            assert all(future.exception() is None for future in drips)
        for line in lines:
            line.close()


def test_a_slow_body_loses_its_seat():
    limits = Limits(patience=0.4, rate=1e9, seats=1)
    with serving(RoomGenerator(), limits=limits) as server:
        body = encode_request(blank(), {"given": 0})
        head = (f"POST /v1/generate HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
                "Content-Type: application/vnd.spatialmem+safetensors\r\n\r\n").encode()
        with socket.create_connection(("127.0.0.1", server.address.port), timeout=20) as line:
            line.sendall(head + body[:1000])
            assert line.recv(1000) == b""  # cut off
        assert len(remote(server, patience=20).generate(blank())) == 2


def test_a_body_that_ends_early_is_nobodys_request():
    generator = RoomGenerator()
    with serving(generator) as server:
        with socket.create_connection(("127.0.0.1", server.address.port), timeout=20) as line:
            line.sendall(b"POST /v1/generate HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n"
                         b"Content-Type: application/vnd.spatialmem+safetensors\r\n\r\nabc")
            line.shutdown(socket.SHUT_WR)
            assert line.recv(1000) == b""
        assert generated(server)[0] == 200
    assert len(generator.requests) == 1


def test_fifty_clients_at_once_are_served_or_told_to_come_back():
    class Counting(RoomGenerator):
        within, most = 0, 0

        def generate(self, request: Request) -> Frames:
            self.within += 1
            self.most = max(self.most, self.within)
            time.sleep(0.005)
            self.within -= 1
            return super().generate(request)

    generator, limits = Counting(), Limits(connections=8, seats=2)
    before, threads = threading.active_count(), list[int]()
    with serving(generator, limits=limits) as server, ThreadPoolExecutor(50) as pool:
        def client(number: int) -> int:
            status, answer = generated(server) if number % 5 else asked(server, "GET", "/v1/generator")
            threads.append(threading.active_count())
            if status == 503:
                assert "come back soon" in answer["error"]
            return status

        statuses = list(pool.map(client, range(50)))
        assert set(statuses) <= {200, 503}
        assert statuses.count(200) >= 10
        assert generator.most == 1
        assert len(generator.requests) == statuses.count(200) - 10
        assert max(threads) <= before + 50 + 8 + 2
        assert generated(server)[0] == 200


def test_our_clients_come_back_until_it_is_their_turn():
    with serving(RoomGenerator(), limits=Limits(seats=1)) as server, ThreadPoolExecutor(3) as pool:
        clients = [remote(server) for _ in range(3)]
        for frames in pool.map(lambda far: far.generate(blank()), clients):
            assert equal(frames, RoomGenerator().generate(blank()))


def test_a_client_does_not_wait_for_ever():
    generator = Patient()
    with serving(generator) as server:
        far = remote(server, patience=0.3)
        with pytest.raises(GenerationError, match=r"no answer within 0.3 seconds; every committed clip is kept"):
            far.generate(blank())
        generator.go.set()
    assert generator.most == 1


# --- what goes wrong -----------------------------------------------------------------------------


@pytest.mark.parametrize(("error", "status", "message"), [
    (GenerationError("the model is out of memory;\nask for less"), 422, "the model is out of memory; ask for less"),
    (InvalidValueError("bad prompt"), 422, "bad prompt"),
    (RuntimeError("CUDA error:\n  device-side assert"), 500,
     "the generator failed: RuntimeError: CUDA error: device-side assert"),
    (KeyError("weights"), 500, "the generator failed: KeyError: 'weights'"),
])
def test_a_failure_is_one_line_there_and_the_server_lives_on(error: Exception, status: int, message: str):
    with serving(Failing(error)) as server:
        assert generated(server) == (status, {"error": message})
        assert generated(server)[0] == 200
    with serving(Failing(error)) as server:
        far = remote(server)
        with pytest.raises(GenerationError, match=f"^http://127.0.0.1:[0-9]+: {re.escape(message)}$"):
            far.generate(blank())
        assert far.state() == {"given": 0}
        assert equal(far.generate(blank()), RoomGenerator().generate(blank()))


@pytest.mark.parametrize(("change", "why"), [
    (lambda f: None, "must return spatialmem Frames, got NoneType"), (lambda f: f[:1], "the request asked for"),
    (lambda f: Frames(f.rgb, f.cameras), "returned no depth"),
])
def test_frames_that_are_no_answer_are_refused_where_they_are_made(change, why: str):  # type: ignore[no-untyped-def]
    class Bad(RoomGenerator):
        def generate(self, request: Request) -> Frames:
            return change(super().generate(request))  # type: ignore[no-any-return]

    with serving(Bad()) as server, pytest.raises(GenerationError, match=why):
        remote(server).generate(blank())


def test_requests_that_do_not_suit_the_generator_are_refused():
    with serving(RoomGenerator(clip=4)) as server:
        assert "makes 4 frames at a time, 2 were asked for" in generated(server)[1]["error"]
        cameras = room_walk(4, height=34)
        status, answer = asked(server, "POST", "/v1/generate", encode_request(
            Request(cameras, empty_recall(cameras), "", 0), {"given": 0}))
        assert (status, "divide by 4" in answer["error"]) == (422, True)
        status, answer = asked(server, "POST", "/v1/verify", encode_cameras(room_walk(2)))
        assert (status, answer) == (422, {"error": "it has no cameras to verify"})


def test_a_generator_that_lacks_members_is_not_served():
    generator = RoomGenerator()
    generator.clip = 0
    with pytest.raises(GenerationError, match="RoomGenerator cannot be served: `clip` must be None"):
        GeneratorServer(generator, port=0)


def test_a_taken_port_and_a_foreign_host_are_refused():
    refused = pytest.raises(InvalidValueError, match=r"cannot listen there .*choose another")
    with GeneratorServer(RoomGenerator(), port=0) as server, refused:
        GeneratorServer(RoomGenerator(), port=server.address.port)
    with pytest.raises(InvalidValueError, match="no address of this machine"):
        GeneratorServer(RoomGenerator(), host="no.such.host.invalid", port=0)


def test_nobody_there_is_said_with_what_to_do():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(GenerationError, match=f"^http://127.0.0.1:{port}: no generator answers .*refused.*start one"):
        Remote(f"http://127.0.0.1:{port}")


@pytest.mark.parametrize(("reply", "why"), [
    (b"HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nhello", r"something else than .* answers there \(HTTP 404\)"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "the generator message: its header claims"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", "an answer of 99999999999 bytes came"),
    (b"HTTP/1.1 200 OK\r\n\r\nhello", "an answer of None bytes came"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello", "the connection was lost"),
    (b"HTTP/1.1 302 Found\r\nLocation: http://evil/\r\nContent-Length: 0\r\n\r\n", r"HTTP 302"),
    (b"SSH-2.0-OpenSSH_9.2\r\n", "the connection was lost"),
    (b"", "the connection was lost"),
])
def test_something_else_at_the_address_is_recognised(reply: bytes, why: str):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def answer() -> None:
            line, _ = listener.accept()
            with line:
                line.recv(65536)
                line.sendall(reply)

        worker = threading.Thread(target=answer)
        worker.start()
        with pytest.raises(GenerationError, match=why):
            Remote(f"http://127.0.0.1:{listener.getsockname()[1]}", patience=5)
        worker.join(20)


# --- the end -------------------------------------------------------------------------------------


def test_stopping_tells_those_who_wait():
    generator = Patient()
    with serving(generator, limits=Limits(seats=2)) as server, ThreadPoolExecutor(2) as pool:
        at_work = pool.submit(generated, server)
        assert generator.begun.wait(20)
        waiting = pool.submit(generated, server)
        while server._desk._calls.empty():
            time.sleep(0.01)
        server.stop()
        status, answer = waiting.result(20)
        assert (status, "the server is stopping" in answer["error"]) == (422, True)
        generator.go.set()
        assert at_work.result(20)[0] == 200


def test_a_line_is_logged_for_every_clip(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO, "spatialmem.generators.remote")
    with serving(RoomGenerator(), token="s3cret") as server:
        blob = generated(server)[1]
        generated(server, Authorization="Bearer wr0ng")
    assert re.search(r"2 frames of 48x36 in \d+\.\d\d s, 0\.1 MB received, 0\.1 MB sent", caplog.text)
    assert "127.0.0.1: refused with 401" in caplog.text
    assert "s3cret" not in caplog.text and "wr0ng" not in caplog.text
    assert equal(decode_frames(blob)[0], RoomGenerator().generate(blank()))


def test_nothing_is_left_open():
    before = threading.active_count()
    for _ in range(3):
        with serving(RoomGenerator()) as server:
            generated(server)
    deadline = time.monotonic() + 10
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() <= before
    gc.collect()  # an unclosed socket would warn, and warnings are errors


def test_the_address_of_a_path_of_its_own_is_kept():
    class OnRails(RoomGenerator):
        cameras: Cameras = room_walk(3)

    with serving(OnRails()) as server:
        far = remote(server)
        assert far.cameras is not None
        assert equal(far.generate(Request(far.cameras, blank(3).recall, "", 0)), RoomGenerator().generate(blank(3)))
