"""`Heights`: the height of a floor as a walker feels it, without steps."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from spatialmem.freespace import Cell, FreeSpace

_STRIDE = 0.25
"""Metres over which a kerb becomes a slope (standard deviation)."""
_TILE = 64


class Heights:
    """Floor heights of a free space, evened out by a Gaussian; a point has one height whoever passes it when."""

    def __init__(self, space: FreeSpace) -> None:
        self._space = space
        self._tiles: dict[Cell, NDArray[np.float64]] = {}

    def along(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Heights `[T]` at points `[T, 2]`, metres."""
        return np.array([self._at(x / self._space.cell - 0.5, y / self._space.cell - 0.5)
                         for x, y in points.tolist()])

    def _at(self, column: float, row: float) -> float:
        """Bilinear between the middles of cells."""
        i, j = math.floor(column), math.floor(row)
        u, v = column - i, row - j
        low = (1 - u) * self._middle(i, j) + u * self._middle(i + 1, j)
        high = (1 - u) * self._middle(i, j + 1) + u * self._middle(i + 1, j + 1)
        return (1 - v) * low + v * high

    def _middle(self, i: int, j: int) -> float:
        key = i // _TILE, j // _TILE
        if key not in self._tiles:
            self._tiles[key] = self._evened(*key)
        return float(self._tiles[key][j % _TILE, i % _TILE])

    def _evened(self, column: int, row: int) -> NDArray[np.float64]:
        """A tile of cells; its margin is as wide as the kernel, so that tiles agree."""
        cell = self._space.cell
        margin = math.ceil(4 * _STRIDE / cell)
        count = _TILE + 2 * margin
        raw = np.array([[self._space.floor((_TILE * column - margin + i + 0.5) * cell,
                                           (_TILE * row - margin + j + 0.5) * cell) for i in range(count)]
                        for j in range(count)])
        even = ndimage.gaussian_filter(raw, _STRIDE / cell, truncate=4.0)
        return np.asarray(even[margin:-margin, margin:-margin])
