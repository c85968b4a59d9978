"""`WorldFreeSpace`: the free floor of a world of blocks, exact across their seams and without end."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from spatialmem.errors import InvalidValueError
from spatialmem.freespace import Cell, Place, sights
from spatialmem.generators.worlds.blocks import Block, Room
from spatialmem.generators.worlds.footprints import CELL, HIGH, LOW, ROBOT, is_round, to_boxes, to_rounds
from spatialmem.generators.worlds.solids import BLOCK, Solids
from spatialmem.generators.worlds.window import block_at

SIDE = round(BLOCK / CELL)
"""Cells along the side of a block."""

EYE = 1.5
"""Metres above the floor at which a camera is carried."""

_KEPT = 256
_SEARCH = 8
"""Rings of blocks around the asked one in which a first view is looked for."""

_TIE = 1e-5
"""Metres: what is exactly a robot's radius away stands in its way, however sums round."""

_AT: NDArray[np.float64] = (np.arange(SIDE, dtype=np.float64) + 0.5) * CELL
_HEADINGS: NDArray[np.float64] = np.arange(48, dtype=np.float64) * (2 * math.pi / 48)
_WIDE = 11
"""Headings that a view takes in: about 80 degrees."""
_FAR, _DEEP = 5.0, 3.0
"""Metres beyond which a view gets no better: on the whole, and straight ahead."""


@dataclass(frozen=True, eq=False)
class _Plan:
    """One block from above: `free` and `floor` `[SIDE, SIDE]` (rows along y), and its places in the world."""

    free: NDArray[np.bool_]
    floor: NDArray[np.float32]
    places: tuple[Place, ...]


class WorldFreeSpace:
    """Where a robot of radius 0.25 m may stand on the ground of a world: a `FreeSpace`.

    A cell is free where the ground carries it and its middle lies farther than 0.25 m from every solid
    that reaches between 0.1 and 1.8 m, of its own block or of one beside it.

    Args:
        block: gives block `(i, j)`, always the same one; where it is empty nobody can stand.
    """

    cell = CELL
    eye = EYE

    def __init__(self, block: Callable[[int, int], Block]) -> None:
        self._block = block
        self._plan = lru_cache(_KEPT)(self._drawn)

    def free(self, low: Cell, high: Cell) -> NDArray[np.bool_]:
        """`[J, I]`, for the cells from `low` to before `high`: whether a robot's middle may be at a cell's."""
        free = np.zeros((max(high[1] - low[1], 0), max(high[0] - low[0], 0)), np.bool_)
        for i, j in _blocks_of(low, high):
            columns, rows = (slice(max(lo, SIDE * at), min(hi, SIDE * (at + 1)))
                             for lo, hi, at in zip(low, high, (i, j), strict=True))
            free[_shifted(rows, low[1]), _shifted(columns, low[0])] = self._plan(i, j).free[
                _shifted(rows, SIDE * j), _shifted(columns, SIDE * i)]
        return free

    def floor(self, x: float, y: float) -> float:
        """Height of the ground at a point, metres; 0 where there is none."""
        i, j = block_at(x, y)
        column, row = min(int((x - BLOCK * i) / CELL), SIDE - 1), min(int((y - BLOCK * j) / CELL), SIDE - 1)
        height = float(self._plan(i, j).floor[row, column])
        return height if math.isfinite(height) else 0.0

    def places(self, low: Cell, high: Cell) -> tuple[Place, ...]:
        """The rooms whose freest spot lies in the cells from `low` to before `high`."""
        (x0, y0), (x1, y1) = ((CELL * i, CELL * j) for i, j in (low, high))
        return tuple(place for key in _blocks_of(low, high) for place in self._plan(*key).places
                     if x0 <= place.x < x1 and y0 <= place.y < y1)

    def first_view(self, x: float = 0.0, y: float = 0.0) -> tuple[float, float, float]:
        """Position (metres) and heading (radians about +Z from +X) of the most open view from a place near a point.

        The nearest ring of blocks with a place decides.

        Raises:
            InvalidValueError: no block near the point has a place to stand.
        """
        i, j = block_at(x, y)
        for ring in range(_SEARCH + 1):
            low, high = (SIDE * (i - ring), SIDE * (j - ring)), (SIDE * (i + ring + 1), SIDE * (j + ring + 1))
            places = self.places(low, high)
            if places:
                views = np.array([_openness(sights(self, place.x, place.y, _HEADINGS, _FAR)) for place in places])
                best, towards = np.unravel_index(int(views.argmax()), views.shape)
                return places[int(best)].x, places[int(best)].y, float(_HEADINGS[int(towards)])
        raise InvalidValueError(f"no free place within {_SEARCH} blocks of ({x:g}, {y:g}); a world needs a room with "
                                "floor where somebody can stand")

    def _drawn(self, i: int, j: int) -> _Plan:
        """The plan of a block, with what reaches into it from those around it."""
        free = np.ones((SIDE, SIDE), np.bool_)
        floor = np.full((SIDE, SIDE), -np.inf, np.float32)
        for di in (-1, 0, 1):
            for dj in (-1, 0, 1):
                _draw(self._block(i + di, j + dj).solids, (BLOCK * di, BLOCK * dj), free, floor)
        free &= np.isfinite(floor)
        clearance = np.asarray(ndimage.distance_transform_edt(np.pad(free, 1)))[1:-1, 1:-1] * CELL
        spots = ((room.name, _freest(room, clearance)) for room in self._block(i, j).rooms)
        places = tuple(Place(name, BLOCK * i + spot[0], BLOCK * j + spot[1]) for name, spot in spots if spot)
        return _Plan(free, floor, places)


