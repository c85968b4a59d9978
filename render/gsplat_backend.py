"""The CUDA backend: gsplat's own rasterisation. Imported only where CUDA tensors are rasterised."""

from __future__ import annotations

import gsplat

from spatialmem.render import reference
from spatialmem.render.inputs import MAX_CHANNELS, Inputs
from spatialmem.render.settings import Settings
from spatialmem.render.steps import Projection, Rendering, rasterize


def rasterization(inputs: Inputs, settings: Settings, sh_degree: int | None) -> Rendering:
    """Images, alphas and the projection between, of CUDA tensors whose shapes were checked.

    Raises:
        InvalidValueError: an input is not finite.
    """
    if not (len(inputs.means) and len(inputs.viewmats)):
        # gsplat divides by the number of Gaussians; of an empty scene every backend shows the same.
        return rasterize(reference.STEPS, inputs, settings, sh_degree)
    inputs.check_finite()
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
        sh_degree=sh_degree,
        packed=settings.packed,
        backgrounds=inputs.backgrounds,
        render_mode=settings.render_mode,
        absgrad=settings.absgrad,
        rasterize_mode="antialiased" if settings.antialiased else "classic",
        channel_chunk=MAX_CHANNELS + 1,  # in one pass, with depth: of several, absgrad would be the last one's
    )
    return renders, alphas, Projection(meta["means2d"], meta["conics"], meta["depths"], meta["radii"], None,
                                       meta["camera_ids"], meta["gaussian_ids"], kept=None)
