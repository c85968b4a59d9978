"""`outing`: where somebody walked and looked: a clip to be made, and the views from before and after."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from spatialmem.camera import Cameras, pinhole, unproject
from spatialmem.frames import Frames
from spatialmem.freespace import FreeSpace
from spatialmem.generators.worlds.dice import Dice
from spatialmem.generators.worlds.territory import Territory
from spatialmem.poses import look_at
from spatialmem.trajectory.paths import PathOptions
from spatialmem.trajectory.walks import RANDOM_WALK, TOUR, walk

CLIP = 8
"""Frames of a clip."""

_FIELD_OF_VIEW, _EYE, _TILT = (55.0, 85.0), (1.2, 1.8), 12.0
"""Degrees across, metres above the floor, and degrees up or down of those that do not look level."""

_SPACING = (0.05, 0.25)
"""Seconds between frames."""

_BEFORE, _AFTER = (0.5, 8.0), 3.0
"""Seconds that were walked before the clip, and that are after it."""

_LAGS = (0.3, 0.6, 1.0, 1.6, 2.4, 3.6, 5.0, 7.0)
"""Seconds before the clip at which there is a view besides the one directly before."""

_LEADS = (0.5, 1.2, 2.4)
"""Seconds after the clip."""

_REACH, _ASIDE = 16.0, (0.8, 4.0)
"""Metres from the start of a world within which walks begin; from a clip to the places that it is also seen from."""


@dataclass(frozen=True, eq=False)
class Outing:
    """Cameras of one walk: `target` are those of the clip; `before` and `after` lie around it, in time order."""

    target: Cameras
    before: Cameras
    after: Cameras


def outing(territory: Territory, dice: Dice, *, size: tuple[int, int]) -> Outing:
    """A clip somewhere on a walk through a territory, with images of `size` (height, width)."""
    rate = 1 / math.exp(dice.uniform(*map(math.log, _SPACING)))
    first = max(1, round(dice.uniform(*_BEFORE) * rate))
    frames = first + CLIP + round(_AFTER * rate)
    kind = dice.choice((RANDOM_WALK, TOUR), (4, 1))
    path = walk(kind, _start(territory, dice, size), territory.free_space, frames=frames,
                options=PathOptions(rate=rate), seed=dice.integer(0, 2**31))
    before = sorted({first - 1, *(first - round(lag * rate) for lag in _LAGS)})
    after = sorted({first + CLIP - 1 + max(1, round(lead * rate)) for lead in _LEADS})
    return Outing(path[first : first + CLIP], path[[i for i in before if 0 <= i < first]],
                  path[[i for i in after if i < frames]])


def aside(target: Frames, space: FreeSpace, dice: Dice, *, count: int) -> Cameras:
    """Views from elsewhere near a clip at what it shows, as on another way through the same place.

    Whether something stands between is not asked; at most `count`, none where nothing is near or nothing free.
    """
    middle = target.cameras[len(target) // 2 :][:1]
    x, y, z = middle.centres[0].tolist()
    spots = _free_around(space, x, y)
    depth = target.depth
    if depth is None or not len(spots) or not bool((near := (depth > _ASIDE[0]) & (depth < 12.0)).any()):
        return target.cameras[:0]
    points = unproject(depth, target.cameras)[near]
    height = z - space.floor(x, y)
    poses = []
    for _ in range(count):
        at = spots[dice.integer(0, len(spots) - 1)]
        eye = torch.tensor([at[0], at[1], space.floor(at[0], at[1]) + height], dtype=torch.float64)
        poses.append(_towards(eye, points[dice.integer(0, len(points) - 1)].double()))
    return Cameras(middle.K.expand(count, 3, 3), torch.stack(poses), middle.height, middle.width)


def _start(territory: Territory, dice: Dice, size: tuple[int, int]) -> Cameras:
    """One camera on free ground near the start of a territory."""
    space = territory.free_space
    x, y, heading = territory.start()
    low, high = ((math.floor((x + way) / space.cell), math.floor((y + way) / space.cell)) for way in (-_REACH, _REACH))
    spots = [(place.x, place.y) for place in space.places(low, high)]
    if spots and dice.chance(0.8):
        (x, y), heading = dice.choice(spots), dice.uniform(-math.pi, math.pi)
    tilt = math.radians(dice.uniform(-_TILT, _TILT)) if dice.chance(0.4) else 0.0
    eye = torch.tensor([x, y, space.floor(x, y) + dice.uniform(*_EYE)], dtype=torch.float64)
    way = (math.cos(heading) * math.cos(tilt), math.sin(heading) * math.cos(tilt), math.sin(tilt))
    K = pinhole(math.radians(dice.uniform(*_FIELD_OF_VIEW)), *size)
    return Cameras(K[None], _upright(eye, torch.tensor(way, dtype=torch.float64))[None], *size)


def _free_around(space: FreeSpace, x: float, y: float) -> list[tuple[float, float]]:
    """Free points beside (x, y), metres, in the order of the grid."""
    near, far = _ASIDE
    low = math.floor((x - far) / space.cell), math.floor((y - far) / space.cell)
    high = math.ceil((x + far) / space.cell), math.ceil((y + far) / space.cell)
    rows, columns = np.nonzero(space.free(low, high))
    at = (np.stack([columns + low[0], rows + low[1]], 1) + 0.5) * space.cell
    away = np.hypot(at[:, 0] - x, at[:, 1] - y)
    return [(float(a), float(b)) for a, b in at[(away >= near) & (away <= far)]]


def _towards(eye: Tensor, point: Tensor) -> Tensor:
    """A pose at `eye` `[3]` that looks at `point` `[3]`, but not up or down by more than `_TILT`."""
    way = point - eye
    steep = math.tan(math.radians(_TILT)) * float(way[:2].norm().clamp(min=0.1))
    way[2] = way[2].clamp(-steep, steep)
    return _upright(eye, way)


def _upright(eye: Tensor, way: Tensor) -> Tensor:
    return look_at(eye, eye + way, torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64))
