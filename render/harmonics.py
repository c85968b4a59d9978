"""Colours that depend on the direction of view, as real spherical harmonics, in plain PyTorch."""

from __future__ import annotations

from math import pi, sqrt

import torch
from torch import Tensor
from torch.nn.functional import normalize

MAX_DEGREE = 3


def harmonics(degree: int, means: Tensor, centres: Tensor, coefficients: Tensor, visible: Tensor) -> Tensor:
    """Colours `[C, N, 3]` of Gaussians at `means` `[N, 3]` seen from camera `centres` `[C, 3]`, not negative.

    Args:
        degree: 0..3; coefficients beyond (degree + 1)² have no part.
        coefficients: `[N, K, 3]` for all cameras or `[C, N, K, 3]`.
        visible: `[C, N]` bool; the others get a constant colour and no gradient.
    """
    directions = normalize(means - centres[:, None], dim=-1)
    values = basis(degree, directions)
    # For each channel a product over the last axis: [C, N, B] with [(C,) N, B, 3].
    colours = (values[..., None] * coefficients[..., : values.shape[-1], :]).sum(-2)
    return torch.where(visible[..., None], colours + 0.5, torch.full_like(colours, 0.5)).clamp(min=0)


def basis(degree: int, directions: Tensor) -> Tensor:
    """Real harmonics with Condon-Shortley phase `[..., (degree + 1)²]` of unit `directions` `[..., 3]`.

    Order 1, then of each degree l the orders m = -l..l, as in Sloan, "Stupid spherical harmonics tricks", 2008.
    """
    x, y, z = directions.unbind(-1)
    values = [torch.full_like(x, sqrt(1 / (4 * pi)))]
    if degree >= 1:
        values += [sqrt(3 / (4 * pi)) * v for v in (-y, z, -x)]
    if degree >= 2:
        values += [sqrt(15 / (4 * pi)) * x * y, -sqrt(15 / (4 * pi)) * y * z, sqrt(5 / (16 * pi)) * (3 * z * z - 1),
                   -sqrt(15 / (4 * pi)) * x * z, sqrt(15 / (16 * pi)) * (x * x - y * y)]
    if degree >= 3:
        values += [-sqrt(35 / (32 * pi)) * y * (3 * x * x - y * y), sqrt(105 / (4 * pi)) * x * y * z,
                   -sqrt(21 / (32 * pi)) * y * (5 * z * z - 1), sqrt(7 / (16 * pi)) * z * (5 * z * z - 3),
                   -sqrt(21 / (32 * pi)) * x * (5 * z * z - 1), sqrt(105 / (16 * pi)) * z * (x * x - y * y),
                   -sqrt(35 / (32 * pi)) * x * (x * x - 3 * y * y)]
    return torch.stack(values, -1)
