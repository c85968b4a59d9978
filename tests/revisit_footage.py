"""Footage of a true scene along paths that leave and come back."""

import math
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import torch

from spatialmem.camera import Cameras, pinhole
from spatialmem.generators.faults.faults import Faults
from spatialmem.generators.scene.generator import Scene
from spatialmem.protocols import Request, empty_recall
from spatialmem.revisit.footage import Footage
from spatialmem.serial import serial_torch

ROOM = Path(__file__).resolve().parents[1] / "examples" / "data" / "room.glb"
FPS = 16.0


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small pictures gain nothing from threads, and lose much where the machine is busy."""
    with serial_torch():
        yield


def posed(home: torch.Tensor, ahead: list[float], left: list[float], yaw: list[float], *, height: int = 192,
          width: int = 256) -> Cameras:
    """Cameras moved from `home` (metres ahead and left, degrees of yaw to the left; +Z up)."""
    T = home.to(torch.float64).repeat(len(ahead), 1, 1)
    forward, right = home[:3, 2], home[:3, 0]
    for i, degrees in enumerate(yaw):
        angle = math.radians(degrees)
        turn = torch.tensor([[math.cos(angle), -math.sin(angle), 0], [math.sin(angle), math.cos(angle), 0], [0, 0, 1]],
                            dtype=torch.float64)
        T[i, :3, :3] = turn @ home[:3, :3]
        T[i, :3, 3] = home[:3, 3] + ahead[i] * forward - left[i] * right
    return Cameras(pinhole(math.radians(70), height, width).expand(len(T), 3, 3), T, height, width)


def there_and_back(home: torch.Tensor, frames: int = 48, *, reach: float = 0.8, aside: float = 0.3,
                   turn: float = 100.0, height: int = 192, width: int = 256) -> Cameras:
    """Out along a bend while turning away, and back through the same poses."""
    out = [0.5 - 0.5 * math.cos(2 * math.pi * i / (frames - 1)) for i in range(frames)]
    return posed(home, [reach * s for s in out], [aside * s * s for s in out], [turn * s for s in out], height=height,
                 width=width)


@cache
def scene(path: Path = ROOM) -> Scene:
    """The scene in a file, loaded once."""
    return Scene(path)


def filmed(cameras: Cameras, *, path: Path = ROOM, faults: str = "", clip: int = 8) -> Footage:
    """What a generator of the scene shows along `cameras`, clip by clip, without memory."""
    maker = Scene(path, faults=Faults.parse(faults)) if faults else scene(path)
    parts = []
    for begin in range(0, len(cameras), clip):
        batch = cameras[begin : begin + clip]
        frames = (maker.generate(Request(batch, empty_recall(batch), "", 0)) if faults else maker.truth(batch))
        parts.append((frames.rgb, frames.depth))
    rgb = torch.cat([rgb for rgb, _ in parts])
    depth = torch.cat([depth for _, depth in parts if depth is not None])
    return Footage((rgb.clamp(0, 1) * 255).round().to(torch.uint8), cameras, FPS, depth)
