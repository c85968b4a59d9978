"""Between stored colour (sRGB, 0..1) and light (linear, 0..1): IEC 61966-2-1."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def to_linear(srgb: Floats) -> Floats:
    """Linear light of sRGB values 0..1, any shape."""
    low = srgb / 12.92
    high = ((np.maximum(srgb, 0) + 0.055) / 1.055) ** 2.4
    return np.where(srgb <= 0.04045, low, high).astype(np.float32)


def to_srgb(linear: Floats) -> Floats:
    """sRGB values 0..1 of linear light, any shape; light outside 0..1 is clipped."""
    light = np.clip(linear, 0, 1)
    low = light * 12.92
    high = 1.055 * light ** (1 / 2.4) - 0.055
    return np.where(light <= 0.0031308, low, high).astype(np.float32)


DECODE: Floats = to_linear(np.linspace(0, 1, 256, dtype=np.float32))
"""Linear light of each 8-bit sRGB value, `[256]`."""

ENCODE: NDArray[np.uint8] = np.rint(to_srgb(np.linspace(0, 1, 4096, dtype=np.float32)) * 255).astype(np.uint8)
"""8-bit sRGB of linear light in 4095ths, `[4096]`."""
