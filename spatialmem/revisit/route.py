"""`Route`: one path of a protocol as numbers, and the cameras that walk it from a start."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Annotated, NamedTuple

import numpy as np
import torch
from msgspec import Meta, Struct
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from spatialmem.camera import Cameras
from spatialmem.errors import InvalidValueError
from spatialmem.trajectory.named import axis
from spatialmem.trajectory.planar import PlanarPath

MAX_FRAMES = 100_000
FARTHEST = 1_000.0
"""Units from the start within which a route lies."""
STEEPEST = 80.0
"""Degrees of pitch from the start's tilt."""
MOST_TURN = 36_000.0
_DIGITS = 9
"""Nanometres and billionths of a degree: rounding errors are rounded away, so equal knots give equal poses."""

Name = Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9-]{0,39}$", description="Also a folder's name.")]
Number = Annotated[int, Meta(ge=0, lt=MAX_FRAMES, description="Of a frame, from 0.")]
Units = Annotated[float, Meta(ge=-FARTHEST, le=FARTHEST, description="1 unit = 1 metre at scale 1.")]


class Knot(NamedTuple):
    """Where the camera is at a frame, as seen from the start and level with the ground.

    `forward` along the start's horizontal heading, `left` of it and `up`, in units; `yaw` about up,
    left positive, and `pitch` upwards from the start's tilt, in degrees.
    """

    frame: Number
    forward: Units
    left: Units
    up: Units
    yaw: Annotated[float, Meta(ge=-MOST_TURN, le=MOST_TURN)]
    pitch: Annotated[float, Meta(ge=-STEEPEST, le=STEEPEST)]


class Pair(NamedTuple):
    """Two frames that should look alike: `again` shows the pose of `first`, not seen for `gap` frames.

    Where return frames are compared with the truth, `first` equals `again` and `gap` counts from the start.
    """

    first: Number
    again: Number
    gap: Number


class Route(Struct, frozen=True, forbid_unknown_fields=True):
    """One path.

    Attributes:
        name: unlike the other routes'.
        frames: how many there are.
        knots: at least two by rising frame, from frame 0 at the start itself to the last frame or beyond.
        pairs: what is compared, at least one.

    Raises:
        InvalidValueError: the knots do not rise or do not span the frames, or a pair is none.
    """

    name: Name
    frames: Annotated[int, Meta(ge=2, le=MAX_FRAMES)]
    knots: Annotated[tuple[Knot, ...], Meta(min_length=2, max_length=MAX_FRAMES)]
    pairs: Annotated[tuple[Pair, ...], Meta(min_length=1, max_length=MAX_FRAMES)]

    def __post_init__(self) -> None:
        if not all(math.isfinite(number) for knot in self.knots for number in knot):
            raise InvalidValueError(f"route {self.name!r}: its knots must be finite numbers")
        numbers = [knot.frame for knot in self.knots]
        if len(numbers) < 2 or any(one >= other for one, other in pairwise(numbers)):
            raise InvalidValueError(f"route {self.name!r}: needs two knots or more, by rising frame")
        if any(self.knots[0]):
            raise InvalidValueError(f"route {self.name!r}: its first knot must be all 0, the start itself, "
                                    f"got {list(self.knots[0])}")
        if not 2 <= self.frames <= numbers[-1] + 1:
            raise InvalidValueError(f"route {self.name!r}: its last knot is at frame {numbers[-1]}; that must be the "
                                    f"last of its {self.frames} frames, or later")
        self._check_pairs()

    def course(self) -> NDArray[np.float64]:
        """`[frames, 5]` forward, left, up (units), yaw and pitch (degrees).

        Knots are joined by monotone cubic Hermite curves, each column for itself (Fritsch and Butland 1984, as
        scipy's PchipInterpolator): they pass through every knot, never swing beyond one, and the speed never jumps.
        """
        knots = np.round(np.array(self.knots, np.float64), _DIGITS)
        curve = PchipInterpolator(knots[:, 0], knots[:, 1:])
        course: NDArray[np.float64] = np.round(curve(np.arange(self.frames)), _DIGITS)
        return course

    def _check_pairs(self) -> None:
        course = _on_the_circle(self.course())
        for pair in self.pairs:
            where = f"route {self.name!r}, pair {list(pair)}"
            if not 0 <= pair.first <= pair.again < self.frames or not 1 <= pair.gap <= pair.again:
                raise InvalidValueError(f"{where}: needs 0 <= first <= again < {self.frames} and 1 <= gap <= again")
            if not np.array_equal(course[pair.first], course[pair.again]):
                raise InvalidValueError(f"{where}: both frames need the same pose, got {course[pair.first].tolist()} "
                                        f"and {course[pair.again].tolist()}; put equal knots there")


def route_cameras(route: Route, start: Cameras, *, up: str, scale: float = 1.0) -> Cameras:
    """The cameras `[frames]` of a route that begins at `start`. Frames of equal course have equal poses, bit by bit.

    Only the position, the rotation about up and the pitch change: the horizon stays as level as the start's.

    Args:
        route: the path.
        start: one camera: pose, intrinsics and image size of frame 0.
        up: the world's up as a signed axis such as `+Z`.
        scale: metres per unit.

    Raises:
        InvalidValueError: `scale` is not positive and finite.
        TrajectoryError: `up` is no signed axis, or `start` is not one camera.
    """
    if not 0 < scale < math.inf:
        raise InvalidValueError(f"scale must be a positive number of metres per unit, got {scale}")
    forward, left, rise, yaw, pitch = torch.from_numpy(_on_the_circle(route.course())).unbind(1)
    plan = PlanarPath(scale * forward, scale * left, torch.deg2rad(yaw), scale * rise)
    cameras = plan.place(start, axis(up))
    poses = cameras.T_world_cam.clone()
    poses[:, :3, :3] = poses[:, :3, :3] @ _upwards(torch.deg2rad(pitch))
    return Cameras(cameras.K, poses, cameras.height, cameras.width)


def _on_the_circle(course: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same course with yaw in 0..360, so that a whole turn ends in exactly the pose it began with."""
    same = course.copy()
    # the remainder has rounding of its own, which may even make it 360
    same[:, 3] = np.round(np.remainder(course[:, 3], 360.0), _DIGITS) % 360.0
    return same


def _upwards(angle: torch.Tensor) -> torch.Tensor:
    """Rotations `[T, 3, 3]` that turn a camera's view (+z) by `angle` `[T]` radians towards the top (-y)."""
    turned = torch.eye(3, dtype=angle.dtype).repeat(len(angle), 1, 1)
    turned[:, 1, 1] = turned[:, 2, 2] = torch.cos(angle)
    turned[:, 2, 1] = torch.sin(angle)
    turned[:, 1, 2] = -turned[:, 2, 1]
    return turned
