"""Cells: the cubes of an octree-like grid that Gaussians are stored by.

A cell of level 0 has the world's `cell_edge`; each level halves the edge. A leaf above `CELL_LIMIT`
Gaussians is split into its eight children. A node is split exactly while a live leaf lies below it, so
the tree needs no storage of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

CELL_LIMIT = 16_384
OBJECT_LIMIT = 65_536
MAX_LEVEL = 12


class CellKey(NamedTuple):
    """A cube: its lower corner is `(x, y, z) * edge / 2**level`."""

    level: int
    x: int
    y: int
    z: int

    def ancestors(self) -> Iterator[CellKey]:
        """Parent, grandparent ... up to level 0."""
        for up in range(1, self.level + 1):
            yield CellKey(self.level - up, self.x >> up, self.y >> up, self.z >> up)


def split_nodes(leaves: Iterable[CellKey]) -> set[CellKey]:
    """Every node that lies above one of `leaves`."""
    return {node for leaf in leaves for node in leaf.ancestors()}


def locate(points: Tensor, level: int, edge: float) -> NDArray[np.int64]:
    """Cube indices `[N, 3]` at `level` of world points `[N, 3]` in metres."""
    # Dividing first and then scaling by a power of two is exact, so levels nest: child // 2 == parent.
    base = points.detach().cpu().to(torch.float64).numpy() / edge
    return np.floor(base * 2.0**level).astype(np.int64)


def partition(points: Tensor, splits: Set[CellKey], edge: float, *,
              limit: int | None = CELL_LIMIT) -> dict[CellKey, Tensor]:
    """Row numbers (ascending, int64) of the points `[N, 3]` in each leaf that holds any.

    Args:
        points: world frame, metres.
        splits: nodes that are split already.
        edge: of a level-0 cell, metres.
        limit: leaves with more rows are split too, down to `MAX_LEVEL`; None only follows `splits`.
    """
    leaves: dict[CellKey, Tensor] = {}
    pending, finest = np.arange(len(points)), locate(points, MAX_LEVEL, edge)
    for level in range(MAX_LEVEL + 1):
        deeper = [pending[:0]]
        for key, chosen in _group(finest[pending] >> (MAX_LEVEL - level), level):
            rows = pending[chosen]
            crowded = limit is not None and len(rows) > limit
            if level < MAX_LEVEL and (crowded or key in splits):
                deeper.append(rows)
            else:
                leaves[key] = torch.from_numpy(rows)
        pending = np.concatenate(deeper)
        if not len(pending):
            break
    return leaves


def _group(cubes: NDArray[np.int64], level: int) -> Iterator[tuple[CellKey, NDArray[np.int64]]]:
    """Each distinct cube of `[N, 3]` with its rows in ascending order."""
    if not len(cubes):
        return
    ranks = _ranks(cubes)
    order = np.argsort(ranks, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(ranks[order])) + 1):
        x, y, z = (int(v) for v in cubes[rows[0]])
        yield CellKey(level, x, y, z), rows


def _ranks(cubes: NDArray[np.int64]) -> NDArray[np.int64]:
    """One number a row, equal exactly for equal cubes `[N, 3]`."""
    code = np.zeros(len(cubes), dtype=np.int64)
    for column in cubes.T:
        low, high = int(column.min()), int(column.max())
        span = high - low + 1
        if int(code.max(initial=0)) * span + span >= 1 << 62:  # far apart: number the distinct values instead
            code = np.unique(code, return_inverse=True)[1].astype(np.int64)
            column = np.unique(column, return_inverse=True)[1]  # noqa: PLW2901
            low, span = 0, len(cubes)
        code = code * span + (column - low)
    return code
