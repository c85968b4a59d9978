"""The CPU backend as PyTorch sees it: one differentiable function over all cameras."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from spatialmem.render.cpu.layout import F32, Channels, Gaussians, pack_camera
from spatialmem.render.cpu.pipeline import View, differentiate, render
from spatialmem.render.cpu.project_backward import Gradients
from spatialmem.render.cpu.simd import LANES
from spatialmem.render.cpu.workspace import WorkspacePool
from spatialmem.render.inputs import Inputs
from spatialmem.render.settings import Settings

_POOL = WorkspacePool(keep=8)
_CHANNELS = {"RGB": Channels(0, 3, False), "D": Channels(3, 1, False), "ED": Channels(3, 1, True),
             "RGB+D": Channels(0, 4, False), "RGB+ED": Channels(0, 4, True)}


_Outputs = tuple[Tensor, Tensor, Tensor, Tensor]
"""Images, alphas, radii, depths."""


@dataclass(frozen=True)
class _Call:
    """What a call holds besides tensors that may need gradients."""

    cameras: list[F32]
    channels: Channels
    width: int
    height: int


def rasterization(inputs: Inputs, settings: Settings) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
    """Images `[C, H, W, D]`, alphas `[C, H, W, 1]` and meta of float32 CPU tensors that were validated.

    Meta holds `radii` `[C, N, 2]` int32 (pixels; 0 = not visible) and `depths` `[C, N]` (metres; 0 = not
    visible).
    """
    limits = (settings.near_plane, settings.far_plane, settings.eps2d, settings.radius_clip)
    cameras = [pack_camera(viewmat, K, settings.width, settings.height, limits)
               for viewmat, K in zip(inputs.viewmats.numpy(), inputs.Ks.numpy(), strict=True)]
    call = _Call(cameras, _CHANNELS[settings.render_mode], settings.width, settings.height)
    rows = inputs.means.shape[0]
    gaussians = list(inputs[:5])
    if rows < LANES:
        # Kernels work on eight rows at a time; the added rows have opacity 0 and are never seen.
        gaussians = [torch.cat([x, x.new_zeros(LANES - rows, *x.shape[1:])]) for x in gaussians]
    if cameras and torch.is_grad_enabled() and any(x.requires_grad for x in gaussians):
        outputs = cast(_Outputs, _Rasterize.apply(*gaussians, call))  # type: ignore[no-untyped-call]
    else:
        with torch.no_grad():
            outputs = _forward(call, _as_arrays(gaussians), None)
    renders, alphas, radii, depths = outputs
    return renders, alphas, {"radii": radii[:, :rows], "depths": depths[:, :rows]}


class _Rasterize(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, *arguments: Any) -> _Outputs:
        inputs, ctx.call = arguments[:5], arguments[5]
        ctx.gaussians, ctx.views = _as_arrays(inputs), []
        renders, alphas, radii, depths = _forward(ctx.call, ctx.gaussians, ctx.views)
        ctx.mark_non_differentiable(radii, depths)
        # The arrays in ctx share the inputs' memory; saving the tensors detects changes in place.
        ctx.save_for_backward(*inputs, renders, alphas)
        return renders, alphas, radii, depths

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore
        *inputs, renders, alphas = ctx.saved_tensors
        d_renders, d_alphas = gradients[0].contiguous(), gradients[1].contiguous()
        total: list[Tensor | None] = []
        for c, view in enumerate(ctx.views):
            fresh = [torch.empty_like(x, memory_format=torch.contiguous_format) if needed else None
                     for x, needed in zip(inputs, ctx.needs_input_grad, strict=False)]
            differentiate(view, ctx.gaussians, ctx.call.channels, renders[c].numpy(),
                          alphas[c, ..., 0].numpy(), d_renders[c].numpy(), d_alphas[c, ..., 0].numpy(),
                          _writable(fresh))
            total = fresh if c == 0 else _added(total, fresh)
        return *total, None


def _forward(call: _Call, gaussians: Gaussians, views: list[View] | None) -> _Outputs:
    """Render all cameras; `views` collects what backward needs, or is None and memory is reused."""
    count, rows = len(call.cameras), gaussians.means.shape[0]
    # Not the caller's default dtype and device: the kernels know float32 and int32 in host memory.
    fresh = partial(torch.empty, dtype=torch.float32, device="cpu")
    renders = fresh((count, call.height, call.width, call.channels.number))
    alphas = fresh((count, call.height, call.width, 1))
    radii = fresh((count, rows, 2), dtype=torch.int32)
    depths = fresh((count, rows))
    for c, camera in enumerate(call.cameras):
        lease = _POOL.lease()
        view = render(lease, camera, gaussians, call.channels, renders[c].numpy(), alphas[c, ..., 0].numpy(),
                      radii[c].numpy(), depths[c].numpy())
        if views is None:
            lease.release()
        else:
            views.append(view)
    return renders, alphas, radii, depths


def _as_arrays(inputs: Any) -> Gaussians:
    means, quats, scales, opacities, colors = (x.detach().contiguous() for x in inputs)
    return Gaussians(means.numpy(), quats.numpy(), scales.numpy(), opacities.numpy(),
                     torch.log(opacities).numpy(), colors.numpy())


def _added(total: list[Tensor | None], more: list[Tensor | None]) -> list[Tensor | None]:
    return [a if a is None or b is None else a.add_(b) for a, b in zip(total, more, strict=True)]


def _writable(gradients: list[Tensor | None]) -> Gradients:
    """The gradients as arrays; those that are not wanted have no rows."""
    shapes = ((0, 3), (0, 4), (0, 3), (0,), (0, 3))
    return Gradients(*(np.empty(shape, np.float32) if g is None else g.numpy()
                       for g, shape in zip(gradients, shapes, strict=True)))
