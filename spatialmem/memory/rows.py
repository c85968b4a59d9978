"""What the index holds, as values."""

from __future__ import annotations

from dataclasses import dataclass

from spatialmem.memory.cellfile import Extent
from spatialmem.memory.cells import CellKey
from spatialmem.memory.keyframes import KeyframeTable
from spatialmem.memory.leaves import Leaves


@dataclass(frozen=True)
class Commit:
    """One acknowledged step of a world.

    Attributes:
        number: 1 for the first.
        created: UTC, ISO 8601.
        gaussians: in the whole world after it.
        seal: of its time and of what its frames saw (see `seal_commit`).
    """

    number: int
    created: str
    gaussians: int
    seal: str


@dataclass(frozen=True)
class ClipRow:
    """Where a clip lies: its number (and commit), object name and size, first frame and count."""

    number: int
    name: str
    size: int
    start: int
    frames: int


@dataclass(frozen=True)
class CellVersion:
    """One version of a cell: the commit that began it, object name and size, count and extent.

    `origin` is the object that the commit wrote, where another one stands in its place since a repair.
    """

    key: CellKey
    begun: int
    name: str
    size: int
    gaussians: int
    extent: Extent
    origin: str | None = None


@dataclass(frozen=True)
class Snapshot:
    """Everything that is live at one commit. `head` is 0 for an empty world."""

    commits: tuple[Commit, ...]
    clips: tuple[ClipRow, ...]
    cells: Leaves
    keyframes: KeyframeTable

    @property
    def names(self) -> list[str]:
        """The name of each commit, oldest first: that of its clip's object."""
        return [clip.name for clip in self.clips]

    @property
    def head(self) -> int:
        """Number of the last commit."""
        return len(self.commits)


@dataclass(frozen=True, eq=False)
class NewRows:
    """What one commit adds to the index.

    Attributes:
        after: the snapshot that results; its last commit and clip are the new ones.
        retired: cells whose version ends.
        written: cell versions that begin.
        covisibility: (keyframe, cell, weight).
    """

    after: Snapshot
    retired: tuple[CellKey, ...]
    written: tuple[CellVersion, ...]
    covisibility: tuple[tuple[int, CellKey, float], ...]
