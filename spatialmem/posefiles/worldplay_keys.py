"""WorldPlay's key strings: `w-31, right-10` is 31 steps ahead, then 10 turns to the right.

What is known, from the program that reads them: the first pose is the identity, each count adds one pose,
moves by 0.08 of its unit of length (not known to be the metre) or turns by 3 degrees about the camera's own
axis, and K is that of a 1920x1080 image. Keys pressed together, fractions of a count and other letters are
written by related programs with meanings that differ or are not published; they are refused.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

import torch
from torch import Tensor

from spatialmem.errors import RecordingError
from spatialmem.posefiles.intrinsics import matrices
from spatialmem.posefiles.poses import Poses
from spatialmem.posefiles.strictfiles import naming, read_text

STEP = 0.08
TURN = math.radians(3)
MAX_POSES = 100_000
_FOCAL = 969.6969696969696
_HEIGHT, _WIDTH = 1080, 1920

_MOVES = {"w": (0.0, 0.0, STEP), "s": (0.0, 0.0, -STEP), "d": (STEP, 0.0, 0.0), "a": (-STEP, 0.0, 0.0)}
_TURNS = {"right": (0.0, TURN), "left": (0.0, -TURN), "up": (TURN, 0.0), "down": (-TURN, 0.0)}
_COMMAND = re.compile(r"([A-Za-z]+)-([0-9.]+)")


def is_key_string(text: str) -> bool:
    """Whether a text has the form of a key string, known or not."""
    return all(_COMMAND.fullmatch(part.strip()) for part in text.strip().split(","))


def read_worldplay_keys(path: Path) -> Poses:
    """The poses of a text file that holds a key string. Raises RecordingError."""
    with naming(path):
        return parse_keys(read_text(path), str(path))


def parse_keys(text: str, where: str = "key string") -> Poses:
    """The poses of a key string.

    Raises:
        RecordingError: a command's meaning is not known, or there are too many; `where` names the string.
    """
    steps: list[Tensor] = []
    for part in text.strip().split(","):
        match = _COMMAND.fullmatch(part.strip())
        key = match[1] if match else ""
        if match is None or key not in (*_MOVES, *_TURNS):
            raise RecordingError(f"{where}: the meaning of {part.strip()[:40]!r} is not known; known are "
                                 f"{', '.join((*_MOVES, *_TURNS))} with a whole count, such as w-31")
        if not re.fullmatch(r"\d{1,6}", match[2]):
            raise RecordingError(f"{where}: {part.strip()[:40]!r}: fractions of a count are read in different ways; "
                                 "write a whole number")
        if len(steps) + int(match[2]) >= MAX_POSES:
            raise RecordingError(f"{where}: more than {MAX_POSES} poses")
        steps += [_step(key)] * int(match[2])
    poses = [torch.eye(4, dtype=torch.float64)]
    for step in steps:
        poses.append(poses[-1] @ step)
    K = matrices(torch.tensor([_FOCAL, _FOCAL, _WIDTH / 2, _HEIGHT / 2], dtype=torch.float64)).expand(len(poses), 3, 3)
    return Poses("worldplay-keys", torch.stack(poses), K, _HEIGHT, _WIDTH)


def _step(key: str) -> Tensor:
    """`T_before_after` `[4, 4]` of one count."""
    T = torch.eye(4, dtype=torch.float64)
    T[:3, 3] = torch.tensor(_MOVES.get(key, (0.0, 0.0, 0.0)), dtype=torch.float64)
    pitch, yaw = _TURNS.get(key, (0.0, 0.0))
    if yaw:
        T[0, 0], T[0, 2], T[2, 0], T[2, 2] = math.cos(yaw), math.sin(yaw), -math.sin(yaw), math.cos(yaw)
    if pitch:
        T[1, 1], T[1, 2], T[2, 1], T[2, 2] = math.cos(pitch), -math.sin(pitch), math.sin(pitch), math.cos(pitch)
    return T
