"""Image measures with pinned definitions: PSNR, and SSIM over the valid region."""

from __future__ import annotations

import torch
from torch import Tensor

from spatialmem.errors import ShapeError

SSIM_DEFINITION = "Gaussian window sigma 1.5, 11x11, valid region, data range 1 (as skimage, pytorch-msssim)"
_RADIUS, _SIGMA = 5, 1.5
SSIM_SIDE = 2 * _RADIUS + 1
"""Pixels a side that an image needs at least."""

_C1, _C2 = 0.01**2, 0.03**2


def psnr(image: Tensor, truth: Tensor) -> Tensor:
    """Peak signal-to-noise ratio in dB `[T]` of images `[T, H, W, 3]` in 0..1; equal images give 100.

    Raises:
        ShapeError: the shapes differ.
    """
    _check_pair(image, truth)
    error = ((image - truth) ** 2).mean(dim=(1, 2, 3))
    return -10 * torch.log10(error.clamp(min=1e-10))


def ssim(image: Tensor, truth: Tensor) -> Tensor:
    """Structural similarity `[T]` of images `[T, H, W, 3]` in 0..1, at least 11 pixels a side.

    Wang et al. 2004, equation 13, with population covariances; the mean leaves out the 5 border
    pixels whose window would leave the image: see `SSIM_DEFINITION`.

    Raises:
        ShapeError: the shapes differ, or the images are smaller than the window.
    """
    _check_pair(image, truth)
    if min(image.shape[1:3]) < SSIM_SIDE:
        raise ShapeError(f"ssim: images need at least {SSIM_SIDE} pixels a side, "
                         f"got {image.shape[2]}x{image.shape[1]}")
    offsets = torch.arange(-_RADIUS, _RADIUS + 1, dtype=torch.float64)
    window = torch.exp(-0.5 * (offsets / _SIGMA) ** 2)
    window = window / window.sum()

    def blur(values: Tensor) -> Tensor:
        rows = torch.nn.functional.conv2d(values, window[None, None, None, :])
        return torch.nn.functional.conv2d(rows, window[None, None, :, None])

    x, y = (v.to(torch.float64).permute(0, 3, 1, 2).flatten(0, 1)[:, None] for v in (image, truth))
    mean_x, mean_y = blur(x), blur(y)
    var_x, var_y = blur(x * x) - mean_x**2, blur(y * y) - mean_y**2
    top = (2 * mean_x * mean_y + _C1) * (2 * (blur(x * y) - mean_x * mean_y) + _C2)
    values = top / ((mean_x**2 + mean_y**2 + _C1) * (var_x + var_y + _C2))
    return values.reshape(image.shape[0], -1).mean(dim=1)


def _check_pair(image: Tensor, truth: Tensor) -> None:
    # broadcasting would compare one image with many, or a colour with a channel, without a word
    if image.ndim != 4 or image.shape != truth.shape:
        raise ShapeError("expected two [T, H, W, C] batches of one shape, "
                         f"got {list(image.shape)} and {list(truth.shape)}")
