"""`drift`: what time does to sharpness, brightness and colour of the same views."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from spatialmem.metrics import brightness, chromaticity, sharpness
from spatialmem.revisit.footage import Footage
from spatialmem.revisit.route import Pair
from spatialmem.serial import serial_torch

_SECONDS = 10.0
_DARKEST = 1e-6
_PER_CENT = 100.0

_OF_A_FRAME: dict[str, Callable[[Tensor], Tensor]] = {
    "sharpness_drift": sharpness, "brightness_drift": brightness, "colour_drift": chromaticity}


@serial_torch()
def drift(footage: Footage, pairs: Sequence[Pair]) -> dict[str, float | None]:
    """How fast log2 of sharpness, brightness and colour change per 10 s, by name, and how sharp the first visits are.

    Measured between the two visits of each view, so that what the path shows in between has no part in it: footage
    that shows every view as before has none. The median over the pairs, without a sign, as routes may drift either
    way; of colour the length over its two ratios. None without a pair whose frames differ.
    """
    returns = [pair for pair in pairs if pair.first != pair.again]
    if not returns:
        return {"sharpness": None, **dict.fromkeys(_OF_A_FRAME)}
    first, again = (footage.rgb[[getattr(pair, which) for pair in returns]].to(torch.float32) / 255
                    for which in ("first", "again"))
    tens = torch.tensor([pair.again - pair.first for pair in returns]) / footage.fps / _SECONDS
    found: dict[str, float | None] = {"sharpness": _PER_CENT * float(sharpness(first).mean())}
    for name, of_a_frame in _OF_A_FRAME.items():
        octaves = [torch.log2(of_a_frame(images).clamp(min=_DARKEST)).reshape(len(images), -1)
                   for images in (first, again)]
        rates = (octaves[1] - octaves[0]) / tens[:, None]
        found[name] = math.hypot(*rates.quantile(0.5, dim=0).tolist())
    return found
