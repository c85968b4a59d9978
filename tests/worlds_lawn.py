"""A territory of nothing but grass, under a clear day: what it shows at a camera can be told with a pencil."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import worlds_scene
from numpy.typing import NDArray

from spatialmem.freespace import Cell, Place
from spatialmem.generators.worlds.skies import Sky, sky_of
from spatialmem.generators.worlds.window import FixedBlocks, Surroundings, Window


class Meadow:
    """Free floor everywhere, at height 0."""

    cell = 0.1
    eye = 1.5

    def free(self, low: Cell, high: Cell) -> NDArray[np.bool_]:
        return np.ones((high[1] - low[1], high[0] - low[0]), np.bool_)

    def floor(self, x: float, y: float) -> float:
        return 0.0

    def places(self, low: Cell, high: Cell) -> Sequence[Place]:
        return ()


def lawns() -> FixedBlocks:
    """Grass for 64 m around the origin."""
    return FixedBlocks({(i, j): worlds_scene.lawn() for i in range(-4, 4) for j in range(-4, 4)})


@dataclass(frozen=True)
class Fixed:
    """A territory of given blocks that is first seen from `first`."""

    blocks: Surroundings = field(default_factory=lawns)
    first: tuple[float, float, float] = (2.0, 3.0, 0.5)
    sky: Sky = field(default_factory=lambda: sky_of("day"))
    free_space: Meadow = field(default_factory=Meadow)

    def window(self, x: float, y: float) -> Window:
        return self.blocks.window(x, y)

    def start(self) -> tuple[float, float, float]:
        return self.first
