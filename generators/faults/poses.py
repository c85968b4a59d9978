"""Poses that are not the ones asked for: jitter of single frames, and drift that grows."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.generators.faults.faults import Faults
from spatialmem.poses import matrix_from_quat

_METRES_PER_DEGREE = 0.02
_DEGREES_PER_METRE = 5.0


def disturbed(cameras: Cameras, first_frame: int, faults: Faults) -> Cameras:
    """The cameras that really take the pictures asked for at `cameras`; the same ones without faults.

    `first_frame` is the number of the first camera's frame since the generator was made.
    """
    if not faults.pose_jitter and not faults.odometry_drift:
        return cameras
    poses = [_jitter(_drift(T, first_frame + i, faults), first_frame + i, faults)
             for i, T in enumerate(cameras.T_world_cam)]
    return Cameras(cameras.K, torch.stack(poses), cameras.height, cameras.width)


def _drift(T: Tensor, frame: int, faults: Faults) -> Tensor:
    """Moves and yaws a pose by what has accumulated up to `frame`: nothing at frame 0."""
    metres = faults.amount("odometry_drift") * frame / 100
    rng = faults.rng("odometry_drift")
    heading = rng.uniform(0, 2 * math.pi)
    yaw = math.radians(_DEGREES_PER_METRE * metres) * (1 if rng.random() < 0.5 else -1)
    out = T.clone()
    out[:2, 3] += metres * torch.tensor([math.cos(heading), math.sin(heading)], dtype=T.dtype)
    out[:3, :3] = _rotation(torch.tensor([0, 0, yaw], dtype=T.dtype)) @ T[:3, :3]
    return out


def _jitter(T: Tensor, frame: int, faults: Faults) -> Tensor:
    degrees = faults.amount("pose_jitter")
    if degrees == 0:
        return T
    noise = torch.from_numpy(faults.rng("pose_jitter", frame).standard_normal(6)).to(T)
    out = T.clone()
    out[:3, :3] = T[:3, :3] @ _rotation(noise[:3] * math.radians(degrees))
    out[:3, 3] += noise[3:] * degrees * _METRES_PER_DEGREE
    return out


def _rotation(turn: Tensor) -> Tensor:
    """Rotation `[3, 3]` about the axis of `turn` `[3]` by its length in radians."""
    angle = turn.norm()
    half = torch.where(angle > 1e-12, torch.sin(angle / 2) / angle.clamp(min=1e-12), 0.5)
    return matrix_from_quat(torch.cat([torch.cos(angle / 2)[None], half * turn]))
