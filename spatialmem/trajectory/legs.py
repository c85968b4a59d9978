"""`Legs`: how somebody goes from one stop to the next: looks round, turns, walks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spatialmem.freespace import FreeSpace, sights
from spatialmem.trajectory.ground import Ground, Points
from spatialmem.trajectory.pace import Motion, Pace
from spatialmem.trajectory.smooth import Line, line_through

TURN = 2 * math.pi

_ASIDE = math.radians(100)
"""How far one looks aside who goes on nearly straight."""
_SIGHT = 5.0
"""Metres beyond which more sight makes no view better."""
_RAYS = 72


class Stand(NamedTuple):
    """Where somebody stands, metres in the world, and looks, radians about +Z from +X."""

    x: float
    y: float
    yaw: float


class Legs:
    """Makes the legs of a walk through a free space at a pace."""

    def __init__(self, space: FreeSpace, pace: Pace) -> None:
        self.space = space
        self.pace = pace

    def go(self, ground: Ground, stand: Stand, cells: Points, *, look: bool) -> Motion:
        """The frames after the first from where one stands along a way of cells `[P, 2]`, to rest at its end.

        Args:
            ground: where the way was found.
            stand: where it begins.
            cells: the middles of its cells, the first being the one where `stand` is.
            look: whether to look round before setting off.
        """
        line = _line_from(stand, ground, cells)
        turn = self.look_round(stand, float(line.yaw[0])) if look else self.face(stand, float(line.yaw[0]))
        walk = self.pace.walk(line)
        faced = float(turn.yaw[-1]) if len(turn) else stand.yaw
        return joined([turn, Motion(walk.points, walk.yaw + TURN * round((faced - float(line.yaw[0])) / TURN))])

    def out_and_back(self, ground: Ground, stand: Stand, cells: Points, frames: int) -> Motion:
        """The frames after the first of a walk along `cells` as far as so many frames allow, and back.

        It turns while it walks, no more than that allows without delay, and returns through the same poses. Where
        frames are few it sets off and stops within a third of the way each, faster than in a longer walk.
        """
        line, half = _line_from(stand, ground, cells), frames // 2
        if half < 1:
            return Motion(np.zeros((0, 2)), np.zeros(0))
        brisk = replace(self.pace, push=max(self.pace.push, 3 * self.pace.step / half))
        length = min(line.length, self.pace.step * half)
        out = brisk.walk(self._turning(stand, line, length))
        while len(out) > half:
            length *= 0.95
            out = brisk.walk(self._turning(stand, line, length))
        begin = Motion(np.array([stand[:2]]), np.array([stand.yaw]))
        back = joined([begin, Motion(out.points[:-1], out.yaw[:-1])])
        return joined([out, Motion(back.points[::-1], back.yaw[::-1])])

    def _turning(self, stand: Stand, line: Line, length: float) -> Line:
        """The beginning of a line, on which one turns from where one looks to where it leads."""
        count = max(2, int(np.searchsorted(line.along, length, "right")))
        points, along, gaze = line.points[:count], line.along[:count], line.yaw[:count]
        # half a cosine wave is steepest in its middle, pi / 2 times its mean
        most = self.pace.turn / self.pace.step * float(along[-1]) * 2 / math.pi
        needed = float(np.clip(shorter(float(gaze[0]) - stand.yaw), -most, most))
        eased = (1 - np.cos(math.pi * along / along[-1])) / 2
        return Line(points, along, stand.yaw + (gaze - gaze[0]) + needed * eased)

    def face(self, stand: Stand, yaw: float) -> Motion:
        """The turn in place to a yaw, by the shorter way."""
        return self.pace.rotate(np.array(stand[:2]), stand.yaw, stand.yaw + shorter(yaw - stand.yaw))

    def look_round(self, stand: Stand, yaw: float) -> Motion:
        """The turn in place to a yaw past the more open side; with a look aside where hardly a turn is needed."""
        short = shorter(yaw - stand.yaw)
        if abs(short) > TURN / 4:
            return self.pace.rotate(np.array(stand[:2]), stand.yaw,
                                    stand.yaw + self._more_open(stand, (short, short - math.copysign(TURN, short))))
        aside = stand.yaw + self._more_open(stand, (_ASIDE, -_ASIDE))
        there = self.pace.rotate(np.array(stand[:2]), stand.yaw, aside)
        return joined([there, self.pace.rotate(np.array(stand[:2]), aside, stand.yaw + short)])

    def glance(self, stand: Stand, frames: int) -> Motion:
        """A look round that fills up to so many frames and ends where it began: all about, or aside and back."""
        at = np.array(stand[:2])
        if self.pace.angle_within(frames) >= TURN:
            return self.pace.rotate(at, stand.yaw, stand.yaw + self._more_open(stand, (TURN, -TURN)))
        angle = self.pace.angle_within(max(frames // 2 - 1, 0))
        if angle < math.radians(2):
            return self.pace.rotate(at, stand.yaw, stand.yaw)
        aside = stand.yaw + self._more_open(stand, (angle, -angle))
        return joined([self.pace.rotate(at, stand.yaw, aside), self.pace.rotate(at, aside, stand.yaw)])

    def _more_open(self, stand: Stand, turns: Sequence[float]) -> float:
        """The one of two turns that passes the farther views."""
        headings: NDArray[np.float64] = stand.yaw + np.arange(_RAYS, dtype=np.float64) * (TURN / _RAYS)
        far = sights(self.space, stand.x, stand.y, headings, _SIGHT)

        def mean(turn: float) -> float:
            passed = np.round(np.linspace(0.0, turn, 32) * (_RAYS / TURN)).astype(np.int64) % _RAYS
            return float(far[passed].mean())

        return max(turns, key=mean)


def _line_from(stand: Stand, ground: Ground, cells: Points) -> Line:
    """The line along the middles of cells from where one stands, in the first of them."""
    begin = np.array([stand[:2]])
    same = np.hypot(*(cells[0] - begin[0])) < 1e-9
    return line_through(ground, cells if same else np.concatenate([begin, cells]))


def joined(motions: Sequence[Motion]) -> Motion:
    """One motion after the other."""
    return Motion(np.concatenate([motion.points for motion in motions]),
                  np.concatenate([motion.yaw for motion in motions]))


def end_of(motion: Motion) -> Stand:
    """Where a motion leaves one."""
    return Stand(float(motion.points[-1, 0]), float(motion.points[-1, 1]), float(motion.yaw[-1]))


def shorter(angle: float) -> float:
    """The same turn by the shorter way, -pi..pi."""
    return (angle + math.pi) % TURN - math.pi
