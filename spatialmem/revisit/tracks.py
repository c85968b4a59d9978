"""Features found again: how far they are from where the cameras say that they should be."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from spatialmem.camera import Cameras, pixel_index, project
from spatialmem.frames import Frames
from spatialmem.poses import invert, transform
from spatialmem.serial import serial_torch

if TYPE_CHECKING:
    from kornia.feature import SIFTFeature

FEWEST = 8
"""Features, or matches, below which nothing is said."""
NEAR = 3.0
"""Pixels within which a feature counts as being where it should be."""
_FEATURES = 512
_SMALLEST = 32
"""Pixels of the shorter side below which a picture has no scales to look for features in."""
_RATIO = 0.9
_STANDS = 1e-6
_LUMA = (0.299, 0.587, 0.114)


@dataclass(frozen=True, eq=False)
class Features:
    """What stands out in a picture.

    Attributes:
        places: `[N, 2]` float64 (x, y), pixel centres at half-integers.
        looks: `[N, 128]` what is compared.
    """

    places: Tensor
    looks: Tensor


@serial_torch()
def features(picture: Tensor) -> Features:
    """SIFT features (Lowe 2004, upright, kornia's) of a picture `[H, W, 3]` float32 0..1, at most 512."""
    from kornia.feature import get_laf_center

    if min(picture.shape[:2]) < _SMALLEST:
        return Features(torch.zeros(0, 2, dtype=torch.float64), torch.zeros(0, 128))
    grey = picture @ torch.tensor(_LUMA)
    with torch.inference_mode():
        frames, scores, looks = _sift()(grey[None, None])
        places = get_laf_center(frames)[0]
    real = scores[0] > 0
    # kornia counts from the pixels' centres
    return Features(places[real].to(torch.float64).clone() + 0.5, looks[0][real].clone())


def matched(first: Features, again: Features) -> tuple[Tensor, Tensor]:
    """The places `[M, 2]` and `[M, 2]` of features that choose each other, the second best by far behind.

    Mutual nearest neighbours whose ratio to the second nearest is below 0.9 both ways.
    """
    from kornia.feature import match_smnn

    if min(len(first.looks), len(again.looks)) < 2:
        return first.places[:0], again.places[:0]
    _, pairs = match_smnn(first.looks, again.looks, _RATIO)
    return first.places[pairs[:, 0]], again.places[pairs[:, 1]]


@dataclass(frozen=True)
class Sighted:
    """What became of the features of a first visit.

    Attributes:
        error: median distance in pixels of those found again from where they should be; None with fewer than 8.
        kept: share 0..1 of all of them that are found again within `NEAR` pixels of there; None with fewer than 8.
    """

    error: float | None
    kept: float | None


def sighted(first: Frames, again: Frames) -> Sighted:
    """Whether the features of `first` are seen again in `again`, and where they should be; one frame each.

    With depth in `first`: at the projection of their surface; of features without depth nothing is asked. Without:
    on their epipolar line (Sampson's distance: Hartley and Zisserman 2004, equation 11.9), or, if the camera only
    turned, in their direction.
    """
    looked_for = _with_depth(features(first.rgb[0]), first)
    before, after = matched(looked_for, features(again.rgb[0]))
    if first.depth is None:
        errors = _off_line(before, after, first.cameras, again.cameras)
    else:
        errors = _off_surface(before, after, _depth_at(before, first), first.cameras, again.cameras)
    there = len(looked_for.places)
    return Sighted(float(errors.median()) if len(errors) >= FEWEST else None,
                   int((errors <= NEAR).sum()) / there if there >= FEWEST else None)


def _with_depth(found: Features, frame: Frames) -> Features:
    """Those whose pixel has a depth; all, if the frame has none."""
    if frame.depth is None:
        return found
    known = _depth_at(found.places, frame) > 0
    return Features(found.places[known], found.looks[known])


def _depth_at(places: Tensor, frame: Frames) -> Tensor:
    """`[N]` float64 depths of the pixels that hold `places` `[N, 2]`."""
    row, column, _ = pixel_index(places, frame.cameras.height, frame.cameras.width)
    depth = torch.as_tensor(frame.depth)[0][row, column]
    return depth.to(torch.float64)


def _off_line(before: Tensor, after: Tensor, first: Cameras, again: Cameras) -> Tensor:
    """Distances `[M]` in pixels from what two poses allow, whatever the depth."""
    T_again_first = (invert(again.T_world_cam) @ first.T_world_cam)[0]
    shift = T_again_first[:3, 3]
    if float(shift.norm()) < _STANDS:
        return _off_surface(before, after, torch.ones(len(before), dtype=torch.float64), first, again)
    cross = torch.zeros(3, 3, dtype=torch.float64)
    cross[[2, 0, 1], [1, 2, 0]], cross[[1, 2, 0], [2, 0, 1]] = shift, -shift
    F = torch.linalg.inv(again.K[0]).T @ cross @ T_again_first[:3, :3] @ torch.linalg.inv(first.K[0])
    a, b = (torch.cat([v, torch.ones(len(v), 1, dtype=v.dtype)], dim=1) for v in (before, after))
    line_b, line_a = a @ F.T, b @ F
    slope = (line_b[:, :2] ** 2).sum(1) + (line_a[:, :2] ** 2).sum(1)
    distances: Tensor = (b * line_b).sum(1).abs() / slope.clamp(min=1e-30).sqrt()
    return distances


def _off_surface(before: Tensor, after: Tensor, depth: Tensor, first: Cameras, again: Cameras) -> Tensor:
    """Distances `[M]` in pixels from where the surface at depths `[M]` is projected."""
    K = first.K[0]
    rays = torch.cat([(before - K[:2, 2]) / K[[0, 1], [0, 1]], torch.ones(len(before), 1, dtype=depth.dtype)], dim=1)
    pixels, _ = project(transform(first.T_world_cam[0], rays * depth[:, None]), again)
    distances: Tensor = (pixels[0] - after).norm(dim=1)
    return distances


@cache
def _sift() -> SIFTFeature:
    from kornia.feature import SIFTFeature

    return SIFTFeature(_FEATURES, upright=True, descriptor_backend="pyramid").eval()
