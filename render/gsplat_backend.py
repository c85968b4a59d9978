"""The CUDA backend: gsplat's own rasterisation. Imported only where CUDA tensors are rasterised."""

from __future__ import annotations

import gsplat
from torch import Tensor

from spatialmem.render.inputs import Inputs
from spatialmem.render.settings import Settings


def rasterization(inputs: Inputs, settings: Settings) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
    """Images `[C, H, W, D]`, alphas `[C, H, W, 1]` and meta (`radii`, `depths`) of validated CUDA tensors.

    Not packed, so that meta has a row per camera and Gaussian as on the CPU.
    """
    renders, alphas, meta = gsplat.rasterization(
        inputs.means,
        inputs.quats,
        inputs.scales,
        inputs.opacities,
        inputs.colors,
        inputs.viewmats,
        inputs.Ks,
        settings.width,
        settings.height,
        near_plane=settings.near_plane,
        far_plane=settings.far_plane,
        radius_clip=settings.radius_clip,
        eps2d=settings.eps2d,
        packed=False,
        render_mode=settings.render_mode,
    )
    return renders, alphas, {"radii": meta["radii"], "depths": meta["depths"].detach()}
