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
from spatialmem.render.cpu.threads import serial_torch

if TYPE_CHECKING:
    from kornia.feature import SIFTFeature

FEWEST = 8
"""Matches below which nothing is said."""
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


def reprojection(first: Frames, again: Frames) -> float | None:
    """Median distance in pixels of the features of `first` from where they should be in `again`; one frame each.

    With depth in `first`: from the projection of their surface. Without: from their epipolar line (Sampson's
    distance: Hartley and Zisserman 2004, equation 11.9), or, if the camera only turned, from their direction.
    None with fewer than 8 matches.
    """
    before, after = matched(features(first.rgb[0]), features(again.rgb[0]))
    if first.depth is None:
        errors = _off_line(before, after, first.cameras, again.cameras)
    else:
        row, column, _ = pixel_index(before, first.cameras.height, first.cameras.width)
        depth = first.depth[0][row, column].to(torch.float64)
        known = depth > 0
        errors = _off_surface(before[known], after[known], depth[known], first.cameras, again.cameras)
    return float(errors.median()) if len(errors) >= FEWEST else None


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
