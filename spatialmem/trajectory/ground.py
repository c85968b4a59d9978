"""`Ground`: the part of a free space that a walk is planned in, and the easiest ways through it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse
from scipy.sparse import csgraph

from spatialmem.errors import TrajectoryError
from spatialmem.freespace import Cell, FreeSpace, Place

Points = NDArray[np.float64]

_SHY = 0.5
"""Metres from the border of what is free at which walls begin to be shunned."""
_TIMES = 3.0
"""How much longer a way may be that keeps away from walls, against one along them."""


class Ground:
    """The square of a free space within `reach` metres of a point, as it is walked from there.

    Args:
        space: where one may walk.
        x, y: the point in the middle, metres.
        reach: metres from it to the sides of the square.

    Raises:
        TrajectoryError: the point is not free.
    """

    def __init__(self, space: FreeSpace, x: float, y: float, reach: float) -> None:
        self.cell = space.cell
        i, j = math.floor(x / self.cell), math.floor(y / self.cell)
        count = math.ceil(reach / self.cell)
        self._space = space
        self._low, self._high = (i - count, j - count), (i + count + 1, j + count + 1)
        self.free = space.free(self._low, self._high)
        self.middle = (count, count)
        if not self.free[self.middle]:
            raise TrajectoryError(f"the walk begins at ({x:.2f}, {y:.2f}), where something stands in the way"
                                  f"{self._nearest()}; choose another start")

    @cached_property
    def clearance(self) -> NDArray[np.float64]:
        """`[J, I]` metres from each cell's middle to the nearest one that is not free; 0 in those."""
        padded = np.asarray(ndimage.distance_transform_edt(np.pad(self.free, 1)), np.float64)
        return padded[1:-1, 1:-1] * self.cell

    @cached_property
    def effort(self) -> NDArray[np.float64]:
        """`[J, I]` what a metre costs: 1 in the open, three times as much along a wall."""
        near = np.clip(1 - (self.clearance - self.cell) / _SHY, 0.0, 1.0)
        return 1 + (_TIMES - 1) * near**2

    @cached_property
    def places(self) -> tuple[tuple[Place, Cell], ...]:
        """The named spots that are free, each with its row and column."""
        named = ((place, self.at(place.x, place.y)) for place in self._space.places(self._low, self._high))
        return tuple((place, spot) for place, spot in named if self.free[spot])

    def at(self, x: float, y: float) -> Cell:
        """Row and column of the cell that holds a point of the square."""
        return math.floor(y / self.cell) - self._low[1], math.floor(x / self.cell) - self._low[0]

    def point(self, spot: Cell) -> tuple[float, float]:
        """The middle of a cell by row and column, metres in the world."""
        return (self._low[0] + spot[1] + 0.5) * self.cell, (self._low[1] + spot[0] + 0.5) * self.cell

    def ways(self, spot: Cell, limit: float = math.inf) -> Ways:
        """The easiest ways from a cell to all others, up to an effort of `limit`."""
        source = int(np.ravel_multi_index(spot, self.free.shape))
        effort, before = csgraph.dijkstra(self._graph, indices=source, return_predecessors=True, limit=limit)
        return Ways(self, effort.reshape(self.free.shape), before)

    def is_clear(self, points: Points) -> NDArray[np.bool_]:
        """`[N]`: whether points `[N, 2]` lie between free cells only.

        Among the middles of free cells, a tenth of a metre apart, a robot of 0.25 m keeps 0.24 m of its distance.
        """
        return self._between(self._blocked, points) < 1e-9

    def strain(self, points: Points) -> NDArray[np.float64]:
        """`[N - 1]` the effort of each piece of the line through points `[N, 2]`, wherever it leads."""
        lengths = np.hypot(*np.diff(points, axis=0).T)
        each = self._between(self.effort, points)
        return np.asarray(lengths * (each[1:] + each[:-1]) / 2)

    def _between(self, field: NDArray[np.float64], points: Points) -> NDArray[np.float64]:
        """Bilinear interpolation of a field of the cells' middles."""
        rows = points[:, 1] / self.cell - 0.5 - self._low[1]
        columns = points[:, 0] / self.cell - 0.5 - self._low[0]
        return np.asarray(ndimage.map_coordinates(field, [rows, columns], order=1, mode="nearest"))

    @cached_property
    def _blocked(self) -> NDArray[np.float64]:
        return (~self.free).astype(np.float64)

    @cached_property
    def _graph(self) -> sparse.csr_array:
        """Steps between the eight neighbours, never around a corner that is not free."""
        free, number = self.free, np.arange(self.free.size).reshape(self.free.shape)
        starts, ends, weights = [], [], []
        for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
            a, b = _shifted(free.shape, 0, 0, down, right), _shifted(free.shape, down, right, down, right)
            passable = free[a] & free[b]
            if down and right:
                passable &= free[_shifted(free.shape, down, 0, down, right)]
                passable &= free[_shifted(free.shape, 0, right, down, right)]
            length = self.cell * math.hypot(down, right)
            starts.append(number[a][passable])
            ends.append(number[b][passable])
            weights.append(length * (self.effort[a] + self.effort[b])[passable] / 2)
        one, other, weight = np.concatenate(starts), np.concatenate(ends), np.concatenate(weights)
        pairs = np.concatenate([one, other]), np.concatenate([other, one])
        return sparse.csr_array((np.tile(weight, 2), pairs), shape=(free.size, free.size))

    def _nearest(self) -> str:
        """Words that name the nearest free point, if there is one."""
        spots = np.argwhere(self.free)
        if not len(spots):
            return ""
        nearest = spots[np.hypot(*(spots - self.middle).T).argmin()]
        x, y = self.point((int(nearest[0]), int(nearest[1])))
        return f" (the nearest free point is ({x:.2f}, {y:.2f}))"


@dataclass(frozen=True, eq=False)
class Ways:
    """The easiest ways from one cell: `effort` `[J, I]` to each, infinite where none leads."""

    ground: Ground
    effort: NDArray[np.float64]
    _before: NDArray[np.int32]

    def to(self, spot: Cell) -> Points:
        """The middles of the cells along the way to a cell `[P, 2]`, metres in the world."""
        node = int(np.ravel_multi_index(spot, self.effort.shape))
        nodes = [node]
        while self._before[node] >= 0:
            node = int(self._before[node])
            nodes.append(node)
        rows, columns = np.unravel_index(nodes[::-1], self.effort.shape)
        return np.array([self.ground.point(each) for each in zip(rows.tolist(), columns.tolist(), strict=True)])


def densified(points: Points, spacing: float) -> Points:
    """Points along the line through `points` `[N, 2]`, evenly and at most `spacing` apart, with both its ends."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    at = np.linspace(0.0, along[-1], max(2, math.ceil(along[-1] / spacing - 1e-9) + 1))
    return np.stack([np.interp(at, along, points[:, axis]) for axis in (0, 1)], 1)


def _shifted(shape: tuple[int, ...], down: int, right: int, rows: int, columns: int) -> tuple[slice, slice]:
    """The part of a grid where steps of (`rows`, `columns`) begin, moved on by (`down`, `right`)."""
    first = max(0, -columns)
    return (slice(down, shape[0] - rows + down),
            slice(first + right, shape[1] - abs(columns) + first + right))
