"""What a picture is like by itself: how sharp, how bright, how warm. Ratios of these are what drifts."""

from __future__ import annotations

import torch
from torch import Tensor

_DARK = 1e-4
"""Added to light before ratios are taken, so that a black picture has one."""
_LUMA = (0.2126, 0.7152, 0.0722)


def sharpness(images: Tensor) -> Tensor:
    """Mean length of the luma's gradient `[T]`, per pixel, relative to the mean luma, of images `[T, H, W, 3]`.

    Relative, so that a picture that only gets darker does not count as less sharp.
    """
    luma = images.to(torch.float64) @ torch.tensor(_LUMA, dtype=torch.float64)
    down, right = luma[:, 1:, :-1] - luma[:, :-1, :-1], luma[:, :-1, 1:] - luma[:, :-1, :-1]
    return torch.hypot(down, right).mean(dim=(1, 2)) / (luma.mean(dim=(1, 2)) + _DARK)


def brightness(images: Tensor) -> Tensor:
    """Mean linear luminance `[T]`, 0..1 (Rec. 709), of sRGB images `[T, H, W, 3]`."""
    return _linear(images).mean(dim=(1, 2)) @ torch.tensor(_LUMA, dtype=torch.float64)


def chromaticity(images: Tensor) -> Tensor:
    """Ratios `[T, 2]` of the mean linear light in red, and in blue, to that in green, of sRGB images `[T, H, W, 3]`."""
    red, green, blue = (_linear(images).mean(dim=(1, 2)) + _DARK).unbind(-1)
    return torch.stack([red / green, blue / green], -1)


def _linear(images: Tensor) -> Tensor:
    """Linear light of sRGB values (IEC 61966-2-1), float64."""
    srgb = images.to(torch.float64)
    return torch.where(srgb <= 0.04045, srgb / 12.92, ((srgb.clamp(min=0) + 0.055) / 1.055) ** 2.4)
