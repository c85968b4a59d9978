"""PSNR, SSIM over the valid region, and MS-SSIM with as many scales as fit."""

from __future__ import annotations

import torch
from torch import Tensor

from spatialmem.errors import ShapeError

SSIM_DEFINITION = "Gaussian window sigma 1.5, 11x11, valid region, data range 1 (as skimage, pytorch-msssim)"
MS_SSIM_DEFINITION = ("Wang et al. 2003, windows as SSIM's, halved by means of 2x2; as many of the five scales as fit "
                      "the picture, their weights renormalised to the sum of the five")
_RADIUS, _SIGMA = 5, 1.5
SSIM_SIDE = 2 * _RADIUS + 1
"""Pixels a side that an image needs at least."""

_C1, _C2 = 0.01**2, 0.03**2
_SCALES = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


def psnr(image: Tensor, truth: Tensor, where: Tensor | None = None) -> Tensor:
    """Peak signal-to-noise ratio in dB `[T]` of images `[T, H, W, 3]` in 0..1; equal images give 100.

    With `where` `[T, H, W]` bool, over these pixels only; NaN for an image without any.

    Raises:
        ShapeError: the shapes differ.
    """
    _check_pair(image, truth)
    squares = (image - truth) ** 2
    if where is None:
        error = squares.mean(dim=(1, 2, 3))
    else:
        chosen = _weights(where, image)
        error = (squares.mean(-1) * chosen).sum(dim=(1, 2)) / chosen.sum(dim=(1, 2))
    return -10 * torch.log10(error.clamp(min=1e-10))


def ssim(image: Tensor, truth: Tensor, where: Tensor | None = None) -> Tensor:
    """Structural similarity `[T]` of images `[T, H, W, 3]` in 0..1, at least 11 pixels a side.

    Wang et al. 2004, equation 13, with population covariances; the mean leaves out the 5 border
    pixels whose window would leave the image: see `SSIM_DEFINITION`. With `where` `[T, H, W]` bool, the mean
    is over windows around these pixels; NaN for an image without any.

    Raises:
        ShapeError: the shapes differ, or the images are smaller than the window.
    """
    _check_windows("ssim", image, truth)
    luminance, contrast = _ssim_maps(_channels(image), _channels(truth))
    values: Tensor = (luminance * contrast).reshape(len(image), -1, *luminance.shape[1:]).mean(dim=1)
    if where is None:
        return values.mean(dim=(1, 2))
    centres = _weights(where, image)[:, _RADIUS:-_RADIUS, _RADIUS:-_RADIUS]
    return (values * centres).sum(dim=(1, 2)) / centres.sum(dim=(1, 2))


def ms_ssim(image: Tensor, truth: Tensor) -> Tensor:
    """Multi-scale structural similarity `[T]` of images `[T, H, W, 3]` in 0..1, at least 11 pixels a side.

    Wang, Simoncelli and Bovik 2003, equation 7, per channel: see `MS_SSIM_DEFINITION`. From 176 pixels a
    side on it is the usual one, of five scales. Negative contrast terms, which have no power, count as 0.

    Raises:
        ShapeError: the shapes differ, or the images are smaller than the window.
    """
    _check_windows("ms_ssim", image, truth)
    x, y = _channels(image), _channels(truth)
    count = sum(min(image.shape[1:3]) >> scale >= SSIM_SIDE for scale in range(len(_SCALES)))
    weights = [weight * sum(_SCALES) / sum(_SCALES[:count]) for weight in _SCALES[:count]]
    product = torch.ones(len(x), dtype=x.dtype)
    for scale, weight in enumerate(weights):
        luminance, contrast = _ssim_maps(x, y)
        last = scale == count - 1
        term = (luminance * contrast if last else contrast).mean(dim=(1, 2))
        product = product * term.clamp(min=0) ** weight
        x, y = (torch.nn.functional.avg_pool2d(v[:, None], 2)[:, 0] for v in (x, y))
    return product.reshape(len(image), -1).mean(dim=1)


def _channels(image: Tensor) -> Tensor:
    """`[T * C, H, W]` float64."""
    return image.to(torch.float64).permute(0, 3, 1, 2).flatten(0, 1)


def _ssim_maps(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """The luminance and the contrast-structure term, each `[N, H - 10, W - 10]`, of images `[N, H, W]`."""
    offsets = torch.arange(-_RADIUS, _RADIUS + 1, dtype=torch.float64)
    window = torch.exp(-0.5 * (offsets / _SIGMA) ** 2)
    window = window / window.sum()

    def blur(values: Tensor) -> Tensor:
        rows = torch.nn.functional.conv2d(values[:, None], window[None, None, None, :])
        return torch.nn.functional.conv2d(rows, window[None, None, :, None])[:, 0]

    mean_x, mean_y = blur(x), blur(y)
    var_x, var_y = blur(x * x) - mean_x**2, blur(y * y) - mean_y**2
    luminance = (2 * mean_x * mean_y + _C1) / (mean_x**2 + mean_y**2 + _C1)
    contrast = (2 * (blur(x * y) - mean_x * mean_y) + _C2) / (var_x + var_y + _C2)
    return luminance, contrast


def _weights(where: Tensor, image: Tensor) -> Tensor:
    if where.shape != image.shape[:3] or where.dtype != torch.bool:
        raise ShapeError(f"where: expected {list(image.shape[:3])} bool, got {list(where.shape)} {where.dtype}")
    return where.to(image.dtype)


def _check_windows(name: str, image: Tensor, truth: Tensor) -> None:
    _check_pair(image, truth)
    if min(image.shape[1:3]) < SSIM_SIDE:
        raise ShapeError(f"{name}: images need at least {SSIM_SIDE} pixels a side, "
                         f"got {image.shape[2]}x{image.shape[1]}")


def _check_pair(image: Tensor, truth: Tensor) -> None:
    # broadcasting would compare one image with many, or a colour with a channel, without a word
    if image.ndim != 4 or image.shape != truth.shape:
        raise ShapeError("expected two [T, H, W, C] batches of one shape, "
                         f"got {list(image.shape)} and {list(truth.shape)}")
