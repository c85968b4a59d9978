"""`render_labels`: which semantic class each pixel of a view of memory shows."""

from __future__ import annotations

import torch
from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.render.select import rasterization
from spatialmem.render.splats import MIN_COVERAGE
from spatialmem.splats import Splats

_CHANNELS = 3


@torch.no_grad()
def render_labels(splats: Splats, cameras: Cameras) -> Tensor:
    """`[T, H, W]` int32: the label that most of a pixel's light comes from; 0 = unknown or sky.

    Each Gaussian counts by its share in the pixel, as its colour does; of equal shares the smaller label
    wins. Where alpha is below `MIN_COVERAGE` nothing is known. Without gradients.
    """
    size = (len(cameras), cameras.height, cameras.width)
    best, most = splats.labels.new_zeros(size), splats.means.new_zeros(size)
    covered = torch.zeros_like(most)
    if len(splats) == 0:
        return best
    for group in torch.unique(splats.labels).split(_CHANNELS):
        shares, alpha = _shares(splats, cameras, group)
        share, channel = shares[..., : len(group)].max(dim=-1)
        won = share > most
        best, most, covered = torch.where(won, group[channel], best), torch.where(won, share, most), alpha
    return torch.where(covered >= MIN_COVERAGE, best, 0)


def _shares(splats: Splats, cameras: Cameras, group: Tensor) -> tuple[Tensor, Tensor]:
    """Light `[T, H, W, 3]` of up to three labels, and alpha `[T, H, W]`."""
    belongs = torch.zeros(len(splats), _CHANNELS, device=splats.means.device)
    belongs[:, : len(group)] = (splats.labels[:, None] == group).float()
    light, alpha, _ = rasterization(splats.means, splats.quats, splats.scales, splats.opacities, belongs,
                                    cameras.viewmats, cameras.Ks, cameras.width, cameras.height)
    return light, alpha[..., 0]
