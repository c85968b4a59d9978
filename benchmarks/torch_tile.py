"""Splatting in plain PyTorch by dense tiles: what one has on a CPU without kernels of one's own, as a yardstick.

Tiles of 16x16 pixels; all Gaussians of a tile at once, `[pixels, Gaussians]`, gradients by autograd. Projection, the
box of 3.33 standard deviations and the rules of alpha are those of gsplat 1.5.3. Float32 or float64.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from spatialmem.poses import matrix_from_quat

SIDE = 16
EXTENT = 3.33
BLUR = 0.3
NEAR = 0.01
MIN_ALPHA, MAX_ALPHA, MIN_TRANSMITTANCE = 1 / 255, 0.999, 1e-4


class Footprints(NamedTuple):
    """Gaussians in the image: centres `[N, 2]` px, conics (xx, xy, yy) `[N, 3]`, z-depths `[N]`, radii `[N, 2]` px
    (0: not seen)."""

    centres: Tensor
    conics: Tensor
    depths: Tensor
    radii: Tensor


def render(leaves: tuple[Tensor, Tensor, Tensor, Tensor, Tensor], viewmat: Tensor, K: Tensor, width: int,
           height: int) -> Tensor:
    """`[H, W, 5]`: red, green, blue, depth, alpha of Gaussians (means, quats, scales, opacities, colours)."""
    means, *_, opacities, colours = leaves
    seen = project(leaves[:3], viewmat, K, width, height)
    visible = torch.nonzero((seen.radii > 0).all(1))[:, 0]
    order = visible[torch.argsort(seen.depths[visible].detach(), stable=True)]
    depths = seen.depths[order, None]
    features = torch.cat([colours[order], depths, torch.ones_like(depths)], 1)
    gaussians = (seen.centres[order], seen.conics[order], opacities[order], features)
    with torch.no_grad():
        low = ((gaussians[0] - seen.radii[order]) / SIDE).floor().int()
        high = ((gaussians[0] + seen.radii[order]) / SIDE).ceil().int()
    rows = []
    for j in range(-(-height // SIDE)):
        in_row = torch.nonzero((low[:, 1] <= j) & (high[:, 1] > j))[:, 0]
        first, last = low[in_row, 0], high[in_row, 0]
        tiles = []
        for i in range(-(-width // SIDE)):
            near = in_row[(first <= i) & (last > i)]
            tiles.append(_blend(_pixels(i, j, width, height, means), *(x[near] for x in gaussians)))
        rows.append(torch.cat(tiles, 1))
    return torch.cat(rows, 0)


def project(ellipsoids: tuple[Tensor, Tensor, Tensor], viewmat: Tensor, K: Tensor, width: int,
            height: int) -> Footprints:
    """Gaussians (means, quats, scales) in the image of one camera (Zwicker et al., "EWA splatting", 2002)."""
    means, quats, scales = ellipsoids
    local = means @ viewmat[:3, :3].T + viewmat[:3, 3]
    z = local[:, 2]
    before = z > NEAR
    # Rows behind the camera get a harmless depth, so that no NaN reaches the gradients of the others.
    safe = torch.where(before, z, torch.ones_like(z))
    focal, middle, size = K[[0, 1], [0, 1]], K[:2, 2], K.new_tensor([width, height])
    slopes = local[:, :2] / safe[:, None]
    margin = 0.15 * size / focal
    clamped = torch.minimum(torch.maximum(slopes, -middle / focal - margin), (size - middle) / focal + margin)
    axes = viewmat[:3, :3] @ (matrix_from_quat(quats) * scales[:, None, :])
    flat = (focal / safe[:, None])[:, :, None] * (axes[:, :2] - clamped[:, :, None] * axes[:, 2:])
    xx, xy, yy = (flat[:, 0].square().sum(1) + BLUR, (flat[:, 0] * flat[:, 1]).sum(1),
                  flat[:, 1].square().sum(1) + BLUR)
    conics = torch.stack([yy, -xy, xx], 1) / (xx * yy - xy * xy).clamp(min=1e-10)[:, None]
    centres = slopes * focal + middle
    with torch.no_grad():
        radii = (EXTENT * torch.stack([xx, yy], 1).sqrt()).ceil()
        seen = before & ((centres + radii > 0) & (centres - radii < size)).all(1)
        radii = torch.where(seen[:, None], radii, torch.zeros_like(radii))
    return Footprints(centres, conics, z, radii)


def _pixels(i: int, j: int, width: int, height: int, like: Tensor) -> tuple[Tensor, Tensor]:
    """x and y of the pixel centres of a tile, `[h, w]` each."""
    x = torch.arange(SIDE * i, min(SIDE * (i + 1), width)).to(like) + 0.5
    y = torch.arange(SIDE * j, min(SIDE * (j + 1), height)).to(like) + 0.5
    across, down = torch.meshgrid(x, y, indexing="xy")
    return across, down


def _blend(pixels: tuple[Tensor, Tensor], centres: Tensor, conics: Tensor, opacities: Tensor,
           features: Tensor) -> Tensor:
    """`[h, w, F]`: sums over Gaussians, nearest first, of alpha times transmittance times feature."""
    shape = pixels[0].shape
    dx, dy = (pixels[k].reshape(-1, 1) - centres[:, k] for k in (0, 1))
    exponent = 0.5 * (conics[:, 0] * dx * dx + conics[:, 2] * dy * dy) + conics[:, 1] * dx * dy
    alpha = (opacities * torch.exp(-exponent)).clamp(max=MAX_ALPHA)
    alpha = torch.where(alpha >= MIN_ALPHA, alpha, torch.zeros_like(alpha))
    after = torch.cumprod(1 - alpha, 1)
    before = torch.cat([torch.ones_like(after[:, :1]), after[:, :-1]], 1)
    # Transmittance only falls: this drops the Gaussian that would finish a pixel, and all behind it.
    weights = torch.where(after > MIN_TRANSMITTANCE, alpha * before, torch.zeros_like(alpha))
    return (weights @ features).reshape(*shape, -1)
