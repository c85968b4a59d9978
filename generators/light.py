"""Light that is fixed in the world: nothing here knows where the camera is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Light:
    """A hemisphere of ambient light, one sun, and a sky behind everything; linear light, +Z up.

    A surface with unit normal n (on the side that is seen) reflects its colour times

        ground + (sky - ground) * (1 + n_z) / 2 + sun * ((1 + n . to_sun) / 2)^2

    The squared half-cosine keeps every wall of a room apart without leaving any of them black.

    Attributes:
        to_sun: direction towards the sun, any length, world frame.
        sun, sky, ground: strengths of the three lights.
        zenith, horizon, below: colours of the background (linear RGB) straight up, level, and down.
    """

    to_sun: Triple = (0.35, 0.55, 0.76)
    sun: float = 0.46
    sky: float = 0.5
    ground: float = 0.3
    zenith: Triple = (0.16, 0.32, 0.68)
    horizon: Triple = (0.68, 0.78, 0.88)
    below: Triple = (0.26, 0.25, 0.24)

    def strength(self, normals: NDArray[np.float32]) -> NDArray[np.float32]:
        """Light `[..., ]` that falls on surfaces with unit `normals` `[..., 3]`."""
        to_sun = np.asarray(self.to_sun) / np.linalg.norm(self.to_sun)
        half = (1 + normals @ to_sun) / 2
        ambient = self.ground + (self.sky - self.ground) * (1 + normals[..., 2]) / 2
        total: NDArray[np.float32] = (ambient + self.sun * half**2).astype(np.float32)
        return total

    def background(self, directions: NDArray[np.float32]) -> NDArray[np.float32]:
        """Linear colour `[..., 3]` of the sky in `directions` `[..., 3]` of any length."""
        rise = directions[..., 2] / np.linalg.norm(directions, axis=-1)
        upward = np.clip(rise, 0, 1)[..., None] ** 0.6
        # a soft horizon over a few degrees: a hard one would crawl like an edge
        downward = np.clip(-rise / 0.08, 0, 1)[..., None]
        over = np.asarray(self.horizon) * (1 - upward) + np.asarray(self.zenith) * upward
        sky = over * (1 - downward) + np.asarray(self.below) * downward
        return np.asarray(sky, np.float32)
