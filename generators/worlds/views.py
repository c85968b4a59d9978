"""The walk through a trajectory: each camera in the window of its own block."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from spatialmem.camera import Cameras
from spatialmem.generators.worlds.cpu.layout import Picture
from spatialmem.generators.worlds.solids import BLOCK
from spatialmem.generators.worlds.window import Surroundings, Window


def views(world: Surroundings, cameras: Cameras) -> Iterator[tuple[int, Window, Picture]]:
    """Each camera's number, the window around it and the camera in that window's coordinates."""
    K, poses = cameras.K.cpu().numpy(), cameras.T_world_cam.cpu().numpy()
    for number in range(len(cameras)):
        x, y = float(poses[number, 0, 3]), float(poses[number, 1, 3])
        window = world.window(x, y)
        pose = poses[number, :3].copy()
        # float64 until here: what is left is at most 16 m, wherever in the world the block lies
        pose[:2, 3] -= BLOCK * np.array(window.key, np.float64)
        lens = np.array([K[number, 0, 0], K[number, 1, 1], K[number, 0, 2], K[number, 1, 2]])
        yield number, window, Picture(np.ascontiguousarray(pose), lens)
