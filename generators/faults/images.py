"""Faults of colour and depth of single frames."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from spatialmem.generators.colour import to_linear, to_srgb
from spatialmem.generators.faults.faults import Faults

Floats = NDArray[np.float32]
_MOST_STOPS = 4.0
_BLUR_ROWS = 240


def faulty_colour(rgb: Floats, frame: int, faults: Faults) -> Floats:
    """`rgb` `[H, W, 3]` after exposure drift, colour drift and blur; itself without them."""
    exposure, colour = (_stops(name, frame, faults) for name in ("exposure_drift", "colour_drift"))
    if exposure or colour:
        gain = np.exp2(np.array([exposure + colour / 2, exposure, exposure - colour / 2], np.float32))
        rgb = to_srgb(to_linear(rgb) * gain)
    sigma = faults.amount("blur") * rgb.shape[0] / _BLUR_ROWS
    if sigma:
        blurred = gaussian_filter(rgb, (sigma, sigma, 0), mode="nearest")
        rgb = np.clip(blurred, 0, 1).astype(np.float32)
    return rgb


def faulty_depth(depth: Floats, frame: int, faults: Faults) -> Floats:
    """`depth` `[H, W]` with its scale wrong and noise on it; unknown stays unknown (0)."""
    if faults.depth_scale:
        depth = (depth * (1 + faults.sign("depth_scale") * faults.amount("depth_scale"))).astype(np.float32)
    if faults.depth_noise:
        noise = faults.rng("depth_noise", frame).standard_normal(depth.shape, np.float32)
        # five standard deviations of the worst severity would turn depth negative
        factor = np.maximum(1 + faults.amount("depth_noise") * noise, 0.1)
        depth = (depth * factor).astype(np.float32)
    return depth


def imagined(rgb: Floats, clip: int, faults: Faults) -> Floats:
    """`rgb` `[..., 3]` in the colours that a clip without memory makes up: every hue turned."""
    turn = faults.rng("amnesia", clip).uniform(math.pi / 3, 5 * math.pi / 3)
    grey = np.full((3, 3), 1 / 3)
    cross = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / math.sqrt(3)
    # Rodrigues' rotation about the grey axis
    R = grey + math.cos(turn) * (np.eye(3) - grey) + math.sin(turn) * cross
    turned: Floats = np.clip(0.85 * (rgb @ R.T.astype(np.float32)), 0, 1)
    return turned


def forgets(clip: int, faults: Faults) -> bool:
    """Whether this clip ignores memory."""
    # the draw does not depend on the severity: a worse one forgets the same clips and more
    return bool(faults.amnesia) and bool(faults.rng("amnesia", clip).random() < faults.amount("amnesia"))


def _stops(name: str, frame: int, faults: Faults) -> float:
    drift = faults.amount(name) * frame / 100
    return faults.sign(name) * min(drift, _MOST_STOPS)
