"""Footprints: what stands in a walker's way, seen from above; the one meaning of free floor in grown worlds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spatialmem.generators.worlds.solids import Shape

CELL = 0.1
"""Metres; cells lie on the grid of the block, so that rooms and blocks join."""
ROBOT = 0.25
"""Radius of who must get everywhere, metres."""
LOW, HIGH = 0.1, 1.8
"""What stands in the way: solids between these heights, metres."""

Field = NDArray[np.float64]


def is_round(shape: int, half_x: float, half_y: float) -> bool:
    """Whether a solid's outline from above is a disc; flattened ellipsoids count as boxes."""
    return shape in {Shape.CYLINDER, Shape.ELLIPSOID} and abs(half_x - half_y) < 1e-6


def to_boxes(x: Field, y: Field, boxes: Field) -> Field:
    """Distance to the nearest of boxes `[N, 6]`: middle, half extents, cosine and sine of the turn."""
    cx, cy, hx, hy, cos, sin = (column[:, None, None] for column in boxes.T)
    dx, dy = x - cx, y - cy
    u = np.maximum(abs(cos * dx + sin * dy) - hx, 0.0)
    v = np.maximum(abs(cos * dy - sin * dx) - hy, 0.0)
    return np.asarray(np.sqrt((u * u + v * v).min(0)))


def to_rounds(x: Field, y: Field, rounds: Field) -> Field:
    """Distance to the nearest of discs `[N, 3]`: middle and radius; negative within one."""
    cx, cy, radius = (column[:, None, None] for column in rounds.T)
    return np.asarray((np.hypot(x - cx, y - cy) - radius).min(0))
