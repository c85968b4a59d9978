"""`align`: where a return frame was really taken, as its picture tells, and what it shows from where it should."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates
from torch import Tensor

from spatialmem.errors import ShapeError
from spatialmem.frames import Frames
from spatialmem.poses import invert, rotation_angle
from spatialmem.revisit.direct import Level, evidence, explained, solve
from spatialmem.revisit.pyramid import pyramid, rays, smoothed

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

FARTHEST, WIDEST = 0.25, 20.0
"""A motion beyond this share of the scene's depth, or these degrees, is not taken for an error of the camera."""
LIKELIER = 6.3
"""Least log-likelihood gained by a motion: half the 95 % point of chi-squared with its six degrees of freedom."""
EXPLAINED = 0.75
"""Least share of the picture's variance: below, the return frame shows something else, and motions mean nothing.
Measured: above 0.97 under blur, noise, other colours and a box in an eighth of the picture; other views, below 0.7."""
TOLERANCE = 1.02
"""Most growth of the colours' mean square error by a motion (0.1 dB), where the structure is clear."""
_HIDDEN = 1.1
"""A point this much deeper than another one in its pixel is hidden by it."""
_SKY = 100.0


@dataclass(frozen=True, eq=False)
class Alignment:
    """A return frame, brought to where the first visit looked from.

    Both pictures are smoothed by the binomial filter (1, 2, 1) / 4: it takes the finest detail, which resampling
    (by cubic B-splines) would take from one of them. So alignment alone neither costs nor gains.

    Attributes:
        first: `[H, W, 3]` float32, the first frame.
        again: `[H, W, 3]` float32, the return frame resampled onto it.
        valid: `[H, W]` bool, pixels of the first frame whose surface the return frame shows.
        T_world_cam: `[4, 4]` float64, where the return frame was taken.
        metres: from there to where it was asked for; if the first frame has no depth, in units of the depth
            of a plane that stands for all it shows.
        degrees: the angle between the two poses.
        found: whether a motion explains the picture better than none; else the pose is the one asked for.
        told: whether the picture tells where it was taken, there or elsewhere; not if it shows something else.
    """

    first: Tensor
    again: Tensor
    valid: Tensor
    T_world_cam: Tensor
    metres: float
    degrees: float
    found: bool
    told: bool


def align(first: Frames, again: Frames) -> Alignment:
    """Where `again` was taken, given that it shows what `first` showed: one frame each, of one size.

    A motion is believed if it explains the picture's structure clearly better than none, whatever the colours,
    and does not cost any of their error. So other colours are never explained by moving.

    Raises:
        ShapeError: there is not one frame each, or their sizes differ.
    """
    if len(first) != 1 or first.rgb.shape != again.rgb.shape:
        raise ShapeError("align: needs one frame each, of one size, "
                         f"got {list(first.rgb.shape[:3])} and {list(again.rgb.shape[:3])}")
    sight = _Sight.of(first, again)
    stayed = sight.seen(sight.T_start)
    levels = sight.levels(first, again)
    T = solve(levels, sight.T_start, sight.middle) if levels else sight.T_start
    moved = sight.seen(T)
    found = bool(levels) and sight.small(T) and _better(sight, levels[-1], (stayed, moved), T)
    told = found or (bool(levels) and explained(levels[-1], sight.T_start) >= EXPLAINED)
    picture, valid = moved if found else stayed
    T_asked = again.cameras.T_world_cam[0]
    T_asked_taken = torch.from_numpy(sight.T_start @ np.linalg.inv(T)) if found else torch.eye(4, dtype=torch.float64)
    degrees = torch.rad2deg(rotation_angle(torch.eye(4, dtype=torch.float64), T_asked_taken))
    return Alignment(torch.from_numpy(sight.first), torch.from_numpy(picture), torch.from_numpy(valid),
                     T_asked @ T_asked_taken, float(T_asked_taken[:3, 3].norm()), float(degrees), found, told)


