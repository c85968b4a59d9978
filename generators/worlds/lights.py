"""`Lights`: rooms, lamps and openings of a block, and `LightBuilder`, which collects them.

Lamps and openings are light without shadow rays; each is confined to a box (its room), so that none
shines through a wall. How bright they are depends on the sky: see `skies`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from spatialmem.errors import InvalidValueError, ShapeError

Point = Sequence[float]
Corners = tuple[Point, Point]

_EVERYWHERE: Corners = ((-1e4, -1e4, -1e4), (1e4, 1e4, 1e4))
_STEP = 0.35
"""Metres from an opening's plane to the place that tells which room lies there."""


@dataclass(frozen=True, eq=False)
class Lights:
    """What lights a block, in its own coordinates, metres; all arrays float32.

    Attributes:
        rooms: `[R, 2, 3]` low and high corners of what lies under a ceiling; elsewhere is open air.
        lamps: `[L, 7]` position, colour (linear, times power), reach.
        lamp_boxes: `[L, 2, 3]` the box that each lamp lights.
        openings: `[O, 10]` centre, half extents, inward unit normal, share of daylight.
        opening_boxes: `[O, 2, 3]` the room that each opening lights.
    """

    rooms: NDArray[np.float32]
    lamps: NDArray[np.float32]
    lamp_boxes: NDArray[np.float32]
    openings: NDArray[np.float32]
    opening_boxes: NDArray[np.float32]

    def __post_init__(self) -> None:
        lamps, openings = len(self.lamps), len(self.openings)
        wanted = {"rooms": (len(self.rooms), 2, 3), "lamps": (lamps, 7), "lamp_boxes": (lamps, 2, 3),
                  "openings": (openings, 10), "opening_boxes": (openings, 2, 3)}
        for name, shape in wanted.items():
            array = getattr(self, name)
            if array.shape != shape or array.dtype != np.float32:
                raise ShapeError(f"lights {name}: expected {list(shape)} float32, got {list(array.shape)} "
                                 f"{array.dtype}")


@dataclass
class LightBuilder:
    """Collects rooms, lamps and openings; `lights()` freezes them.

    Rooms come first: lamps and openings look up the room they belong to.
    """

    _rooms: list[Corners] = field(default_factory=list)
    _lamps: list[tuple[float, ...]] = field(default_factory=list)
    _lamp_boxes: list[Corners] = field(default_factory=list)
    _openings: list[tuple[float, ...]] = field(default_factory=list)
    _opening_boxes: list[Corners] = field(default_factory=list)

    def room(self, low: Point, high: Point) -> None:
        """A room: the space from wall to wall and from floor to ceiling, which the open sky does not light.

        Raises:
            InvalidValueError: a number is not finite, or `low` is not below `high`.
        """
        _finite("room", *low, *high)
        if len(low) != 3 or len(high) != 3 or any(a >= b for a, b in zip(low, high, strict=True)):
            raise InvalidValueError(f"room: the low corner must lie below the high one, got {low} and {high}")
        self._rooms.append((low, high))

    def lamp(self, position: Point, *, colour: Point = (1.0, 0.82, 0.6), power: float = 1.0, reach: float = 7.0,
             within: Corners | None = None) -> None:
        """A lamp that shines all around and ends at `reach` metres.

        `power` 1 suits a room of 4 by 4 m. It lights the box `within`; else the room that holds it, and
        everything around where no room does.

        Raises:
            InvalidValueError: a number is not finite, or power or reach are not positive.
        """
        _finite("lamp", *position, *colour, power, reach)
        if not (power > 0 and reach > 0 and min(colour) >= 0):
            raise InvalidValueError(f"lamp: power and reach must be positive and the colour not negative, got {power}, "
                                    f"{reach} and {colour}")
        self._lamps.append((*position, *(power * channel for channel in colour), reach))
        self._lamp_boxes.append(within or self._room_at(position) or _EVERYWHERE)

    def opening(self, low: Point, high: Point, *, daylight: float = 1.0) -> None:
        """A window or door in a wall: the sky shines through it into the rooms on either side.

        `low`..`high` is a rectangle: a box that is thin along the axis through the wall. `daylight` is
        the share of the open sky that is seen through it. Sides without a room are not lit by it.

        Raises:
            InvalidValueError: a number is not finite, the box is not thin, or `daylight` is negative.
        """
        _finite("opening", *low, *high, daylight)
        extent = [b - a for a, b in zip(low, high, strict=True)]
        axis = extent.index(min(extent))
        if len(extent) != 3 or extent[axis] > 0.6 or sorted(extent)[1] <= 0 or daylight < 0:
            raise InvalidValueError("opening: must be a rectangle at most 0.6 m thick with daylight >= 0, got "
                                    f"{low} to {high} and {daylight}")
        center = [(a + b) / 2 for a, b in zip(low, high, strict=True)]
        half = [0.0 if k == axis else e / 2 for k, e in enumerate(extent)]
        for side in (-1.0, 1.0):
            normal = [side if k == axis else 0.0 for k in range(3)]
            room = self._room_at([c + (_STEP + extent[axis] / 2) * n for c, n in zip(center, normal, strict=True)])
            if room is not None:
                self._openings.append((*center, *half, *normal, daylight))
                self._opening_boxes.append(room)

    def lights(self) -> Lights:
        """All so far, in the order in which they were added."""
        return Lights(_corners(self._rooms), np.array(self._lamps, np.float32).reshape(-1, 7),
                      _corners(self._lamp_boxes), np.array(self._openings, np.float32).reshape(-1, 10),
                      _corners(self._opening_boxes))

    def _room_at(self, point: Point) -> Corners | None:
        for low, high in self._rooms:
            if all(a <= p <= b for a, p, b in zip(low, point, high, strict=True)):
                return low, high
        return None


def _finite(what: str, *numbers: float) -> None:
    if not all(math.isfinite(number) for number in numbers):
        raise InvalidValueError(f"{what}: numbers must be finite, got {numbers}")


def _corners(pairs: list[Corners]) -> NDArray[np.float32]:
    return np.array(pairs, np.float32).reshape(-1, 2, 3)
