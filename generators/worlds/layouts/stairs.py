"""`stairs`: where the walls of a floor plan are slanted, round or ragged, so that they become stairs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from spatialmem.generators.worlds.layouts.draft import Finding

_NEAR = 0.25
"""Metres: corners in squares of this side that touch belong together."""
_MANY = 24
"""Corners together, from which on they are no doorway or niche."""


def corners(meaning: NDArray[np.generic]) -> NDArray[np.bool_]:
    """`[H - 1, W - 1]`: where four cells of `meaning` `[H, W]` meet at a corner of an outline, about."""
    level, upright = meaning[1:] != meaning[:-1], meaning[:, 1:] != meaning[:, :-1]
    found: NDArray[np.bool_] = (level[:, 1:] | level[:, :-1]) & (upright[1:] | upright[:-1])
    return found


def stairs(wall: NDArray[np.bool_], metres: float) -> list[Finding]:
    """A warning for each stretch of wall that is made of many steps.

    Args:
        wall: `[H, W]` cells that are wall, rows upwards.
        metres: side of a cell.
    """
    at = (np.argwhere(corners(wall)) + 1).astype(np.float64) * metres
    if not len(at):
        return []
    squares = (at / _NEAR).astype(np.intp)
    taken = np.zeros(squares.max(0) + 1, np.bool_)
    taken[tuple(squares.T)] = True
    # slanted walls go on across the corners of squares
    labels = np.zeros(taken.shape, np.int32)
    ndimage.label(taken, np.ones((3, 3)), output=labels)
    numbers = labels[tuple(squares.T)]
    return [_finding(at[numbers == number]) for number in np.flatnonzero(np.bincount(numbers) >= _MANY)]


def _finding(at: NDArray[np.float64]) -> Finding:
    """The warning for one stretch with corners `at` `[N, 2]` (y, x), told at the corner nearest to its middle."""
    y, x = at[np.square(at - at.mean(0)).sum(1).argmin()]
    return Finding(False, f"plan: the wall around ({x:.1f}, {y:.1f}) is slanted, round or ragged and becomes stairs of "
                   f"{len(at)} corners; draw it level and upright if it should be smooth", (float(x), float(y)))
