"""Where one can stand in a world that can only be probed: places found by hopping along free rays."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from spatialmem.errors import TrajectoryError
from spatialmem.generators.surfaces import Surfaces

CLEARANCE = 0.3
"""Metres free on all sides."""
DOWN = np.array([0.0, 0.0, -1.0])
_PLACES, _HOPS = 40, 400
_APART = 0.6
"""Metres between places, at least."""
_HOP = 2.0
_STEP = 0.3
"""Metres by which the floor may rise or fall in a hop."""
_FAN = 24
_TURN = 2 * np.pi / _FAN
_AROUND = np.stack([np.cos(np.arange(_FAN) * _TURN), np.sin(np.arange(_FAN) * _TURN), np.zeros(_FAN)], 1)

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Standing:
    """A place.

    Attributes:
        eye: `[3]` metres in the world.
        free: `[24]` metres to the first surface all around at the height of the eye, from +X towards +Y.
    """

    eye: Floats
    free: Floats

    def open(self, bearing: Floats) -> Floats:
        """How far it is free, in metres, along bearings `[N]` (radians from +X): the nearer of the rays beside each."""
        share = np.remainder(bearing, 2 * np.pi) / _TURN
        one, other = (np.asarray(ray, np.int64) % _FAN for ray in (np.floor(share), np.ceil(share)))
        nearer: Floats = np.minimum(self.free[one], self.free[other])
        return nearer


def standing_places(surfaces: Surfaces, home: Tensor, *, seed: int) -> list[Standing]:
    """Up to 40 places at least 0.6 m apart that are reached from `home` `[4, 4]`, which is the first.

    Each hop goes from a place that is known, any way, at most 2 m and through what is free; where it ends there must
    be a floor at about the same depth below the eye, and `CLEARANCE` around.

    Raises:
        TrajectoryError: `home` has no floor below it.
    """
    eye = home[:3, 3].numpy().astype(np.float64)
    height = surfaces.distance(eye, DOWN)
    if not math.isfinite(height):
        raise TrajectoryError(f"home {np.round(eye, 2).tolist()} has no floor below it; give a pose that stands "
                              "in the world")
    rng = np.random.default_rng([seed, 0])
    found = [Standing(eye, _fan(surfaces, eye))]
    for _ in range(_HOPS):
        if len(found) == _PLACES:
            break
        base, k = found[rng.integers(len(found))], int(rng.integers(_FAN))
        length = rng.uniform(_APART, _HOP)
        if length > base.free[k] - CLEARANCE:
            continue
        place = _stand(surfaces, base.eye + length * _AROUND[k], height)
        if place is not None and all(np.linalg.norm(place.eye - other.eye) >= _APART for other in found):
            found.append(place)
    return found


def _stand(surfaces: Surfaces, eye: Floats, height: float) -> Standing | None:
    """The place at `eye`, moved up or down so that the floor is `height` below; None = one cannot stand there."""
    fall = surfaces.distance(eye, DOWN) - height
    if not abs(fall) <= _STEP:
        return None
    eye = eye + fall * DOWN
    free = _fan(surfaces, eye)
    return Standing(eye, free) if free.min() >= CLEARANCE else None


def _fan(surfaces: Surfaces, eye: Floats) -> Floats:
    return np.array([surfaces.distance(eye, way) for way in _AROUND])
