"""`render_splats`: posed images of what memory holds."""

from __future__ import annotations

import torch

from spatialmem.camera import Cameras
from spatialmem.frames import Frames
from spatialmem.render.select import rasterization
from spatialmem.splats import Splats

MIN_COVERAGE = 0.5
"""Alpha below which a pixel's depth is unknown: most of what a camera would see there is not in memory,
so the mean depth of the rest may lie anywhere along the ray."""


@torch.no_grad()
def render_splats(splats: Splats, cameras: Cameras) -> Frames:
    """Frames of `splats` at `cameras`: rgb over black, 0..1; expected z-depth, metres; alpha.

    Depth is the mean over what is drawn, weighted as the colours are, and 0 (unknown) where alpha is
    below `MIN_COVERAGE`. Without gradients.
    """
    renders, alphas, _ = rasterization(splats.means, splats.quats, splats.scales, splats.opacities,
                                       splats.colors, cameras.viewmats, cameras.Ks, cameras.width,
                                       cameras.height, render_mode="RGB+ED")
    alpha = alphas[..., 0].clamp(0, 1)
    depth = torch.where(alpha >= MIN_COVERAGE, renders[..., 3], 0.0)
    return Frames(renders[..., :3].clamp(0, 1), cameras, depth=depth, alpha=alpha)
