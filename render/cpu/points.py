"""Points drawn as squares into depth buffers; a camera is one thread's work, so no two write to one buffer."""

from __future__ import annotations

import math

import numpy as np
from numba import prange

from spatialmem.camera import Cameras
from spatialmem.render.cpu.jit import bare_kernel, parallel_kernel
from spatialmem.render.cpu.layout import F32, F64, I32
from spatialmem.render.cpu.threads import parallel_region

NEAR = 0.01
"""Metres; what is nearer to the camera plane is not seen, as with Gaussians."""


def draw_points(points: F32, sizes: F32, cameras: Cameras) -> tuple[I32, F32]:
    """Row of the nearest point `[T, H, W]`, -1 = none, and its z-depth, 0 = none, in every pixel.

    Args:
        points: `[N, 3]`, contiguous.
        sizes: `[N]`, or `[1]` for all: sides of squares, metres.
        cameras: on the CPU.
    """
    shape = (len(cameras), cameras.height, cameras.width)
    index, depth = np.full(shape, -1, np.int32), np.full(shape, np.inf, np.float32)
    views = np.concatenate([_rows(cameras), _lens(cameras)], axis=1)
    with parallel_region:
        _draw_all(points, sizes, views, index, depth)
    depth[index < 0] = 0
    return index, depth


def _rows(cameras: Cameras) -> F64:
    """`[T, 12]`: the upper three rows of world-to-camera matrices, in double: worlds may be far from the origin."""
    rotation = cameras.T_world_cam[:, :3, :3].transpose(1, 2)
    moved = -(rotation @ cameras.centres[..., None])
    rows: F64 = np.concatenate([rotation.numpy(), moved.numpy()], axis=2).reshape(-1, 12)
    return rows


def _lens(cameras: Cameras) -> F64:
    """`[T, 4]`: fx, fy, cx, cy."""
    lens: F64 = cameras.K[:, [0, 1, 0, 1], [0, 1, 2, 2]].numpy()
    return lens


@parallel_kernel
def _draw_all(points: F32, sizes: F32, views: F64, index: I32, depth: F32) -> None:
    for camera in prange(views.shape[0]):
        _draw(points, sizes, views[camera], index[camera], depth[camera])


@bare_kernel
def _draw(points: F32, sizes: F32, view: F64, index: I32, depth: F32) -> None:
    """Draw all points into one camera's `index` and `depth` `[H, W]`, in their order: equal depths keep the first."""
    height, width = index.shape
    for n in range(points.shape[0]):
        x, y, z = np.float64(points[n, 0]), np.float64(points[n, 1]), np.float64(points[n, 2])
        away = view[8] * x + view[9] * y + view[10] * z + view[11]
        if not away > NEAR:
            continue
        u = view[12] * (view[0] * x + view[1] * y + view[2] * z + view[3]) / away + view[14]
        v = view[13] * (view[4] * x + view[5] * y + view[6] * z + view[7]) / away + view[15]
        half = 0.5 * np.float64(sizes[n if sizes.shape[0] > 1 else 0]) / away
        across, down = max(half * view[12], 0.5), max(half * view[13], 0.5)
        # A pixel is covered where its centre is; limits are cut before they become whole numbers.
        left, right = max(u - across - 0.5, 0.0), min(u + across - 0.5, np.float64(width))
        top, bottom = max(v - down - 0.5, 0.0), min(v + down - 0.5, np.float64(height))
        if not (left < right and top < bottom):
            continue
        nearness = np.float32(away)
        for row in range(math.ceil(top), math.ceil(bottom)):
            for column in range(math.ceil(left), math.ceil(right)):
                if nearness < depth[row, column]:
                    depth[row, column] = nearness
                    index[row, column] = n
