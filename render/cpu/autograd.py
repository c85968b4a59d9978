"""The CPU backend's steps as PyTorch sees them: projecting and compositing, differentiable, over all cameras."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from spatialmem.render.cpu import gather, project_backward
from spatialmem.render.cpu.layout import F32, F64, TileLists, pack_camera
from spatialmem.render.cpu.pipeline import (
    Channels,
    Drawn,
    Wanted,
    block_count,
    differentiate_drawing,
    differentiate_projection,
    draw,
)
from spatialmem.render.cpu.views import Kept, as_gaussians, project_all, split
from spatialmem.render.cpu.workspace import WorkspacePool
from spatialmem.render.inputs import Inputs
from spatialmem.render.settings import Settings
from spatialmem.render.steps import Projection

_SCRATCH = WorkspacePool(keep=2)
_ARRAYS = 1 + len(TileLists._fields)
"""Arrays that the drawing of a camera leaves for its backward pass."""


def project(inputs: Inputs, settings: Settings) -> Projection:
    """The Gaussians in the images of float32 CPU tensors.

    Raises:
        InvalidValueError: means, quats, scales or opacities are not finite.
    """
    limits = (settings.near_plane, settings.far_plane, settings.eps2d, settings.radius_clip)
    cameras = [pack_camera(viewmat, K, settings.width, settings.height, limits)
               for viewmat, K in zip(inputs.viewmats.detach().numpy(), inputs.Ks.detach().numpy(), strict=True)]
    tensors, opacities = (inputs.means, inputs.quats, inputs.scales, inputs.viewmats), inputs.opacities.detach()
    if cameras and torch.is_grad_enabled() and any(x.requires_grad for x in tensors):
        return Projection(*_Project.apply(*tensors, opacities, cameras, settings))  # type: ignore[no-untyped-call]
    with torch.no_grad():
        return project_all(cameras, as_gaussians(*tensors[:3], opacities), len(opacities), settings, keep=False)


def composite(projection: Projection, colors: Tensor | None, opacities: Tensor,
              settings: Settings) -> tuple[Tensor, Tensor]:
    """Images `[C, H, W, D']` and alphas `[C, H, W, 1]` of projected Gaussians.

    Colours are `[C or 1, N, D]`, or None in the modes of depth alone. The projection's views are used up.

    Raises:
        InvalidValueError: the Gaussians cover so many tiles that they cannot be counted.
    """
    kept: Kept = projection.kept
    tensors = projection.means2d, projection.conics, projection.depths, projection.compensations, colors, opacities
    if kept.views and torch.is_grad_enabled() and any(x is not None and x.requires_grad for x in tensors):
        outputs = _Composite.apply(*tensors, kept, settings)  # type: ignore[no-untyped-call]
        return cast(tuple[Tensor, Tensor], outputs)
    with torch.no_grad():
        return _draw_all(kept, colors, len(opacities), settings, None)


class _Project(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, *arguments: Any) -> Projection:
        means, quats, scales, _, opacities, ctx.cameras, ctx.settings = arguments
        gaussians = as_gaussians(means, quats, scales, opacities)
        projection = project_all(ctx.cameras, gaussians, len(means), ctx.settings, keep=True)
        ctx.sizes = projection.kept.sizes
        # The arrays of a call share the inputs' memory; saving the tensors detects changes in place.
        ctx.save_for_backward(means, quats, scales, projection.kept.row_of)
        ctx.set_materialize_grads(False)
        ctx.mark_non_differentiable(*(x for x in (projection.radii, *projection[5:7]) if x is not None))
        return projection

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor | None) -> tuple[Tensor | None, ...]:  # pyright: ignore
        means, quats, scales, row_of = ctx.saved_tensors
        needed, (count, rows) = ctx.needs_input_grad, row_of.shape
        gaussians = as_gaussians(means, quats, scales, means.new_empty(0))
        out = [means.new_empty(rows if wanted else 0, columns)
               for wanted, columns in zip(needed, (3, 4, 3), strict=False)]
        cameras: F64 = np.zeros((count, block_count(rows) if needed[3] else 0, project_backward.CAMERA_ENTRIES))
        d_means, d_quats, d_scales = (x.numpy() for x in out)
        for c, each in enumerate(_row_gradients(ctx, gradients)):
            differentiate_projection(ctx.cameras[c], gaussians, row_of[c].numpy(), each, c > 0,
                                     project_backward.Gradients(d_means, d_quats, d_scales, cameras[c]))
        results = [x[: len(means)] if wanted else None for x, wanted in zip(out, needed, strict=False)]
        return *results, _view_gradients(cameras, means) if needed[3] else None, None, None, None


class _Composite(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, *arguments: Any) -> tuple[Tensor, Tensor]:
        means2d, conics, _, compensations, colors, opacities, kept, ctx.settings = arguments
        saved: list[Tensor] = []
        renders, alphas = _draw_all(kept, colors, len(opacities), ctx.settings, saved)
        ctx.sizes = kept.sizes
        # Whatever autograd saves it also frees, and with it the views' memory, when the graph is used up.
        ctx.save_for_backward(means2d, conics, compensations, colors, opacities, kept.row_of, renders, alphas, *saved)
        return renders, alphas

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore
        means2d, conics, compensations, colors, opacities, row_of, renders, alphas, *saved = ctx.saved_tensors
        settings, needed = ctx.settings, ctx.needs_input_grad
        d_renders, d_alphas = gradients[0].contiguous(), gradients[1].contiguous()
        rows = _fresh_rows(settings, means2d)
        d_colors = _fresh_colors(colors) if needed[4] else None
        d_opacities = opacities.new_empty(opacities.shape) if needed[5] else None
        wanted = _wanted(ctx.sizes, row_of, conics, compensations, opacities, rows, d_colors, d_opacities)
        for c, each in enumerate(wanted):
            records, *lists = (x.numpy() for x in saved[c * _ARRAYS : (c + 1) * _ARRAYS])
            with _SCRATCH.lease() as lease:
                differentiate_drawing(lease, Drawn(records, TileLists(*lists)),
                                      _channels(settings, colors, c, len(opacities)), renders[c].numpy(),
                                      alphas[c, ..., 0].numpy(), d_renders[c].numpy(), d_alphas[c, ..., 0].numpy(),
                                      each, c > 0)
        if settings.absgrad:
            means2d.absgrad = rows[4]
        return *rows[:4], d_colors, d_opacities, None, None


def _draw_all(kept: Kept, colors: Tensor | None, count: int, settings: Settings,
              saved: list[Tensor] | None) -> tuple[Tensor, Tensor]:
    """Draw all cameras; `saved` collects what backward needs, or is None and memory is given back."""
    size = (len(kept.views), settings.height, settings.width)
    channels = (0 if colors is None else colors.shape[2]) + int(settings.has_depth)
    # Not the caller's default dtype and device: the kernels know float32 in host memory.
    renders = torch.empty((*size, channels), dtype=torch.float32, device="cpu")
    alphas = torch.empty((*size, 1), dtype=torch.float32, device="cpu")
    for c in range(len(kept.views)):
        view = kept.take(c)
        drawn = draw(view, _channels(settings, colors, c, count), renders[c].numpy(), alphas[c, ..., 0].numpy(),
                     saved is not None)
        if saved is None:
            view.lease.release()
        else:
            saved += [view.lease.tensor(array) for array in (drawn.records, *drawn.lists)]
    return renders, alphas


def _channels(settings: Settings, colors: Tensor | None, camera: int, count: int) -> Channels:
    shown = np.empty((count, 0), np.float32) if colors is None else _of_camera(colors, camera)
    return Channels(shown, settings.has_depth, settings.expected)


def _of_camera(colors: Tensor, camera: int) -> F32:
    """`[N, D]` of `[C or 1, N, D]`."""
    array: F32 = colors[camera if len(colors) > 1 else 0].detach().contiguous().numpy()
    return array


def _fresh_rows(settings: Settings, means2d: Tensor) -> list[Tensor | None]:
    """Where gradients of means2d, conics, depths, compensations and the absolute ones go: None if there are none."""
    make = torch.Tensor.new_empty if settings.packed else torch.Tensor.new_zeros
    rows = means2d.shape[:-1]
    return [make(means2d, (*rows, 2)), make(means2d, (*rows, 3)), make(means2d, rows) if settings.has_depth else None,
            make(means2d, rows) if settings.antialiased else None,
            make(means2d, (*rows, 2)) if settings.absgrad else None]


def _fresh_colors(colors: Tensor) -> Tensor:
    """Cameras after the first add to what is there."""
    return colors.new_zeros(colors.shape) if len(colors) > 1 else colors.new_empty(colors.shape)


def _wanted(sizes: list[int], row_of: Tensor, conics: Tensor, compensations: Tensor | None, opacities: Tensor,
            rows: list[Tensor | None], d_colors: Tensor | None, d_opacities: Tensor | None) -> list[Wanted]:
    """The arrays of each camera."""
    out = d_opacities.numpy() if d_opacities is not None else np.empty(0, np.float32)
    none = np.empty((0, 0), np.float32)
    colors = [none if d_colors is None else _of_camera(d_colors, c) for c in range(len(sizes))]
    before = zip(split(conics, sizes, 3), split(compensations, sizes), strict=True)
    widths: list[tuple[int, ...]] = [(2,), (3,), (), (), (2,)]
    fresh = zip(*(split(x, sizes, *width) for x, width in zip(rows, widths, strict=True)), strict=True)
    return [Wanted(row_of[c].numpy(), *old, opacities.detach().contiguous().numpy(), gather.RowGradients(*new),
                   gather.GaussianGradients(colors[c], out))
            for c, (old, new) in enumerate(zip(before, fresh, strict=True))]


def _row_gradients(ctx: Any, gradients: tuple[Tensor | None, ...]) -> list[project_backward.RowGradients]:
    """The gradients of each camera's rows: zeros where the loss does not depend on them."""
    total = sum(ctx.sizes)
    means2d, conics, depths, _, compensations, *_ = gradients
    means2d = torch.zeros(total, 2, dtype=torch.float32, device="cpu") if means2d is None else means2d
    conics = torch.zeros(total, 3, dtype=torch.float32, device="cpu") if conics is None else conics
    depths = torch.zeros(total, dtype=torch.float32, device="cpu") if depths is None else depths
    parts = zip(split(means2d, ctx.sizes, 2), split(conics, ctx.sizes, 3), split(depths, ctx.sizes),
                split(compensations, ctx.sizes), strict=True)
    return [project_backward.RowGradients(*part) for part in parts]


def _view_gradients(cameras: F64, like: Tensor) -> Tensor:
    """`[C, 4, 4]` from sums per block, added in their order; the last row of a view matrix has no part."""
    gradients = like.new_zeros(len(cameras), 4, 4)
    gradients[:, :3] = torch.from_numpy(cameras.sum(1)).reshape(-1, 3, 4)
    return gradients
