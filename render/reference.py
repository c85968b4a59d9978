"""The standard that other backends are held to: plain PyTorch, any float dtype, gradients by autograd.

Slow. It follows gsplat 1.5.3's formulas: EWA projection with clamped slopes, `eps2d` added to the
image covariance, alpha = min(0.999, o exp(-s)) drawn from 1/255 on, Gaussians in stable order of
depth, and a pixel finished before its transmittance would fall to 1e-4.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import normalize
from torch.utils.checkpoint import checkpoint

from spatialmem.render.inputs import Inputs
from spatialmem.render.settings import Settings

TILE = 16
_MIN_ALPHA, _MAX_ALPHA, _MIN_TRANSMITTANCE = 1 / 255, 0.999, 1e-4
_MIN_DETERMINANT, _MIN_COVERAGE = 1e-10, 1e-10


class Projection(NamedTuple):
    """Gaussians in one camera's image: centres `[N, 2]` px, inverse covariances (xx, xy, yy) `[N, 3]`,
    z-depths `[N]`, radii `[N, 2]` whole px, 0 = not visible."""

    centres: Tensor
    conics: Tensor
    depths: Tensor
    radii: Tensor


def rasterization(inputs: Inputs, settings: Settings) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
    """Images `[C, H, W, D]`, alphas `[C, H, W, 1]` and meta (`radii`, `depths`) of validated tensors."""
    channels, projections = [], []
    for c in range(inputs.viewmats.shape[0]):
        projection = project(inputs, c, settings)
        projections.append(projection)
        depth = projection.depths[:, None]
        features = torch.cat([inputs.colors, depth, torch.ones_like(depth)], 1)
        channels.append(_composite(projection, inputs.opacities, features, settings))
    empty = inputs.means.new_zeros
    image = torch.stack(channels) if channels else empty(0, settings.height, settings.width, 5)
    depths = torch.stack([p.depths for p in projections]) if projections else empty(0, inputs.means.shape[0])
    radii = torch.stack([p.radii for p in projections]) if projections else empty(0, inputs.means.shape[0], 2)
    meta = {"radii": radii.to(torch.int32), "depths": depths.detach()}
    alphas = image[..., 4:]
    return _select(image, alphas, settings.render_mode), alphas, meta


def project(inputs: Inputs, camera: int, settings: Settings) -> Projection:
    """The Gaussians in the image of one camera (Zwicker et al., "EWA splatting", 2002)."""
    K, T_cam_world = inputs.Ks[camera], inputs.viewmats[camera]
    focal, centre = K[[0, 1], [0, 1]], K[:2, 2]
    size = K.new_tensor([settings.width, settings.height])
    local = inputs.means @ T_cam_world[:3, :3].T + T_cam_world[:3, 3]
    z = local[:, 2]
    visible = (z >= settings.near_plane) & (z <= settings.far_plane) & (inputs.opacities >= _MIN_ALPHA)
    # Rows that are not drawn get a harmless depth, so that no NaN enters the gradients of the others.
    safe = torch.where(visible, z, torch.ones_like(z))
    slopes = local[:, :2] / safe[:, None]
    margin = 0.15 * size / focal
    clamped = torch.minimum(torch.maximum(slopes, -centre / focal - margin), (size - centre) / focal + margin)
    root = T_cam_world[:3, :3] @ (_rotations(inputs.quats) * inputs.scales[:, None, :])
    image_root = (focal / safe[:, None])[:, :, None] * (root[:, :2] - clamped[:, :, None] * root[:, 2:])
    covariance = image_root @ image_root.transpose(1, 2) + settings.eps2d * torch.eye(2).to(K)
    xx, xy, yy = covariance[:, 0, 0], covariance[:, 0, 1], covariance[:, 1, 1]
    determinant = (xx * yy - xy * xy).clamp(min=_MIN_DETERMINANT)
    centres = slopes * focal + centre
    with torch.no_grad():
        extent = (2 * torch.log(255 * inputs.opacities.clamp(min=_MIN_ALPHA))).clamp(min=0).sqrt()
        radii = torch.ceil(extent[:, None] * torch.stack([xx, yy], 1).sqrt())
        inside = ((centres + radii > 0) & (centres - radii < size)).all(1)
        large = (radii > settings.radius_clip).any(1)
        radii = torch.where((visible & inside & large)[:, None], radii, torch.zeros_like(radii))
    return Projection(centres, torch.stack([yy, -xy, xx], 1) / determinant[:, None], z, radii)


def _rotations(quats: Tensor) -> Tensor:
    """Rotation matrices `[N, 3, 3]` of quaternions wxyz `[N, 4]` of any length."""
    w, x, y, z = normalize(quats, dim=1).unbind(1)
    rows = [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y),
            2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
            2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)]
    return torch.stack(rows, 1).reshape(-1, 3, 3)


def _composite(projection: Projection, opacities: Tensor, features: Tensor, settings: Settings) -> Tensor:
    """Sums `[H, W, F]` of features `[N, F]` over all Gaussians; one tile at a time in memory."""
    shown = torch.nonzero(projection.radii.amin(1) > 0)[:, 0]
    order = shown[torch.argsort(projection.depths[shown].detach(), stable=True)]
    gaussians = (projection.centres[order], projection.conics[order], opacities[order], features[order])
    radii, rows = projection.radii[order], []
    for top in range(0, settings.height, TILE):
        row = []
        for left in range(0, settings.width, TILE):
            pixels = _pixels(left, top, settings, radii)
            near = torch.nonzero(_touches(pixels, gaussians[0].detach(), radii))[:, 0]
            # Recomputed in the backward pass: kept, the weights of all tiles would fill gigabytes.
            row.append(checkpoint(_blend, pixels, *(x[near] for x in gaussians), use_reentrant=False,
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
    dx, dy = (pixels[:, :, None, :] - centres).unbind(-1)
    exponent = 0.5 * (conics[:, 0] * dx * dx + conics[:, 2] * dy * dy) + conics[:, 1] * dx * dy
    alpha = (opacities * torch.exp(-exponent)).clamp(max=_MAX_ALPHA)
    alpha = torch.where(alpha >= _MIN_ALPHA, alpha, torch.zeros_like(alpha))
    after = torch.cumprod(1 - alpha, -1)
    before = torch.cat([torch.ones_like(after[..., :1]), after[..., :-1]], -1)
    # Transmittance only falls, so this drops the Gaussian that would finish a pixel and all behind it.
    weights = torch.where(after > _MIN_TRANSMITTANCE, alpha * before, torch.zeros_like(alpha))
    return weights @ features


def _select(image: Tensor, alphas: Tensor, render_mode: str) -> Tensor:
    rgb, depth = image[..., :3], image[..., 3:4]
    if render_mode.endswith("ED"):
        depth = depth / alphas.clamp(min=_MIN_COVERAGE)
    if render_mode == "RGB":
        return rgb
    return torch.cat([rgb, depth], -1) if render_mode.startswith("RGB") else depth
