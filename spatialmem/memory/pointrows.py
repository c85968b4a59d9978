"""`PointRows`: points that are added without end, of which each cube of space keeps the first."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Keys = NDArray[np.int64]

_BITS = 21
"""Of a cube's number along an axis; cubes of 2 cm that are 42 km apart are taken for the same one."""


class PointRows:
    """Points with a colour, a size and the frame that saw them, at most `most` in cubes of edge `voxel`.

    When they are more, the edge is doubled and the first of each larger cube stays. As larger cubes consist of
    whole smaller ones, what stays is what would have stayed with the larger edge from the beginning.

    Attributes:
        voxel: the edge now, metres.
    """

    def __init__(self, voxel: float, most: int) -> None:
        self.voxel = voxel
        self._most = most
        self._count = 0
        self._keys: Keys = np.zeros(0, np.int64)  # of the cubes that have a point, sorted
        self._columns: dict[str, NDArray[np.generic]] = {
            "points": np.zeros((0, 3), np.float32), "colors": np.zeros((0, 3), np.uint8),
            "sizes": np.zeros(0, np.float32), "frames": np.zeros(0, np.int32)}

    def __len__(self) -> int:
        return self._count

    def tensor(self, name: str) -> Tensor:
        """One of the columns points `[N, 3]`, colors `[N, 3]` uint8, sizes `[N]`, frames `[N]` int32, oldest first.

        A view of what the next `add` may overwrite.
        """
        return torch.from_numpy(self._columns[name][: self._count])

    def add(self, *, points: NDArray[np.float32], colors: NDArray[np.uint8], sizes: NDArray[np.float32],
            frame: int) -> None:
        """Take in those of `points` `[M, 3]` whose cubes are empty, the first of each cube."""
        keys = _cubes(points, self.voxel)
        fresh, first = np.unique(keys, return_index=True)
        new = ~np.isin(fresh, self._keys, assume_unique=True)
        rows = np.sort(first[new])
        self._append({"points": points[rows], "colors": colors[rows], "sizes": sizes[rows],
                      "frames": np.full(len(rows), frame, np.int32)})
        self._keys = np.insert(self._keys, np.searchsorted(self._keys, fresh[new]), fresh[new])
        while self._count > self._most:
            self._coarsen()

    def _append(self, rows: dict[str, NDArray[np.generic]]) -> None:
        end = self._count + len(rows["points"])
        if end > len(self._columns["points"]):  # room for half as much again, so that growing costs little in all
            spare = end + end // 2 - self._count
            self._columns = {name: np.concatenate([column[: self._count], np.zeros((spare, *column.shape[1:]),
                                                   column.dtype)]) for name, column in self._columns.items()}
        for name, column in self._columns.items():
            column[self._count : end] = rows[name]
        self._count = end

    def _coarsen(self) -> None:
        self.voxel *= 2
        points = self._columns["points"][: self._count]
        self._keys, first = np.unique(_cubes(points.astype(np.float32), self.voxel), return_index=True)
        rows = np.sort(first)
        self._columns = {name: column[rows] for name, column in self._columns.items()}
        self._count = len(rows)


def _cubes(points: NDArray[np.float32], voxel: float) -> Keys:
    """A number for the cube of each point `[M]`."""
    steps = np.floor(points.astype(np.float64) / voxel).astype(np.int64) & ((1 << _BITS) - 1)
    keys: Keys = (steps[:, 0] << 2 * _BITS) | (steps[:, 1] << _BITS) | steps[:, 2]
    return keys
