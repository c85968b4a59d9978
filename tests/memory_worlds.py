"""A tiny analytic scene and worlds made of it, for the tests of the memory bank."""

from pathlib import Path

import torch
from torch import Tensor

from spatialmem.camera import Cameras, pinhole, unproject
from spatialmem.frames import Frames
from spatialmem.memory.bank import Bank
from spatialmem.memory.clips import Clip
from spatialmem.poses import look_at
from spatialmem.splats import Splats

HEIGHT, WIDTH = 24, 32
WALL = 4.0
UP = torch.tensor([0.0, -1.0, 0.0], dtype=torch.float64)


def walk(start: int, count: int, *, height: int = HEIGHT, width: int = WIDTH) -> Cameras:
    """Cameras that step 0.4 m to the right each and look at the wall z = 4."""
    eyes = torch.zeros(count, 3, dtype=torch.float64)
    eyes[:, 0] = 0.4 * torch.arange(start, start + count)
    ahead = torch.tensor([0.1, 0.0, WALL], dtype=torch.float64)
    K = pinhole(1.2, height, width).expand(count, 3, 3)
    return Cameras(K, look_at(eyes, eyes + ahead, UP), height, width)


def wall_frames(cameras: Cameras, wall: float = WALL) -> Frames:
    """What the cameras see of the coloured plane z = `wall`: exact z-depth, 0 where they look past it."""
    rays = unproject(torch.ones(len(cameras), cameras.height, cameras.width, dtype=torch.float64), cameras)
    rays = rays - cameras.centres[:, None, None]
    depth = (wall - cameras.centres[:, None, None, 2]) / rays[..., 2]
    depth = torch.where((depth > 0) & (depth < 50), depth, 0.0).float()
    rgb = 0.5 + 0.5 * torch.sin(unproject(depth, cameras) * 3)
    return Frames(rgb.float().clamp(0, 1), cameras, depth=depth)


def make_clip(start: int, frames: Frames, heldout: tuple[int, ...] = ()) -> Clip:
    """A clip whose requested cameras are those of its frames."""
    flags = torch.zeros(len(frames), dtype=torch.bool)
    flags[list(heldout)] = True
    return Clip(frames, frames.cameras, flags, start, prompt="a wall", seed=start, generator="wall",
                version="1", state={"step": start}, provenance="given")


def fuse(local: Splats, frames: Frames) -> Splats:
    """`local` and one new Gaussian for every fourth pixel of the frames."""
    assert frames.depth is not None
    points = unproject(frames.depth, frames.cameras)[:, ::2, ::2]
    known = frames.depth[:, ::2, ::2] > 0
    return Splats.concat([local, fresh(points[known], frames.rgb[:, ::2, ::2][known])])


def fresh(points: Tensor, colors: Tensor | None = None) -> Splats:
    """New Gaussians of 2 cm at `points` `[N, 3]`."""
    count = len(points)
    return Splats(
        means=points.float(), quats=torch.tensor([1.0, 0, 0, 0]).expand(count, 4),
        scales=torch.full((count, 3), 0.02), opacities=torch.full((count,), 0.9),
        colors=torch.rand(count, 3) if colors is None else colors,
        clip=torch.full((count,), -1, dtype=torch.int32), seen=torch.ones(count, dtype=torch.int32),
        confidence=torch.ones(count), generated=torch.zeros(count, dtype=torch.bool),
        labels=torch.zeros(count, dtype=torch.int32))


def step(bank: Bank, count: int = 2, heldout: tuple[int, ...] = ()) -> None:
    """One step of a loop: look up, fuse, commit."""
    frames = wall_frames(walk(bank.frames_done, count))
    cells = bank.cells_in_view(frames.cameras)
    clip = make_clip(bank.frames_done, frames, heldout)
    bank.commit(clip, cells=cells, splats=fuse(bank.splats(cells), frames))


def make_world(path: Path, commits: int) -> Path:
    """A closed world with so many commits of two frames."""
    with Bank.create(path, up="-Y", cell_edge=2.0) as bank:
        for _ in range(commits):
            step(bank)
    return path
