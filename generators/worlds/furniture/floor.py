"""`Floor`: the free floor of a room on a grid of 0.1 m, which stays connected whatever is put on it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from spatialmem.generators.worlds.footprints import CELL, HIGH, LOW, ROBOT, Field, is_round, to_boxes, to_rounds
from spatialmem.generators.worlds.furniture.piece import Part
from spatialmem.generators.worlds.places.rooms import Hole, Rect

_SLACK = 1e-4
"""Metres by which the radius may be a little more or less in another's sums, without a pocket opening or closing."""

_WIDE = 100_000
"""Cells times parts from which on it pays to look near each part alone."""

_FOUR = ndimage.generate_binary_structure(2, 1)


class Floor:
    """Distance of every cell's middle to the nearest obstacle.

    Args:
        inner: the floor from wall to wall, block coordinates, metres.
        clear: radius of the ways between the room's doors, metres.
        fenced: whether walls stand all around; else only what is put there stands in the way.
    """

    def __init__(self, inner: Rect, clear: float = 0.45, *, fenced: bool = True) -> None:
        self._clear = clear
        i0, j0 = int(np.ceil(inner.x0 / CELL - 0.5)), int(np.ceil(inner.y0 / CELL - 0.5))
        i1, j1 = int(np.floor(inner.x1 / CELL - 0.5)), int(np.floor(inner.y1 / CELL - 0.5))
        self._x: Field = (np.arange(i0, i1 + 1, dtype=np.float64)[None, :] + 0.5) * CELL
        self._y: Field = (np.arange(j0, j1 + 1, dtype=np.float64)[:, None] + 0.5) * CELL
        walls = np.minimum(np.minimum(self._x - inner.x0, inner.x1 - self._x),
                           np.minimum(self._y - inner.y0, inner.y1 - self._y))
        self._distance: Field = walls if fenced else np.full_like(walls, np.inf)
        self._doors: list[tuple[int, int]] = []

    def door(self, hole: Hole, inner: Rect) -> None:
        """Tells where a way in is: its threshold joins all the others from now on."""
        depth = max(ROBOT, self._clear) + CELL
        middle = (hole.low + hole.high) / 2
        x = {"west": inner.x0 + depth, "east": inner.x1 - depth}.get(hole.side, middle)
        y = {"south": inner.y0 + depth, "north": inner.y1 - depth}.get(hole.side, middle)
        self._doors.append((int(np.argmin(abs(self._y[:, 0] - y))), int(np.argmin(abs(self._x[0] - x)))))

    def accepts(self, parts: Sequence[Part]) -> bool:
        """Puts the parts there if the floor stays whole, and tells whether it did."""
        distance = self._with(parts)
        if not self._is_whole(distance):
            return False
        self._distance = distance
        return True

    def put(self, parts: Sequence[Part]) -> None:
        """Puts the parts there whatever becomes of the floor: walls."""
        self._distance = self._with(parts)

    def _with(self, parts: Sequence[Part]) -> Field:
        """The distances once these parts stand there too."""
        standing = [part for part in parts
                    if part.center[2] + part.half[2] > LOW and part.center[2] - part.half[2] < HIGH]
        distance = self._distance.copy()
        for some in self._together(standing):
            self._lower(distance, some)
        return distance

    def _together(self, parts: list[Part]) -> list[list[Part]]:
        """The parts, each alone where there are many in a wide space: most of it is far from most of them."""
        if not parts:
            return []
        rows, columns = self._near(parts)
        cells = (rows.stop - rows.start) * (columns.stop - columns.start)
        return [parts] if cells * len(parts) < _WIDE else [[part] for part in parts]

    def _lower(self, distance: Field, parts: list[Part]) -> None:
        """Lowers the distances near the parts."""
        boxes = np.array([(*part.center[:2], *part.half[:2], np.cos(part.yaw), np.sin(part.yaw))
                          for part in parts if not _is_round(part)]).reshape(-1, 6)
        rounds = np.array([(*part.center[:2], part.half[0]) for part in parts if _is_round(part)]).reshape(-1, 3)
        rows, columns = self._near(parts)
        near = distance[rows, columns]
        if len(boxes):
            np.minimum(near, to_boxes(self._x[:, columns], self._y[rows], boxes), out=near)
        if len(rounds):
            np.minimum(near, to_rounds(self._x[:, columns], self._y[rows], rounds), out=near)

    def _is_whole(self, distance: Field) -> bool:
        """Whether a robot still reaches all that is free, and people still get from door to door."""
        free, surely = distance > ROBOT - _SLACK, distance > ROBOT + _SLACK
        if _islands(free).max() != 1 or (not np.array_equal(free, surely) and _islands(surely).max() != 1):
            return False
        wide = distance > self._clear - 0.5 * CELL
        if not all(wide[cell] for cell in self._doors):
            return False
        if len(set(self._doors)) < 2:
            return True
        islands = _islands(wide)
        return len({int(islands[cell]) for cell in self._doors}) == 1

    def _near(self, parts: Sequence[Part]) -> tuple[slice, slice]:
        """Rows and columns of the grid that any of the parts is near enough to matter."""
        places = [(*part.center[:2], *part.reach[:2]) for part in parts]
        xs = [end for x, _, reach, _ in places for end in (x - reach, x + reach)]
        ys = [end for _, y, _, reach in places for end in (y - reach, y + reach)]
        reach = max(self._clear, ROBOT) + CELL
        i0, i1 = np.searchsorted(self._x[0], (min(xs) - reach, max(xs) + reach))
        j0, j1 = np.searchsorted(self._y[:, 0], (min(ys) - reach, max(ys) + reach))
        return slice(int(j0), int(j1)), slice(int(i0), int(i1))


def _is_round(part: Part) -> bool:
    return is_round(part.shape, part.half[0], part.half[1])


def _islands(free: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Number of the connected piece that each free cell belongs to, from 1; 0 where nothing is free."""
    numbers = np.zeros(free.shape, np.int32)
    ndimage.label(free, _FOUR, output=numbers)
    return numbers
