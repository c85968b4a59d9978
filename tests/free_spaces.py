"""Small free spaces drawn by hand, for planning walks in them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spatialmem.freespace import Cell, Place


@dataclass(frozen=True, eq=False)
class Drawn:
    """A `FreeSpace` of a function of points: `is_free(x, y)` over arrays of the middles of cells."""

    is_free: Callable[[NDArray, NDArray], NDArray]
    spots: Sequence[Place] = ()
    height: Callable[[float, float], float] = lambda x, y: 0.0
    cell: float = 0.1
    eye: float = 1.5

    def free(self, low: Cell, high: Cell) -> NDArray[np.bool_]:
        x, y = ((np.arange(low[axis], high[axis]) + 0.5) * self.cell for axis in (0, 1))
        return self.is_free(x[None, :], y[:, None]) & np.ones((len(y), len(x)), bool)

    def floor(self, x: float, y: float) -> float:
        return self.height(x, y)

    def places(self, low: Cell, high: Cell) -> list[Place]:
        (x0, y0), (x1, y1) = ((self.cell * i, self.cell * j) for i, j in (low, high))
        return [spot for spot in self.spots if x0 <= spot.x < x1 and y0 <= spot.y < y1]


def two_rooms() -> Drawn:
    """Rooms of 5 x 4 m side by side with a wall from x = 5 to 5.6, a doorway of 0.4 m in it, and a pillar in each."""
    def is_free(x: NDArray, y: NDArray) -> NDArray:
        rooms = (np.abs(x - 5.3) < 5.3) & (np.abs(y - 2) < 2) & ((np.abs(x - 5.3) > 0.3) | (np.abs(y - 2.4) < 0.2))
        return rooms & (np.hypot(x - 2.6, y - 1.4) > 0.5) & (np.hypot(x - 8, y - 2.2) > 0.6)

    return Drawn(is_free, (Place("west", 1.05, 1.05), Place("east", 9.65, 0.85), Place("north", 9.15, 3.45),
                           Place("pillar", 8.05, 2.25)))


def plain() -> Drawn:
    """Free without end, but for a wide pillar every four metres; a kerb of 0.1 m along x = 0."""
    def is_free(x: NDArray, y: NDArray) -> NDArray:
        return np.hypot((x + 2) % 4 - 2, (y + 2) % 4 - 2) > 0.8

    return Drawn(is_free, height=lambda x, y: 0.0 if x < 0 else -0.1)


def closet() -> Drawn:
    """Four cells by three."""
    return Drawn(lambda x, y: (np.abs(x - 0.2) < 0.2) & (np.abs(y - 0.15) < 0.15))
