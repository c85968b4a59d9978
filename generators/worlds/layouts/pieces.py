"""`pieces_of`: a grid of labels cut into few rectangles or cuboids of one label each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.integer]


class Piece(NamedTuple):
    """A block of cells from `low` to before `high`, one index an axis, all of one label."""

    low: tuple[int, ...]
    high: tuple[int, ...]
    label: int


def pieces_of(labels: Labels, *, empty: int = -1) -> list[Piece]:
    """Disjoint pieces that cover all cells but the `empty` ones, for any number of axes.

    Greedy: the first open cell grows along the last axis, then along the one before, and so on. That
    gives one piece for a rectangle and a few more than needed for other shapes.
    """
    left = labels != empty
    pieces = []
    for corner in np.argwhere(left):
        if not left[tuple(corner)]:
            continue
        label, low, high = int(labels[tuple(corner)]), list(map(int, corner)), list(map(int, corner + 1))
        for axis in reversed(range(labels.ndim)):
            while high[axis] < labels.shape[axis]:
                layer = tuple(slice(high[axis], high[axis] + 1) if k == axis else slice(low[k], high[k])
                              for k in range(labels.ndim))
                if not (left[layer].all() and (labels[layer] == label).all()):
                    break
                high[axis] += 1
        left[tuple(slice(a, b) for a, b in zip(low, high, strict=True))] = False
        pieces.append(Piece(tuple(low), tuple(high), label))
    return pieces


def compressed(labels: Labels) -> tuple[Labels, tuple[NDArray[np.intp], ...]]:
    """The grid without slices that repeat the one before, and along each axis where its slices begin (and the end)."""
    lines = []
    for axis in range(labels.ndim):
        rows = np.moveaxis(labels, axis, 0).reshape(labels.shape[axis], -1)
        changed = np.concatenate([[True], (rows[1:] != rows[:-1]).any(1)])
        starts = np.flatnonzero(changed)
        labels = np.take(labels, starts, axis)
        lines.append(np.append(starts, len(rows)))
    return labels, tuple(lines)
