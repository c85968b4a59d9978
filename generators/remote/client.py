"""`Remote`: a generator that is served by another process or machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.errors import GenerationError, InvalidValueError
from spatialmem.frames import Frames
from spatialmem.generators.remote.address import Address, parse_address
from spatialmem.generators.remote.description import decode_description
from spatialmem.generators.remote.exchange import Exchange
from spatialmem.generators.remote.limits import FRAME_BYTES_PER_PIXEL, HEADER
from spatialmem.generators.remote.message import decode_frames, encode_cameras, encode_request
from spatialmem.protocols import Json, Request

T = TypeVar("T")

PATIENCE = 3600.0
"""Seconds to wait for one clip, its turn behind others included."""
_DESCRIPTION_LIMIT = 512 << 20


class Remote:
    """The generator at an address, as if it were here; its worlds equal those made beside it, bit for bit.

    The state travels with every request and comes back with every answer, so nothing of a world
    depends on the server: it may be started anew, or serve other worlds in between.

    Attributes:
        name, version, clip, size_multiple, up, given, cameras: those of the served generator.
        start_pose, verify: its methods, or None where it has none.

    Args:
        address: `http://HOST:PORT`; a token may stand before the host (`http://:TOKEN@HOST:PORT`).
        patience: seconds to wait for an answer.

    Raises:
        InvalidValueError: no such address.
        GenerationError: no generator answers there, or it wants another token or version.
    """

    def __init__(self, address: str | Address, *, patience: float = PATIENCE) -> None:
        self.address = parse_address(address) if isinstance(address, str) else address
        self._exchange = Exchange(self.address, patience)
        blob = self._exchange.ask("GET", "/v1/generator", limit=_DESCRIPTION_LIMIT)
        told = self._understood(lambda: decode_description(blob))
        self.name, self.version, self.given, self.up = told.name, told.version, told.given, told.up
        self.clip: int | None = told.clip
        self.size_multiple = told.size_multiple
        self.cameras: Cameras | None = told.cameras
        start = told.start_pose
        self.start_pose: Callable[[], Tensor] | None = None if start is None else start.clone
        self.verify: Callable[[Cameras], None] | None = self._verify if told.verifies else None
        self._limit = told.limit
        self._state = dict(told.state)

    def generate(self, request: Request) -> Frames:
        """The served generator's frames.

        Raises:
            GenerationError: it refused or failed, the request is longer than its server takes, or the
                connection was lost; says what to do.
        """
        body = self._understood(lambda: encode_request(request, self._state))
        cameras = request.cameras
        most = HEADER + len(cameras) * (cameras.height * cameras.width * FRAME_BYTES_PER_PIXEL + 1024)
        blob = self._post("/v1/generate", body, limit=most)
        frames, self._state = self._understood(lambda: decode_frames(blob))
        return frames

    def state(self) -> Mapping[str, Json]:
        """The served generator's state after the last clip of this world."""
        return self._state

    def restore(self, state: Mapping[str, Json]) -> None:
        """Let the next request begin at `state`; the served generator judges it then."""
        self._state = dict(state)

    def _verify(self, cameras: Cameras) -> None:
        """Let the served generator verify `cameras`. Raises GenerationError where it refuses."""
        self._post("/v1/verify", encode_cameras(cameras), limit=HEADER)

    def _post(self, path: str, body: bytes, *, limit: int) -> bytes:
        if len(body) > self._limit:
            raise GenerationError(f"{self.address}: a request of {len(body) / 1e6:.1f} MB is more than the "
                                  f"{self._limit / 1e6:.1f} MB that its server takes; use a smaller --clip or --size, "
                                  "or serve with a larger --limit-mb")
        return self._exchange.ask("POST", path, body, limit=limit)

    def _understood(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except InvalidValueError as error:
            raise GenerationError(f"{self.address}: {error}") from None
