"""Two frames at several resolutions, as direct alignment takes them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate1d

from spatialmem.revisit.direct import Level

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

SMALLEST = 24
"""Pixels of the shorter side below which a picture is not halved."""
MOST_POINTS = 6144
"""Points of a resolution that are aligned; a larger picture is thinned evenly, since neighbours tell the same."""
_BINOMIAL = np.array([0.25, 0.5, 0.25], np.float32)
_ONE_SURFACE = 1.1


def pyramid(first: Floats, depth: Floats, K_first: Doubles, again: Floats, K_again: Doubles) -> list[Level]:
    """Coarse to fine: each resolution half the next.

    Args:
        first: `[H, W, 3]` colours.
        depth: `[H, W]` z-depth of the first picture, 0 = unknown: such pixels are left out.
        K_first: `[3, 3]` of the first picture; `K_again` of the other.
        again: `[H, W, 3]` colours of the other picture.
    """
    levels = [_level(first, depth, K_first, again, K_again)]
    while min(depth.shape) // 2 >= SMALLEST:
        first, again, depth = _halved(first), _halved(again), _halved_depth(depth)
        K_first, K_again = (np.diag([0.5, 0.5, 1.0]) @ K for K in (K_first, K_again))
        levels.append(_level(first, depth, K_first, again, K_again))
    return [level for level in reversed(levels) if len(level.points)]


def rays(K: Doubles, height: int, width: int) -> Floats:
    """`[H, W, 3]` where the pixels' centres look, at depth 1, in the camera."""
    u = (np.arange(width) + 0.5 - K[0, 2]) / K[0, 0]
    v = (np.arange(height) + 0.5 - K[1, 2]) / K[1, 1]
    return np.stack([*np.meshgrid(u, v), np.ones((height, width))], -1).astype(np.float32)


def smoothed(picture: Floats) -> Floats:
    """`[H, W, ...]` after the binomial filter (1, 2, 1) / 4 along both axes."""
    rows = correlate1d(picture, _BINOMIAL, axis=0, mode="nearest")
    both: Floats = correlate1d(rows, _BINOMIAL, axis=1, mode="nearest").astype(np.float32, copy=False)
    return both


def _level(first: Floats, depth: Floats, K_first: Doubles, again: Floats, K_again: Doubles) -> Level:
    # unsmoothed, the finest detail would have slopes that tell nothing of where it lies
    first, again = smoothed(first), smoothed(again)
    along_y, along_x = (np.gradient(again, axis=axis) for axis in (0, 1))
    known = np.flatnonzero(depth)
    # an odd step: an even one would take every other column only, of pictures of even width
    step = -(-len(known) // MOST_POINTS) | 1
    known = known[::step]
    points = (rays(K_first, *depth.shape) * depth[..., None]).reshape(-1, 3)[known]
    slopes = np.concatenate([again, along_x, along_y], -1).astype(np.float32)
    return Level(points, first.reshape(-1, 3)[known], slopes, K_again, float(step))


def _quarters(picture: Floats) -> Floats:
    height, width = (side // 2 * 2 for side in picture.shape[:2])
    return np.stack([picture[row:height:2, column:width:2] for row in (0, 1) for column in (0, 1)])


def _halved(picture: Floats) -> Floats:
    mean: Floats = _quarters(picture).mean(0, dtype=np.float32)
    return mean


def _halved_depth(depth: Floats) -> Floats:
    """The mean where four pixels see one surface; unknown elsewhere."""
    four = _quarters(depth)
    near, far = four.min(0), four.max(0)
    return np.where((near > 0) & (far < _ONE_SURFACE * near), four.mean(0), 0).astype(np.float32)
