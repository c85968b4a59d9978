"""Colours that stand for numbers and levels, the same wherever they are shown."""

from __future__ import annotations

import numpy as np
from matplotlib import colormaps
from numpy.typing import NDArray
from torch import Tensor

from spatialmem.frames import REVISE, TRUSTED, UNKNOWN

Bytes = NDArray[np.uint8]

TRUST_COLOURS = {TRUSTED: (64, 160, 120), REVISE: (240, 190, 60), UNKNOWN: (200, 70, 90)}
TRUST_NAMES = {TRUSTED: "trusted", REVISE: "to be revised", UNKNOWN: "unknown"}


def colour_map(values: NDArray[np.floating]) -> Bytes:
    """RGB `[..., 3]` of `values` `[...]`, 0 darkest and 1 brightest; what lies outside is clamped.

    Viridis (van der Walt & Smith 2015): even to the eye, and without red against green.
    """
    return np.asarray(colormaps["viridis"](np.clip(np.asarray(values, dtype=np.float64), 0, 1), bytes=True)[..., :3])


def trust_image(trust: Tensor) -> Bytes:
    """A picture `[..., 3]` of trust levels `[...]`."""
    table = np.array([TRUST_COLOURS[level] for level in (UNKNOWN, REVISE, TRUSTED)], dtype=np.uint8)
    return np.asarray(table[trust.numpy()])
