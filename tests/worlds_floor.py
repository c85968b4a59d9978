"""The free floor of many blocks by brute force, and small checks of walls: the oracle of the tests of indoor places."""

import numpy as np
from numpy.typing import NDArray

from spatialmem.generators.worlds.blocks import Block, Edge, Side
from spatialmem.generators.worlds.grow import Grown
from spatialmem.generators.worlds.solids import BLOCK, Shape, Solids
from spatialmem.labels import SemanticClass

GRID, RADIUS, BODY = 0.1, 0.25, (0.1, 1.8)
FRAMES = {SemanticClass.DOORFRAME, SemanticClass.WINDOWFRAME}


def free_floor(world: Grown, side: int) -> NDArray:
    """`[160 side, 160 side]` cells (x, y) of the blocks from (0, 0) at whose middle a robot may stand."""
    count = round(BLOCK / GRID)
    free = np.ones((side * count, side * count), bool)
    at = (np.arange(side * count) + 0.5) * GRID
    for i in range(side):
        for j in range(side):
            solids = world.block(i, j).solids
            low, high = solids.bounds[:, 0], solids.bounds[:, 1]
            for row in np.flatnonzero((low[:, 2] < BODY[1]) & (high[:, 2] > BODY[0])):
                x = slice(*np.searchsorted(at, (low[row, 0] + BLOCK * i - RADIUS, high[row, 0] + BLOCK * i + RADIUS)))
                y = slice(*np.searchsorted(at, (low[row, 1] + BLOCK * j - RADIUS, high[row, 1] + BLOCK * j + RADIUS)))
                free[x, y] &= _distance(solids, row, at[x, None] - BLOCK * i, at[None, y] - BLOCK * j) > RADIUS
    return free


def _distance(solids: Solids, row: int, x: NDArray, y: NDArray) -> NDArray:
    cos, sin = float(solids.yaw_cos[row]), float(solids.yaw_sin[row])
    dx, dy = x - solids.center[row, 0], y - solids.center[row, 1]
    half_x, half_y = solids.half[row, :2]
    if solids.shape[row] in {Shape.CYLINDER, Shape.ELLIPSOID} and half_x == half_y:
        return np.hypot(dx, dy) - half_x
    u, v = np.abs(cos * dx + sin * dy), np.abs(cos * dy - sin * dx)
    return np.hypot(np.maximum(u - half_x, 0), np.maximum(v - half_y, 0))


def touching(block: Block, low: tuple[float, ...], high: tuple[float, ...]) -> set[SemanticClass]:
    """Classes of the solids whose upright boxes share space with a box."""
    bounds = block.solids.bounds
    hit = np.all((bounds[:, 0] < np.array(high) - 1e-4) & (bounds[:, 1] > np.array(low) + 1e-4), 1)
    return {SemanticClass(int(number)) for number in block.solids.cls[hit]}


def strip(side: Side, along: tuple[float, float], depth: float,
          up: tuple[float, float]) -> tuple[tuple[float, ...], ...]:
    """Corners of a box within a block that lies `depth` deep along one of its sides."""
    near, far = (0.0, depth) if side in {"west", "south"} else (BLOCK - depth, BLOCK)
    if side in {"west", "east"}:
        return (near, along[0], up[0]), (far, along[1], up[1])
    return (along[0], near, up[0]), (along[1], far, up[1])


def is_closed(block: Block, side: Side, at: float) -> bool:
    """Whether a wall, a column or a window's frame stands on that side of the block, a metre above the floor."""
    classes = touching(block, *strip(side, (at - 0.01, at + 0.01), 0.2, (0.3, 0.32)))
    return bool(classes & {SemanticClass.WALL, SemanticClass.HEDGE, SemanticClass.BUILDING})


def gaps(edge: Edge) -> list[float]:
    """Places along an edge, half a metre apart, that lie well off its openings."""
    places = np.arange(0.4, BLOCK - 0.3, 0.5)
    return [float(at) for at in places if all(not way.low - 0.1 < at < way.high + 0.1 for way in edge.openings)]
