"""A coarse grid over depth images: enough to ask which surfaces a frame saw."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from spatialmem.camera import Cameras

SIDE = 80

SAME = 0.06
"""Share of the depth by which pixels of one surface differ at most from the sample nearest to them."""


def coarse(depth: Tensor, cameras: Cameras, side: int = SIDE) -> tuple[Tensor, Cameras]:
    """Every s-th pixel of `depth` `[T, H, W]` `[T, h, w]` and cameras whose pixels are just those.

    s is such that a row has about `side` samples. Samples are taken, not averaged: a mean across an edge
    is the depth of nothing.
    """
    step = max(1, cameras.width // side)
    first = min(step // 2, cameras.height - 1)
    sampled = depth[:, first::step, first::step].contiguous()
    K = cameras.K.clone()
    K[:, 0, 0] /= step
    K[:, 1, 1] /= step
    K[:, :2, 2] = (K[:, :2, 2] - first - 0.5) / step + 0.5
    height, width = sampled.shape[1:]
    return sampled, replace(cameras, K=K, height=height, width=width)


def spread(verdict: Tensor, sampled: Tensor, depth: Tensor, side: int = SIDE) -> Tensor:
    """A bool `verdict` on the samples `[T, h, w]`, for all pixels of `depth` `[T, H, W]`.

    Each pixel takes the verdict on the nearest in depth of the four samples around it, so that what was
    decided for one surface does not bleed onto another across an edge. One that has none of its own surface
    near by gets False.

    Args:
        verdict: of each sample.
        sampled: the samples' depth, as `coarse` gave it for `side`.
        depth: in metres.
        side: as for `coarse`.
    """
    step = max(1, depth.shape[2] // side)
    if step == 1:
        return verdict
    from spatialmem.memory.sightings_cpu import take_over  # compiles, and loads what that takes

    chosen = torch.zeros_like(depth, dtype=torch.bool)
    take_over(verdict.contiguous().numpy(), sampled.contiguous().numpy(), depth.contiguous().numpy(),
              (step, min(step // 2, depth.shape[1] - 1)), np.float32(SAME), chosen.numpy())
    return chosen
