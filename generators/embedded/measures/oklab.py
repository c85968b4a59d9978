"""`oklab`: colours in a space where equal distances look about equal."""

from __future__ import annotations

import torch
from torch import Tensor

# Ottosson 2020, "A perceptual color space for image processing": linear sRGB to cones, their cube roots to L, a, b
_CONES = ((0.4122214708, 0.5363325363, 0.0514459929),
          (0.2119034982, 0.6806995451, 0.1073969566),
          (0.0883024619, 0.2817188376, 0.6299787005))
_LAB = ((0.2104542553, 0.7936177850, -0.0040720468),
        (1.9779984951, -2.4285922050, 0.4505937099),
        (0.0259040371, 0.7827717662, -0.8086757660))


def oklab(rgb: Tensor) -> Tensor:
    """L 0..1, a and b about -0.3..0.3 `[..., 3]` of sRGB colours 0..1 `[..., 3]`, in their dtype."""
    linear = torch.where(rgb <= 0.04045, rgb / 12.92, ((rgb.clamp(min=0) + 0.055) / 1.055) ** 2.4)
    cones = linear @ rgb.new_tensor(_CONES).T
    return cones.clamp(min=0) ** (1 / 3) @ rgb.new_tensor(_LAB).T
