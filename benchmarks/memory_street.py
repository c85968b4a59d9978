"""A street as long as wanted, made directly: Gaussians and keyframes tile by tile, each tile like the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from spatialmem.camera import Cameras, pinhole, unproject
from spatialmem.frames import Frames
from spatialmem.memory.bank import Bank
from spatialmem.memory.clips import Clip
from spatialmem.poses import look_at
from spatialmem.splats import Splats

TILE = 4.0
"""Metres of street, with so many Gaussians and keyframes:"""
GAUSSIANS, KEYFRAMES = 10_000, 100

SMALL = (24, 32)
"""(height, width) of the keyframes that fill the street."""

FRONT, ROOF, EYE = 4.0, 5.0, 1.6
"""Metres: from the walker to the house fronts, their height, and his eyes'."""

UP = torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64)


def fill(bank: Bank, tiles: int, progress: Callable[[int], object]) -> None:
    """Commit tile after tile until the street of `bank` has so many; each is one clip. `progress` is told of each."""
    for tile in range(bank.head, tiles):
        x = TILE * (tile + torch.arange(KEYFRAMES, dtype=torch.float64) / KEYFRAMES)
        bank.commit(street_clip(bank, street_cameras(x, SMALL)), cells=[], splats=tile_splats(tile))
        progress(1)


def tile_splats(tile: int) -> Splats:
    """New Gaussians of a tile: half of them on the house front, half on the ground, the same in each tile."""
    draw = torch.Generator().manual_seed(7)
    along, across = torch.rand(2, GAUSSIANS, generator=draw)
    front = torch.arange(GAUSSIANS) % 2 == 0
    means = torch.stack([TILE * (along + tile), torch.where(front, FRONT, 5 * across - 1),
                         torch.where(front, ROOF * across, 0)], dim=1)
    broad = 0.03 + 0.02 * torch.rand(GAUSSIANS, 2, generator=draw)
    flat = torch.full((GAUSSIANS, 1), 0.004)
    scales = torch.where(front[:, None], torch.cat([broad[:, :1], flat, broad[:, 1:]], 1), torch.cat([broad, flat], 1))
    return Splats(
        means=means, quats=torch.tensor([1.0, 0, 0, 0]).expand(GAUSSIANS, 4).contiguous(), scales=scales,
        opacities=0.8 + 0.15 * torch.rand(GAUSSIANS, generator=draw), colors=painted(means),
        clip=torch.full((GAUSSIANS,), -1, dtype=torch.int32),
        seen=torch.randint(1, 60, (GAUSSIANS,), generator=draw).int(), confidence=torch.rand(GAUSSIANS, generator=draw),
        generated=torch.ones(GAUSSIANS, dtype=torch.bool),
        labels=torch.where(front, 11, 7).int())


def street_cameras(x: Tensor, size: tuple[int, int]) -> Cameras:
    """Cameras at `x` `[T]` metres along the street that look across it at the houses."""
    eyes = torch.stack([x, torch.zeros_like(x), torch.full_like(x, EYE)], dim=1)
    K = pinhole(1.1, *size).expand(len(x), 3, 3)
    return Cameras(K, look_at(eyes, eyes + torch.tensor([0.0, FRONT, -0.4], dtype=torch.float64), UP), *size)


def street_frames(cameras: Cameras) -> Frames:
    """What `cameras` see: exact depth, and the colours of the place."""
    rays = unproject(torch.ones(len(cameras), cameras.height, cameras.width, dtype=torch.float64), cameras)
    rays = rays - cameras.centres[:, None, None]
    to_front, to_ground = FRONT / rays[..., 1], -EYE / rays[..., 2]
    depth = torch.where(to_ground > 0, torch.minimum(to_front, to_ground), to_front)
    depth = torch.where(EYE + depth * rays[..., 2] < ROOF, depth, 0).float()
    return Frames(painted(unproject(depth, cameras)).clamp(0, 1), cameras, depth=depth)


def street_clip(bank: Bank, cameras: Cameras) -> Clip:
    """The clip that follows on what `bank` holds."""
    frames = street_frames(cameras)
    return Clip(frames, cameras, torch.zeros(len(frames), dtype=torch.bool), bank.frames_done, generator="street",
                state={"frames": bank.frames_done + len(frames)})


def revised(splats: Splats) -> Splats:
    """What fusing a clip may make of the Gaussians at hand: each a little changed, and a tenth as many new ones."""
    draw = torch.Generator().manual_seed(len(splats))
    nudge = 1 + 0.02 * torch.rand(len(splats), 1, generator=draw)
    moved = replace(splats, means=splats.means + 0.002 * nudge, scales=splats.scales * nudge, seen=splats.seen + 8,
                    opacities=(splats.opacities * nudge[:, 0]).clamp(max=0.98),
                    colors=(splats.colors * nudge).clamp(0, 1))
    fresh = moved[::10]
    return Splats.concat([moved, replace(fresh, means=fresh.means + 0.01, clip=torch.full_like(fresh.clip, -1))])


def painted(points: Tensor) -> Tensor:
    """Colours `[..., 3]` of places `[..., 3]`, which repeat with the tiles."""
    turns = torch.stack([points.sum(-1), points[..., 0] - points[..., 2], points[..., 1] + points[..., 2]], dim=-1)
    return (0.5 + 0.4 * torch.sin(turns * (2 * torch.pi / TILE) * 2)).float()
