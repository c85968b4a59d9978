"""`seen`: which pixels of a clip show what other frames have seen, by truth alone."""

from __future__ import annotations

import torch
import torch.nn.functional as nn
from torch import Tensor

from spatialmem.camera import pixel_index, project, unproject
from spatialmem.frames import Frames

_AGREE = 0.02
"""Share of the distance by which a surface's depth may lie off."""

_SKY = 1e6
"""Metres; so far away lies what has no depth."""


def seen(target: Frames, others: Frames) -> Tensor:
    """`[M, T, H, W]` bool: whether each of the `M` others shows what a pixel of the target shows.

    A point counts as shown where the other's depths in the 3 x 3 pixels around reach from before to behind it: a
    floor seen at a grazing angle changes by more than any share from one pixel to the next. The sky (depth 0) is seen
    where there is sky in its direction.
    """
    size = (len(others), *target.rgb.shape[:3])
    if target.depth is None or others.depth is None or len(others) == 0 or len(target) == 0:
        return torch.zeros(size, dtype=torch.bool)
    points = unproject(torch.where(target.depth == 0, _SKY, target.depth), target.cameras).reshape(-1, 3)
    where, z = project(points, others.cameras)
    row, column, inside = pixel_index(where, others.cameras.height, others.cameras.width)
    there = torch.where(others.depth == 0, _SKY, others.depth)[:, None]
    high = nn.max_pool2d(there, 3, stride=1, padding=1)[:, 0]
    low = -nn.max_pool2d(-there, 3, stride=1, padding=1)[:, 0]
    number = torch.arange(len(others))[:, None]
    near, far = low[number, row, column], high[number, row, column]
    # towards the sky z is the cosine of its direction times a million, so that half of it is far enough
    agrees = torch.where(z > _SKY / 10, far >= _SKY, (z >= near * (1 - _AGREE)) & (z <= far * (1 + _AGREE)))
    return (inside & (z > 0) & agrees).reshape(size)


def unseen_share(target: Frames, others: Frames) -> float:
    """Share 0..1 of the target's pixels that none of the others shows."""
    return 1.0 - float(seen(target, others).any(0).float().mean())
