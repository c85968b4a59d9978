"""`Pace`: how fast somebody walks and turns, and the frames that this takes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spatialmem.trajectory.smooth import Line

Numbers = NDArray[np.float64]

WALKING = 1.25
"""Metres a second."""
TURNING = math.radians(90)
"""Radians a second, at most."""
_PUSH = 1.2
"""Metres a second squared, for setting off and stopping."""
_TWIST = math.radians(270)
"""Radians a second squared, for turning in place."""
_FEW = 64


@dataclass(frozen=True, eq=False)
class Motion:
    """Frames one after the other: `points` `[T, 2]` metres in the world and `yaw` `[T]` radians, without jumps."""

    points: Numbers
    yaw: Numbers

    def __len__(self) -> int:
        return len(self.yaw)


@dataclass(frozen=True)
class Pace:
    """Limits of a walk, per frame.

    Attributes:
        step: metres.
        turn: radians.
        push: metres a frame squared.
        twist: radians a frame squared.
    """

    step: float
    turn: float
    push: float
    twist: float

    @staticmethod
    def of(rate: float) -> Pace:
        """How people walk, at `rate` frames a second."""
        return Pace(WALKING / rate, TURNING / rate, _PUSH / rate**2, _TWIST / rate**2)

    def walk(self, line: Line) -> Motion:
        """The frames after the first along a line, from rest to rest; in bends no faster than one can turn."""
        bend = np.abs(np.gradient(line.yaw, line.along))
        limit = np.minimum(self.step, self.turn / np.maximum(bend, 1e-9))
        at = _positions(line.along, limit, self.push)[1:]
        return Motion(np.stack([np.interp(at, line.along, line.points[:, axis]) for axis in (0, 1)], 1),
                      np.interp(at, line.along, line.yaw))

    def rotate(self, point: Numbers, begin: float, end: float) -> Motion:
        """The frames after the first of a turn in place from one yaw to another, from rest to rest."""
        angle = abs(end - begin)
        if angle < 1e-9:
            return Motion(np.zeros((0, 2)), np.zeros(0))
        along = np.linspace(0.0, angle, _FEW)
        at = _positions(along, np.full(_FEW, self.turn), self.twist)[1:]
        yaw = begin + math.copysign(1.0, end - begin) * at
        yaw[-1] = end
        return Motion(np.repeat(point[None], len(yaw), 0), yaw)

    def frames_to_walk(self, length: Numbers) -> Numbers:
        """About how many frames it takes to walk straight over `length` metres, more than a few steps, and stop."""
        return length / self.step + self.step / self.push

    def frames_to_turn(self, angle: Numbers) -> Numbers:
        """About how many frames turns in place by `angle` radians take, from rest to rest."""
        slow = angle < self.turn**2 / self.twist
        return np.where(slow, 2 * np.sqrt(angle / self.twist), angle / self.turn + self.turn / self.twist)

    def angle_within(self, frames: float) -> float:
        """The largest turn in place, in radians, that takes no more than so many frames."""
        ramp = self.turn / self.twist
        return self.turn * (frames - ramp) if frames > 2 * ramp else self.twist * frames**2 / 4


def _positions(along: Numbers, limit: Numbers, push: float) -> Numbers:
    """Where one is at every frame on the way along `along` `[N]`, within the speeds `limit` `[N]`, both ends at rest.

    The fastest speeds that never change by more than `push` a frame: v_i^2 = min_j (limit_j^2 + 2 push |s_i - s_j|).
    """
    if len(along) == 2:  # from rest to rest needs somewhere between to be moving
        along, limit = (np.insert(each, 1, each.mean()) for each in (along, limit))
    squares = limit**2
    squares[[0, -1]] = 0.0
    slope = 2 * push * along
    squares = np.minimum(squares, np.minimum.accumulate(squares - slope) + slope)
    squares = np.minimum(squares, np.minimum.accumulate((squares + slope)[::-1])[::-1] - slope)
    speeds = np.sqrt(np.maximum(squares, 0.0))
    spans = 2 * np.diff(along) / (speeds[1:] + speeds[:-1])
    moments = np.concatenate([[0.0], np.cumsum(spans)])
    count = max(1, math.ceil(moments[-1] - 1e-9))
    frames = np.linspace(0.0, moments[-1], count + 1)
    piece = np.clip(np.searchsorted(moments, frames, "right") - 1, 0, len(spans) - 1)
    since = frames - moments[piece]
    at: Numbers = along[piece] + since * (speeds[piece] + since * (np.diff(speeds) / spans)[piece] / 2)
    at[-1] = along[-1]
    return at
