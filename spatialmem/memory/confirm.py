"""Whether a render's colours are those that keyframes have of the same surfaces."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from spatialmem.camera import unproject
from spatialmem.frames import Frames
from spatialmem.memory.coarse import coarse, spread
from spatialmem.memory.sightings import SKY, views_of
from spatialmem.memory.trustrule import RULE, TrustRule

_SIDE = 160
"""Samples in a row of the grid on which colours are compared; narrower images are compared whole."""

_ENOUGH = 50


def confirmed(view: Frames, references: Frames, rule: TrustRule = RULE) -> Tensor:
    """`[T, H, W]` bool: references show the pixel's surface, in its colour by and large.

    Colours are compared between the reference's pixels, and differences averaged over the channels and the
    references that show the surface. What a whole reference is brighter or more tinted than the render is its
    exposure, up to a bound, and taken off before: a render is the mean of many.

    Args:
        view: memory rendered at the target cameras, with depth.
        references: keyframes with depth, of the view's image size.
        rule: the bounds.
    """
    from spatialmem.memory.sightings_cpu import look_up  # compiles, and loads what that takes

    full, shown = torch.as_tensor(view.depth), references.depth
    if shown is None or len(references) == 0:
        return torch.zeros(full.shape, dtype=torch.bool)
    depth, grid = coarse(full, view.cameras, _SIDE)
    points = unproject(depth, grid).reshape(-1, 3)
    rgb = torch.stack([coarse(view.rgb[..., c], view.cameras, _SIDE)[0] for c in range(3)], dim=-1).reshape(-1, 3)
    bounds = (np.float32(rule.agree), np.float32(SKY))
    count, difference = torch.zeros(2, len(points))
    for picture, stored, camera in zip(references.rgb, shown, references.cameras, strict=True):
        colours, shows = torch.zeros_like(points), torch.zeros(len(points), dtype=torch.bool)
        look_up(points.numpy(), views_of(camera)[0], picture.contiguous().numpy(), stored.contiguous().numpy(),
                bounds, colours.numpy(), shows.numpy())
        away = colours - rgb
        away -= _exposure(away[shows], rule.exposure)
        count += shows
        difference += away.abs().mean(dim=-1) * shows
    believed = (count > 0) & (difference < rule.colour * count)
    return spread(believed.reshape(depth.shape), depth, full, _SIDE)


def _exposure(away: Tensor, most: float) -> Tensor:
    """`[3]`: what all colours are off by, given differences `[N, 3]`: their median, within `most`."""
    some = away[:: max(1, len(away) // 2000)]
    return some.median(dim=0).values.clamp(-most, most) if len(some) >= _ENOUGH else torch.zeros(3)
