"""`PointMemory`: the stored keyframes' pixels as coloured points, thinned, which grow with their bank."""

from __future__ import annotations

import torch
from torch import Tensor

from spatialmem.camera import Cameras, unproject
from spatialmem.errors import InvalidValueError
from spatialmem.frames import Frames
from spatialmem.memory.bank import Bank
from spatialmem.memory.pointrows import PointRows
from spatialmem.render.points import nearest_points

VOXEL = 0.02
"""Metres; edge of the cubes of space that keep one point each."""

MOST_POINTS = 4_000_000
"""About 170 MB with all that belongs to them."""


class PointMemory:
    """What a bank's keyframes see, as points: each cube of space keeps the first one that fell into it.

    Brought up to date with the bank's head when it is asked, by the frames that came since: held-out frames,
    moving content and pixels without depth or confidence are left out. Memory is bounded: where the points grow
    more than `most`, the edge of all cubes is doubled. Which points stay depends on the stored frames alone,
    never on when it was asked.
    """

    def __init__(self, bank: Bank, *, voxel: float = VOXEL, most: int = MOST_POINTS) -> None:
        """An empty memory of `bank`, filled when it is asked.

        Args:
            bank: whose keyframes it shows.
            voxel: edge of the cubes, metres.
            most: how many points are kept at most, 8 or more: one for each side of the origin.

        Raises:
            InvalidValueError: `voxel` is not positive, or `most` below 8.
        """
        if not 0 < voxel < float("inf") or most < 8:
            raise InvalidValueError(f"points: expected voxel > 0 metres and most >= 8, got {voxel} and {most}")
        self._bank = bank
        self._rows = PointRows(voxel, most)
        self._done = 0

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def voxel(self) -> float:
        """Edge of the cubes now, metres."""
        return self._rows.voxel

    def look(self, cameras: Cameras) -> tuple[Frames, Tensor]:
        """The points seen from `cameras`, nearest first, and the keyframe each pixel is from.

        A point is drawn as large as its cube, or as the pixel that saw it, if that is larger: else a step forward
        would open holes between them.

        Returns:
            Frames with depth (0 = unknown) and alpha 0 or 1, and `[T, H, W]` int64 frame numbers, -1 = none.
        """
        self._grow()
        rows = self._rows
        points, frames = rows.tensor("points"), rows.tensor("frames")
        index, depth = nearest_points(points, cameras, size=rows.tensor("sizes").clamp(min=rows.voxel))
        hit = index >= 0
        rgb, source = torch.zeros(*hit.shape, 3), torch.full_like(index, -1)
        rgb[hit] = rows.tensor("colors")[index[hit]].float() / 255
        source[hit] = frames[index[hit]].long()
        return Frames(rgb, cameras.to("cpu"), depth=depth, alpha=hit.float()), source

    def _grow(self) -> None:
        """Take in the frames that the bank gained."""
        while self._done < self._bank.frames_done:
            if not bool(self._bank.keyframes.heldout[self._done]):
                self._take(self._done)
            self._done += 1

    def _take(self, number: int) -> None:
        # One frame at a time: what is computed is then the same however frames are cut into clips.
        frame = self._bank.load_keyframes([number])
        depth, cameras = _known_depth(frame), frame.cameras
        rgb = (frame.rgb * 255).round().to(torch.uint8)
        known = depth > 0
        points, sizes = unproject(depth, cameras)[known], (depth / float(cameras.K[0, 0, 0]))[known]
        self._rows.add(points=points.numpy(), colors=rgb[known].numpy(), sizes=sizes.numpy(), frame=number)


def _known_depth(frame: Frames) -> Tensor:
    """Depth where memory may keep what is seen, else 0."""
    depth: Tensor = torch.zeros(frame.rgb.shape[:3]) if frame.depth is None else frame.depth
    if frame.dynamic is not None:
        depth = torch.where(frame.dynamic, 0, depth)
    return depth if frame.confidence is None else torch.where(frame.confidence > 0, depth, 0)
