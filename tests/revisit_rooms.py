"""Truth of the example room for tests of the revisit measures: views, and views from a little beside them."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from spatialmem.camera import Cameras, pinhole
from spatialmem.frames import Frames
from spatialmem.generators.scene.generator import Scene
from spatialmem.poses import matrix_from_quat

ROOM = Path(__file__).resolve().parents[1] / "examples" / "data" / "room.glb"
SIZE = (96, 128)


def turned(degrees: float, axis: tuple[float, float, float]) -> Tensor:
    """Rotation `[3, 3]`."""
    way = torch.nn.functional.normalize(torch.tensor(axis, dtype=torch.float64), dim=0)
    half = math.radians(degrees) / 2
    return matrix_from_quat(torch.cat([torch.tensor([math.cos(half)], dtype=torch.float64), math.sin(half) * way]))


def camera(T_world_cam: Tensor, size: tuple[int, int] = SIZE) -> Cameras:
    return Cameras(pinhole(math.radians(70), *size)[None], T_world_cam[None], *size)


@cache
def room() -> Scene:
    return Scene(ROOM)


def standing(yaw: float) -> Tensor:
    """`T_world_cam` in the middle of the room, `yaw` degrees from its most open way."""
    T = room().start_pose().clone()
    T[:3, :3] = turned(yaw, (0, 0, 1)) @ T[:3, :3]
    return T


def beside(T_world_cam: Tensor, centimetres: float, degrees: float, seed: int = 0) -> Tensor:
    """The pose moved and turned in ways drawn from the seed."""
    random = np.random.default_rng(seed)
    way, axis = (v / np.linalg.norm(v) for v in random.normal(size=(2, 3)))
    D = torch.eye(4, dtype=torch.float64)
    D[:3, :3] = turned(degrees, (axis[0], axis[1], axis[2]))
    D[:3, 3] = torch.from_numpy(way) * centimetres / 100
    return T_world_cam @ D


@cache
def visit(yaw: float, centimetres: float = 0.0, degrees: float = 0.0,
          size: tuple[int, int] = SIZE) -> tuple[Frames, Frames, Tensor]:
    """A frame, a second one that claims its pose and was taken beside it, and `T_world_cam` of where that was."""
    T = standing(yaw)
    T_taken = beside(T, centimetres, degrees, seed=int(yaw))
    asked = camera(T, size)
    truth = room().truth(Cameras.concat([asked, camera(T_taken, size)]))
    return truth[:1], relabelled(truth[1:], asked), T_taken


def relabelled(frames: Frames, cameras: Cameras) -> Frames:
    """The same pictures, said to be taken elsewhere."""
    return Frames(frames.rgb, cameras, depth=frames.depth)


def recoloured(frames: Frames, rgb: Tensor) -> Frames:
    """Other pictures at the same poses."""
    return Frames(rgb.to(torch.float32).clamp(0, 1), frames.cameras, depth=frames.depth)
