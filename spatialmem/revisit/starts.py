"""`fit`: where in a world each route of a protocol has room, and something to see."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.errors import TrajectoryError
from spatialmem.generators.rays import pixel_rays
from spatialmem.generators.surfaces import Surfaces
from spatialmem.poses import look_at
from spatialmem.revisit.protocol import Protocol
from spatialmem.revisit.route import Pair, Route, route_cameras
from spatialmem.revisit.standing import CLEARANCE, DOWN, Standing, standing_places

SCALES = (1.0, 0.75, 0.5, 0.35)
"""Metres per unit, tried in this order."""
NEAREST, FARTHEST = 0.7, 8.0
"""Metres away at which the view that returns should see things."""
MOST = 0.7
"""Share of the picture that must see them."""
DEPTH = 1.4
"""What is far there must be so many times as far as what is near (a bare wall straight ahead: 1.2): nobody can tell
whether a bare wall was remembered."""
_HEADINGS = 16
_TRIES = 64
"""Start poses of a route that are probed closely, for each scale."""
_SPACING = 0.2
"""Metres between the places of a route that are probed; less than the clearance, so nothing thick is missed."""
_CLEAR = CLEARANCE + _SPACING / 2
"""Metres that are free around those places, so that it is about `CLEARANCE` between them, too."""
_ACROSS = np.stack([np.cos(np.arange(16) * np.pi / 8), np.sin(np.arange(16) * np.pi / 8), np.zeros(16)], 1)
_ASLANT = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) / math.sqrt(3)
_UP = "+Z"

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Placed:
    """A route in a world (+Z up).

    Attributes:
        route: the path.
        start: its first camera, level, of the protocol's size and field of view.
        scale: metres per unit.
    """

    route: Route
    start: Cameras
    scale: float

    def cameras(self) -> Cameras:
        """All of them, `[frames]`."""
        return route_cameras(self.route, self.start, up=_UP, scale=self.scale)


def fit(protocol: Protocol, surfaces: Surfaces, home: Tensor, *, seed: int) -> list[Placed]:
    """Every route somewhere in a world: clear all along, with something near in the view that returns.

    Places to stand are found by hopping from `home`; each route takes another one, at the largest of `SCALES`
    that fits anywhere. The same arguments give the same places.

    Args:
        protocol: the routes.
        surfaces: the world (+Z up, metres).
        home: `T_world_cam` `[4, 4]` of a camera above a floor, at the height at which to stay.
        seed: of the hops and of the order in which places are tried.

    Raises:
        TrajectoryError: `home` has no floor below it, or a route fits nowhere; the message names it.
    """
    places = standing_places(surfaces, home, seed=seed)
    placed: list[Placed] = []
    for number, route in enumerate(protocol.routes):
        rng = np.random.default_rng([seed, number + 1])
        taken = [each.start.centres[0].numpy() for each in placed]
        free = [place for place in places if not any(np.array_equal(place.eye, eye) for eye in taken)]
        tries = (Placed(route, protocol.camera(pose), scale) for scale in SCALES
                 for pose in islice(_roomy(route, free, scale, rng), _TRIES))
        found = next((each for each in tries if _sees(each, surfaces) and _is_clear(each, surfaces)), None)
        if found is None:
            raise TrajectoryError(f"route {route.name!r} of protocol {protocol.name!r} fits nowhere around the start: "
                                  f"{len(free)} places, {_HEADINGS} headings and the scales "
                                  f"{', '.join(f'{scale:g}' for scale in SCALES)} were tried; start in a larger room, "
                                  "or walk fewer routes")
        placed.append(found)
    return placed


def _roomy(route: Route, places: list[Standing], scale: float, rng: np.random.Generator) -> Iterator[Tensor]:
    """Start poses, in random order, from which all of the route lies in the open as far as one sees from there."""
    course = _thinned(scale * route.course()[:, :3])
    reach, bearing = np.hypot(course[:, 0], course[:, 1]), np.arctan2(course[:, 1], course[:, 0])
    for choice in rng.permutation(len(places) * _HEADINGS).tolist():
        place, heading = places[choice // _HEADINGS], 2 * math.pi * (choice % _HEADINGS) / _HEADINGS
        if bool((reach + _CLEAR <= place.open(heading + bearing)).all()):
            eye = torch.from_numpy(place.eye)
            ahead = torch.tensor([math.cos(heading), math.sin(heading), 0.0], dtype=torch.float64)
            yield look_at(eye, eye + ahead, -torch.from_numpy(DOWN))


def _sees(placed: Placed, surfaces: Surfaces) -> bool:
    """Whether the first and the last frame of the view that is compared see enough."""
    cameras, views = placed.cameras(), _compared(placed.route.pairs)
    for camera in cameras[views]:
        coarse = camera.resized(5, 7)
        ways = pixel_rays(coarse, 1).astype(np.float64)
        ways /= np.linalg.norm(ways, axis=1, keepdims=True)
        far = np.array([surfaces.distance(camera.centres[0].numpy(), way) for way in ways])
        near, distant = np.sort(far)[[len(far) // 5, len(far) * 4 // 5]]
        if float(((far >= NEAREST) & (far <= FARTHEST)).mean()) < MOST or distant < DEPTH * near:
            return False
    return True


def _compared(pairs: tuple[Pair, ...]) -> list[int]:
    frames = [pair.first for pair in pairs]
    return sorted({min(frames), max(frames)})


def _is_clear(placed: Placed, surfaces: Surfaces) -> bool:
    """Whether nothing is nearer than `CLEARANCE` to the way, nor in it."""
    centres = placed.cameras().centres.numpy()
    way = centres[_strides(centres, _SPACING)]
    if any(_is_blocked(one, other, surfaces) for one, other in pairwise(way)):
        return False
    ways = [*_ACROSS, *_ASLANT, DOWN, -DOWN]
    return all(surfaces.distance(eye, way) >= _CLEAR for eye in _thinned(centres) for way in ways)


def _is_blocked(one: Floats, other: Floats, surfaces: Surfaces) -> bool:
    length = float(np.linalg.norm(other - one))
    return length > 0 and surfaces.distance(one, (other - one) / length) < length + CLEARANCE / 2


def _strides(points: Floats, spacing: float) -> list[int]:
    """Indices from the first point to the last, each the first that is `spacing` away from the one before."""
    kept = [0]
    for index, point in enumerate(points):
        if np.linalg.norm(point - points[kept[-1]]) >= spacing:
            kept.append(index)
    return [*kept, len(points) - 1] if kept[-1] != len(points) - 1 else kept


def _thinned(points: Floats) -> Floats:
    """Points `[N, 3]` of which every other one given lies within `_SPACING`."""
    kept: list[Floats] = []
    for point in points:
        if not any(np.linalg.norm(point - other) < _SPACING for other in kept):
            kept.append(point)
    return np.stack(kept)
