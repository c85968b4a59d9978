"""`Standing`: where in a layout somebody may stand and walk, on the grid that paths are planned in."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from spatialmem.freespace import Cell, Place
from spatialmem.generators.worlds.blocks import Block, BlockBuilder
from spatialmem.generators.worlds.footprints import CELL, LOW
from spatialmem.generators.worlds.free_space import EYE, WorldFreeSpace
from spatialmem.generators.worlds.layouts.build import lay_ground
from spatialmem.generators.worlds.layouts.draft import Body, Draft
from spatialmem.generators.worlds.layouts.islands import islands
from spatialmem.generators.worlds.materials import Material
from spatialmem.generators.worlds.solids import Shape
from spatialmem.generators.worlds.window import Key

MARGIN = 6.0
"""Metres of the ground around a layout that one may walk on."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Standing:
    """The floor of a layout, cell by cell; a `FreeSpace` of what is reached from the start.

    Attributes:
        low: the first cell (column, row) of the arrays; cell (i, j) covers 0.1 i .. 0.1 (i + 1) metres.
        standable: `[J, I]` there is a floor, and a robot of 0.25 m radius stands free of all solids.
        world: the free floor without bounds, reached or not.
        start: row and column of the cell that all others must be reached from.
    """

    low: Cell
    standable: Mask
    world: WorldFreeSpace
    start: tuple[int, int] | None = None
    cell: float = CELL
    eye: float = EYE

    @cached_property
    def regions(self) -> NDArray[np.int32]:
        """`[J, I]` number of the connected floor that a cell belongs to, from 1; 0 = nobody can stand there."""
        return islands(self.standable)

    @cached_property
    def reached(self) -> Mask:
        """`[J, I]` where one gets to from the start."""
        if self.start is None or not self.standable[self.start]:
            return np.zeros(self.standable.shape, np.bool_)
        reached: Mask = self.regions == self.regions[self.start]
        return reached

    def free(self, low: Cell, high: Cell) -> Mask:
        """`[J, I]`, for the cells from `low` to before `high`: whether the middle of a walker may be at a cell's."""
        asked = np.zeros((max(high[1] - low[1], 0), max(high[0] - low[0], 0)), np.bool_)
        rows, columns = self.reached.shape
        i0, i1 = max(low[0], self.low[0]), min(high[0], self.low[0] + columns)
        j0, j1 = max(low[1], self.low[1]), min(high[1], self.low[1] + rows)
        if i0 < i1 and j0 < j1:
            asked[j0 - low[1]:j1 - low[1], i0 - low[0]:i1 - low[0]] = self.reached[
                j0 - self.low[1]:j1 - self.low[1], i0 - self.low[0]:i1 - self.low[0]]
        return asked

    def floor(self, x: float, y: float) -> float:
        """Height of the floor at a point, metres."""
        return self.world.floor(x, y)

    def places(self, low: Cell, high: Cell) -> Sequence[Place]:
        """The rooms that are reached and whose freest spot lies in the cells from `low` to before `high`."""
        return [place for place in self.world.places(low, high) if self.reaches(place.x, place.y)]

    def reaches(self, x: float, y: float) -> bool:
        """Whether one gets to a point from the start."""
        cell = self.cell_at(x, y)
        return cell is not None and bool(self.reached[cell])

    def cell_at(self, x: float, y: float) -> tuple[int, int] | None:
        """Row and column in the arrays of the cell that holds a point; None = out of them."""
        i, j = math.floor(x / CELL) - self.low[0], math.floor(y / CELL) - self.low[1]
        rows, columns = self.standable.shape
        return (j, i) if 0 <= i < columns and 0 <= j < rows else None

    def middle(self, row: int, column: int) -> tuple[float, float]:
        """The middle of a cell of the arrays, metres."""
        return (self.low[0] + column + 0.5) * CELL, (self.low[1] + row + 0.5) * CELL

    def window(self, x0: float, y0: float, x1: float, y1: float) -> tuple[slice, slice]:
        """Rows and columns of the cells whose middles lie in a rectangle."""
        rows, columns = self.standable.shape
        i0, i1 = (min(max(math.ceil(x / CELL - 0.5) - self.low[0], 0), columns) for x in (x0, x1))
        j0, j1 = (min(max(math.ceil(y / CELL - 0.5) - self.low[1], 0), rows) for y in (y0, y1))
        return slice(j0, j1), slice(i0, i1)


@dataclass(frozen=True, eq=False)
class Laid:
    """The blocks of a layout: those that hold something; all others are bare ground, or nothing."""

    blocks: Mapping[Key, Block]
    ground: Material | None

    def block(self, i: int, j: int) -> Block:
        """Block `(i, j)`, which covers x of `16 i..16 i + 16` and y of `16 j..16 j + 16`."""
        known = self.blocks.get((i, j))
        return known if known is not None else self._bare

    @cached_property
    def _bare(self) -> Block:
        builder = BlockBuilder()
        if self.ground is not None:
            lay_ground(builder.solids, self.ground, builder.thing())
        return builder.block()


def standing_of(draft: Draft, laid: Laid) -> Standing:
    """The floor of a layout and of a little ground around it, before its start is known."""
    (x0, y0), (x1, y1) = extent(draft)
    low = math.floor((x0 - MARGIN) / CELL), math.floor((y0 - MARGIN) / CELL)
    high = math.ceil((x1 + MARGIN) / CELL), math.ceil((y1 + MARGIN) / CELL)
    world = WorldFreeSpace(laid.block)
    return Standing(low, world.free(low, high), world)


def carried(draft: Draft, x: float, y: float) -> bool:
    """Whether there is something to stand on at a point."""
    return draft.ground is not None or any(
        body.shape is Shape.BOX and body.top <= LOW and _covers(body, x, y) for body in draft.bodies)


def extent(draft: Draft) -> tuple[tuple[float, float], tuple[float, float]]:
    """Lowest and highest x and y of all that is drawn, metres."""
    if not draft.bodies:
        return (0.0, 0.0), (0.0, 0.0)
    middle = np.array([body.center[:2] for body in draft.bodies])
    reach = np.array([body.reach[:2] for body in draft.bodies])
    low, high = (middle - reach).min(0), (middle + reach).max(0)
    return (float(low[0]), float(low[1])), (float(high[0]), float(high[1]))


def _covers(body: Body, x: float, y: float) -> bool:
    dx, dy, cos, sin = x - body.center[0], y - body.center[1], math.cos(body.yaw), math.sin(body.yaw)
    return abs(cos * dx + sin * dy) <= body.half[0] and abs(cos * dy - sin * dx) <= body.half[1]
