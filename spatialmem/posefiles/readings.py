"""The four ways to read a 4x4 matrix as a camera pose: direction times axes."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from spatialmem.poses import check_rigid

Reading = Literal["c2w-opencv", "w2c-opencv", "c2w-opengl", "w2c-opengl"]

READINGS: dict[Reading, str] = {
    "c2w-opencv": "camera to world, OpenCV axes (+x right, +y down, +z forward)",
    "w2c-opencv": "world to camera, OpenCV axes (+x right, +y down, +z forward)",
    "c2w-opengl": "camera to world, OpenGL axes (+x right, +y up, -z forward)",
    "w2c-opengl": "world to camera, OpenGL axes (+x right, +y up, -z forward)",
}

_TURN = torch.diag(torch.tensor([1.0, -1.0, -1.0, 1.0], dtype=torch.float64))
"""Between OpenCV and OpenGL camera axes; its own inverse."""


def decode(matrices: Tensor, reading: Reading) -> Tensor:
    """`T_world_cam` `[T, 4, 4]` (OpenCV axes, float64) that `matrices` `[T, 4, 4]` say in a reading.

    Raises:
        InvalidValueError: a matrix is no rigid transform.
    """
    matrices = matrices.to(torch.float64)
    check_rigid(matrices, "pose")
    # a general inverse: a transposed rotation that is orthonormal to 1e-3 only would move the camera
    c2w = matrices if reading.startswith("c2w") else torch.linalg.inv(matrices)
    return c2w @ _TURN if reading.endswith("opengl") else c2w


def encode(T_world_cam: Tensor, reading: Reading) -> Tensor:
    """The matrices `[T, 4, 4]` that say `T_world_cam` `[T, 4, 4]` in a reading; undoes `decode`."""
    c2w = T_world_cam @ _TURN if reading.endswith("opengl") else T_world_cam
    matrices = c2w.clone() if reading.startswith("c2w") else torch.linalg.inv(c2w)
    matrices[..., 3, :] = torch.tensor([0.0, 0.0, 0.0, 1.0], dtype=matrices.dtype)
    return matrices
