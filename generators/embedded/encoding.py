"""Colours and depths as the model's numbers, and back."""

from __future__ import annotations

import math

import torch
from torch import Tensor

NEAR_M, FAR_M = 0.3, 48.0
"""Depths that code to -1 and 1."""

SKY = 1.1
"""The code of what has no depth; beyond `BEYOND` a code is taken for it."""

BEYOND = 1.05

PLANNED_SCALE = (0.25, 0.25, 0.25, 0.1)
BLIND_SCALE = (0.5, 0.5, 0.5, 0.5)
"""Colour and depth codes that the model's departures from its base are counted in, with a layout and without one:
departures have about unit size."""

_SPAN = math.log(FAR_M / NEAR_M)


def depth_code(depth: Tensor) -> Tensor:
    """Depth in metres (0 = sky) to codes of the same shape: logarithmic, -1 at `NEAR_M`, 1 at `FAR_M`, `SKY`."""
    code = 2 * torch.log(depth.clamp(NEAR_M / 3, FAR_M) / NEAR_M) / _SPAN - 1
    return torch.where(depth > 0, code, SKY)


def metres(code: Tensor) -> Tensor:
    """The inverse of `depth_code`: metres, 0 where the code is nearer to the sky's."""
    return torch.where(code > BEYOND, 0.0, NEAR_M * torch.exp((code.clamp(max=1) + 1) / 2 * _SPAN))


def colour_code(rgb: Tensor) -> Tensor:
    """Colours 0..1 to codes -1..1."""
    return 2 * rgb - 1


def codes_of(rgb: Tensor, depth: Tensor) -> Tensor:
    """Colour and depth codes `[..., 4]` of colours `[..., 3]` and depths `[...]`."""
    return torch.cat([colour_code(rgb), depth_code(depth)[..., None]], dim=-1)


def colours(code: Tensor) -> Tensor:
    """Codes to colours, held within 0..1."""
    return ((code + 1) / 2).clamp(0, 1)
