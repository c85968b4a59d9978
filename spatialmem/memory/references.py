"""Which stored keyframes help most to draw a view, and which know most of what is true in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from spatialmem.camera import Cameras, unproject
from spatialmem.frames import Frames
from spatialmem.memory.bank import Bank
from spatialmem.memory.cells import CellKey
from spatialmem.memory.coarse import coarse
from spatialmem.memory.keyframes import KeyframeTable
from spatialmem.memory.sightings import SHOWS, Witnesses, sightings

_BY_VOTES, _BY_POSE = 32, 16
_GRID = 20
_AGREE = 0.03
_LEAST_GAIN = 0.005
_LEAST_LOOK = 0.001


@dataclass(frozen=True, eq=False)
class Survey:
    """What candidate keyframes say of a coarse grid of the surface points that a view remembers.

    Attributes:
        rows: `M` keyframes that may have seen what is in view, never held-out ones.
        shows: `[M, P]` 0..1: how well each shows each point: as finely as the view does (1), less so, not at all.
        looks: `[M, P]` the same, also where it sees through the point.
    """

    rows: Sequence[int]
    shows: Tensor
    looks: Tensor

    def references(self, count: int) -> list[int]:
        """At most `count` keyframes, best first, that together show all surfaces.

        The frame that adds most is taken, again and again, until none adds half a percent (greedy maximum
        coverage, Nemhauser et al. 1978).
        """
        taken: list[int] = []
        best = torch.zeros(self.shows.shape[1])
        while len(taken) < min(count, len(self.rows)):
            gain = (self.shows - best).clamp(min=0).mean(dim=1)
            row = int(gain.argmax())
            if gain[row] < _LEAST_GAIN:
                break
            taken.append(row)
            best = torch.maximum(best, self.shows[row])
        return [self.rows[row] for row in taken]

    def witnesses(self, count: int) -> list[int]:
        """At most `count` keyframes, so that each point is looked at by several, whatever they say of it.

        Greedy as well: whoever looks at a point as the second counts half, as the third a quarter.
        """
        taken: list[int] = []
        left = torch.ones(self.looks.shape[1])
        while len(taken) < min(count, len(self.rows)):
            gain = (self.looks * left).mean(dim=1)
            gain[taken] = 0
            row = int(gain.argmax())
            if gain[row] < _LEAST_LOOK:
                break
            taken.append(row)
            left = torch.where(self.looks[row] > 0, left / 2, left)
        return [self.rows[row] for row in taken]


def survey(bank: Bank, view: Frames, cells: Sequence[CellKey], *, witnesses: Sequence[int] = ()) -> Survey:
    """What the keyframes that saw `cells`, or stood nearby, say of a view.

    A coarse grid of the view's remembered surface points is looked up in each candidate: a point is
    seen where the candidate's stored depth agrees within 3 %. It counts by how finely the candidate
    resolves it, at most as finely as the view does.

    Args:
        bank: the memory.
        view: memory rendered at the target cameras, with depth and alpha.
        cells: the cells in that view.
        witnesses: keyframes known to show it, best first; looked at besides those that saw the cells.
    """
    points, detail = _surface(view)
    rows: list[int] = []
    if len(points):
        rows = _candidates(bank, view.cameras, points, [*bank.witnesses(cells, _BY_VOTES), *witnesses[:_BY_VOTES]])
    shows, looks = torch.zeros(2, len(rows), len(points))
    for chosen in _of_one_size(bank.keyframes, rows):
        keyframes = [rows[i] for i in chosen]
        said = sightings(points, witnesses_of(bank, keyframes)[0], agree=_AGREE)
        looks[chosen] = (said.scale / detail).clamp(max=1)
        shows[chosen] = looks[chosen] * (said.verdict == SHOWS)
    return Survey(rows, shows, looks)


def witnesses_of(bank: Bank, rows: Sequence[int]) -> list[Witnesses]:
    """Keyframes as witnesses, those of one image size together."""
    groups = [[rows[i] for i in group] for group in _of_one_size(bank.keyframes, rows)]
    return [Witnesses(torch.stack(bank.coarse_depth(group)), bank.keyframes.cameras(group)) for group in groups]


def _of_one_size(table: KeyframeTable, rows: Sequence[int]) -> list[list[int]]:
    """Positions in `rows` of keyframes whose images have one size, size by size."""
    groups: dict[tuple[int, int], list[int]] = {}
    for position, row in enumerate(rows):
        groups.setdefault((int(table.height[row]), int(table.width[row])), []).append(position)
    return list(groups.values())


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
