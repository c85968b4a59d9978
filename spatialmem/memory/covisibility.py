"""Which keyframe saw which cell."""

from collections.abc import Collection

from spatialmem.camera import unproject
from spatialmem.frames import Frames
from spatialmem.memory.cells import CellKey, partition, split_nodes
from spatialmem.memory.coarse import coarse

_LEAST = 1e-3


def covisibility(frames: Frames, leaves: Collection[CellKey],
                 edge: float) -> list[tuple[int, CellKey, float]]:
    """(frame index, live cell, weight): the share of a coarse grid of pixels whose surface lies in it.

    Shares below 0.1 % are left out, and so is what lies in no live cell.
    """
    if frames.depth is None:
        return []
    depth, cameras = coarse(frames.depth, frames.cameras)
    points = unproject(depth, cameras)
    splits = split_nodes(leaves)
    seen: list[tuple[int, CellKey, float]] = []
    for index in range(len(frames)):
        known = points[index][depth[index] > 0]
        for key, rows in partition(known, splits, edge, limit=None).items():
            weight = len(rows) / depth[index].numel()
            if key in leaves and weight >= _LEAST:
                seen.append((index, key, weight))
    return seen
