"""`anchored_noise`: Gaussian noise that belongs to the places in the world, not to the pixels that see them."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import torch
from numba import prange
from numpy.typing import NDArray
from torch import Tensor

from spatialmem.camera import Cameras, unproject
from spatialmem.errors import ShapeError
from spatialmem.render.cpu.jit import bare_inlined, parallel_kernel
from spatialmem.render.cpu.threads import parallel_region

CHANNELS = 4
LEVELS = 6
"""Sizes of cells, each twice as large as the one before, that a pixel's noise is the sum of."""

DECAY = 0.6
"""Variance of a level over that of the next finer one: what is anchored must also have large features, else it
would be gone as soon as a pixel shows another point of the same surface."""

SKY_M = 64.0
"""Metres; how far away the sky's noise is anchored, around the camera."""

_QUANTILES = np.array([NormalDist().inv_cdf((k + 0.5) / 4096) for k in range(4096)], np.float32)
_SCALE = np.float32(1 / _QUANTILES.std())


def anchored_noise(depth: Tensor, cameras: Cameras, *, seed: int) -> Tensor:
    """Noise `[T, H, W, 4]` float32 of mean 0 and variance 1 for what is seen at `depth` `[T, H, W]` (metres, 0 = sky).

    A point of the world has the same noise in every view that shows it at a similar distance, and changes it
    gradually as the camera comes nearer: each pixel sums hashes of the cells that its point lies in, cells of
    2^k metres from about a pixel's width upwards, with variances that fall by `DECAY` and fade in and out. So
    what a model makes of it stays where it is without memory's help, as with noise that is warped along the flow
    (Chang et al. 2024, "How I warped your noise"), but without a first frame to warp it from. The result does
    not depend on the number of threads.

    Raises:
        ShapeError: `depth` is not for these cameras.
    """
    if depth.shape != (len(cameras), cameras.height, cameras.width):
        raise ShapeError(f"depth: expected {[len(cameras), cameras.height, cameras.width]}, got {list(depth.shape)}")
    away = torch.where(depth > 0, depth, SKY_M).to(torch.float64)
    points = unproject(away, cameras)
    sky = (depth <= 0)[..., None]
    points = torch.where(sky, points - cameras.centres[:, None, None], points)
    footprint = (away / cameras.K[:, 0, 0, None, None]).to(torch.float32)
    out = np.empty((*depth.shape, CHANNELS), np.float32)
    with parallel_region:
        _draw(points.reshape(-1, 3).numpy(), footprint.reshape(-1).numpy(), np.uint64(seed & (2**64 - 1)), _QUANTILES,
              out.reshape(-1, CHANNELS))
    return torch.from_numpy(out)


@parallel_kernel
def _draw(points: NDArray[np.float64], footprint: NDArray[np.float32], seed: np.uint64,
          quantiles: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    rows = 4096
    for block in prange((len(points) + rows - 1) // rows):
        for i in range(block * rows, min(len(points), (block + 1) * rows)):
            _draw_one((points[i, 0], points[i, 1], points[i, 2]), footprint[i], seed, quantiles, out[i])


@bare_inlined
def _draw_one(point: tuple[float, float, float], footprint: float, seed: np.uint64, quantiles: NDArray[np.float32],
              out: NDArray[np.float32]) -> None:
    """Sums the levels of one pixel: `fine` runs from 0 (fading in) to LEVELS (fading out)."""
    exact = math.log2(footprint)
    first = math.floor(exact)
    a = b = c = d = np.float32(0)
    total = np.float32(0)
    for k in range(LEVELS + 1):
        level = first + k
        fine = level - exact
        variance = np.float32(DECAY**fine * min(1.0, fine + 1.0) * min(1.0, LEVELS - fine))
        word = _hash(point[0], point[1], point[2], level, seed)
        weight = np.float32(math.sqrt(variance)) * _SCALE
        total += variance
        a += weight * quantiles[word & np.uint64(4095)]
        b += weight * quantiles[(word >> np.uint64(12)) & np.uint64(4095)]
        c += weight * quantiles[(word >> np.uint64(24)) & np.uint64(4095)]
        d += weight * quantiles[(word >> np.uint64(36)) & np.uint64(4095)]
    norm = np.float32(1 / math.sqrt(total))
    out[0], out[1], out[2], out[3] = a * norm, b * norm, c * norm, d * norm


@bare_inlined
def _hash(x: float, y: float, z: float, level: int, seed: np.uint64) -> np.uint64:
    """64 mixed bits of the cell of size 2^level around a point (splitmix64's finaliser, Steele et al. 2014)."""
    size = 2.0**-level
    # Cells begin at no round number: walls stand at round ones, and would lie on the border of two cells.
    i, j, k = math.floor(x * size + 0.3819), math.floor(y * size + 0.6733), math.floor(z * size + 0.2174)
    word = seed ^ (np.uint64(level + 64) * np.uint64(0x9E3779B97F4A7C15))
    word = _mixed(word ^ (np.uint64(np.int64(i)) * np.uint64(0xC2B2AE3D27D4EB4F)))
    word = _mixed(word ^ (np.uint64(np.int64(j)) * np.uint64(0x165667B19E3779F9)))
    return _mixed(word ^ (np.uint64(np.int64(k)) * np.uint64(0xD6E8FEB86659FD93)))


@bare_inlined
def _mixed(word: np.uint64) -> np.uint64:
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))