def _draw(solids: Solids, shift: tuple[float, float], free: NDArray[np.bool_], floor: NDArray[np.float32]) -> None:
    """Draws solids, shifted, into a block's plan: clears `free` where they stand, raises `floor` to where one walks."""
    low, high = solids.bounds[:, 0].astype(np.float64), solids.bounds[:, 1].astype(np.float64)
    low[:, :2] += shift
    high[:, :2] += shift
    near = (low[:, :2] < BLOCK + ROBOT).all(1) & (high[:, :2] > -ROBOT).all(1) & (low[:, 2] < HIGH)
    for row in np.flatnonzero(near).tolist():
        standing = high[row, 2] > LOW
        margin = ROBOT + _TIE if standing else 0.0
        columns, rows = (slice(*np.searchsorted(_AT, (low[row, axis] - margin, high[row, axis] + margin)))
                         for axis in (0, 1))
        under = _distance(solids, row, _AT[None, columns] - shift[0], _AT[rows, None] - shift[1]) <= margin
        if standing:
            free[rows, columns] &= ~under
        else:
            np.maximum(floor[rows, columns], high[row, 2], out=floor[rows, columns], where=under)


def _distance(solids: Solids, row: int, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """From points of the solids' own block to the footprint of one of them, metres."""
    cx, cy, hx, hy = (float(number) for number in (*solids.center[row, :2], *solids.half[row, :2]))
    if is_round(int(solids.shape[row]), hx, hy):
        return to_rounds(x, y, np.array([[cx, cy, hx]]))
    return to_boxes(x, y, np.array([[cx, cy, hx, hy, float(solids.yaw_cos[row]), float(solids.yaw_sin[row])]]))


def _freest(room: Room, clearance: NDArray[np.float64]) -> tuple[float, float] | None:
    """A point of the room, in the block's coordinates, with room around it, rather near its middle."""
    columns, rows = (slice(*np.searchsorted(_AT, (room.low[axis], room.high[axis]))) for axis in (0, 1))
    within = clearance[rows, columns]
    if not within.any():
        return None
    off_x = _AT[None, columns] - (room.low[0] + room.high[0]) / 2
    off_y = _AT[rows, None] - (room.low[1] + room.high[1]) / 2
    score = np.where(within > 0, np.minimum(within, 0.8) - 0.03 * np.hypot(off_x, off_y), -np.inf)
    row, column = np.unravel_index(int(score.argmax()), score.shape)
    return float(_AT[columns][column]), float(_AT[rows][row])


def _openness(far: NDArray[np.float64]) -> NDArray[np.float64]:
    """How open the views along all headings are: wide ones before deep ones, which lead through a door."""
    ahead = ndimage.minimum_filter1d(far, 3, mode="wrap").clip(max=_DEEP)
    return np.asarray(ahead + 2 * ndimage.uniform_filter1d(far, _WIDE, mode="wrap"))


def _blocks_of(low: Cell, high: Cell) -> Iterator[Cell]:
    """The blocks that hold the cells from `low` to before `high`."""
    for j in range(low[1] // SIDE, -(-high[1] // SIDE)):
        for i in range(low[0] // SIDE, -(-high[0] // SIDE)):
            yield i, j


def _shifted(cells: slice, by: int) -> slice:
    return slice(cells.start - by, cells.stop - by)
