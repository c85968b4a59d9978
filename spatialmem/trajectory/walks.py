"""The walks: named paths through a free space, as somebody would walk there who bumps into nothing."""

from __future__ import annotations

import math
import re

import numpy as np
import torch

from spatialmem.camera import Cameras
from spatialmem.errors import TrajectoryError
from spatialmem.freespace import FreeSpace
from spatialmem.trajectory.heights import Heights
from spatialmem.trajectory.legs import Stand
from spatialmem.trajectory.pace import Motion, Pace
from spatialmem.trajectory.paths import PathOptions
from spatialmem.trajectory.planar import PlanarPath, heading_of
from spatialmem.trajectory.tour import Tour
from spatialmem.trajectory.wander import wander

TOUR, REVISIT, RANDOM_WALK = "tour", "revisit", "random-walk"
WALKS = (TOUR, REVISIT, RANDOM_WALK)

DEFAULT_FRAMES = 300
_AGAIN = 48
"""Frames for which `revisit:GAP` sees the beginning again, if no number of frames is asked for."""


def is_walk(name: str) -> bool:
    """Whether it names a walk: `tour`, `revisit`, `revisit:GAP` or `random-walk`."""
    return name.partition(":")[0] in WALKS


def walk(name: str, start: Cameras, space: FreeSpace, *, frames: int | None = None,
         options: PathOptions | None = None, seed: int = 0) -> Cameras:
    """The cameras of a walk that begins at `start` (one camera) in a world with +Z up.

    `tour` visits places and ends in the view it began with; one too short for any walks out and back. `revisit:GAP` is
    a tour of GAP frames, begun again: frame n + GAP is frame n; one too short for any place looks round, to see
    something else in between; without a GAP, the last quarter repeats the first. `random-walk` goes on for ever,
    and prefers where it has not been. Height above the floor, tilt and K stay those of the start. It walks at up to
    1.25 m/s and turns by up to 90 degrees a second.

    Args:
        name: what `is_walk` accepts.
        start: one camera that stands in free space.
        space: where one may walk.
        frames: how many; None = 300, or GAP + 48.
        options: only `rate` counts.
        seed: of all choices; the same seed gives the same walk.

    Raises:
        TrajectoryError: the start is not free, or GAP is no whole number below the number of frames.
    """
    kind, gap, count = _asked(name, frames)
    if len(start) != 1:
        raise TrajectoryError(f"start: expected one camera, got {len(start)}")
    up = torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64)
    ahead = heading_of(start.T_world_cam[0], up)
    x, y = start.centres[0, :2].tolist()
    stand = Stand(x, y, math.atan2(float(ahead[1]), float(ahead[0])))
    pace = Pace.of((options or PathOptions()).rate)
    if kind == RANDOM_WALK:
        motion = wander(space, stand, count, pace, seed)
    elif kind == TOUR:
        motion = Tour(space, stand, count, pace, seed).motion
    else:
        around = Tour(space, stand, gap + 1, pace, seed, go=False).motion
        again = np.arange(count) % gap
        motion = Motion(around.points[again], around.yaw[again])
    return _planar(motion, stand, space).place(start, up)


def _asked(name: str, frames: int | None) -> tuple[str, int, int]:
    """The kind of walk, its gap, and the number of frames."""
    kind, colon, words = name.partition(":")
    if not colon:
        count = frames or DEFAULT_FRAMES
        gap = max(1, count * 3 // 4)
    elif kind != REVISIT or not re.fullmatch(r"[1-9][0-9]{0,5}", words):
        raise TrajectoryError(f"trajectory {name!r}: expected revisit:GAP with a whole number of frames, such as "
                              f"revisit:200, or one of {', '.join(WALKS)}")
    else:
        gap = int(words)
        count = frames or gap + _AGAIN
    if kind == REVISIT and gap >= count:
        raise TrajectoryError(f"trajectory {name!r}: with a gap of {gap} frames, {count} frames see nothing again; "
                              f"ask for more than {gap}")
    return kind, gap, count


def _planar(motion: Motion, stand: Stand, space: FreeSpace) -> PlanarPath:
    """The same as seen from the start, which it leaves by exactly nothing at first."""
    off = motion.points - np.array(stand[:2])
    cos, sin = math.cos(stand.yaw), math.sin(stand.yaw)
    turn = np.remainder(motion.yaw - stand.yaw + math.pi, 2 * math.pi) - math.pi
    turn[motion.yaw == stand.yaw] = 0.0
    heights = Heights(space).along(motion.points)
    return PlanarPath(*(torch.from_numpy(values) for values in (
        cos * off[:, 0] + sin * off[:, 1], cos * off[:, 1] - sin * off[:, 0], turn, heights - heights[0])))
