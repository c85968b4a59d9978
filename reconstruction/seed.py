"""New Gaussians for the pixels that memory does not explain yet."""

from __future__ import annotations

import torch
from torch import Tensor

from spatialmem.camera import Cameras, unproject
from spatialmem.frames import Frames
from spatialmem.poses import quat_from_matrix
from spatialmem.reconstruction.config import FusionConfig
from spatialmem.reconstruction.loss import backdrop_depth
from spatialmem.reconstruction.normals import surface_normals
from spatialmem.splats import Splats


def unexplained(frame: Frames, view: Frames, config: FusionConfig) -> Tensor:
    """Pixels `[1, H, W]` bool of `frame` that need new Gaussians, given memory's render `view`.

    A pixel is new where memory covers little, or where it shows a surface behind the observed one.
    Where memory shows a surface in front of the observed one it contradicts: see `contradicted`.
    Moving content (`frame.dynamic`) is never new.
    """
    depth, remembered, alpha = _layers(frame, view)
    uncovered = alpha < config.covered
    hidden = (depth > 0) & (remembered > depth * (1 + config.depth_tolerance))
    new = uncovered | hidden
    return new if frame.dynamic is None else new & ~frame.dynamic


def contradicted(frame: Frames, view: Frames, config: FusionConfig) -> Tensor:
    """Pixels `[1, H, W]` bool where memory claims a surface in free space before the observed one."""
    depth, remembered, alpha = _layers(frame, view)
    in_front = (remembered > 0) & (remembered < depth * (1 - config.depth_tolerance))
    return in_front & (alpha > 1 - config.covered / 2)


def seed(frame: Frames, new: Tensor, *, config: FusionConfig) -> Splats:
    """One flat, surface-aligned Gaussian per pixel of `new` `[1, H, W]`, `clip` -1.

    A pixel with unknown depth is placed on a backdrop behind all that the frame sees, with
    confidence 0: its colour is known, its place is not (sky, glass, sensor holes).
    """
    observed = frame.depth if frame.depth is not None else torch.zeros_like(frame.rgb[..., 0])
    known = observed > 0
    depth = torch.where(known, observed, backdrop_depth(observed, config)[:, None, None])
    points = unproject(depth, frame.cameras)
    normals = surface_normals(depth, frame.cameras)[new]
    means = points[new]
    ray = torch.nn.functional.normalize(means - frame.cameras.centres.to(means), dim=-1)
    flat = (depth * _pixel_angle(frame.cameras))[new] * config.footprint
    slant = (1 / (normals * ray).sum(-1).abs().clamp(min=1e-3)).clamp(max=config.slant)
    count = means.shape[0]
    return Splats(
        means=means,
        quats=_aligned(normals, ray),
        scales=torch.stack([flat * slant, flat, flat * config.flatness], dim=-1),
        opacities=torch.full((count,), config.opacity),
        colors=frame.rgb[new],
        clip=torch.full((count,), -1, dtype=torch.int32),
        seen=torch.zeros(count, dtype=torch.int32),
        confidence=torch.where(known[new], 1.0, 0.0) * config.first_confidence,
        generated=torch.zeros(count, dtype=torch.bool),
        labels=torch.zeros(count, dtype=torch.int32) if frame.labels is None else frame.labels[new].to(torch.int32),
    )


def _pixel_angle(cameras: Cameras) -> Tensor:
    """Size of a pixel at unit depth, `[T, 1, 1]`: the geometric mean of both axes."""
    focal = (cameras.K[:, 0, 0] * cameras.K[:, 1, 1]).sqrt()
    return (1 / focal).to(torch.float32)[:, None, None]


def _aligned(normals: Tensor, ray: Tensor) -> Tensor:
    """Quaternions wxyz `[N, 4]`: z along `normals` `[N, 3]`, x down the slope as seen along `ray` `[N, 3]`."""
    slope = ray - normals * (normals * ray).sum(-1, keepdim=True)
    steep = slope.norm(dim=-1, keepdim=True) > 1e-4
    spare = torch.zeros_like(normals).scatter_(1, normals.abs().argmin(dim=-1, keepdim=True), 1.0)
    spare = spare - normals * (normals * spare).sum(-1, keepdim=True)
    x = torch.nn.functional.normalize(torch.where(steep, slope, spare), dim=-1)
    return quat_from_matrix(torch.stack([x, torch.linalg.cross(normals, x), normals], dim=-1))


def _layers(frame: Frames, view: Frames) -> tuple[Tensor, Tensor, Tensor]:
    zeros = torch.zeros_like(frame.rgb[..., 0])
    return (frame.depth if frame.depth is not None else zeros,
            view.depth if view.depth is not None else zeros,
            view.alpha if view.alpha is not None else zeros)
