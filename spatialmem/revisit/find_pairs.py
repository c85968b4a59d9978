"""Where a camera comes back, found in its poses: pairs for footage that follows no protocol."""

from __future__ import annotations

import torch
from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.errors import RecordingError
from spatialmem.poses import rotation_angle
from spatialmem.revisit.gate import DEPARTED_DEGREES
from spatialmem.revisit.route import Pair

LEAST_GAP = 16
"""Frames: one second of what protocols ask for."""
SAME_SHARE = 0.02
"""Of the path's extent, by which two views of the same may lie apart."""
SAME_DEGREES = 2.0
MOST = 64
"""Pairs, spread over the path, more of which would only repeat each other."""
_LEFT = 10
"""Times the first of these, by which a camera has left."""
_NOISE = 1e-3
"""Units of the poses: the extent of a camera that turns on the spot."""


def find_pairs(cameras: Cameras, *, least_gap: int = LEAST_GAP) -> list[Pair]:
    """Frames that show a view again, each with the frame of the first visit that is nearest to it.

    A view counts as seen again if the camera left it in between and is back within 2 % of the path's extent
    (the farthest it gets from its first centre) and 2 degrees. At most 64 pairs, spread over the path.

    Args:
        cameras: in the order of the frames.
        least_gap: frames since the view was last seen, at least 1.

    Raises:
        RecordingError: the path never comes back.
    """
    T = cameras.T_world_cam
    extent = float((T[:, :3, 3] - T[:1, :3, 3]).norm(dim=1).max()) if len(T) else 0.0
    found = [pair for again in range(1, len(T)) if (pair := _pair(T, again, extent, max(least_gap, 1)))]
    if not found:
        raise RecordingError(f"the {len(T)} poses never come back to a view they had {least_gap} or more frames before "
                             f"(within {SAME_SHARE:.0%} of the path's extent {extent:.2f} and {SAME_DEGREES:.0f} "
                             "degrees); there is nothing to compare")
    spread = torch.linspace(0, len(found) - 1, min(MOST, len(found))).round().int().tolist()
    return [found[i] for i in spread]


def _pair(T: Tensor, again: int, extent: float, least_gap: int) -> Pair | None:
    """The pair that ends at a frame; None where that shows no view again."""
    apart = (T[:again, :3, 3] - T[again, :3, 3]).norm(dim=1)
    degrees = torch.rad2deg(rotation_angle(T[:again], T[again].expand(again, 4, 4)))
    near = SAME_SHARE * max(extent, _NOISE)
    left = ((apart >= _LEFT * near) | (degrees >= DEPARTED_DEGREES)).nonzero()[:, 0]
    if not len(left):
        return None
    same = ((apart <= near) & (degrees <= SAME_DEGREES)).nonzero()[:, 0]
    same = same[same < left[-1]]
    if not len(same) or again - int(same[-1]) < least_gap:
        return None
    off = apart / near + degrees / SAME_DEGREES
    visit = same[: _first_run(same)]
    return Pair(int(visit[off[visit].argmin()]), again, again - int(same[-1]))


def _first_run(frames: Tensor) -> int:
    """How many of the ascending numbers follow each other without a break."""
    breaks = (frames.diff() != 1).nonzero()[:, 0]
    return int(breaks[0]) + 1 if len(breaks) else len(frames)
