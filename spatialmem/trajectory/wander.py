"""`wander`: a walk without end that prefers where it has not been."""

from __future__ import annotations

import numpy as np

from spatialmem.freespace import Cell, FreeSpace
from spatialmem.trajectory.ground import Ground, Points, Ways
from spatialmem.trajectory.legs import TURN, Legs, Stand, end_of, joined
from spatialmem.trajectory.pace import Motion, Pace

_REACH = 9.0
"""Metres from one stop to the sides of the square in which the next one lies."""
_CHOICES = 48
_NEW = 5.0
"""Metres from where one has been beyond which all is equally new."""
_LOOKS = 0.35
"""How often one looks round before going on."""


def wander(space: FreeSpace, start: Stand, frames: int, pace: Pace, seed: int) -> Motion:
    """`frames` frames of a walk from stop to stop; a longer one of the same seed begins with a shorter one.

    Raises:
        TrajectoryError: the start is not free.
    """
    legs, chance = Legs(space, pace), np.random.default_rng(seed)
    been = np.array([start[:2]])
    motions, count, stand = [Motion(been, np.array([start.yaw]))], 1, start
    while count < frames:
        ground = Ground(space, stand.x, stand.y, _REACH)
        ways = ground.ways(ground.middle)
        spot = _next_spot(ground, ways, stand, been, chance)
        look = bool(chance.random() < _LOOKS)
        if spot is None:  # walled in
            motion = pace.rotate(np.array(stand[:2]), stand.yaw, stand.yaw + TURN)
        else:
            motion = legs.go(ground, stand, ways.to(spot), look=look)
        motions.append(motion)
        count, stand = count + len(motion), end_of(motion)
        been = np.concatenate([been, motion.points[:: max(1, round(0.5 / pace.step))]])
    whole = joined(motions)
    return Motion(whole.points[:frames], whole.yaw[:frames])


def _next_spot(ground: Ground, ways: Ways, stand: Stand, been: Points, chance: np.random.Generator) -> Cell | None:
    """The best of some cells and the places around; None where there is no other cell to go to."""
    reached = np.isfinite(ways.effort) & (ways.effort > 0)
    wide = reached & (ground.clearance > 3 * ground.cell) & (ways.effort > 2.0)
    spots = np.argwhere(wide if wide.any() else reached)
    if not len(spots):
        return None
    chosen = [(int(row), int(column)) for row, column in spots[chance.integers(0, len(spots), _CHOICES)]]
    named = [spot for _, spot in ground.places if wide[spot]]
    points = np.array([ground.point(spot) for spot in chosen + named])
    near = been[(np.abs(been - np.array(stand[:2])) < 2 * _REACH).all(1)]
    novelty = np.hypot(*(points[:, None] - near[None]).transpose(2, 0, 1)).min(1).clip(max=_NEW)
    off = points - np.array(stand[:2])
    ahead = np.cos(np.arctan2(off[:, 1], off[:, 0]) - stand.yaw)
    is_named = np.arange(len(points)) >= len(chosen)
    score = novelty + 0.7 * ahead + 1.0 * is_named + chance.uniform(0.0, 1.5, len(points))
    return (chosen + named)[int(score.argmax())]
