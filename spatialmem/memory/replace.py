"""What a commit does to the cells: checked-out cells are replaced, everything else stays."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence, Set
from dataclasses import dataclass, replace

import torch

from spatialmem.errors import InvalidValueError
from spatialmem.memory.cellcodes import rounded
from spatialmem.memory.cells import CELL_LIMIT, CellKey, partition
from spatialmem.splats import FIELDS, Splats

NEW = -1
"""`Splats.clip` of Gaussians that no commit has stamped yet."""


@dataclass(frozen=True, eq=False)
class Replacement:
    """Cells after a commit, as a difference.

    Attributes:
        written: new contents by cell, only where they differ from the old.
        retired: cells whose old version ends (replaced, split or emptied).
    """

    written: Mapping[CellKey, Splats]
    retired: tuple[CellKey, ...]


def replace_cells(splats: Splats, cells: Sequence[CellKey], load: Callable[[CellKey], Splats], *,
                  live: Collection[CellKey], splits: Set[CellKey], edge: float) -> Replacement:
    """Puts `splats` in the place of the contents of `cells`.

    Gaussians that lie in other live cells are appended to those; leaves that grow too large split.

    Args:
        splats: all stamped; the whole new content of the space of `cells`.
        cells: what was checked out, all live.
        load: contents of a live cell.
        live: every leaf of the world.
        splits: every node above them.
        edge: of a level-0 cell, metres.
    """
    leaves, mine = partition(splats.means, splits, edge, limit=None), set(cells)
    touched = [key for key in leaves if key in live and key not in mine]
    everything = Splats.concat([*(load(key) for key in touched), splats])
    if touched or max(map(len, leaves.values()), default=0) > CELL_LIMIT:
        leaves = partition(everything.means, splits, edge)
    after = {key: rounded(everything[rows], key, edge) for key, rows in leaves.items()}
    before = [*cells, *touched]
    same = {key for key in before if key in after and _equal(after[key], load(key))}
    return Replacement(
        written={key: content for key, content in after.items() if key not in same},
        retired=tuple(key for key in before if key not in same),
    )


def stamp(splats: Splats, commit: int, *, generated: bool) -> Splats:
    """`splats` on the CPU with new rows marked as first seen by `commit`'s clip, and what it was.

    Raises:
        InvalidValueError: a row names a clip that is neither -1 nor an earlier commit.
    """
    splats = splats.to("cpu")
    fresh = splats.clip == NEW
    known = (splats.clip >= 1) & (splats.clip < commit)
    if not bool((fresh | known).all()):
        wrong = int(splats.clip[~(fresh | known)][0])
        raise InvalidValueError(f"Splats.clip: expected -1 for new Gaussians or an earlier commit "
                                f"1..{commit - 1}, got {wrong}")
    clip = torch.where(fresh, torch.tensor(commit, dtype=torch.int32), splats.clip)
    return replace(splats, clip=clip, generated=torch.where(fresh, torch.tensor(generated), splats.generated))


def _equal(a: Splats, b: Splats) -> bool:
    return len(a) == len(b) and all(torch.equal(getattr(a, name), getattr(b, name)) for name in FIELDS)
