"""`Recording`: a posed RGB-D sequence on disk, read frame by frame."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from spatialmem.camera import Cameras
from spatialmem.errors import RecordingError
from spatialmem.frames import Frames
from spatialmem.posefiles.images import read_depth, read_rgb
from spatialmem.posefiles.resize import Framing, framing

MAX_DEPTH_M = 10_000.0


@dataclass(frozen=True, eq=False)
class Recording:
    """A posed RGB-D sequence; opening it read the poses, images are read when asked for.

    Attributes:
        root: its folder.
        layout: the convention it was read by: `open3d`, `nerfstudio` or `tum`.
        cameras: `T` cameras at the native image size.
        rgb_paths, depth_paths: `T` image files, in the order of the cameras.
        depth_scale: metres per unit of a depth image.
        up: the world's up as far as the cameras tell, a signed axis such as `+Z` or `-Y`.

    Raises:
        RecordingError: counts differ, nothing is there, or the depth scale is not positive.
    """

    root: Path
    layout: str
    cameras: Cameras
    rgb_paths: tuple[Path, ...]
    depth_paths: tuple[Path, ...]
    depth_scale: float
    up: str

    def __post_init__(self) -> None:
        counts = (len(self.cameras), len(self.rgb_paths), len(self.depth_paths))
        if len(set(counts)) != 1:
            raise RecordingError(f"{self.root}: {counts[0]} poses, {counts[1]} colour and "
                                 f"{counts[2]} depth images; each frame needs one of each")
        if not len(self.cameras):
            raise RecordingError(f"{self.root}: the recording holds no frames")
        if not 0 < self.depth_scale * 65535 < MAX_DEPTH_M:
            raise RecordingError(f"{self.root}: depth scale {self.depth_scale} metres per unit is not "
                                 "plausible; millimetres are 0.001")

    def __len__(self) -> int:
        return len(self.cameras)

    def resized(self, height: int, width: int) -> Cameras:
        """The cameras of the frames as `load` gives them at this size."""
        return self._framing(height, width).cameras(self.cameras)

    def load(self, index: int, height: int, width: int) -> Frames:
        """Frame `index` alone (`T` = 1), with depth in metres, at `height` x `width` pixels.

        Colour is area-averaged; depth keeps its edges (see `resize.Framing.depth`).

        Raises:
            RecordingError: an image is missing, damaged or of another kind than required.
        """
        if not 0 <= index < len(self):
            raise IndexError(f"frame {index}: the recording {self.root} has {len(self)}")
        frame = self._framing(height, width)
        rgb, depth = self._decode(index)
        metres = depth.astype(np.float32) * np.float32(self.depth_scale)
        return Frames(torch.from_numpy(frame.rgb(rgb))[None], frame.cameras(self.cameras[index : index + 1]),
                      depth=torch.from_numpy(frame.depth(metres))[None])

    def verify(self, indices: Iterable[int] | None = None, *, threads: int = 2) -> None:
        """Decode the images of `indices` (default: all) and drop them, so that damage is met early.

        Raises:
            RecordingError: of the first frame in order that cannot be used.
        """
        chosen = range(len(self)) if indices is None else sorted(set(indices))
        pool = ThreadPoolExecutor(max_workers=threads)  # image decoding leaves the interpreter lock
        try:
            for _ in pool.map(self._probe, chosen):
                pass
        finally:
            pool.shutdown(cancel_futures=True)

    def _probe(self, index: int) -> None:
        self._decode(index)

    def _decode(self, index: int) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
        size = (self.cameras.height, self.cameras.width)
        return read_rgb(self.rgb_paths[index], size), read_depth(self.depth_paths[index], size)

    def _framing(self, height: int, width: int) -> Framing:
        return framing((self.cameras.height, self.cameras.width), (height, width))
