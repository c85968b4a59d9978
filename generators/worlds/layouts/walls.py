"""`FloorGrid`: the rooms of a layout on a grid whose lines are the edges of all that stands there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spatialmem.generators.worlds.layouts.pieces import Labels, pieces_of
from spatialmem.generators.worlds.places.rooms import Rect

OUTSIDE = -1

Outline = tuple[tuple[float, float], ...]


class Wall(NamedTuple):
    """A straight stretch between two rooms (or a room and `OUTSIDE`): `across` the axis through it.

    `at` is its middle line, `low`..`high` its ends along the other axis; `below` and `above` lie on its sides.
    """

    across: Literal[0, 1]
    at: float
    low: float
    high: float
    below: int
    above: int


class FloorGrid:
    """Which room each cell of an uneven grid belongs to.

    Args:
        outlines: corners of the rooms, with edges along the axes.
        xs, ys: further lines that cells must not cross.

    Attributes:
        xs, ys: `[I + 1]`, `[J + 1]` lines of the grid, metres, from well outside to well outside.
        owner: `[J, I]` index of the room, `OUTSIDE` elsewhere; of rooms that overlap the first one.
        doubled: `[J, I]` index of a second room, `OUTSIDE` elsewhere.
    """

    def __init__(self, outlines: list[Outline], xs: Iterable[float] = (), ys: Iterable[float] = ()) -> None:
        self.xs = _lines([x for outline in outlines for x, _ in outline], xs)
        self.ys = _lines([y for outline in outlines for _, y in outline], ys)
        self.middle_x, self.middle_y = (self.xs[1:] + self.xs[:-1]) / 2, (self.ys[1:] + self.ys[:-1]) / 2
        self.owner = np.full((len(self.middle_y), len(self.middle_x)), OUTSIDE)
        self.doubled = self.owner.copy()
        for room, outline in enumerate(outlines):
            inside = _inside(outline, self.middle_x, self.middle_y)
            self.doubled[inside & (self.owner != OUTSIDE)] = room
            self.owner[inside & (self.owner == OUTSIDE)] = room

    def near(self, marked: NDArray[np.bool_], reach: float) -> NDArray[np.bool_]:
        """Cells whose middle lies within `reach` (along both axes) of a marked one; `reach` must be on the lines."""
        table = np.zeros((marked.shape[0] + 1, marked.shape[1] + 1), np.int64)
        table[1:, 1:] = marked.cumsum(0).cumsum(1)
        i0, i1 = _span(self.xs, self.middle_x, reach)
        j0, j1 = (ends[:, None] for ends in _span(self.ys, self.middle_y, reach))
        count: NDArray[np.int64] = table[j1, i1] - table[j0, i1] - table[j1, i0] + table[j0, i0]
        return count > 0

    def within(self, rect: Rect) -> NDArray[np.bool_]:
        """Cells whose middle lies in a rectangle."""
        return (((self.middle_y > rect.y0) & (self.middle_y < rect.y1))[:, None]
                & ((self.middle_x > rect.x0) & (self.middle_x < rect.x1)))

    def rects(self, labels: Labels) -> list[tuple[Rect, int]]:
        """Few rectangles that cover all cells with a label other than -1, and their labels."""
        return [(Rect(float(self.xs[i0]), float(self.ys[j0]), float(self.xs[i1]), float(self.ys[j1])), label)
                for (j0, i0), (j1, i1), label in ((p.low, p.high, p.label) for p in pieces_of(labels))]

    def walls(self) -> list[Wall]:
        """All stretches where the owner changes, each as long as it can be."""
        found = _changes(self.owner, self.xs, self.ys, 0)
        return found + _changes(self.owner.T, self.ys, self.xs, 1)


def _changes(owner: NDArray[np.intp], lines: NDArray[np.float64], along: NDArray[np.float64],
             across: Literal[0, 1]) -> list[Wall]:
    """Walls between neighbours along the last axis of `owner`, whose lines are `lines`."""
    walls: list[Wall] = []
    for k in range(1, owner.shape[1]):
        for j in np.flatnonzero(owner[:, k - 1] != owner[:, k]):
            pair = int(owner[j, k - 1]), int(owner[j, k])
            piece = Wall(across, float(lines[k]), float(along[j]), float(along[j + 1]), *pair)
            last = walls[-1] if walls else None
            if last is not None and last.at == piece.at and last.high == piece.low and last[4:] == piece[4:]:
                walls[-1] = last._replace(high=piece.high)
            else:
                walls.append(piece)
    return walls


def _lines(edges: list[float], others: Iterable[float]) -> NDArray[np.float64]:
    ends = [min(edges) - 2.0, max(edges) + 2.0] if edges else []
    # lines a rounding apart would make cells without an extent
    return np.unique(np.round([*edges, *others, *ends], 6))


def _span(lines: NDArray[np.float64], middles: NDArray[np.float64],
          reach: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First and one past the last cell that the middle of each cell reaches."""
    first = np.searchsorted(lines, middles - reach, "right") - 1
    last = np.searchsorted(lines, middles + reach, "left")
    return np.clip(first, 0, len(middles)), np.clip(last, 0, len(middles))


def _inside(outline: Outline, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
    """`[J, I]`: which points lie inside (even-odd rule along x)."""
    inside = np.zeros((len(y), len(x)), np.bool_)
    for (x0, y0), (x1, y1) in zip(outline, outline[1:] + outline[:1], strict=True):
        if x0 == x1:
            inside ^= ((y > min(y0, y1)) & (y < max(y0, y1)))[:, None] & (x > x0)
    return inside
