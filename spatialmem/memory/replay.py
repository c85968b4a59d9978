"""Keyframes to look at again while a clip is fused, so that what they show is not forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from spatialmem.camera import Cameras, unproject
from spatialmem.frames import Frames
from spatialmem.memory.bank import Bank
from spatialmem.memory.cells import CellKey, partition, split_nodes
from spatialmem.memory.coarse import coarse


def replay(bank: Bank, cells: Sequence[CellKey], like: Cameras, *, count: int) -> Frames:
    """Up to `count` fused keyframes that saw `cells`, of the image size of `like`, chosen at random.

    Their confidence is 0 where they show surfaces outside `cells`: those Gaussians are not at hand,
    and the ones that are must not be bent to stand in for them. The choice depends on the world's
    head only, so it can be repeated.
    """
    table = bank.keyframes
    saw = [k for k in bank.witnesses(cells, 8 * count)
           if (int(table.height[k]), int(table.width[k])) == (like.height, like.width)]
    if not saw:
        return Frames.empty(like.height, like.width)
    chosen = sorted(int(k) for k in np.random.default_rng(bank.head).permutation(saw)[:count])
    frames = bank.load_keyframes(chosen)
    if frames.depth is None or set(cells) == set(bank.cells):
        return frames
    inside = surfaces_inside(frames.depth, frames.cameras, cells, bank)
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
    for key, rows in partition(points[known], split_nodes(bank.cells), bank.manifest.cell_edge, limit=None).items():
        if key in mine:
            inside[known[rows]] = 1
    outside = 1 - inside.reshape(sampled.shape)[:, None]
    grown = torch.nn.functional.max_pool2d(outside, 3, 1, 1)
    full = torch.nn.functional.interpolate(grown, size=depth.shape[1:], mode="nearest")
    return 1 - full[:, 0]
