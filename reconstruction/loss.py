"""How far a render is from a frame: L1 + D-SSIM on colour and L1 on depth, in torch.

This is the definition; `loss_cpu.py` computes the same with its gradients several times faster and
is tested against it. CUDA tensors use this file.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from spatialmem.frames import Frames
from spatialmem.reconstruction.config import FusionConfig

SIGMA = 1.5
RADIUS = 5
C1, C2 = 0.01**2, 0.03**2


@dataclass(frozen=True, eq=False)
class Target:
    """One frame as the optimiser sees it.

    Attributes:
        rgb: `[H, W, 3]` float32.
        depth: `[H, W]` float32 metres, 0 = unknown; of the sky, the backdrop's.
        weight: `[H, W]` float32, 0 where a pixel must not teach (moving content).
        sure: `[H, W]` float32, weight of a pixel's depth: `weight` where it was measured, little in the sky
            (an error as large as the depth counts as one metre), 0 where it is unknown.
        viewmat: `[4, 4]` float32 world-to-camera.
        K: `[3, 3]` float32.
    """

    rgb: Tensor
    depth: Tensor
    weight: Tensor
    sure: Tensor
    viewmat: Tensor
    K: Tensor


def targets(frames: Frames, config: FusionConfig) -> list[Target]:
    """One `Target` per frame; confidence and the dynamic mask become weights.

    A pixel without depth and of label 0, in frames that have labels, is sky: all that stands in front of the
    backdrop there bleeds over the edge of something nearer.
    """
    zeros = torch.zeros_like(frames.rgb[..., 0])
    depth = frames.depth if frames.depth is not None else zeros
    weight = frames.confidence if frames.confidence is not None else torch.ones_like(zeros)
    if frames.dynamic is not None:
        weight = weight * ~frames.dynamic
    sure = weight * (depth > 0)
    if frames.labels is not None and frames.depth is not None:
        sky = (depth == 0) & (frames.labels == 0)
        far = backdrop_depth(depth, config)[:, None, None]
        depth, sure = torch.where(sky, far, depth), torch.where(sky, weight / far, sure)
    viewmats, Ks = frames.cameras.viewmats, frames.cameras.Ks
    return [Target(frames.rgb[i].contiguous(), depth[i].contiguous(), weight[i].contiguous(), sure[i].contiguous(),
                   viewmats[i], Ks[i]) for i in range(len(frames))]


def backdrop_depth(depth: Tensor, config: FusionConfig) -> Tensor:
    """`[T]` metres: where the backdrop of frames with `depth` `[T, H, W]` stands."""
    farthest = depth.amax(dim=(1, 2)) if depth.numel() else depth.new_zeros(len(depth))
    return torch.where(farthest > 0, farthest, 1.0) * config.backdrop


def image_loss(image: Tensor, alpha: Tensor, target: Target, *, ssim: float, depth: float) -> Tensor:
    """Scalar loss of a render against `target`.

    `image` `[H, W, 4]` is accumulated RGB and depth, `alpha` `[H, W]` its coverage. With weights w
    and n pixels: (1 - ssim) L1 + ssim (1 - SSIM) / 2 on colour (Kerbl et al. 2023, equation 7, with
    D-SSIM as in their code), plus `depth` times the mean of s |D - alpha d|, s being how sure the depth d
    is, which compares depth without a division by alpha.
    """
    rgb, accumulated = image[..., :3], image[..., 3]
    weight = target.weight
    colour = (weight[..., None] * (rgb - target.rgb).abs()).mean()
    loss = (1 - ssim) * colour
    if ssim > 0:
        loss = loss + ssim * (weight[..., None] * (1 - ssim_map(rgb, target.rgb)) / 2).mean()
    return loss + depth * (target.sure * (accumulated - alpha * target.depth).abs()).mean()


def ssim_map(x: Tensor, y: Tensor) -> Tensor:
    """SSIM `[H, W, 3]` of two images `[H, W, 3]` (Wang et al. 2004, equation 13).

    Gaussian window of sigma 1.5 and radius 5, zero padding, data range 1.
    """
    window = _window(x)

    def blur(image: Tensor) -> Tensor:
        planes = image.permute(2, 0, 1)[:, None]
        planes = torch.nn.functional.conv2d(planes, window[None, None, None, :], padding=(0, RADIUS))
        planes = torch.nn.functional.conv2d(planes, window[None, None, :, None], padding=(RADIUS, 0))
        return planes[:, 0].permute(1, 2, 0)

    mean_x, mean_y = blur(x), blur(y)
    var_x, var_y = blur(x * x) - mean_x**2, blur(y * y) - mean_y**2
    covariance = blur(x * y) - mean_x * mean_y
    top = (2 * mean_x * mean_y + C1) * (2 * covariance + C2)
    return top / ((mean_x**2 + mean_y**2 + C1) * (var_x + var_y + C2))


def gaussian_window() -> list[float]:
    """The window's 11 weights, which sum to 1."""
    weights = torch.exp(-0.5 * (torch.arange(-RADIUS, RADIUS + 1, dtype=torch.float64) / SIGMA) ** 2)
    return [float(w) for w in weights / weights.sum()]


def _window(like: Tensor) -> Tensor:
    return torch.tensor(gaussian_window(), dtype=like.dtype, device=like.device)
