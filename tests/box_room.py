"""A textured box room in closed form: exact frames, a generator of them, and recordings of walks in it."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from spatialmem.camera import Cameras, pinhole, unproject
from spatialmem.frames import Frames
from spatialmem.poses import look_at
from spatialmem.protocols import Json, Request
from spatialmem.reconstruction.config import FusionConfig
from spatialmem.reconstruction.fuse import GaussianFusion

HEIGHT, WIDTH = 36, 48
HALF = torch.tensor([2.5, 2.0, 1.3], dtype=torch.float64)
"""Half the room's size, metres; it is centred on the origin, +Z up."""

UP = torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64)


def brief_fusion(iterations: int) -> GaussianFusion:
    """A reconstructor of exactly so many optimisation steps a clip; 0 = new Gaussians as they are made."""
    return GaussianFusion(FusionConfig(iterations=iterations))


def room_frames(cameras: Cameras) -> Frames:
    """What `cameras` inside the room see: walls with a smooth pattern and exact z-depth."""
    ones = torch.ones(len(cameras), cameras.height, cameras.width, dtype=torch.float64)
    centre = cameras.centres[:, None, None]
    ray = unproject(ones, cameras) - centre  # per metre of z-depth
    to_walls = (torch.sign(ray) * HALF - centre) / torch.where(ray == 0, 1e-12, ray)
    depth = torch.where(ray == 0, torch.inf, to_walls).amin(dim=-1)
    points = centre + depth[..., None] * ray
    waves = torch.stack([torch.sin(2.0 * points[..., i]) * torch.cos(1.5 * points[..., (i + 1) % 3] + i)
                         for i in range(3)], dim=-1)
    return Frames((0.5 + 0.4 * waves).float(), cameras, depth=depth.float())


def room_walk(count: int, *, start: int = 0, height: int = HEIGHT, width: int = WIDTH) -> Cameras:
    """Steps `start` to `start + count` of a walk that sways in front of the far wall."""
    step = torch.arange(start, start + count, dtype=torch.float64)
    eye = torch.stack([-1.0 + 0.04 * step, 0.5 * torch.sin(0.2 * step), 0.1 * torch.cos(0.3 * step)], dim=-1)
    target = torch.stack([torch.full_like(step, 2.5), 0.6 * torch.sin(0.3 * step), 0 * step], dim=-1)
    return Cameras(pinhole(1.2, height, width).expand(count, 3, 3), look_at(eye, target, UP), height, width)


def there_and_back(count: int) -> Cameras:
    """A walk of `count` frames whose second half repeats the first one backwards."""
    walk = room_walk((count + 1) // 2)
    return Cameras.concat([walk, walk[list(range(count // 2))[::-1]]])


class RoomGenerator:
    """Shows the room, each frame brightened by its number, so that a lost state would be seen.

    Keeps every request, for the tests to look at.
    """

    size_multiple = 4

    def __init__(self, clip: int | None = None) -> None:
        self.clip = clip
        self.requests: list[Request] = []
        self._given = 0

    def start_pose(self) -> Tensor:
        """Where named paths begin: within the room, towards the far wall."""
        return room_walk(1).T_world_cam[0]

    def generate(self, request: Request) -> Frames:
        self.requests.append(request)
        frames = room_frames(request.cameras)
        number = torch.arange(self._given, self._given + len(frames))
        self._given += len(frames)
        rgb = (frames.rgb + 0.001 * number[:, None, None, None]).clamp(0, 1)
        return Frames(rgb, frames.cameras, depth=frames.depth)

    def state(self) -> Mapping[str, Json]:
        return {"given": self._given}

    def restore(self, state: Mapping[str, Json]) -> None:
        given = state["given"]
        assert isinstance(given, int)
        self._given = given


def write_recording(root: Path, cameras: Cameras) -> Path:
    """The room seen from `cameras` as an Open3D recording with PNG images."""
    frames = room_frames(cameras)
    assert frames.depth is not None
    for name in ("image", "depth"):
        (root / name).mkdir(parents=True)
    for i in range(len(frames)):
        rgb = (frames.rgb[i] * 255).round().to(torch.uint8).numpy()
        depth = (frames.depth[i] * 1000).round().numpy().astype(np.uint16)
        Image.fromarray(rgb).save(root / "image" / f"{i}.png")
        Image.fromarray(depth).save(root / "depth" / f"{i}.png")
    (root / "trajectory.log").write_text("".join(_block(i, T) for i, T in enumerate(cameras.T_world_cam)))
    K = cameras.K[0].clone()
    K[:2, 2] -= 0.5
    fields = {"width": cameras.width, "height": cameras.height, "intrinsic_matrix": K.T.flatten().tolist()}
    (root / "intrinsic.json").write_text(json.dumps(fields))
    return root


def _block(number: int, T: Tensor) -> str:
    rows = "\n".join(" ".join(map(repr, row)) for row in T.tolist())
    return f"{number} {number} {number + 1}\n{rows}\n"
