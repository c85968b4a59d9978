"""Keyframes to look at again while a clip is fused, so that what they show is not forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import torch
from torch import Tensor

from spatialmem.camera import Cameras, pixel_index, project, unproject
from spatialmem.frames import Frames
from spatialmem.memory.bank import Bank
from spatialmem.memory.cells import CellKey, partition
from spatialmem.memory.coarse import coarse

_PATCH = 4
"""Pixels along the side of the patches that are touched or not; with a patch around they exceed SSIM's window."""

_BEHIND = 1.05
"""Gaussians farther behind a surface than this share of its depth do not shine through."""


def replay(bank: Bank, cells: Sequence[CellKey], like: Cameras, *, count: int) -> Frames:
    """Up to `count` fused keyframes that saw `cells`, of the image size of `like`, chosen at random.

    Their confidence is 0 where they show surfaces outside `cells`, or where Gaussians of other cells
    have a part: those are not at hand, and the ones that are must not be bent to stand in for them.
    The choice depends on the world's head only, so it can be repeated.
    """
    table = bank.keyframes
    saw = [k for k in bank.witnesses(cells, 8 * count)
           if (int(table.height[k]), int(table.width[k])) == (like.height, like.width)]
    if not saw:
        return Frames.empty(like.height, like.width)
    chosen = sorted(int(k) for k in np.random.default_rng(bank.head).permutation(saw)[:count])
    frames = bank.load_keyframes(chosen)
    if frames.depth is None or len(cells) == len(bank.cells):
        return frames
    inside = surfaces_inside(frames.depth, frames.cameras, cells, bank) * ~touched_from_outside(frames, cells, bank)
    weight = inside if frames.confidence is None else inside * frames.confidence
    return replace(frames, confidence=weight)


def surfaces_inside(depth: Tensor, cameras: Cameras, cells: Sequence[CellKey], bank: Bank) -> Tensor:
    """`[T, H, W]` float32: 1 where the surface that a pixel shows, and those around it, lie in `cells`.

    Looked up on a coarse grid; unknown depth counts as outside.
    """
    sampled, grid = coarse(depth, cameras)
    points = unproject(sampled, grid).reshape(-1, 3)
    known = torch.nonzero(sampled.reshape(-1) > 0)[:, 0]
    mine, inside = set(cells), torch.zeros(points.shape[0])
    for key, rows in partition(points[known], bank.splits, bank.manifest.cell_edge, limit=None).items():
        if key in mine:
            inside[known[rows]] = 1
    outside = 1 - inside.reshape(sampled.shape)[:, None]
    grown = torch.nn.functional.max_pool2d(outside, 3, 1, 1)
    full = torch.nn.functional.interpolate(grown, size=depth.shape[1:], mode="nearest")
    return 1 - full[:, 0]


def touched_from_outside(frames: Frames, cells: Sequence[CellKey], bank: Bank) -> Tensor:
    """`[T, H, W]` bool: pixels to which Gaussians of cells other than `cells` contribute, or that lie beside such.

    A wall that stands on the border of two cells has Gaussians in both. Half of them, told to show the
    whole wall, would grow into a fog: so nothing is asked of them where the other half is missing.
    """
    mine, size = set(cells), frames.rgb.shape[1:3]
    cell_means = cache(lambda key: bank.splats([key]).means)
    touched = torch.zeros(len(frames), -(-size[0] // _PATCH), -(-size[1] // _PATCH))
    for index in range(len(frames)):
        camera = frames.cameras[index : index + 1]
        others = [cell_means(key) for key in bank.cells_in_view(camera) if key not in mine]
        if not others:
            continue
        pixels, z = project(torch.cat(others), camera)
        row, column, inside = pixel_index(pixels[0], *size)
        surface = torch.zeros(size) if frames.depth is None else frames.depth[index]
        reach = torch.where(surface > 0, surface * _BEHIND, torch.inf)[row, column]
        front = inside & (z[0] > 0) & (z[0] < reach)
        touched[index, row[front] // _PATCH, column[front] // _PATCH] = 1
    grown = torch.nn.functional.max_pool2d(touched[:, None], 3, 1, 1)
    return torch.nn.functional.interpolate(grown, scale_factor=_PATCH)[:, 0, : size[0], : size[1]] > 0
