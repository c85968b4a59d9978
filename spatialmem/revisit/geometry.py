"""What can be said about a pair by depth: is the surface where it was, and was it ever shown?"""

from __future__ import annotations

import torch
from torch import Tensor

from spatialmem.camera import Cameras, pixel_index, project, unproject
from spatialmem.errors import ShapeError
from spatialmem.frames import Frames

SAME_DEPTH = 0.03
"""Depths that differ by no more than this share of each other are of one surface."""


def depth_differences(first: Frames, again: Frames) -> Tensor:
    """|depth now - depth then| / depth then `[N]` of the surfaces of `first` (one frame) that `again` looks at.

    Both at the poses that were asked for; pixels without depth are left out. Empty where one frame has none.
    """
    if first.depth is None or again.depth is None:
        return torch.zeros(0)
    then, now = _sightings(first, again.cameras, again.depth)
    known = (then > 0) & (now > 0)
    return ((now - then).abs() / then.clamp(min=1e-9))[known]


def seen_before(earlier: Frames, view: Frames) -> Tensor:
    """Pixels `[1, H, W]` bool of `view` (one frame with depth) whose surface one of the frames `earlier` shows.

    The surface must lie inside an earlier picture, and be what is seen there: its depth is that picture's
    within 3 % (`SAME_DEPTH`). Where depth is unknown nothing counts as seen.

    Raises:
        ShapeError: a part has no depth, or `view` is not one frame.
    """
    if view.depth is None or len(view) != 1:
        raise ShapeError(f"seen_before: view must be one frame with depth, got {len(view)} frames"
                         + (" without depth" if view.depth is None else ""))
    if earlier.depth is None and len(earlier):
        raise ShapeError("seen_before: earlier frames need depth; without it nothing tells which surface they show")
    seen = torch.zeros(view.depth.shape, dtype=torch.bool)
    for i in range(len(earlier)):
        one = earlier[i : i + 1]
        there, shown = _sightings(view, one.cameras, one.depth)
        same = (shown > 0) & (there > 0) & ((shown - there).abs() <= SAME_DEPTH * there)
        seen |= same.reshape(seen.shape)
    return seen


def _sightings(frame: Frames, other: Cameras, depth: Tensor | None) -> tuple[Tensor, Tensor]:
    """For every pixel of `frame`, its surface's depth in the `other` camera, and what that picture has there.

    Both `[H * W]`, 0 where nothing is known.
    """
    own = frame.depth
    if own is None or depth is None:
        raise ShapeError("depth is needed in both frames")
    points = unproject(own.to(torch.float64), frame.cameras).reshape(-1, 3)
    pixels, z = project(points, other)
    row, column, inside = pixel_index(pixels[0], other.height, other.width)
    known = inside & (z[0] > 0) & (own.reshape(-1) > 0)
    return torch.where(known, z[0], 0), torch.where(known, depth[0, row, column].to(z.dtype), 0)
