"""Which keyframe saw which cell."""

from collections.abc import Collection

from torch import Tensor

from spatialmem.camera import Cameras, unproject
from spatialmem.memory.cells import CellKey, partition, split_nodes
from spatialmem.memory.coarse import coarse

_LEAST = 1e-3


def covisibility(depth: Tensor, cameras: Cameras, leaves: Collection[CellKey],
                 edge: float) -> list[tuple[int, CellKey, float]]:
    """(frame index, live cell, weight): the share of a coarse grid of pixels whose surface lies in it.

    Shares below 0.1 % are left out, and so is what lies in no live cell.

    Args:
        depth: `[T, H, W]` of the frames at `cameras`, metres, 0 = unknown.
        cameras: one a frame.
        leaves: every live cell.
        edge: of a level-0 cell, metres.
    """
    depth, cameras = coarse(depth, cameras)
    points = unproject(depth, cameras)
    splits = split_nodes(leaves)
    seen: list[tuple[int, CellKey, float]] = []
    for index in range(len(cameras)):
        known = points[index][depth[index] > 0]
        for key, rows in partition(known, splits, edge, limit=None).items():
            weight = len(rows) / depth[index].numel()
            if key in leaves and weight >= _LEAST:
                seen.append((index, key, weight))
    return seen
