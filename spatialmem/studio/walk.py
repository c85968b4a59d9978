"""Walking: where the floor lies under the path that was explored, and at what height eyes are above it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from spatialmem.poses import matrix_from_quat
from spatialmem.splats import Splats

Floats = NDArray[np.float64]

EYE_HEIGHT = 1.6
"""Metres, where the keyframes do not tell: no floor was seen, or they flew or crept."""

NO_COLLISION = "No collision: this world has no occupancy map yet."
NO_FLOOR = f"No floor was seen, so it is taken to lie {EYE_HEIGHT} m below the path."

_LOWEST, _HIGHEST = 0.4, 2.4
_AROUND = (0.75, 1.5, 3.0, 6.0)
_LEVEL = 0.7
_ENOUGH = 20
_LOW = 0.1
_KEYFRAMES = 64


@dataclass(frozen=True, eq=False)
class Ground:
    """The floor under a walk.

    Attributes:
        up: `[3]` unit vector.
        places: `[K, 3]` where the walk was, metres.
        floors: `[K]` height of the floor there along `up`, metres.
        eye_height: metres above it at which the walk was, or `EYE_HEIGHT`.
        seen: whether a floor was found anywhere; if not, it is taken to lie `EYE_HEIGHT` below the walk.
    """

    up: Floats
    places: Floats
    floors: Floats
    eye_height: float
    seen: bool

    def floor(self, place: Floats) -> float:
        """Height along `up` of the floor under `place` `[3]`: the nearest stretches' mean, by distance."""
        if not len(self.places):
            return float(place @ self.up) - self.eye_height
        away = self.places - place
        level = np.linalg.norm(away - np.outer(away @ self.up, self.up), axis=1)
        weight = np.exp(-(((level - level.min()) / (0.3 + 0.3 * level.min())) ** 2))
        return float((weight * self.floors).sum() / weight.sum())

    def standing(self, place: Floats, eye_height: float) -> Floats:
        """`place` `[3]` moved along `up` so that it is `eye_height` above the floor."""
        return place + (self.floor(place) + eye_height - place @ self.up) * self.up


def find_ground(splats: Splats, places: Floats, up: Floats) -> Ground:
    """The floor under a walk along `places` `[K, 3]`, told from the Gaussians below it.

    Under a place the floor is the low tenth of the level surfaces (normal within 45 degrees of `up`)
    at least 0.4 m below it: tables stand on a floor, holes in it are rare. They are looked for around
    its vertical in ever wider circles, as a camera seldom sees what it stands on. Places without any
    take the floor of the nearest that has one.
    """
    places = places[:: max(len(places) // _KEYFRAMES, 1)]
    normals = matrix_from_quat(splats.quats)[torch.arange(len(splats)), :, splats.scales.argmin(dim=1)]
    means = splats.means.numpy().astype(np.float64)
    level = (np.abs(normals.numpy() @ up) > _LEVEL) & (splats.confidence > 0).numpy()
    means = means[level]
    weight = splats.scales[torch.from_numpy(level)].topk(2, dim=1).values.prod(dim=1).double().numpy()
    found = np.array([_floor_below(place, means, weight, up) for place in places])
    heights, known = places @ up, np.isfinite(found)
    if not known.any():
        return Ground(up, places, heights - EYE_HEIGHT, EYE_HEIGHT, seen=False)
    nearest = np.linalg.norm(places[:, None] - places[known][None], axis=2).argmin(axis=1)
    above = float(np.median(heights[known] - found[known]))
    eye_height = above if _LOWEST <= above <= _HIGHEST else EYE_HEIGHT
    return Ground(up, places, found[known][nearest], eye_height, seen=True)


def _floor_below(place: Floats, means: Floats, weight: Floats, up: Floats) -> float:
    """Height of the floor below `place`, NaN where too little is known."""
    away = means - place
    height = away @ up
    beside = (away**2).sum(axis=1) - height**2
    for radius in _AROUND:
        below = (height < -_LOWEST) & (beside < radius**2)
        if below.sum() >= _ENOUGH:
            break
    else:
        return float("nan")
    order = np.argsort(height[below])
    share = np.cumsum(weight[below][order])
    row = int(np.searchsorted(share, _LOW * share[-1]))
    return float(place @ up + height[below][order][row])
