"""`Service`: a generator's answers to messages."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import torch

from spatialmem.camera import Cameras
from spatialmem.errors import GenerationError
from spatialmem.generators.remote.description import describe, encode_description
from spatialmem.generators.remote.message import decode_cameras, decode_request, encode_cameras, encode_frames
from spatialmem.protocols import Generator, Json, Request, check_frames, check_sizes, restore
from spatialmem.protocols.members import judge_members

logger = logging.getLogger(__name__)


class Service:
    """What can be asked of `generator`, in messages of at most `limit` bytes.

    Attributes:
        description: the message that describes it, as it stood when the service began.

    Raises:
        GenerationError: a member of the generator is missing or of the wrong kind.
    """

    def __init__(self, generator: Generator, limit: int) -> None:
        for finding in judge_members(generator):
            raise GenerationError(f"{type(generator).__name__} cannot be served: {finding.sentence}")
        self._generator = generator
        self.description = encode_description(describe(generator, limit))

    def read(self, path: str, body: bytes) -> Callable[[], bytes]:
        """The call that answers a message; it is to be made where the generator lives.

        Raises:
            InvalidValueError: the message cannot be used.
        """
        if path == "/v1/verify":
            cameras = decode_cameras(body)
            return lambda: self._verify(cameras)
        request, state = decode_request(body)
        return lambda: self._generate(request, state, len(body))

    def _generate(self, request: Request, state: dict[str, Json], size: int) -> bytes:
        generator, cameras, begun = self._generator, request.cameras, time.perf_counter()
        check_sizes(generator, cameras)
        if generator.clip not in (None, len(cameras)):
            raise GenerationError(f"it makes {generator.clip} frames at a time, {len(cameras)} were asked for")
        restore(generator, state)
        with torch.no_grad():
            frames = generator.generate(request)
        check_frames(frames, request)
        answer = encode_frames(frames, generator.state())
        logger.info("%d frames of %dx%d in %.2f s, %.1f MB received, %.1f MB sent", len(frames), cameras.width,
                    cameras.height, time.perf_counter() - begun, size / 1e6, len(answer) / 1e6)
        return answer

    def _verify(self, cameras: Cameras) -> bytes:
        verify: Callable[[Cameras], None] | None = getattr(self._generator, "verify", None)
        if verify is None:
            raise GenerationError("it has no cameras to verify")
        verify(cameras)
        return encode_cameras(cameras[:0])
