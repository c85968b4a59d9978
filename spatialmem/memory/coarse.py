"""A coarse grid over depth images: enough to ask which surfaces a frame saw."""

from __future__ import annotations

from dataclasses import replace

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
    height, width = depth.shape[1:]
    step = max(1, width // side)
    if step == 1:
        return verdict
    first = min(step // 2, height - 1)
    best = torch.full_like(depth, torch.inf)
    chosen = torch.zeros_like(depth, dtype=torch.bool)
    rows, columns = (_around(size, first, step, count) for size, count in zip((height, width), sampled.shape[1:],
                                                                             strict=True))
    for row in rows:
        for column in columns:
            away = (sampled[:, row][:, :, column] - depth).abs()
            nearer = away < best
            best = torch.where(nearer, away, best)
            chosen = torch.where(nearer, verdict[:, row][:, :, column], chosen)
    return chosen & (best <= SAME * depth)


def _around(size: int, first: int, step: int, count: int) -> tuple[Tensor, Tensor]:
    """Which of `count` samples stand before and after each of `size` pixels."""
    before = (torch.arange(size) - first) // step
    return before.clamp(0, count - 1), (before + 1).clamp(0, count - 1)
