"""What stands on a block's ground, found by brute force: the oracle of the tests of outdoor places."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from spatialmem.generators.worlds.blocks import Block
from spatialmem.generators.worlds.solids import BLOCK, Shape, Solids
from spatialmem.labels import SemanticClass

GRID, RADIUS, BODY = 0.1, 0.25, (0.1, 1.8)
"""Metres: side of a cell, radius of a robot, and the heights between which it must not touch anything."""


def inside(solids: Solids, row: int, x: NDArray, y: NDArray, margin: float = 0.0) -> NDArray:
    """Whether points lie within `margin` metres of a body's outline seen from above."""
    cos, sin = float(solids.yaw_cos[row]), float(solids.yaw_sin[row])
    dx, dy = x - solids.center[row, 0], y - solids.center[row, 1]
    u, v = cos * dx + sin * dy, cos * dy - sin * dx
    half_x, half_y = solids.half[row, :2]
    if solids.shape[row] in {Shape.BOX, Shape.GABLE}:
        return np.hypot(np.maximum(np.abs(u) - half_x, 0), np.maximum(np.abs(v) - half_y, 0)) <= margin
    return np.hypot(u / (half_x + margin), v / (half_y + margin)) <= 1


def free_cells(block: Block) -> NDArray:
    """`[160, 160]` cells (x, y) at whose middle a robot can stand, as far as this block's own solids go."""
    solids, count = block.solids, round(BLOCK / GRID)
    at = (np.arange(count) + 0.5) * GRID
    x, y = np.meshgrid(at, at, indexing="ij")
    free = np.ones((count, count), bool)
    low, high = solids.bounds[:, 0], solids.bounds[:, 1]
    for row in np.flatnonzero((low[:, 2] < BODY[1]) & (high[:, 2] > BODY[0])):
        free &= ~inside(solids, row, x, y, RADIUS)
    return free


def pieces(free: NDArray) -> tuple[NDArray, int]:
    """Number of each cell's piece (0 = not free; 1 = the largest), and how many cells lie outside the largest."""
    labels, count = ndimage.label(free)
    if count == 0:
        return labels, 0
    largest = 1 + int(np.argmax(np.bincount(labels.ravel())[1:]))
    return np.where(labels == largest, 1, 0), int(free.sum() - (labels == largest).sum())


def ground_at(block: Block, x: float, y: float) -> tuple[SemanticClass, float]:
    """Class and height of the ground at a point: the highest body whose top lies no higher than a step."""
    solids = block.solids
    low, high = solids.bounds[:, 0], solids.bounds[:, 1]
    near = np.flatnonzero((low[:, 0] <= x) & (high[:, 0] >= x) & (low[:, 1] <= y) & (high[:, 1] >= y)
                          & (low[:, 2] < -0.15) & (high[:, 2] < 0.1))
    rows = [row for row in near if inside(solids, row, np.array(x), np.array(y))]
    best = max(rows, key=lambda row: float(high[row, 2]))
    return SemanticClass(int(solids.cls[best])), float(high[best, 2])


def shape_of(block: Block) -> tuple[bytes, ...]:
    """All of a block but its materials and the lamps that burn: equal for equal layouts."""
    solids = block.solids
    parts = (solids.shape, solids.center, solids.half, solids.yaw_cos, solids.yaw_sin, solids.cls, solids.instance,
             solids.fine, block.lights.rooms, block.lights.openings)
    return tuple(np.ascontiguousarray(part).tobytes() for part in parts)


def free_region(blocks: dict[tuple[int, int], Block]) -> NDArray:
    """Cells of a rectangle of blocks (keys from (0, 0)) where a robot can stand, minding the neighbours' solids too."""
    columns, rows = 1 + max(i for i, _ in blocks), 1 + max(j for _, j in blocks)
    count, reach = round(BLOCK / GRID), round(2 / GRID)
    free = np.ones((columns * count, rows * count), bool)
    for (i, j), block in blocks.items():
        solids = block.solids
        low_i, low_j = max(0, i * count - reach), max(0, j * count - reach)
        part = free[low_i:(i + 1) * count + reach, low_j:(j + 1) * count + reach]
        x, y = np.meshgrid((np.arange(part.shape[0]) + low_i + 0.5) * GRID - BLOCK * i,
                           (np.arange(part.shape[1]) + low_j + 0.5) * GRID - BLOCK * j, indexing="ij")
        low, high = solids.bounds[:, 0], solids.bounds[:, 1]
        for row in np.flatnonzero((low[:, 2] < BODY[1]) & (high[:, 2] > BODY[0])):
            part &= ~inside(solids, row, x, y, RADIUS)
    return free
