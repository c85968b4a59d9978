"""`Line`: a way over the grid made round and straight, as somebody walks it who looks ahead."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from spatialmem.trajectory.ground import Ground, Points, densified

_SPACING = 0.05
"""Metres between the points that are moved to round a corner."""
_ROUNDS = 80
"""Each round is a kernel of 1/4, 1/2, 1/4: corners become as round as by a Gaussian of 0.3 m."""
_FINE = 0.01
"""Metres between the points of a line."""
_AHEAD = 0.6
"""Metres ahead at which a walker looks."""
_EASE = 0.15
"""Metres over which a turn of the head begins and ends (standard deviation)."""


@dataclass(frozen=True, eq=False)
class Line:
    """A way from stop to stop.

    Attributes:
        points: `[N, 2]` metres in the world, about a centimetre apart.
        along: `[N]` metres walked so far.
        yaw: `[N]` where one looks, radians about +Z from +X, without jumps.
    """

    points: Points
    along: NDArray[np.float64]
    yaw: NDArray[np.float64]

    @property
    def length(self) -> float:
        return float(self.along[-1])


def line_through(ground: Ground, points: Points) -> Line:
    """A line near a way of grid cells `[P, 2]` that keeps both its ends, its clearance, and no corner."""
    rounded = densified(_rounded(ground, _pulled(ground, points)), _FINE)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(rounded, axis=0).T))])
    return Line(rounded, along, _gaze(rounded))


def _pulled(ground: Ground, points: Points) -> Points:
    """The way with straight pieces wherever these take no more effort."""
    efforts = np.concatenate([[0.0], np.cumsum(ground.strain(points))])
    last, here, kept = len(points) - 1, 0, [0]
    while here < last:
        there, stride = here + 1, 1
        # as far as it goes, by strides that double and then halve
        while stride:
            if there + stride <= last and _is_easier(ground, points, efforts, here, there + stride):
                there, stride = there + stride, stride * 2
            else:
                stride //= 2
        kept.append(there)
        here = there
    return points[kept]


def _is_easier(ground: Ground, points: Points, efforts: NDArray[np.float64], one: int, other: int) -> bool:
    straight = densified(points[[one, other]], ground.cell / 2)
    is_easier = float(ground.strain(straight).sum()) <= float(efforts[other] - efforts[one]) + 1e-6
    return is_easier and bool(ground.is_clear(straight).all())


def _rounded(ground: Ground, points: Points) -> Points:
    """Corners become round, except where that would leave what is clear."""
    line = densified(points, _SPACING)
    for _ in range(_ROUNDS):
        moved = line.copy()
        moved[1:-1] = 0.5 * line[1:-1] + 0.25 * (line[:-2] + line[2:])
        line = np.where(ground.is_clear(moved)[:, None], moved, line)
    return line


def _gaze(points: Points) -> NDArray[np.float64]:
    """Heading of the point some way ahead, eased; beyond its end the line counts as going on straight."""
    reach = round(_AHEAD / _FINE)
    last = points[-1] - points[max(0, len(points) - 1 - reach // 4)]
    length = float(np.hypot(*last))
    onward = last / length if length > 0 else np.array([1.0, 0.0])
    beyond = points[-1] + onward * (_FINE * np.arange(1, reach + 1))[:, None]
    longer = np.concatenate([points, beyond])
    towards = longer[reach:] - points
    yaw = np.unwrap(np.arctan2(towards[:, 1], towards[:, 0]))
    return np.asarray(ndimage.gaussian_filter1d(yaw, _EASE / _FINE, mode="nearest"))
