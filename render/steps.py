"""What a backend is made of, and how its steps make images: project, colour, composite."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad

from spatialmem.errors import InvalidValueError
from spatialmem.render.inputs import Inputs
from spatialmem.render.settings import Settings


class Projection(NamedTuple):
    """Gaussians in the images, a row per (camera, Gaussian): all, `[C, N, ...]`, or, packed, the visible `[R, ...]`.

    Packed rows are ordered by camera, then by Gaussian. Rows that are not visible hold any finite values.
    """

    means2d: Tensor
    """`[..., 2]` centres, px."""
    conics: Tensor
    """`[..., 3]` inverse covariances xx, xy, yy, px⁻²."""
    depths: Tensor
    """`[...]` z-depths."""
    radii: Tensor
    """`[..., 2]` int32 half sizes of the drawn box, px; 0 = not visible."""
    compensations: Tensor | None
    """`[...]` root of the determinant before `eps2d` over that after it; None unless antialiased."""
    camera_ids: Tensor | None
    """`[R]` int64 if packed, else None."""
    gaussian_ids: Tensor | None
    """`[R]` int64 if packed, else None."""
    kept: Any
    """What the backend carries from projecting to compositing."""


Rendering = tuple[Tensor, Tensor, Projection]
"""Images `[C, H, W, D']`, alphas `[C, H, W, 1]` and the Gaussians in them."""


class Steps(NamedTuple):
    """A backend: differentiable steps with tensors between them, which losses may use too."""

    project: Callable[[Inputs, Settings], Projection]
    """The Gaussians in the images."""
    harmonics: Callable[[int, Tensor, Tensor, Tensor, Tensor], Tensor]
    """(degree, means `[N, 3]`, camera centres `[C, 3]`, coefficients `[N, K, 3]` or `[C, N, K, 3]`, visible
    `[C, N]` bool) to colours `[C, N, 3]`: max(sum of harmonics + 1/2, 0); any finite value where not visible."""
    composite: Callable[[Projection, Tensor | None, Tensor, Settings], tuple[Tensor, Tensor]]
    """(projection, colours `[C or 1, N, D]` or None in the modes of depth alone, opacities `[N]`, settings) to images
    `[C, H, W, D']`, depth as the last channel where the mode has it, and alphas `[C, H, W, 1]`."""
    checks_finite: frozenset[str] = frozenset()
    """The inputs that `project` itself refuses where they are not finite."""


def rasterize(steps: Steps, inputs: Inputs, settings: Settings, sh_degree: int | None) -> Rendering:
    """Images, alphas and the projection between, by the steps of one backend, of inputs whose shapes were checked.

    Raises:
        InvalidValueError: an input is not finite, or a camera has no centre.
    """
    inputs.check_finite(but=steps.checks_finite)
    projection = steps.project(inputs, settings)
    colors = _colours(steps, inputs, projection, sh_degree) if settings.has_colour else None
    renders, alphas = steps.composite(projection, colors, inputs.opacities, settings)
    if inputs.backgrounds is not None and settings.has_colour:
        behind = pad(inputs.backgrounds, (0, int(settings.has_depth)))  # depth has no background
        renders = torch.addcmul(renders, 1 - alphas, behind[:, None, None, :])
    return renders, alphas, projection


def _colours(steps: Steps, inputs: Inputs, projection: Projection, sh_degree: int | None) -> Tensor:
    """`[C, N, D]`, or `[1, N, D]` where all cameras see the same."""
    if sh_degree is None:
        return inputs.colors if inputs.colors.ndim == 3 else inputs.colors[None]
    visible = _visible(projection, inputs.viewmats.shape[0], inputs.means.shape[0])
    return steps.harmonics(sh_degree, inputs.means, _centres(inputs.viewmats), inputs.colors, visible)


def _centres(viewmats: Tensor) -> Tensor:
    """Camera centres `[C, 3]` in the world frame."""
    inverse, failed = torch.linalg.inv_ex(viewmats)
    if bool(failed.any()):
        raise InvalidValueError("viewmats: every matrix must have an inverse, because spherical harmonics need the "
                                "camera's centre; pass world-to-camera poses")
    centres: Tensor = inverse[:, :3, 3]
    return centres


def _visible(projection: Projection, cameras: int, count: int) -> Tensor:
    """`[C, N]` bool."""
    if projection.camera_ids is None or projection.gaussian_ids is None:
        return (projection.radii > 0).all(-1)
    visible = torch.zeros(cameras, count, dtype=torch.bool, device=projection.radii.device)
    visible[projection.camera_ids, projection.gaussian_ids] = True
    return visible
