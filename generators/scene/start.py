"""Where a stranger would stand in a mesh: a start pose in free space, looking the open way."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from spatialmem.generators.scene.raycast import RayCaster
from spatialmem.poses import look_at

EYE_HEIGHT = 1.5
CLEARANCE = 0.45
"""Metres free around the eye, for a place to count as standing room."""

_GRID, _FLOORS, _FAR = 24, 8, 8.0
_TURN = np.arange(24) * (2 * np.pi / 24)
_AROUND = np.stack([np.cos(_TURN), np.sin(_TURN), np.zeros(24)], 1)
_UP = np.array([0.0, 0.0, 1.0])


def start_pose(caster: RayCaster) -> Tensor:
    """`T_world_cam` `[4, 4]` float64 of a level camera that stands inside the mesh.

    Of the places on a 24 x 24 grid where a person can stand (level ground, headroom, free space
    around the eye), those on the lowest storey that has a fair share of them are compared, and the
    one that sees walls in most directions, farthest away, wins; the camera looks the most open way.
    A mesh without such a place (a single object) is looked at from outside, along -X.
    """
    eyes = _standing_places(caster)
    if len(eyes) == 0:
        low, high = caster.vertices.min(0) + caster.centre, caster.vertices.max(0) + caster.centre
        middle = (low + high) / 2
        eye = middle + np.array([float(np.linalg.norm(high - low)), 0, 0])
        return _level(eye, middle - eye)
    free = _free_distance(caster, eyes, _AROUND)
    # open air counts little: a roof has the widest view of all and nothing to see
    score = np.where(np.isfinite(free), np.minimum(free, _FAR), 0.5).sum(1)
    best = int(score.argmax())
    sight = np.where(np.isfinite(free[best]), free[best], 0)
    return _level(eyes[best], _AROUND[int(sight.argmax())])


def _standing_places(caster: RayCaster) -> NDArray[np.float64]:
    """Eye positions `[N, 3]` above level ground with free space around, on one storey."""
    floors = _floors(caster)
    if len(floors) == 0:
        return floors
    headroom = caster.cast(floors + 0.05 * _UP, np.broadcast_to(_UP, floors.shape)).distance
    eyes = floors[headroom > EYE_HEIGHT + 0.2] + EYE_HEIGHT * _UP
    if len(eyes):
        around = _free_distance(caster, eyes, _AROUND).min(1)
        lower = _free_distance(caster, eyes - 0.9 * _UP, _AROUND).min(1)
        eyes = eyes[(around > CLEARANCE) & (lower > CLEARANCE)]
    if len(eyes):
        # ground all around the feet: the top of a ball is level, but nobody stands there
        feet = (eyes[:, None] + CLEARANCE * _AROUND).reshape(-1, 3)
        drop = caster.cast(feet, np.broadcast_to(-_UP, feet.shape)).distance.reshape(len(eyes), -1)
        eyes = eyes[(np.abs(drop - EYE_HEIGHT) < 0.3).all(1)]
    if len(eyes) == 0:
        return eyes
    storey = np.floor(eyes[:, 2] / 1.5).astype(np.int64)
    levels, counts = np.unique(storey, return_counts=True)
    chosen = levels[counts >= counts.max() / 4][0]
    standing: NDArray[np.float64] = eyes[storey == chosen]
    return standing


def _floors(caster: RayCaster) -> NDArray[np.float64]:
    """Level surface points `[N, 3]` below a grid of points, all storeys."""
    low, high = caster.vertices.min(0) + caster.centre, caster.vertices.max(0) + caster.centre
    share = (np.arange(_GRID) + 0.5) / _GRID
    x, y = np.meshgrid(low[0] + share * (high[0] - low[0]), low[1] + share * (high[1] - low[1]))
    points = np.stack([x.reshape(-1), y.reshape(-1), np.full(x.size, high[2] + 1.0)], 1)
    found: list[NDArray[np.float64]] = []
    for _ in range(_FLOORS):
        hits = caster.cast(points, np.broadcast_to(-_UP, points.shape))
        hit = hits.triangle >= 0
        points = points[hit] - hits.distance[hit, None].astype(np.float64) * _UP
        found.append(points[np.abs(caster.normals[hits.triangle[hit], 2]) > 0.9])
        points = points - 1e-3 * _UP
        if len(points) == 0:
            break
    return np.concatenate(found)


def _free_distance(caster: RayCaster, eyes: NDArray[np.float64],
                   ways: NDArray[np.float64]) -> NDArray[np.float32]:
    """Metres `[N, D]` from each eye to the first surface along each way; infinite = none."""
    origins = np.repeat(eyes, len(ways), 0)
    return caster.cast(origins, np.tile(ways, (len(eyes), 1))).distance.reshape(len(eyes), len(ways))


def _level(eye: NDArray[np.float64], forward: NDArray[np.float64]) -> Tensor:
    at = torch.from_numpy(eye)
    return look_at(at, at + torch.from_numpy(forward), torch.from_numpy(_UP))