@dataclass(frozen=True, eq=False)
class _Sight:
    """The first frame's surface and both pictures, smoothed.

    Attributes:
        points: `[H, W, 3]` the surface in the first camera; where nothing is known, far behind all else.
        T_start: `[4, 4]` T_again_first as it was asked for.
        middle: the scene's depth.
    """

    first: Floats
    again: Floats
    depth: Floats
    points: Floats
    K_again: Doubles
    T_start: Doubles
    middle: float

    @staticmethod
    def of(first: Frames, again: Frames) -> _Sight:
        depth = np.zeros(first.rgb.shape[1:3], np.float32) if first.depth is None else first.depth[0].numpy()
        T_start = (invert(again.cameras.T_world_cam[0]) @ first.cameras.T_world_cam[0]).numpy()
        if not depth.any():
            depth = np.ones_like(depth)
            T_start[:3, 3] = 0    # metres mean nothing where no depth is known
        middle = float(np.median(depth[depth > 0]))
        # what has no depth is mostly sky: it turns with the camera and does not shift
        filled = np.where(depth > 0, depth, _SKY * middle)
        points = rays(first.cameras.K[0].numpy(), *depth.shape) * filled[..., None]
        return _Sight(smoothed(first.rgb[0].numpy()), smoothed(again.rgb[0].numpy()), depth, points,
                      again.cameras.K[0].numpy(), T_start, middle)

    def levels(self, first: Frames, again: Frames) -> list[Level]:
        return pyramid(first.rgb[0].numpy(), self.depth, first.cameras.K[0].numpy(), again.rgb[0].numpy(),
                       self.K_again)

    def small(self, T: Doubles) -> bool:
        """Whether `T` is near enough to the requested motion to be an error of the camera."""
        away = torch.from_numpy(T @ np.linalg.inv(self.T_start))
        angle = torch.rad2deg(rotation_angle(torch.eye(4, dtype=torch.float64), away))
        return float(away[:3, 3].norm()) <= FARTHEST * self.middle and float(angle) <= WIDEST

    def seen(self, T: Doubles) -> tuple[Floats, NDArray[np.bool_]]:
        """The return picture `[H, W, 3]` where the points lie in it under `T`, and which `[H, W]` it shows."""
        height, width = self.depth.shape
        local = self.points @ T[:3, :3].T + T[:3, 3]
        z = np.maximum(local[..., 2], 1e-6)
        u = self.K_again[0, 0] * local[..., 0] / z + self.K_again[0, 2]
        v = self.K_again[1, 1] * local[..., 1] / z + self.K_again[1, 2]
        valid = (local[..., 2] > 1e-6) & (u >= 0) & (v >= 0) & (u <= width) & (v <= height)
        places = np.stack([v.clip(-1, height + 1) - 0.5, u.clip(-1, width + 1) - 0.5])
        # rounded: at the pose that was asked for the positions are the pixels themselves
        places = places.round(6)
        picture = np.stack([map_coordinates(self.again[..., c], places, order=3, mode="mirror") for c in range(3)], -1)
        return picture.astype(np.float32), valid & ~_hidden(u, v, z, valid)


def _hidden(u: Doubles, v: Doubles, z: Doubles, valid: NDArray[np.bool_]) -> NDArray[np.bool_]:
    height, width = z.shape
    pixel = (v.clip(0, height - 1).astype(np.int64) * width + u.clip(0, width - 1).astype(np.int64)).ravel()
    nearest = np.full(height * width, np.inf)
    np.minimum.at(nearest, pixel, np.where(valid, z, np.inf).ravel())
    hidden: NDArray[np.bool_] = z > _HIDDEN * nearest[pixel].reshape(z.shape)
    return hidden


def _better(sight: _Sight, level: Level, views: tuple[tuple[Floats, NDArray[np.bool_]], ...], T: Doubles) -> bool:
    (stayed, here), (moved, there) = views
    both = here & there
    if not both.any() or evidence(level, sight.T_start, T) < LIKELIER or explained(level, T) < EXPLAINED:
        return False
    before, after = (float(((view - sight.first)[both] ** 2).mean()) for view in (stayed, moved))
    return after <= TOLERANCE * before
