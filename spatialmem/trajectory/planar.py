"""`PlanarPath`: a camera path drawn on the ground plan of where it starts, and its placing."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.errors import TrajectoryError


@dataclass(frozen=True, eq=False)
class PlanarPath:
    """`T` places on the horizontal plane through the start, as seen from above.

    Attributes:
        ahead: `[T]` metres along the start's horizontal heading.
        left: `[T]` metres to the left of that heading.
        turn: `[T]` radians turned about up since the start, left positive.
        rise: `[T]` metres above the start; None = all at its height.
    """

    ahead: Tensor
    left: Tensor
    turn: Tensor
    rise: Tensor | None = None

    def place(self, start: Cameras, up: Tensor) -> Cameras:
        """Cameras `[T]` that walk this path from `start` (one camera) in a world with `up` `[3]`.

        Only the position and the rotation about `up` change: pitch and roll stay the start's, so a level
        camera keeps a level horizon.

        Raises:
            TrajectoryError: `up` has no direction or `start` is not one camera.
        """
        if len(start) != 1:
            raise TrajectoryError(f"start: expected one camera, got {len(start)}")
        if up.shape != (3,) or not 0 < float(up.norm()) < float("inf"):
            raise TrajectoryError(f"up: expected a direction of 3 finite numbers, got {up.tolist()}")
        T_start = start.T_world_cam[0]
        up = torch.nn.functional.normalize(up.to(T_start), dim=0)
        heading = heading_of(T_start, up)
        left = torch.linalg.cross(up, heading)
        poses = T_start.repeat(len(self.turn), 1, 1)
        poses[:, :3, :3] = _about(up, self.turn.to(T_start)) @ T_start[:3, :3]
        poses[:, :3, 3] += self.ahead.to(T_start)[:, None] * heading + self.left.to(T_start)[:, None] * left
        if self.rise is not None:
            poses[:, :3, 3] += self.rise.to(T_start)[:, None] * up
        return Cameras(start.K.expand(len(poses), 3, 3), poses, start.height, start.width)


def heading_of(T_world_cam: Tensor, up: Tensor) -> Tensor:
    """The horizontal unit vector `[3]` that the camera faces, whatever its tilt."""
    facing = T_world_cam[:3, 2]
    if float(facing @ up) ** 2 > 1 - 1e-6:
        # straight down, the top of the image lies ahead; straight up, behind
        facing = T_world_cam[:3, 1] * torch.sign(facing @ up)
    return torch.nn.functional.normalize(facing - (facing @ up) * up, dim=0)


def _about(up: Tensor, angle: Tensor) -> Tensor:
    """Rotations `[T, 3, 3]` by `angle` `[T]` radians about the unit vector `up` (Rodrigues)."""
    x, y, z = up.tolist()
    cross = torch.tensor([[0, -z, y], [z, 0, -x], [-y, x, 0]], dtype=up.dtype, device=up.device)
    sine, cosine = torch.sin(angle)[:, None, None], torch.cos(angle)[:, None, None]
    return torch.eye(3, dtype=up.dtype, device=up.device) + sine * cross + (1 - cosine) * (cross @ cross)
