"""Generators that are served within the test's own process, and what it takes to talk to them without a client."""

import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Any

import torch
from box_room import RoomGenerator, room_frames, room_walk

from spatialmem.frames import Frames
from spatialmem.generators.remote.limits import Limits
from spatialmem.generators.remote.message import CONTENT_TYPE, encode_request
from spatialmem.generators.remote.server import GeneratorServer
from spatialmem.protocols import Request, empty_recall


@contextmanager
def serving(generator: Any, *, limits: Limits | None = None, **options: Any) -> Iterator[GeneratorServer]:
    """A server of `generator` at a free port, working in a thread of its own."""
    with GeneratorServer(generator, port=0, limits=limits or Limits(), **options) as server:
        worker = threading.Thread(target=server.serve)
        worker.start()
        try:
            yield server
        finally:
            server.stop()
            worker.join(20)
            assert not worker.is_alive()


class Patient(RoomGenerator):
    """Waits in the middle of each clip until it is let go; counts how many are at it."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.go = threading.Event(), threading.Event()
        self.within = self.most = 0

    def generate(self, request: Request) -> Frames:
        self.within += 1
        self.most = max(self.most, self.within)
        self.begun.set()
        assert self.go.wait(20)
        self.within -= 1
        return super().generate(request)


def blank(count: int = 2, start: int = 0) -> Request:
    """A request to a generator whose memory is empty."""
    cameras = room_walk(count, start=start)
    return Request(cameras, empty_recall(cameras), "", start)


def half_known(count: int = 2) -> Request:
    """A request whose memory and references hold something everywhere."""
    request, frames = blank(count), room_frames(room_walk(count))
    view = Frames(frames.rgb, frames.cameras, depth=frames.depth, alpha=torch.full(frames.rgb.shape[:3], 0.95))
    trust = torch.arange(request.recall.trust.numel()).reshape(request.recall.trust.shape).remainder(3).to(torch.uint8)
    return Request(request.cameras, type(request.recall)(view, trust, frames[:1]), "a room, é", 2**32 - 1)


def asked(server: GeneratorServer, method: str, path: str, body: bytes = b"", **headers: str | None) -> tuple[int, Any]:
    """Status and answer (JSON is read) to one request; `headers` add, replace, or with None leave out."""
    usual = {"Content-Type": CONTENT_TYPE, "Content-Length": str(len(body))} if method == "POST" else {}
    usual["Host"] = f"{server.address.host}:{server.address.port}"
    if server.address.token:
        usual["Authorization"] = f"Bearer {server.address.token}"
    given: Mapping[str, str | None] = {**usual, **{name.replace("_", "-"): value for name, value in headers.items()}}
    connection = HTTPConnection("127.0.0.1", server.address.port, timeout=20)
    try:
        connection.putrequest(method, path, skip_host=True)
        for name, value in given.items():
            if value is not None:
                connection.putheader(name, value)
        connection.endheaders(body or None)
        response = connection.getresponse()
        text = response.read()
        return response.status, json.loads(text) if response.headers.get_content_type() == "application/json" else text
    finally:
        connection.close()


def generated(server: GeneratorServer, **headers: str | None) -> tuple[int, Any]:
    """Status and answer to a good request."""
    return asked(server, "POST", "/v1/generate", encode_request(blank(), {"given": 0}), **headers)


def raw(server: GeneratorServer, sent: bytes, *, wait: float = 20) -> bytes:
    """All that comes back on a connection that only sends `sent`."""
    with socket.create_connection(("127.0.0.1", server.address.port), timeout=wait) as line:
        line.sendall(sent)
        received = b""
        while chunk := line.recv(65536):
            received += chunk
        return received
