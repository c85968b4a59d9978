"""`choose_start`: where the first view of a layout is taken from."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from spatialmem.freespace import sights
from spatialmem.generators.worlds.footprints import CELL
from spatialmem.generators.worlds.layouts.draft import Draft, Finding
from spatialmem.generators.worlds.layouts.standing import Standing

View = tuple[float, float, float]

_HEADINGS: NDArray[np.float64] = np.arange(24, dtype=np.float64) * (math.pi / 12)
_FAR = 12.0
_BACK = 1.5
"""Metres that the first view steps back from the roomiest spot, to see more of the room."""


def choose_start(draft: Draft, standing: Standing) -> tuple[Standing, View]:
    """The floor with its start, and x, y and heading (radians about +Z from +X) of the first view.

    The file's own start, else near the roomiest spot of the rooms that hang together most. One that
    nobody can stand on becomes a finding.
    """
    if not standing.standable.any():
        text = "nothing to stand on: every place is taken, or without a floor; add a room, a floor or 'ground'"
        draft.findings.insert(0, Finding(True, text))
        return standing, draft.start or (0.0, 0.0, 0.0)
    if draft.start is not None:
        x, y, heading = draft.start
        cell = standing.cell_at(x, y)
        if cell is not None and standing.standable[cell]:
            return replace(standing, start=cell), (x, y, heading)
        draft.findings.insert(0, Finding(True, f"start: nobody can stand at ({x:g}, {y:g}); it must be 0.25 m from "
                                         "walls and things, on a floor", (x, y)))
    cell = _roomiest(draft, standing)
    begun = replace(standing, start=cell)
    return begun, open_view(begun, *begun.middle(*cell))


def _roomiest(draft: Draft, standing: Standing) -> tuple[int, int]:
    """The cell farthest from all that stands, in the largest connected floor of the rooms (or of all, without any)."""
    inside = np.zeros(standing.standable.shape, np.bool_)
    for space in draft.spaces:
        for rect in space.areas:
            inside[standing.window(*rect)] = True
    numbers = np.where(inside, standing.regions, 0)
    if not numbers.any():
        numbers = standing.regions
    chosen = numbers == np.bincount(numbers[numbers > 0]).argmax()
    room = np.asarray(ndimage.distance_transform_edt(np.pad(standing.standable, 1)))[1:-1, 1:-1]
    row, column = np.unravel_index(int(np.argmax(np.where(chosen, room, -1.0))), room.shape)
    return int(row), int(column)


def open_view(standing: Standing, x: float, y: float) -> View:
    """The most open view through a point, from a step behind it: x, y, heading."""
    lengths = sights(standing, x, y, _HEADINGS, _FAR)
    # what lies ahead and a little to both sides of it
    best = int(ndimage.uniform_filter1d(lengths, 5, mode="wrap").argmax())
    heading = float(_HEADINGS[best])
    back = min(_BACK, max(float(lengths[(best + len(lengths) // 2) % len(lengths)]) - CELL, 0.0))
    return x - back * math.cos(heading), y - back * math.sin(heading), math.remainder(heading, 2 * math.pi)
