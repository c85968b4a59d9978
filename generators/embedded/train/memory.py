"""`remembered`: what memory might know of a situation, right or with the faults that memories have."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as nn
from torch import Tensor

from spatialmem.camera import Cameras, unproject
from spatialmem.frames import REVISE, TRUSTED, UNKNOWN, Frames, Recall
from spatialmem.generators.embedded.train.situation import Situation
from spatialmem.protocols import empty_recall
from spatialmem.render.points import nearest_points

SKY_M = 80.0
"""Metres; where what has no depth is put, behind all else."""

WIDER, ASKEW = 1.25, 4.0
"""Width of a point over the distance to its neighbours, so that surfaces stay closed; and that distance over the width
of its pixel, at most: what is seen more askew falls apart, as it does in a memory."""

FINE = 0.7
"""Share of a view's pixels a metre from which on a surface was seen closely enough to be trusted."""


def remembered(situation: Situation, chance: np.random.Generator, *, empty: float = 0.2, faults: bool = True) -> Recall:
    """A memory of the context, at the target's cameras.

    Either what a world of Gaussians recalled, where the situation has it, or points of some of the context's
    frames; without `faults` points of all of them.

    Args:
        situation: with its context.
        chance: decides.
        empty: probability that nothing is remembered.
        faults: whether exposure, focus, poses, depths and coverage may be wrong.
    """
    cameras, context = situation.target.cameras, situation.context
    if len(context) == 0 or (faults and chance.random() < empty):
        return empty_recall(cameras)
    if situation.recall is not None and chance.random() < 0.6:
        return _with_references(situation.recall, chance) if faults else situation.recall
    if not faults:
        return splatted(context, cameras)
    chosen = np.sort(chance.permutation(len(context))[: 1 + chance.integers(len(context))])
    wrong = _faulty(context[chosen.tolist()], chance)
    return _with_references(splatted(wrong, cameras, holes=_holes(wrong, chance)), chance)


def splatted(context: Frames, cameras: Cameras, *, holes: Tensor | None = None) -> Recall:
    """The context as coloured points, seen from `cameras`, with its last two frames as references.

    Args:
        context: frames with depth; what has none is taken for sky.
        cameras: where it is looked at from.
        holes: `[T, H, W]` bool, pixels of the context that are left out.
    """
    depth = torch.as_tensor(context.depth)
    away = torch.where(depth > 0, depth, SKY_M)
    places = unproject(away, context.cameras)
    footprint = (away / context.cameras.K[:, 0, 0, None, None].float()).reshape(-1)
    points, spacing = places.reshape(-1, 3), _spacing(places).reshape(-1)
    colors = context.rgb.reshape(-1, 3)
    if holes is not None:
        kept = ~holes.reshape(-1)
        points, footprint, spacing, colors = points[kept], footprint[kept], spacing[kept], colors[kept]
    size = WIDER * torch.maximum(footprint, torch.minimum(spacing, ASKEW * footprint))
    index, seen = nearest_points(points, cameras, size=size)
    hit = index >= 0
    row = index.clamp(min=0)
    rgb = torch.where(hit[..., None], colors[row], 0.0) if len(colors) else torch.zeros(*index.shape, 3)
    scale = seen / cameras.K[:, 0, 0, None, None].float()
    close = footprint[row] * FINE <= scale if len(colors) else hit
    trust = torch.where(hit, torch.where(close, TRUSTED, REVISE), UNKNOWN).to(torch.uint8)
    seen = torch.where(seen > SKY_M / 2, 0.0, seen)
    view = Frames(rgb, cameras, depth=seen, alpha=hit.float())
    return Recall(view, trust, context[list(range(len(context)))[::-1][:2]])


def _spacing(places: Tensor) -> Tensor:
    """`[T, H, W]` metres from the points `[T, H, W, 3]` of pictures to their neighbours on the same surface.

    Down or across, whichever is farther; of the two neighbours on either side the nearer one, for the other may lie
    beyond an edge.
    """
    farthest = places.new_zeros(places.shape[:3])
    for axis in (1, 2):
        apart = places.diff(dim=axis).norm(dim=-1)
        one = torch.cat([apart, apart.narrow(axis, apart.shape[axis] - 1, 1)], dim=axis)
        other = torch.cat([apart.narrow(axis, 0, 1), apart], dim=axis)
        farthest = torch.maximum(farthest, torch.minimum(one, other))
    return farthest


def _with_references(recall: Recall, chance: np.random.Generator) -> Recall:
    """With all references, with the first one, or with none."""
    return replace(recall, references=recall.references[: int(chance.choice([0, 1, 2], p=[0.3, 0.2, 0.5]))])


def _faulty(frames: Frames, chance: np.random.Generator) -> Frames:
    """The frames with exposures, focus, depths and poses that are off, each in some of the cases."""
    count = len(frames)
    rgb, depth = frames.rgb, torch.as_tensor(frames.depth)
    if chance.random() < 0.4:
        gain = np.exp(chance.normal(0, 0.1, (count, 1)) + chance.normal(0, 0.03, (count, 3)))
        rgb = rgb * torch.from_numpy(gain).float()[:, None, None]
    if chance.random() < 0.4:
        for _ in range(int(chance.integers(1, 4))):
            rgb = nn.avg_pool2d(nn.pad(rgb.permute(0, 3, 1, 2), (1, 1, 1, 1), mode="replicate"), 3, 1).permute(
                0, 2, 3, 1)
    if chance.random() < 0.3:
        rgb = rgb + torch.from_numpy(chance.normal(0, 0.03, rgb.shape).astype(np.float32))
    if chance.random() < 0.3:
        off = np.exp(chance.normal(0, 0.01, (count, 1, 1)) + chance.normal(0, 0.005, tuple(depth.shape)))
        depth = depth * torch.from_numpy(off.astype(np.float32))
    cameras = _moved(frames.cameras, chance) if chance.random() < 0.3 else frames.cameras
    return Frames(rgb.clamp(0, 1), cameras, depth=depth)


def _moved(cameras: Cameras, chance: np.random.Generator) -> Cameras:
    """Cameras a centimetre and a third of a degree off."""
    count = len(cameras)
    turn = torch.from_numpy(chance.normal(0, 0.006, (count, 3)))
    skew = torch.zeros(count, 3, 3, dtype=torch.float64)
    skew[:, 0, 1], skew[:, 0, 2], skew[:, 1, 2] = -turn[:, 2], turn[:, 1], -turn[:, 0]
    off = torch.eye(4, dtype=torch.float64).repeat(count, 1, 1)
    off[:, :3, :3] = torch.linalg.matrix_exp(skew - skew.transpose(1, 2))
    off[:, :3, 3] = torch.from_numpy(chance.normal(0, 0.01, (count, 3)))
    return Cameras(cameras.K, cameras.T_world_cam @ off, cameras.height, cameras.width)


def _holes(frames: Frames, chance: np.random.Generator) -> Tensor:
    """`[T, H, W]` bool: rectangles that were never fused, and thin places through which one sees what lies behind."""
    holes = torch.zeros(frames.rgb.shape[:3], dtype=torch.bool)
    height, width = holes.shape[1:]
    for hole in holes:
        for _ in range(int(chance.choice([0, 0, 1, 3]))):
            top, left = int(chance.integers(height)), int(chance.integers(width))
            thin = torch.from_numpy(chance.random((height // 3, width // 3)) < chance.choice([0.4, 1.0]))
            part = hole[top:top + height // 3, left:left + width // 3]
            part |= thin[: part.shape[0], : part.shape[1]]
    return holes
