"""Rays of a camera's pixels, in the world frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spatialmem.camera import Cameras

Floats = NDArray[np.float32]


def pixel_rays(camera: Cameras, samples: int) -> Floats:
    """World directions `[H * W * samples^2, 3]` of one camera's rays, one unit deep (camera z = 1).

    Row by row, the rays of one pixel in a row; they lie at the centres of a regular subdivision.
    """
    K = camera.K[0].numpy()
    within = (np.arange(samples) + 0.5) / samples
    x = ((np.arange(camera.width)[:, None] + within).reshape(-1) - K[0, 2]) / K[0, 0]
    y = ((np.arange(camera.height)[:, None] + within).reshape(-1) - K[1, 2]) / K[1, 1]
    R = camera.T_world_cam[0, :3, :3].numpy()
    across = (x[:, None] * R[:, 0]).reshape(1, camera.width, 1, samples, 3).astype(np.float32)
    down = (y[:, None] * R[:, 1] + R[:, 2]).reshape(camera.height, 1, samples, 1, 3).astype(np.float32)
    directions: Floats = (across + down).reshape(-1, 3)
    return directions
