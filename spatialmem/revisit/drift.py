"""`drift`: what a whole route does to sharpness, brightness and colour, whatever it shows."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from scipy.stats import theilslopes
from torch import Tensor

from spatialmem.metrics import brightness, chromaticity, sharpness
from spatialmem.render.cpu.threads import serial_torch
from spatialmem.revisit.footage import Footage

MOST_FRAMES = 64
_SECONDS = 10.0
_DARKEST = 1e-6

_OF_A_FRAME: dict[str, Callable[[Tensor], Tensor]] = {
    "sharpness_drift": sharpness, "brightness_drift": brightness, "colour_drift": chromaticity}


@serial_torch()
def drift(footage: Footage) -> dict[str, float | None]:
    """How fast log2 of sharpness, brightness and colour change per 10 s, by name; None with fewer than two frames.

    Without a sign, as routes may drift either way: the length of the slope, of colour over its two ratios.

    The median of the slopes between all pairs (Theil 1950, Sen 1968) of at most 64 evenly spaced frames: what
    the path itself shows for a while, a bright window or a blank wall, is an outlier to it.
    """
    if len(footage) < 2:
        return dict.fromkeys(_OF_A_FRAME)
    chosen = np.unique(np.linspace(0, len(footage) - 1, MOST_FRAMES).round().astype(int))
    images = footage.rgb[torch.from_numpy(chosen)].to(torch.float32) / 255
    when = chosen / footage.fps / _SECONDS
    found: dict[str, float | None] = {}
    for name, of_a_frame in _OF_A_FRAME.items():
        octaves = torch.log2(of_a_frame(images).clamp(min=_DARKEST)).reshape(len(images), -1).numpy()
        found[name] = math.hypot(*(float(np.asarray(theilslopes(column, when))[0]) for column in octaves.T))
    return found
