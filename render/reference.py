"""The standard that other backends are held to: plain PyTorch, any float dtype, gradients by autograd.

Slow. It follows gsplat 1.5.3's formulas: EWA projection with clamped slopes, `eps2d` added to the
image covariance, alpha = min(0.999, o exp(-s)) drawn from 1/255 on, Gaussians in stable order of
depth, and a pixel finished before its transmittance would fall to 1e-4.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.utils.checkpoint import checkpoint

from spatialmem.render.harmonics import harmonics
from spatialmem.render.projection import MIN_ALPHA, project
from spatialmem.render.settings import Settings
from spatialmem.render.steps import Projection, Steps

TILE = 16
_MAX_ALPHA, _MIN_TRANSMITTANCE = 0.999, 1e-4
_MIN_COVERAGE = 1e-10


class _Drawn(NamedTuple):
    """Gaussians of one camera, `[n, ...]`, nearest first."""

    centres: Tensor
    conics: Tensor
    opacities: Tensor
    features: Tensor
    radii: Tensor


def composite(projection: Projection, colors: Tensor | None, opacities: Tensor,
              settings: Settings) -> tuple[Tensor, Tensor]:
    """Images `[C, H, W, D']` and alphas `[C, H, W, 1]` of projected Gaussians."""
    if settings.absgrad:
        projection = projection._replace(means2d=_WithAbsolute.apply(projection.means2d))  # type: ignore[no-untyped-call]
    channels = (0 if colors is None else colors.shape[-1]) + int(settings.has_depth) + 1
    images = [opacities.new_zeros(0, settings.height, settings.width, channels)]
    for c in range(projection.kept):
        seen = None if colors is None else colors[c if len(colors) > 1 else 0]
        images.append(_image(_drawn(projection, c, seen, opacities, settings), settings)[None])
    sums = torch.cat(images)
    renders, alphas = sums[..., :-1], sums[..., -1:]
    if settings.expected:
        renders = torch.cat([renders[..., :-1], renders[..., -1:] / alphas.clamp(min=_MIN_COVERAGE)], -1)
    return renders, alphas


def _drawn(projection: Projection, camera: int, colors: Tensor | None, opacities: Tensor,
           settings: Settings) -> _Drawn:
    """What one camera sees, with `colors` `[N, D]`; features are colour, depth, and 1 for alpha."""
    rows, ids = _order(projection, camera)
    depths = projection.depths[rows][:, None]
    features = [*([] if colors is None else [colors[ids]]), *([depths] if settings.has_depth else []),
                torch.ones_like(depths)]
    opacities = opacities[ids]
    if projection.compensations is not None:
        opacities = opacities * projection.compensations[rows]
    return _Drawn(projection.means2d[rows], projection.conics[rows], opacities, torch.cat(features, 1),
                  projection.radii[rows])


def _order(projection: Projection, camera: int) -> tuple[tuple[int | Tensor, ...], Tensor]:
    """Indices into the projection of what one camera sees, nearest first, and of which Gaussians that is `[n]`."""
    if projection.camera_ids is None or projection.gaussian_ids is None:
        ids = torch.nonzero((projection.radii[camera] > 0).all(-1))[:, 0]
        ids = ids[torch.argsort(projection.depths[camera, ids].detach(), stable=True)]
        return (camera, ids), ids
    rows = torch.nonzero(projection.camera_ids == camera)[:, 0]
    rows = rows[torch.argsort(projection.depths[rows].detach(), stable=True)]
    return (rows,), projection.gaussian_ids[rows]


def _image(drawn: _Drawn, settings: Settings) -> Tensor:
    """Sums `[H, W, F]` of features over all Gaussians; one tile at a time in memory."""
    rows = []
    for top in range(0, settings.height, TILE):
        row = []
        for left in range(0, settings.width, TILE):
            pixels = _pixels(left, top, settings, drawn.centres)
            near = torch.nonzero(_touches(pixels, drawn.centres[:, :2].detach(), drawn.radii))[:, 0]
            # Recomputed in the backward pass: kept, the weights of all tiles would fill gigabytes.
            row.append(checkpoint(_blend, pixels, *(x[near] for x in drawn[:4]), use_reentrant=False,
                                  preserve_rng_state=False))
        rows.append(torch.cat(row, 1))
    return torch.cat(rows, 0)


def _pixels(left: int, top: int, settings: Settings, like: Tensor) -> Tensor:
    """Pixel centres `[h, w, 2]` (x, y) of the tile with this corner."""
    x = torch.arange(left, min(left + TILE, settings.width), device=like.device, dtype=like.dtype) + 0.5
    y = torch.arange(top, min(top + TILE, settings.height), device=like.device, dtype=like.dtype) + 0.5
    return torch.stack(torch.meshgrid(x, y, indexing="xy"), -1)


def _touches(pixels: Tensor, centres: Tensor, radii: Tensor) -> Tensor:
    """Which boxes of `radii` around `centres` hold pixels of the tile."""
    return ((centres + radii >= pixels[0, 0]) & (centres - radii <= pixels[-1, -1])).all(1)


def _blend(pixels: Tensor, centres: Tensor, conics: Tensor, opacities: Tensor, features: Tensor) -> Tensor:
    """Sums `[h, w, F]` over Gaussians, nearest first, of alpha times transmittance times feature."""
    dx, dy = _Offsets.apply(pixels, centres).unbind(-1)  # type: ignore[no-untyped-call]
    exponent = 0.5 * (conics[:, 0] * dx * dx + conics[:, 2] * dy * dy) + conics[:, 1] * dx * dy
    alpha = (opacities * torch.exp(-exponent)).clamp(max=_MAX_ALPHA)
    alpha = torch.where(alpha >= MIN_ALPHA, alpha, torch.zeros_like(alpha))
    after = torch.cumprod(1 - alpha, -1)
    before = torch.cat([torch.ones_like(after[..., :1]), after[..., :-1]], -1)
    # Transmittance only falls, so this drops the Gaussian that would finish a pixel and all behind it.
    weights = torch.where(after > _MIN_TRANSMITTANCE, alpha * before, torch.zeros_like(alpha))
    return weights @ features


class _WithAbsolute(torch.autograd.Function):
    """Centres `[..., 2]` and two columns more whose "gradients" are the absolute ones of the pixels, summed.

    The backward pass leaves those in the centres' attribute `absgrad`, where gsplat's strategies look for them.
    """

    @staticmethod
    def forward(ctx: Any, means2d: Tensor) -> Tensor:  # pyright: ignore
        ctx.means2d = means2d
        return torch.cat([means2d, torch.zeros_like(means2d)], -1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_columns: Tensor) -> Tensor:  # pyright: ignore
        ctx.means2d.absgrad = d_columns[..., 2:]
        return d_columns[..., :2]


class _Offsets(torch.autograd.Function):
    """From centres `[n, 2]`, or with columns for absolute gradients `[n, 4]`, to pixels `[h, w, 2]`: `[h, w, n, 2]`."""

    @staticmethod
    def forward(ctx: Any, pixels: Tensor, centres: Tensor) -> Tensor:  # pyright: ignore
        ctx.absolute = centres.shape[1] > 2
        return pixels[:, :, None, :] - centres[:, :2]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_offsets: Tensor) -> tuple[None, Tensor]:  # pyright: ignore
        d_centres = -d_offsets.sum((0, 1))
        return None, torch.cat([d_centres, d_offsets.abs().sum((0, 1))], 1) if ctx.absolute else d_centres


STEPS = Steps(project, harmonics, composite)
