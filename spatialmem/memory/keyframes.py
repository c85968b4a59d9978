"""`KeyframeTable`: where every stored frame was taken, without its pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.errors import InvalidValueError, ShapeError


@dataclass(frozen=True, eq=False)
class KeyframeTable:
    """`K` keyframes in path order: row k is frame k of the world's path.

    Attributes:
        T_world_cam: `[K, 4, 4]` float64.
        K: `[K, 3, 3]` float64, pixels.
        height, width: `[K]` int64, pixels.
        heldout: `[K]` bool.
        clip: `[K]` int64, number of the clip, which is the number of its commit.
        number: `[K]` int64, frame number along the path.

    Tables are cheap values: a commit makes a new one, which shares the rows of the one before it.
    """

    T_world_cam: Tensor
    K: Tensor
    height: Tensor
    width: Tensor
    heldout: Tensor
    clip: Tensor
    number: Tensor
    _room: _Room | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return self.T_world_cam.shape[0]

    def cameras(self, indices: Sequence[int] | Tensor) -> Cameras:
        """The cameras of the chosen rows (at least one, all of one size).

        Raises:
            InvalidValueError: a row that does not exist, or none chosen.
            ShapeError: rows of different sizes.
        """
        rows = torch.as_tensor(indices, dtype=torch.int64)
        if rows.numel() == 0 or int(rows.min()) < 0 or int(rows.max()) >= len(self):
            raise InvalidValueError(f"keyframes: expected one or more indices in 0..{len(self) - 1}, got "
                                    f"{rows.tolist()[:8]}")
        sizes = {(int(h), int(w)) for h, w in zip(self.height[rows], self.width[rows], strict=True)}
        if len(sizes) != 1:
            raise ShapeError(f"keyframes: one call takes one image size, got {sorted(sizes)}; choose by size")
        height, width = sizes.pop()
        return Cameras(self.K[rows], self.T_world_cam[rows], height, width)

    def extended(self, cameras: Cameras, heldout: Tensor, clip: int) -> KeyframeTable:
        """The table with the frames of one more clip."""
        count = len(cameras)
        numbers = torch.arange(len(self), len(self) + count)
        columns = (cameras.T_world_cam.cpu(), cameras.K.cpu(), torch.full_like(numbers, cameras.height),
                   torch.full_like(numbers, cameras.width), heldout.cpu(), torch.full_like(numbers, clip), numbers)
        room = self._room
        if room is None or not room.ends_at(len(self), count):
            room = _Room([self.T_world_cam, self.K, self.height, self.width, self.heldout, self.clip, self.number],
                         2 * (len(self) + count))
        T_world_cam, K, height, width, held, clips, number = room.append(columns)
        return KeyframeTable(T_world_cam, K, height, width, held, clips, number, room)

    @staticmethod
    def empty() -> KeyframeTable:
        """No keyframes."""
        none, real = torch.zeros(0, dtype=torch.int64), torch.zeros(0, dtype=torch.float64)
        poses, K = real.reshape(0, 4, 4), real.reshape(0, 3, 3)
        return KeyframeTable(poses, K, none, none, none.bool(), none, none)


class _Room:
    """Columns with room behind their last row: adding rows copies only these; earlier tables stay as they are."""

    def __init__(self, columns: Sequence[Tensor], capacity: int) -> None:
        self._used = len(columns[0])
        self._columns = [torch.empty((capacity, *column.shape[1:]), dtype=column.dtype) for column in columns]
        for room, column in zip(self._columns, columns, strict=True):
            room[:self._used] = column

    def ends_at(self, row: int, count: int) -> bool:
        """Whether `count` rows fit behind `row`, and none stand there."""
        return self._used == row and row + count <= len(self._columns[0])

    def append(self, columns: Sequence[Tensor]) -> list[Tensor]:
        """All rows, those of `columns` last."""
        first, self._used = self._used, self._used + len(columns[0])
        for room, column in zip(self._columns, columns, strict=True):
            room[first:self._used] = column
        return [room[:self._used] for room in self._columns]
