"""The generator that plays back a recording: every frame it gives was seen by a real camera."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import torch
from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.errors import GenerationError
from spatialmem.frames import Frames
from spatialmem.posefiles.select import open_recording
from spatialmem.protocols import Json, Request

POSE_TOLERANCE = 1e-4
"""Metres and rotation entries; a pose that went through float32 or text still counts as its own."""
INTRINSICS_TOLERANCE = 1e-2
READ_AHEAD_BYTES = 256 * 2**20


class Recorded:
    """Plays back the frames of a posed RGB-D recording at its own cameras.

    Requests are matched by pose and intrinsics. Where the recording holds the same camera more than
    once, the frame that follows the ones given last is meant; `state` and `restore` carry that place.

    Attributes:
        cameras: the recording's path at the playing size: the default trajectory.
        up: the world's up as a signed axis.
        recording: the frames on disk.

    Args:
        path: the recording's folder (see `spatialmem.posefiles.select.open_recording`).
        size: (height, width) to play at; None = as recorded.

    Raises:
        RecordingError: the folder is no recording, or contradicts itself.
    """

    name = "recorded"
    version = "1"
    clip: int | None = None
    size_multiple = 1
    given = True

    def __init__(self, path: Path | str, *, size: tuple[int, int] | None = None) -> None:
        self.recording = open_recording(path)
        native = self.recording.cameras
        self.cameras: Cameras = self.recording.resized(*(size or (native.height, native.width)))
        self.up = self.recording.up
        self._next = 0
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="recorded")
        self._ahead: dict[int, Future[Frames]] = {}

    def generate(self, request: Request) -> Frames:
        """The recorded frames whose cameras are the requested ones, with depth.

        Raises:
            GenerationError: a requested camera is not one of the recording.
            RecordingError: an image cannot be read.
        """
        indices = self._match(request.cameras)
        if not indices:
            return Frames.empty(self.cameras.height, self.cameras.width)
        frames = Frames.concat([future.result() for future in [self._frame(i) for i in indices]])
        self._next = indices[-1] + 1
        self._read_ahead(len(indices))
        return frames

    def verify(self, cameras: Cameras | None = None) -> None:
        """Decode every image that `cameras` (default: all) will need, so that damage is met early.

        Raises:
            GenerationError: a camera is not one of the recording.
            RecordingError: an image cannot be read.
        """
        self.recording.verify(None if cameras is None else self._match(cameras))

    def state(self) -> Mapping[str, Json]:
        """The index of the frame after the ones given last."""
        return {"next": self._next}

    def restore(self, state: Mapping[str, Json]) -> None:
        """Go on where the generator that returned this `state` stood.

        Raises:
            GenerationError: the state is not of this recording.
        """
        place = state.get("next")
        if isinstance(place, bool) or not isinstance(place, int) or not 0 <= place <= len(self.cameras):
            raise GenerationError(f"recorded: saved state {place!r} is no frame of {self.recording.root}, "
                                  f"which has {len(self.cameras)}; resume with the world's own recording")
        self._next = place

    def _match(self, wanted: Cameras) -> list[int]:
        own = self.cameras
        if (wanted.height, wanted.width) != (own.height, own.width):
            raise GenerationError(f"recorded: asked for {wanted.width}x{wanted.height} frames, "
                                  f"plays at {own.width}x{own.height}; open it with the size of the request")
        if not len(wanted):
            return []
        same = _same_camera(wanted, own)
        lost = ~same.any(dim=1)
        if bool(lost.any()):
            index = int(lost.nonzero()[0, 0])
            raise GenerationError(f"recorded: requested camera {index} of {len(wanted)} is not one of the "
                                  f"{len(own)} in {self.recording.root}; a recording only plays back "
                                  "its own path: use --trajectory recorded, or another generator")
        return _as_run(same, self._next) or _one_by_one(same, self._next)

    def _frame(self, index: int) -> Future[Frames]:
        ready = self._ahead.pop(index, None)
        return ready or self._pool.submit(self.recording.load, index, self.cameras.height, self.cameras.width)

    def _read_ahead(self, count: int) -> None:
        """Start decoding the frames that a request for the next clip will need."""
        most = READ_AHEAD_BYTES // (16 * self.cameras.height * self.cameras.width)
        following = range(self._next, min(self._next + min(count, most), len(self.cameras)))
        self._ahead = {index: self._frame(index) for index in following}


def _same_camera(wanted: Cameras, own: Cameras) -> Tensor:
    """`[T, N]` bool: own camera n equals wanted camera t, and no other own camera is nearer."""
    apart = torch.cdist(wanted.T_world_cam.reshape(-1, 16), own.T_world_cam.reshape(-1, 16), p=float("inf"))
    K_apart = torch.cdist(wanted.K.reshape(-1, 9), own.K.reshape(-1, 9), p=float("inf"))
    nearest = apart.amin(dim=1, keepdim=True)
    return (apart <= nearest + 1e-9) & (apart <= POSE_TOLERANCE) & (K_apart <= INTRINSICS_TOLERANCE)


def _as_run(same: Tensor, place: int) -> list[int]:
    """Consecutive frames that match, the first such run from `place` on, else from 0; or nothing."""
    count, total = same.shape
    steps = torch.arange(count)
    starts = [i for i in same[0].nonzero()[:, 0].tolist()
              if i + count <= total and bool(same[steps, i + steps].all())]
    if not starts:
        return []
    start = _first_from(starts, place)
    return list(range(start, start + count))


def _one_by_one(same: Tensor, place: int) -> list[int]:
    """For a path with gaps or backwards: each camera's first match after the previous one."""
    indices: list[int] = []
    for row in same:
        indices.append(_first_from(row.nonzero()[:, 0].tolist(), place))
        place = indices[-1] + 1
    return indices


def _first_from(candidates: Sequence[int], place: int) -> int:
    return next((i for i in candidates if i >= place), candidates[0])
