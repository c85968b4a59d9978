"""`Poses`: what a pose file holds, in the project's convention, with what the file does not say left open."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from spatialmem.camera import MAX_SIDE, Cameras
from spatialmem.errors import InvalidValueError, ShapeError
from spatialmem.posefiles.upright import suggest_up
from spatialmem.poses import check_rigid

UNCLEAR = "unclear"
_WHOLE = 0.02
"""Pixels by which twice a centred principal point may miss a whole number."""


@dataclass(frozen=True, eq=False)
class Poses:
    """`T` camera poses and what is known about their cameras.

    Attributes:
        convention: name of the convention that they were read by (see `conventions.CONVENTIONS`).
        T_world_cam: `[T, 4, 4]` camera-to-world, OpenCV axes, the file's unit of length (metres unless
            its maker says otherwise); held as float64.
        K: `[T, 3, 3]` intrinsics, pixel centres at half-integers; None = unknown. In pixels, or, if
            `normalised`, with the first row divided by the image's width and the second by its height.
        height, width: the image size in pixels; None = unknown.
        normalised: how `K` is meant; only where the size is unknown.
        names: `T` image names; None = unknown.
        times: `[T]` seconds, finite, float64; None = unknown.
        up: the world's up as a signed axis such as `+Z`, where the file says it.
        source: where the frames come from, such as the address of a video.
        metres: whether lengths are metres, where it is known better than by the convention.

    Raises:
        ShapeError: a tensor has another shape, or lengths differ.
        InvalidValueError: a pose is not rigid, an intrinsic or a time is not what it must be.
    """

    convention: str
    T_world_cam: Tensor
    K: Tensor | None = None
    height: int | None = None
    width: int | None = None
    normalised: bool = False
    names: tuple[str, ...] | None = None
    times: Tensor | None = None
    up: str | None = None
    source: str | None = None
    metres: bool | None = None

    def __post_init__(self) -> None:
        for name in ("T_world_cam", "K", "times"):
            if (value := getattr(self, name)) is not None:
                object.__setattr__(self, name, value.to("cpu", torch.float64))
        check_rigid(self.T_world_cam, "T_world_cam")
        if (self.height is None) != (self.width is None) or (self.normalised and self.height is not None):
            raise InvalidValueError("Poses need height and width together, and normalised K only without them")
        if self.K is not None:
            unit = 1 if self.normalised else MAX_SIDE  # normalised intrinsics are those of a 1x1 image
            Cameras(self.K, self.T_world_cam, self.height or unit, self.width or unit)
        self._check_labels()

    def __len__(self) -> int:
        return self.T_world_cam.shape[0]

    @property
    def size(self) -> tuple[int, int] | None:
        """(height, width), or None."""
        return None if self.height is None or self.width is None else (self.height, self.width)

    @property
    def path_length(self) -> float:
        """Length of the way from camera centre to camera centre, in the file's unit."""
        centres = self.T_world_cam[:, :3, 3]
        return float((centres[1:] - centres[:-1]).norm(dim=1).sum())

    @property
    def upright(self) -> str:
        """The world's up judged by how the cameras are held: a signed axis, or `unclear`."""
        return suggest_up(self.T_world_cam, UNCLEAR) if len(self) else UNCLEAR

    @property
    def centred_size(self) -> tuple[int, int] | None:
        """(height, width) of images whose middle is the principal point, if these are whole pixels and one size."""
        if self.K is None or self.normalised or not len(self):
            return self.size
        extent = 2 * self.K[:, :2, 2]
        whole = extent[0].round()
        width, height = int(whole[0]), int(whole[1])
        off = bool(((extent - whole).abs() > _WHOLE).any())
        return None if off or min(height, width) < 1 or max(height, width) > MAX_SIDE else (height, width)

    def scaled(self, metres: float) -> Poses:
        """The same poses in metres, for a file whose unit of length is `metres` long.

        Raises:
            InvalidValueError: `metres` is not positive and finite.
        """
        if not 0 < metres < math.inf:
            raise InvalidValueError(f"the unit must have a positive length in metres, got {metres}")
        T_world_cam = self.T_world_cam.clone()
        T_world_cam[:, :3, 3] *= metres
        return replace(self, T_world_cam=T_world_cam, metres=True)

    def sized(self, height: int, width: int) -> Poses:
        """The same poses with the image size stated; normalised intrinsics come out in pixels.

        Raises:
            InvalidValueError: the size is known and another.
        """
        if self.size not in (None, (height, width)):
            raise InvalidValueError(f"images are {self.width}x{self.height}, not {width}x{height}; leave the size out")
        K = self.K
        if K is not None and self.normalised:
            K = K * torch.tensor([width, height, 1.0], dtype=torch.float64)[:, None]
        return replace(self, K=K, height=height, width=width, normalised=False)

    def normalised_K(self) -> Tensor | None:  # noqa: N802 - K is the field's name
        """`[T, 3, 3]` intrinsics divided by width and height; None where there are none.

        Raises:
            InvalidValueError: they are in pixels of an unknown size.
        """
        if self.K is None or self.normalised:
            return self.K
        if self.height is None or self.width is None:
            raise InvalidValueError("intrinsics are in pixels of an unknown image size; give the size")
        return self.K / torch.tensor([self.width, self.height, 1.0], dtype=torch.float64)[:, None]

    def _check_labels(self) -> None:
        count = len(self)
        if self.names is not None and len(self.names) != count:
            raise ShapeError(f"names: expected {count} to match the poses, got {len(self.names)}")
        if self.times is not None and self.times.shape != (count,):
            raise ShapeError(f"times: expected [{count}] to match the poses, got {list(self.times.shape)}")
        if self.times is not None and not bool(torch.isfinite(self.times).all()):
            raise InvalidValueError("times must be finite seconds")
        if self.up is not None and not re.fullmatch(r"[+-][XYZ]", self.up):
            raise InvalidValueError(f"up must be a signed axis such as +Z or -Y, got {self.up!r}")


def numbered(count: int) -> tuple[str, ...]:
    """Names for images that have none: `00000.png` and so on, as `spatialmem render` writes them."""
    return tuple(f"{i:05d}.png" for i in range(count))
