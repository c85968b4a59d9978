"""`FreeSpace`: where somebody may walk in a world with +Z up, on a grid without end; `Place`: a named spot in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Cell = tuple[int, int]
"""Column and row: cell (i, j) covers x of `cell * i .. cell * (i + 1)` and y of `cell * j .. cell * (j + 1)`."""


@dataclass(frozen=True)
class Place:
    """A spot that is worth a visit, metres in the world."""

    name: str
    x: float
    y: float


class FreeSpace(Protocol):
    """The free floor of a world, which may go on without end.

    A generator that has one offers it as `free_space`; the trajectories `tour`, `revisit` and `random-walk` are
    planned in it.

    Attributes:
        cell: metres, the side of a cell of the grid.
        eye: metres above the floor at which a camera is carried.
    """

    @property
    def cell(self) -> float: ...

    @property
    def eye(self) -> float: ...

    def free(self, low: Cell, high: Cell) -> NDArray[np.bool_]:
        """`[J, I]`, for the cells from `low` to before `high`: whether the middle of a walker may be at a cell's."""
        ...

    def floor(self, x: float, y: float) -> float:
        """Height of the floor at a point, metres."""
        ...

    def places(self, low: Cell, high: Cell) -> Sequence[Place]:
        """The named spots in the cells from `low` to before `high`; not every one need be free or reachable."""
        ...


def sights(space: FreeSpace, x: float, y: float, headings: NDArray[np.float64], reach: float) -> NDArray[np.float64]:
    """How far the floor is free from a point towards headings `[N]` (radians about +Z from +X).

    Returns:
        `[N]` metres, at most `reach`: walls end it, and so does furniture.
    """
    step = space.cell / 2
    along = np.arange(0.0, reach + step, step)
    at_x = np.floor((x + np.cos(headings)[:, None] * along) / space.cell).astype(np.int64)
    at_y = np.floor((y + np.sin(headings)[:, None] * along) / space.cell).astype(np.int64)
    low = int(at_x.min()), int(at_y.min())
    free = space.free(low, (int(at_x.max()) + 1, int(at_y.max()) + 1))[at_y - low[1], at_x - low[0]]
    count = np.where(free.all(1), len(along) - 1, free.argmin(1))
    return np.minimum(count * step, reach)
