"""What a generator's depth means, where the geometry of its own frames leaves no doubt."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from spatialmem.camera import Cameras, pixel_index, project, unproject
from spatialmem.frames import Frames

WRONG, RIGHT = 0.02, 0.005
"""Median relative errors: a reading of depth above the first is ruled out, one below the second holds."""

_READINGS: dict[str, tuple[Callable[[Tensor, Cameras], Tensor], str]] = {
    "inverse depth (disparity)": (lambda depth, cameras: 1 / depth, "1 / depth"),
    "distance along the ray": (lambda depth, cameras: depth / _ray_lengths(depth, cameras),
                               "depth divided by the length of (x, y, 1)"),
    "millimetres": (lambda depth, cameras: depth / 1000, "depth / 1000"),
}


def misread_depth(frames: Frames) -> str | None:
    """A sentence if the depth is surely something else than z-depth in metres, else None.

    It is sure only if the first frame's surfaces, seen from the last, do not meet its depth when both
    are read as z-depth, and do when both are read otherwise.
    """
    if frames.depth is None or len(frames) < 2 or _error(frames, frames.depth) < WRONG:
        return None
    for name, (reading, remedy) in _READINGS.items():
        depth = torch.where(frames.depth > 0, reading(frames.depth, frames.cameras), 0)
        if _error(frames, depth) < RIGHT:
            return f"depth is {name}, it must be z-depth in metres (0 = unknown): return {remedy}"
    return None


def _error(frames: Frames, depth: Tensor) -> float:
    """Median relative error of the last frame's `depth` where the first frame's surfaces fall; NaN if hardly any do."""
    first, last = frames.cameras[:1], frames.cameras[-1:]
    points = unproject(depth[:1], first)[depth[:1] > 0]
    pixels, z = project(points, last)
    row, column, inside = pixel_index(pixels[0], last.height, last.width)
    met = depth[-1][row, column]
    seen = inside & (z[0] > 0) & (met > 0)
    if int(seen.sum()) < depth[0].numel() // 10:
        return float("nan")
    return float(((z[0] - met).abs() / met)[seen].detach().median())


def _ray_lengths(depth: Tensor, cameras: Cameras) -> Tensor:
    """`[T, H, W]` length of each pixel's ray per metre of z-depth."""
    rays = unproject(torch.ones_like(depth), cameras) - cameras.centres.to(depth)[:, None, None]
    return rays.square().sum(dim=-1).sqrt()
