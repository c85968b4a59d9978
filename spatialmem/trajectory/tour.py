"""`Tour`: a round through the places of a free space that ends in exactly the view in which it began."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from spatialmem.freespace import Cell, FreeSpace, Place
from spatialmem.trajectory.ground import Ground, Points, Ways
from spatialmem.trajectory.legs import TURN, Legs, Stand, end_of, joined
from spatialmem.trajectory.pace import Motion, Pace

_NEAR, _FAR = 10.0, 32.0
"""Metres from the start to the sides of the ground that is looked at first, and at most."""
_TRIES = 4
_WORTH = 5.0
"""Metres that one could still walk for it to be worth setting off to no place in particular."""
_STROLL = 6.0
"""Metres to go to no place in particular, give or take a third."""
_APART = 0.6
"""Metres from where one stands, and from the start, at which a place begins to be another one."""
_LEAST = 0.25
"""Metres that a walk out and back must lead away to be better than a look round."""


class Tour:
    """Visits places, nearest first by and large, as long as the frames allow to come home.

    Where they allow not even one, it walks out as far as they do and comes back through the same poses,
    or only looks round.

    Attributes:
        stops: the places visited, in order; those named `spot` are none in particular.
        motion: all its frames; the last is the first.

    Args:
        space: where one may walk.
        start: where it begins and ends.
        frames: how many it has, exactly.
        pace: how fast.
        seed: of the choice among places.
        go: whether to walk out and back rather than to look round where the frames allow no place.

    Raises:
        TrajectoryError: the start is not free.
    """

    def __init__(self, space: FreeSpace, start: Stand, frames: int, pace: Pace, seed: int, *,
                 go: bool = True) -> None:
        self._legs, self._pace, self._start, self._space = Legs(space, pace), pace, start, space
        self._left = frames - 1
        self._chance = np.random.default_rng(seed)
        self._farthest = min(_FAR, max(self._left * pace.step / 2, 1.0))
        self._widen_to(min(_NEAR, self._farthest))
        self._stand = start
        self._out: list[Motion] = [Motion(np.array([start[:2]]), np.array([start.yaw]))]
        self._back = self._legs.face(start, start.yaw)
        self._seen: set[Place] = set()
        self.stops: list[Place] = []
        while self._goes_on():
            pass
        if go and not self.stops:
            self._goes_out_and_back()
        self.motion = self._closed(frames)

    def _goes_on(self) -> bool:
        """One more leg, or a wider look for one; whether there was any."""
        ways = self._ground.ways(self._ground.at(*self._stand[:2]), limit=self._left * self._pace.step)
        if any(self._goes_to(ways, *target) for target in self._nearest_places(ways)):
            return True
        if self._reach < self._farthest:
            self._widen_to(min(2 * self._reach, self._farthest))
            return True
        if self._seen:
            # all that is near has been seen: begin anew
            self._seen.clear()
            return True
        return any(self._goes_to(ways, *target) for target in self._spots(ways))

    def _nearest_places(self, ways: Ways) -> Iterator[tuple[Place, Cell]]:
        """A few places not seen yet that may be near enough, those that are reached sooner rather first."""
        reached = self._places_reached(ways)
        if not reached:
            return iter(())
        points = np.array([self._ground.point(spot) for _, spot in reached])
        away, home = self._apart(points, self._stand), self._apart(points, self._start)
        least = self._pace.frames_to_walk(away) + self._pace.frames_to_walk(home)
        effort = np.array([ways.effort[spot] for _, spot in reached])
        cost = self._pace.frames_to_walk(effort) + self._frames_to_face(points, self._stand)
        cost *= self._chance.uniform(1.0, 1.6, len(cost))
        cost[(least > self._left) | (np.minimum(away, home) < _APART)] = np.inf
        return (reached[k] for k in np.argsort(cost)[:_TRIES] if math.isfinite(cost[k]))

    def _places_reached(self, ways: Ways) -> list[tuple[Place, Cell]]:
        return [(place, spot) for place, spot in self._ground.places
                if place not in self._seen and math.isfinite(ways.effort[spot])]

    def _spots(self, ways: Ways) -> Iterator[tuple[Place, Cell]]:
        """A few cells that are no place: a little way off, or at the end as far away as the frames left allow."""
        roomy = (self._ground.clearance > 3 * self._ground.cell) & np.isfinite(ways.effort)
        spots = np.argwhere(roomy)
        if (self._left - len(self._back)) * self._pace.step < _WORTH or not len(spots):
            return iter(())
        points = np.array([self._ground.point((row, column)) for row, column in spots.tolist()])
        effort = ways.effort[roomy] + self._home.effort[roomy]
        frames = self._pace.frames_to_walk(effort) + self._pace.frames_to_walk(np.zeros(1))
        frames += self._frames_to_face(points, self._stand) + self._pace.frames_to_turn(np.array([math.pi]))
        frames += self._frames_to_face(2 * np.array([self._start[:2]]) - points, self._start)
        near = np.minimum(self._apart(points, self._stand), self._apart(points, self._start)) < 2 * _APART
        frames[near | (frames > self._left)] = -np.inf
        best = np.isfinite(frames) & (frames > 0.8 * frames.max())
        stroll = np.isfinite(frames) & (abs(ways.effort[roomy] - _STROLL) < _STROLL / 3)
        chosen = np.flatnonzero(stroll if self._left * self._pace.step > 4 * _STROLL and stroll.any() else best)
        return ((Place("spot", *points[k].tolist()), (int(spots[k, 0]), int(spots[k, 1])))
                for k in self._chance.permutation(chosen)[:_TRIES])

    def _apart(self, points: Points, stand: Stand) -> NDArray[np.float64]:
        return np.hypot(points[:, 0] - stand.x, points[:, 1] - stand.y)

    def _frames_to_face(self, points: Points, stand: Stand) -> NDArray[np.float64]:
        """About how many frames it takes to turn to points `[N, 2]`."""
        off = np.arctan2(points[:, 1] - stand.y, points[:, 0] - stand.x) - stand.yaw
        return self._pace.frames_to_turn(np.abs((off + math.pi) % TURN - math.pi))

    def _goes_to(self, ways: Ways, place: Place, spot: Cell) -> bool:
        """Goes to a place if there is time to come home from it, and tells whether there was."""
        out = self._legs.go(self._ground, self._stand, ways.to(spot), look=len(self._out) > 1)
        stand = end_of(out)
        home = self._legs.go(self._ground, stand, self._homewards(spot), look=True)
        back = joined([home, self._legs.face(end_of(home), self._start.yaw)])
        if len(out) + len(back) > self._left:
            return False
        self._left -= len(out)
        self._seen.add(place)
        self.stops.append(place)
        self._out.append(out)
        self._stand, self._back = stand, back
        return True

    def _goes_out_and_back(self) -> None:
        """Goes where the most open way leads the farthest, rather ahead, if that is any way off."""
        spots = np.argwhere(np.isfinite(self._home.effort))
        points = np.array([self._ground.point((row, column)) for row, column in spots.tolist()])
        away = self._apart(points, self._start)
        ahead = np.cos(np.arctan2(points[:, 1] - self._start.y, points[:, 0] - self._start.x) - self._start.yaw)
        worth = away * (3 + ahead) - self._home.effort[spots[:, 0], spots[:, 1]]
        worth[away > max(self._left * self._pace.step / 2, _LEAST)] = -np.inf
        row, column = spots[int(worth.argmax())].tolist()
        there_and_back = self._legs.out_and_back(self._ground, self._start, self._home.to((row, column)), self._left)
        if len(there_and_back) and self._apart(there_and_back.points, self._start).max() >= _LEAST:
            self._left -= len(there_and_back)
            self._out.append(there_and_back)

    def _homewards(self, spot: Cell) -> Points:
        way = self._home.to(spot)[::-1]
        start = np.array([self._start[:2]])
        return way if np.allclose(way[-1], start) else np.concatenate([way, start])

    def _widen_to(self, reach: float) -> None:
        self._reach = reach
        self._ground = Ground(self._space, self._start.x, self._start.y, reach)
        self._home = self._ground.ways(self._ground.middle)

    def _closed(self, frames: int) -> Motion:
        """The whole round; frames that are left over are spent with looking about at home, and a little more slowly."""
        home = joined([*self._out, self._back])
        whole = joined([home, self._legs.glance(end_of(home), frames - len(home))])
        return _stretched(whole, frames)


def _stretched(motion: Motion, frames: int) -> Motion:
    """The same in so many frames, a few more; its ends are the first view exactly."""
    at: NDArray[np.float64] = np.linspace(0.0, len(motion) - 1.0, frames)
    count = np.arange(len(motion), dtype=np.float64)
    points = np.stack([np.interp(at, count, motion.points[:, axis]) for axis in (0, 1)], 1)
    yaw = np.interp(at, count, motion.yaw)
    points[-1], yaw[-1] = motion.points[0], motion.yaw[0]
    return Motion(points, yaw)
