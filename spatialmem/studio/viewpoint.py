"""`Viewpoint`: where a page looks from, as a value, and as a camera of ours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import viser
from numpy.typing import NDArray

from spatialmem.camera import Cameras
from spatialmem.memory.bank import Bank
from spatialmem.poses import look_at, matrix_from_quat, rotation_angle

Floats = NDArray[np.float64]

FIELD_OF_VIEW = 1.1
"""Radians from top to bottom, for a world without a keyframe to take it from."""

_AHEAD = 2.0
_NARROWEST, _WIDEST = 0.02, 3.0
_PLUMB = 0.999


@dataclass(frozen=True, eq=False)
class Viewpoint:
    """A view of a page.

    Attributes:
        T_world_cam: `[4, 4]` float64, OpenCV axes.
        fov: vertical field of view, radians.
        aspect: width over height.
    """

    T_world_cam: torch.Tensor
    fov: float
    aspect: float

    @staticmethod
    def of(camera: viser.CameraHandle) -> Viewpoint:
        """What a browser's camera shows at this moment."""
        pose = torch.eye(4, dtype=torch.float64)
        pose[:3, :3] = matrix_from_quat(torch.from_numpy(np.array(camera.wxyz, dtype=np.float64)))
        pose[:3, 3] = torch.from_numpy(np.array(camera.position, dtype=np.float64))
        fov = min(max(float(camera.fov), _NARROWEST), _WIDEST)  # a page says what it likes
        return Viewpoint(pose, fov, max(camera.image_width, 1) / max(camera.image_height, 1))

    @property
    def eye(self) -> Floats:
        """`[3]` the camera's centre, world frame."""
        return self.T_world_cam[:3, 3].numpy()

    @property
    def forward(self) -> Floats:
        """`[3]` the unit direction of the view, world frame."""
        return self.T_world_cam[:3, 2].numpy()

    def cameras(self, pixels: int) -> Cameras:
        """One camera of this view of about `pixels` pixels; both sides are even."""
        height = max(2 * round((pixels / self.aspect) ** 0.5 / 2), 2)
        width = max(2 * round(height * self.aspect / 2), 2)
        focal = height / 2 / float(np.tan(self.fov / 2))
        K = torch.tensor([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]], dtype=torch.float64)
        return Cameras(K[None], self.T_world_cam[None], height, width)

    def differs(self, other: Viewpoint | None) -> bool:
        """Whether a picture from here would not be one from `other`."""
        if other is None or abs(self.fov - other.fov) > 1e-3 or abs(self.aspect - other.aspect) > 1e-2:
            return True
        moved = float((self.T_world_cam[:3, 3] - other.T_world_cam[:3, 3]).norm())
        return moved > 0.005 or float(rotation_angle(self.T_world_cam, other.T_world_cam)) > 0.003


@dataclass(frozen=True, eq=False)
class Opening:
    """Where a page begins: place, point that it looks at, up axis `[3]` each, and vertical field of view."""

    position: Floats
    look_at: Floats
    up: Floats
    fov: float

    @property
    def view(self) -> Viewpoint:
        """The same as a view, three quarters as high as wide."""
        eye, target, up = (torch.from_numpy(value) for value in (self.position, self.look_at, self.up))
        return Viewpoint(look_at(eye, target, up), self.fov, 4 / 3)


def opening(bank: Bank) -> Opening:
    """The view of the first keyframe, upright, turning about what it shows in its middle.

    An empty world is looked at from its origin, level.
    """
    if len(bank.keyframes):
        return keyframe_view(bank, 0)
    up = up_axis(bank.manifest.up)
    return Opening(np.zeros(3), _AHEAD * np.roll(np.abs(up), 1), up, FIELD_OF_VIEW)


def keyframe_view(bank: Bank, index: int) -> Opening:
    """The view of keyframe `index`, upright.

    Raises:
        WorldFormatError: its clip is damaged.
    """
    pose = bank.keyframes.T_world_cam[index].numpy()
    depth = bank.coarse_depth([index])[0]
    rows, columns = (slice(side // 3, side - side // 3) for side in depth.shape)
    known = depth[rows, columns][depth[rows, columns] > 0]
    ahead = float(known.median()) if len(known) else _AHEAD
    eye, forward = pose[:3, 3].copy(), pose[:3, 2]
    return Opening(eye, eye + ahead * forward, _upright(bank, pose), vertical_fov(bank, index))


def _upright(bank: Bank, pose: Floats) -> Floats:
    """The world's up `[3]`, or for a view along it, what is up in the picture."""
    up = up_axis(bank.manifest.up)
    return up if abs(float(pose[:3, 2] @ up)) < _PLUMB else -pose[:3, 1]


def vertical_fov(bank: Bank, index: int) -> float:
    """Vertical field of view of keyframe `index`, radians."""
    table = bank.keyframes
    return 2 * float(np.arctan(float(table.height[index]) / 2 / float(table.K[index, 1, 1])))


def up_axis(name: str) -> Floats:
    """The unit vector `[3]` of a signed axis such as "+Z"."""
    axis = np.zeros(3)
    axis["XYZ".index(name[1])] = 1.0 if name[0] == "+" else -1.0
    return axis
