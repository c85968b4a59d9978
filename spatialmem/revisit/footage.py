"""`Footage`: what a camera saw along a whole path, small enough to keep."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.errors import InvalidValueError, ShapeError
from spatialmem.frames import Frames


@dataclass(frozen=True, eq=False)
class Footage:
    """A path's pictures, as they were asked for and as they came.

    Attributes:
        rgb: `[T, H, W, 3]` uint8.
        cameras: where the pictures were asked for, one per frame, of their size.
        fps: frames a second at which they are meant to be shown.
        depth: `[T, H, W]` float32 z-depth in metres as their maker says it, 0 = unknown; or None.
        notes: what whoever reads its figures should know, a sentence each.

    Raises:
        ShapeError: a shape or dtype differs from the above.
        InvalidValueError: `fps` is not positive.
    """

    rgb: Tensor
    cameras: Cameras
    fps: float
    depth: Tensor | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        size = (len(self.cameras), self.cameras.height, self.cameras.width)
        if self.rgb.shape != (*size, 3) or self.rgb.dtype != torch.uint8:
            raise ShapeError(f"Footage.rgb: expected {[*size, 3]} uint8 to match the cameras, "
                             f"got {list(self.rgb.shape)} {self.rgb.dtype}")
        if self.depth is not None and (self.depth.shape != size or self.depth.dtype != torch.float32):
            raise ShapeError(f"Footage.depth: expected {[*size]} float32, "
                             f"got {list(self.depth.shape)} {self.depth.dtype}")
        if not 0 < self.fps < float("inf"):
            raise InvalidValueError(f"Footage.fps must be positive and finite, got {self.fps}")

    def __len__(self) -> int:
        return len(self.cameras)

    @property
    def fingerprint(self) -> str:
        """32 hexadecimal digits of the requested poses, to the micrometre, and lenses."""
        numbers = [self.cameras.T_world_cam, self.cameras.K]
        rounded = b"".join(each.mul(1e6).round().to(torch.int64).cpu().numpy().tobytes() for each in numbers)
        return hashlib.blake2b(rounded, digest_size=16).hexdigest()

    @property
    def content(self) -> str:
        """32 hexadecimal digits of the pictures and their depth."""
        hashed = hashlib.blake2b(self.rgb.numpy().tobytes(), digest_size=16)
        if self.depth is not None:
            hashed.update(self.depth.numpy().tobytes())
        return hashed.hexdigest()

    def frames(self, indices: slice | Sequence[int]) -> Frames:
        """The chosen frames, colours in 0..1."""
        depth = None if self.depth is None else self.depth[indices]
        return Frames(self.rgb[indices].to(torch.float32) / 255, self.cameras[indices], depth=depth)
