"""A coarse grid over depth images: enough to ask which surfaces a frame saw."""

from dataclasses import replace

from torch import Tensor

from spatialmem.camera import Cameras

SIDE = 80


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
