"""Which stored keyframes help most to draw a view: few frames that together see all its surfaces."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from spatialmem.camera import Cameras, pixel_index, project, unproject
from spatialmem.frames import Frames
from spatialmem.memory.bank import Bank
from spatialmem.memory.cells import CellKey
from spatialmem.memory.coarse import SIDE, coarse

_BY_VOTES, _BY_POSE = 32, 16
_GRID = 20
_AGREE = 0.03
_LEAST_GAIN = 0.005


def choose_references(bank: Bank, view: Frames, cells: Sequence[CellKey], count: int, *,
                      witnesses: Sequence[int] = ()) -> list[int]:
    """At most `count` keyframes, best first, never held-out ones.

    A coarse grid of the view's remembered surface points is looked up in each candidate: a point is
    seen where the candidate's stored depth agrees within 3 %. It counts by how finely the candidate
    resolves it, at most as finely as the view does. The frame that adds most is taken, again and
    again, until none adds half a percent (greedy maximum coverage, Nemhauser et al. 1978).

    Args:
        bank: the memory.
        view: memory rendered at the target cameras, with depth and alpha.
        cells: the cells in that view.
        count: how many are wanted.
        witnesses: keyframes known to show it, best first; looked at besides those that saw the cells.
    """
    points, detail = _surface(view)
    if count == 0 or len(points) == 0:
        return []
    saw = [*bank.witnesses(cells, _BY_VOTES), *witnesses[:_BY_VOTES]]
    candidates = _candidates(bank, view.cameras, points, saw)
    if not candidates:
        return []
    return [candidates[i] for i in _greedy(_coverage(bank, candidates, points, detail), count)]


def _surface(view: Frames) -> tuple[Tensor, Tensor]:
    """Remembered points `[P, 3]` of the view and how finely it resolves each, pixels a metre `[P]`."""
    if view.depth is None or view.alpha is None:
        return torch.zeros(0, 3), torch.zeros(0)
    depth, cameras = coarse(torch.where(view.alpha > 0.5, view.depth, 0), view.cameras, _GRID)
    focal = view.cameras.K[:, 0, 0].to(depth)[:, None, None].expand_as(depth)
    known = depth > 0
    return unproject(depth, cameras)[known], focal[known] / depth[known]


def _candidates(bank: Bank, cameras: Cameras, points: Tensor, saw: Sequence[int]) -> list[int]:
    """Frames that `saw` what is in view, and those that stood nearest and looked the same way."""
    table = bank.keyframes
    middle = cameras[[len(cameras) // 2]]
    away = table.T_world_cam[:, :3, 3] - middle.centres
    scale = (points.to(away) - middle.centres).norm(dim=1).median()
    turned = 1 - table.T_world_cam[:, :3, 2] @ middle.T_world_cam[0, :3, 2]
    cost = away.norm(dim=1) / scale + turned
    cost[table.heldout] = torch.inf
    least = cost.topk(min(_BY_POSE, len(cost)), largest=False)
    nearest = [row for row, value in zip(least.indices.tolist(), least.values.tolist(), strict=True)
               if value < torch.inf]
    return list(dict.fromkeys([*saw, *nearest]))


def _coverage(bank: Bank, candidates: Sequence[int], points: Tensor, detail: Tensor) -> Tensor:
    """`[M, P]` 0..1: how well each candidate shows each point."""
    worth = torch.zeros(len(candidates), len(points))
    sizes = torch.stack([bank.keyframes.height[candidates], bank.keyframes.width[candidates]], dim=1)
    for size in {tuple(size) for size in sizes.tolist()}:
        chosen = (sizes == torch.tensor(size)).all(dim=1).nonzero()[:, 0]
        rows = [candidates[int(i)] for i in chosen]
        depth = torch.stack(bank.coarse_depth(rows))
        worth[chosen] = visible_detail(points, detail, depth, bank.keyframes.cameras(rows))
    return worth


def visible_detail(points: Tensor, detail: Tensor, depth: Tensor, cameras: Cameras) -> Tensor:
    """`[M, P]` 0..1: resolution of each point in each frame relative to the target's, 0 where unseen.

    Args:
        points: `[P, 3]` world points.
        detail: `[P]` the target's resolution there, pixels a metre.
        depth: `[M, h, w]`, the coarse grids of the frames' depth (see `coarse`).
        cameras: of the `M` frames, at their full size.
    """
    _, grid = coarse(torch.empty(1, 1, 1).expand(len(cameras), cameras.height, cameras.width), cameras, SIDE)
    where, z = project(points, grid)
    height, width = depth.shape[1:]
    row, column, inside = pixel_index(where, height, width)
    stored = depth.flatten(1).gather(1, row * width + column)
    seen = inside & (z > 0) & (stored > 0) & ((z - stored).abs() <= _AGREE * stored)
    finer = cameras.K[:, :1, 0].to(z) / z.clamp(min=1e-6) / detail
    return torch.where(seen, finer.clamp(max=1), 0)


def _greedy(worth: Tensor, count: int) -> list[int]:
    """Rows of `worth` `[M, P]` whose joint maximum over P is largest, each the best next one."""
    taken: list[int] = []
    best = torch.zeros(worth.shape[1])
    while len(taken) < count:
        gain = (worth - best).clamp(min=0).mean(dim=1)
        row = int(gain.argmax())
        if gain[row] < _LEAST_GAIN:
            break
        taken.append(row)
        best = torch.maximum(best, worth[row])
    return taken
