"""Which keyframe saw which cell."""

import torch
from torch import Tensor

from spatialmem.camera import Cameras, unproject
from spatialmem.memory.cells import CellKey, partition
from spatialmem.memory.coarse import coarse
from spatialmem.memory.leaves import Leaves

_LEAST = 1e-3


def covisibility(depth: Tensor, cameras: Cameras, leaves: Leaves,
                 edge: float) -> list[tuple[int, CellKey, float]]:
    """(frame index, live cell, weight): the share of a coarse grid of pixels whose surface lies in it.

    Shares below 0.1 % are left out, and so is what lies in no live cell.

    Args:
        depth: `[T, H, W]` of the frames at `cameras`, metres, 0 = unknown.
        cameras: one a frame.
        leaves: the live cells.
        edge: of a level-0 cell, metres.
    """
    depth, cameras = coarse(depth, cameras)
    known = depth > 0
    frame = known.nonzero()[:, 0]
    seen: list[tuple[int, CellKey, float]] = []
    for key, rows in partition(unproject(depth, cameras)[known], leaves.splits, edge, limit=None).items():
        if key in leaves:
            weights = torch.bincount(frame[rows], minlength=len(cameras)) / depth[0].numel()
            seen += [(index, key, weight) for index, weight in enumerate(weights.tolist()) if weight >= _LEAST]
    return seen
