"""`Leaves`: the live cells of one moment, with their boxes as arrays and the tree above them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spatialmem.memory.cells import CellKey

if TYPE_CHECKING:
    from spatialmem.memory.rows import CellVersion


@dataclass(frozen=True, eq=False)
class Boxes:
    """Where `N` cells are, row by row.

    Attributes:
        low, high: `[N, 3]` float64, corners of the box around the centres, metres.
        reach: `[N]` float64, by how much Gaussians stand out of it, metres.
        gaussians: `[N]` int64, how many there are.
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    reach: NDArray[np.float64]
    gaussians: NDArray[np.int64]

    @staticmethod
    def of(versions: Collection[CellVersion]) -> Boxes:
        """The boxes of `versions`, in that order."""
        numbers = np.array([(*v.extent.low, *v.extent.high, v.extent.reach) for v in versions]).reshape(-1, 7)
        return Boxes(numbers[:, :3], numbers[:, 3:6], numbers[:, 6],
                     np.array([v.gaussians for v in versions], dtype=np.int64))

    def __getitem__(self, rows: NDArray[np.bool_]) -> Boxes:
        return Boxes(self.low[rows], self.high[rows], self.reach[rows], self.gaussians[rows])

    def __add__(self, more: Boxes) -> Boxes:
        return Boxes(np.concatenate([self.low, more.low]), np.concatenate([self.high, more.high]),
                     np.concatenate([self.reach, more.reach]), np.concatenate([self.gaussians, more.gaussians]))


class Leaves(Mapping[CellKey, "CellVersion"]):
    """Every live cell by its key. A value: a commit makes the next one, at a cost of a few copies of arrays.

    Attributes:
        boxes: of the cells, in the order of the keys.
    """

    def __init__(self, versions: Iterable[CellVersion] = ()) -> None:
        self._versions = {version.key: version for version in versions}
        self._below = Counter(node for key in self._versions for node in key.ancestors())
        self.boxes = Boxes.of(self._versions.values())

    def __getitem__(self, key: CellKey) -> CellVersion:
        return self._versions[key]

    def __iter__(self) -> Iterator[CellKey]:
        return iter(self._versions)

    def __len__(self) -> int:
        return len(self._versions)

    @property
    def splits(self) -> Set[CellKey]:
        """Every node that lies above a leaf."""
        return self._below.keys()

    def after(self, retired: Collection[CellKey], written: Collection[CellVersion]) -> Leaves:
        """The leaves once `retired` ended and `written` began, which stand last.

        Raises:
            KeyError: one of `retired` is not live.
        """
        gone, new = set(retired), {version.key: version for version in written}
        if not gone <= self._versions.keys():
            raise KeyError(min(gone - self._versions.keys()))
        gone |= new.keys()
        kept = np.fromiter((key not in gone for key in self._versions), dtype=bool, count=len(self))
        made = object.__new__(Leaves)
        made._versions = {key: version for key, version in self._versions.items() if key not in gone} | new
        made._below = self._below.copy()
        made._below.subtract(node for key in gone & self._versions.keys() for node in key.ancestors())
        made._below.update(node for key in new for node in key.ancestors())
        made._below = +made._below
        made.boxes = self.boxes[kept] + Boxes.of(new.values())
        return made
