"""`render_labels`: which semantic class each pixel of a view of memory shows."""

from __future__ import annotations

import torch
from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.render.inputs import MAX_CHANNELS
from spatialmem.render.select import rasterization
from spatialmem.render.splats import MIN_COVERAGE
from spatialmem.splats import Splats


@torch.no_grad()
def render_labels(splats: Splats, cameras: Cameras) -> Tensor:
    """`[T, H, W]` int32: the label that most of a pixel's light comes from; 0 = unknown or sky.

    Each Gaussian counts by its share in the pixel, as its colour does; of equal shares the smaller label
    wins. Where alpha is below `MIN_COVERAGE` nothing is known. Without gradients.
    """
    size = (len(cameras), cameras.height, cameras.width)
    best, most = splats.labels.new_zeros(size), splats.means.new_zeros(size)
    for group in torch.unique(splats.labels).split(MAX_CHANNELS) if len(splats) else ():
        # A channel for each label, so that a pixel's channels are its labels' shares.
        belongs = (splats.labels[:, None] == group).to(splats.means.dtype)
        shares, alphas, _ = rasterization(splats.means, splats.quats, splats.scales, splats.opacities, belongs,
                                          cameras.viewmats, cameras.Ks, cameras.width, cameras.height)
        share, channel = shares.max(dim=-1)
        best = torch.where(share > most, group[channel], best)
        most = torch.maximum(share, most)
        best = torch.where(alphas[..., 0] >= MIN_COVERAGE, best, 0)
    return best
