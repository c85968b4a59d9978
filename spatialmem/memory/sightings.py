"""What keyframes say of points: they show them, see through them, or have nothing to say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as nn
from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.memory.coarse import SIDE, coarse
from spatialmem.poses import invert
from spatialmem.render.cpu.layout import F32, F64

NOTHING, SHOWS, THROUGH = 0, 1, 2
"""A verdict: out of the keyframe's view or hidden in it; there; in the free space before what it sees."""

CLEARLY = 0.05
"""A keyframe sees through a point that lies nearer than all that it shows around there, by this share."""

SKY = 1.5
"""What lies beyond so many times a keyframe's farthest depth, and has no depth in it, is the same sky or hole."""


@dataclass(frozen=True, eq=False)
class Witnesses:
    """Keyframes of one image size, as far as their depth goes.

    Attributes:
        depth: `[M, h, w]` coarse grids of their depth in metres, 0 = unknown (see `coarse`).
        cameras: theirs, at full size.
    """

    depth: Tensor
    cameras: Cameras


@dataclass(frozen=True, eq=False)
class Sightings:
    """What `M` keyframes say of `P` points.

    Attributes:
        verdict: `[M, P]` uint8: NOTHING, SHOWS or THROUGH.
        scale: `[M, P]` float32: pixels a metre at which a point was looked at, 0 with a verdict of NOTHING.
    """

    verdict: Tensor
    scale: Tensor


def sightings(points: Tensor, witnesses: Witnesses, *, agree: float) -> Sightings:
    """What keyframes say of `points` `[P, 3]` (metres, world); who sees something nearer in front says nothing.

    A keyframe shows a point whose distance agrees with the depth stored for that direction, within the share
    `agree`.
    """
    from spatialmem.memory.sightings_cpu import judge  # compiles, and loads what that takes

    cameras, depth = witnesses.cameras, witnesses.depth.contiguous()
    size = (len(cameras), len(points))
    verdict, scale = np.zeros(size, np.uint8), np.zeros(size, np.float32)
    if 0 not in size:
        _, grid = coarse(torch.empty(1, 1, 1).expand(len(cameras), cameras.height, cameras.width), cameras, SIDE)
        focal = cameras.K[:, 0, 0].to(torch.float32).numpy()
        judge(points.contiguous().numpy(), views_of(grid), depth.numpy(), _nearest_around(depth), focal,
              (np.float32(agree), np.float32(1 - CLEARLY), np.float32(SKY)), verdict, scale)
    return Sightings(torch.from_numpy(verdict), torch.from_numpy(scale))


def views_of(cameras: Cameras) -> F64:
    """`[M, 16]`: the upper three rows of world-to-camera matrices, then fx, fy, cx, cy; all in double."""
    rows = invert(cameras.T_world_cam)[:, :3].reshape(-1, 12)
    views: F64 = torch.cat([rows, cameras.K[:, [0, 1, 0, 1], [0, 1, 2, 2]]], dim=1).contiguous().numpy()
    return views


def _nearest_around(depth: Tensor) -> F32:
    """Smallest depth of each pixel and those around it, 0 where one is unknown: at an edge nobody sees through."""
    nearest: F32 = (-nn.max_pool2d(-depth[:, None], 3, stride=1, padding=1)[:, 0]).contiguous().numpy()
    return nearest
