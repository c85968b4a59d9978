"""Whether features move between pictures as the cameras say: the distance from where they can be at all.

A feature of one frame lies somewhere along its ray; seen from another camera, the ray's part in front of both
cameras is a piece of the epipolar line (Hartley and Zisserman 2004, section 9). Its begin is the point at
infinity, where a mere rotation carries the feature, so turning on the spot is checked as well, and a camera that
moves the other way is told from one that moves this way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.poses import rotation_angle
from spatialmem.revisit.footage import Footage
from spatialmem.revisit.tracks import Features, features, matched

ENOUGH = 16
"""Matches without which two frames tell nothing."""
NEAREST = 0.2
"""Units of the poses, metres if they are: nothing nearer is expected where no depth says so."""
_STEPS = (12, 8, 5, 3, 2, 1)
"""Frames between the two pictures; the largest that the turn allows is tried first, then a middle one, then 1:
pictures that do not follow may move faster than the cameras."""
_SMALLEST = 48
"""Pixels of the shorter side, without which there are no features."""
_TURN = 15.0
"""Degrees that the camera may turn in between: half of a usual view must still be seen."""
_CLOSE = 0.5
"""The nearest surface, in lengths of the way between the two cameras, at least."""
_FRONT = 0.05
"""Depth per length of a ray's z, below which a point counts as beside the camera rather than before it."""


@dataclass(frozen=True, eq=False)
class Sighting:
    """Features that two frames share.

    Attributes:
        first, second: numbers of the frames.
        before, after: `[M, 2]` float64 pixels (x, y) in the one and in the other.
    """

    first: int
    second: int
    before: Tensor
    after: Tensor

    @property
    def moved(self) -> Tensor:
        """`[M]` pixels between the two places."""
        way: Tensor = self.after - self.before
        return way.square().sum(dim=1).sqrt()


def sightings(footage: Footage, count: int) -> list[Sighting]:
    """Features followed over a few frames, from up to `count` frames that lie evenly along the path.

    Nothing here depends on how the poses are read: the angle between two poses is the same in every reading.
    """
    if min(footage.cameras.height, footage.cameras.width) < _SMALLEST:
        return []
    known: dict[int, Features] = {}

    def at(frame: int) -> Features:
        if frame not in known:
            known[frame] = features(footage.rgb[frame].to(torch.float32) / 255)
        return known[frame]

    found = []
    for first in _spread(len(footage), count):
        for second in _ahead(footage.cameras, first):
            before, after = matched(at(first), at(second))
            if len(before) >= ENOUGH:
                found.append(Sighting(first, second, before, after))
                break
    return found


def off_course(sighting: Sighting, cameras: Cameras, *, nearest: float = NEAREST) -> Tensor:
    """`[M]` pixels from where each feature is in the second frame to the nearest place where it could be.

    Args:
        sighting: of two frames of the `cameras`.
        cameras: what is believed of all frames.
        nearest: depth before which no surface is expected. Without that bound, walking sideways could explain
            whatever turning does.
    """
    a, b = cameras[[sighting.first]], cameras[[sighting.second]]
    T_b_a = torch.linalg.inv(b.T_world_cam[0]) @ a.T_world_cam[0]
    ones = torch.ones(len(sighting.before), 1, dtype=torch.float64)
    rays = torch.cat([sighting.before, ones], dim=1) @ torch.linalg.inv(a.K[0]).T @ T_b_a[:3, :3].T
    begin, end = _visible(rays, T_b_a[:3, 3], nearest)
    exists = begin <= end
    points = [(rays + share[:, None] * T_b_a[:3, 3]) @ b.K[0].T for share in (begin, end)]
    p, q = (point[:, :2] / torch.where(exists, point[:, 2], 1.0)[:, None] for point in points)
    return torch.where(exists, _to_segment(sighting.after, p, q), torch.inf)


def turned(sighting: Sighting, cameras: Cameras) -> float:
    """Mean pixels by which the cameras' rotation alone moves the features."""
    still = cameras.T_world_cam.clone()
    still[:, :3, 3] = 0
    stays = Sighting(sighting.first, sighting.second, sighting.before, sighting.before)
    off = off_course(stays, Cameras(cameras.K, still, cameras.height, cameras.width))
    return float(off[torch.isfinite(off)].mean()) if bool(torch.isfinite(off).any()) else float("inf")


def _visible(rays: Tensor, t: Tensor, nearest: float) -> tuple[Tensor, Tensor]:
    """The range of inverse depths `[M]`, `[M]` at which points along `rays` `[M, 3]` lie before both cameras.

    Points are `rays + s * t`; empty (begin > end) where there are none.
    """
    most = 1 / (_CLOSE * t.norm()).clamp(min=nearest)
    z, dz = rays[:, 2], t[2]
    edge = (_FRONT - z) / torch.where(dz == 0, 1.0, dz)
    begin = torch.where(dz > 0, edge.clamp(min=0), torch.where((dz == 0) & (z < _FRONT), torch.inf, 0.0))
    end = torch.where(dz < 0, torch.minimum(edge, most), most)
    return begin, end


def _to_segment(points: Tensor, p: Tensor, q: Tensor) -> Tensor:
    """`[M]` distances from `points` `[M, 2]` to the segments from `p` to `q`."""
    way = q - p
    share = ((points - p) * way).sum(dim=1) / way.square().sum(dim=1).clamp(min=1e-12)
    return (points - p - share.clamp(0, 1)[:, None] * way).square().sum(dim=1).sqrt()


def _spread(frames: int, count: int) -> list[int]:
    """Up to `count` numbers below `frames`, evenly spread, away from both ends."""
    share = (torch.arange(count) + 0.5) / count
    return sorted({int(frame) for frame in share * frames})


def _ahead(cameras: Cameras, first: int) -> Sequence[int]:
    """The frames to look for the features of frame `first` in, the best first."""
    later = [first + step for step in _STEPS if first + step < len(cameras)]
    T = cameras.T_world_cam
    angles = torch.rad2deg(rotation_angle(T[[first]].expand(len(later), 4, 4), T[later]))
    near = [frame for frame, angle in zip(later, angles.tolist(), strict=True) if angle <= _TURN]
    return list(dict.fromkeys([near[0], near[len(near) // 2], near[-1]])) if near else []
