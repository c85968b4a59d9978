"""From one moment of a world to the next: the rows that a commit adds, made from what its clip keeps."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.memory.clipfile import Change
from spatialmem.memory.covisibility import covisibility
from spatialmem.memory.rows import ClipRow, Commit, NewRows, Snapshot
from spatialmem.memory.seal import seal_commit


@dataclass(frozen=True, eq=False)
class Succession:
    """A clip and what its commit changed, without its colours.

    Attributes:
        row: where the clip lies.
        cameras: of its frames.
        heldout: `[T]` bool.
        depth: `[T, H, W]` metres as it is read back, 0 = unknown.
        change: to the cells.
        created: UTC, ISO 8601.
    """

    row: ClipRow
    cameras: Cameras
    heldout: Tensor
    depth: Tensor
    change: Change
    created: str


def rows_after(before: Snapshot, next_: Succession, *, edge: float) -> NewRows:
    """What the index gains by a commit that follows `before`; `edge` is that of a level-0 cell, metres.

    Raises:
        KeyError: it retires a cell that is not live.
    """
    cells = before.cells.after(next_.change.retired, next_.change.written)
    number = next_.row.number
    table = before.keyframes.extended(next_.cameras, next_.heldout, number)
    # frames that are held out are never offered as references, so what they saw is not kept
    seen = tuple((next_.row.start + index, key, weight)
                 for index, key, weight in covisibility(next_.depth, next_.cameras, cells, edge)
                 if not bool(next_.heldout[index]))
    commit = Commit(number, next_.created, int(cells.boxes.gaussians.sum()),
                    seal_commit(number, next_.created, seen))
    after = Snapshot((*before.commits, commit), (*before.clips, next_.row), cells, table)
    return NewRows(after, next_.change.retired, next_.change.written, seen)
