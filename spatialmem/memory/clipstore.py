"""Reading stored frames back: single frames are decoded, recently used ones stay decoded."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import numpy as np
import torch
from torch import Tensor

from spatialmem.frames import Frames
from spatialmem.memory.cache import ByteCache
from spatialmem.memory.clipfile import ClipFile
from spatialmem.memory.coarse import coarse
from spatialmem.memory.images import Plane
from spatialmem.memory.keyframes import KeyframeTable
from spatialmem.memory.objects import ObjectStore
from spatialmem.memory.planes import Planes, restore
from spatialmem.memory.rows import ClipRow

_FRAME_BUDGET = 256 << 20
_FILE_BUDGET = 64 << 20
_COARSE_BUDGET = 64 << 20
_DECODERS = 2

Still = tuple[Planes, float]
"""One frame's integer layers and its depth unit in metres."""


class ClipStore:
    """The clips of one world, by frame number. Caches never change what is returned."""

    def __init__(self, objects: ObjectStore, world: str) -> None:
        self._objects = objects
        self._world = world
        self._files: ByteCache[int, ClipFile] = ByteCache(_FILE_BUDGET)
        self._stills: ByteCache[int, Still] = ByteCache(_FRAME_BUDGET)
        self._coarse: ByteCache[int, Tensor] = ByteCache(_COARSE_BUDGET)

    def open(self, row: ClipRow) -> ClipFile:
        """The clip object of `row`, verified. Raises WorldFormatError when damaged."""
        file = self._files.get(row.number)
        if file is None:
            blob = self._objects.read(row.name, row.size)
            file = ClipFile(blob, str(self._objects.path(row.name)), world=self._world, commit=row.number)
            self._files.put(row.number, file, row.size)
        return file

    def frames(self, clips: Sequence[ClipRow], table: KeyframeTable, indices: Sequence[int]) -> Frames:
        """The frames `indices` of one size, in that order; a layer is there where all have it."""
        cameras = table.cameras(indices)
        stills = self._load(clips, indices)
        parts = [restore({name: plane[None] for name, plane in planes.items()}, unit, cameras[i:i + 1])
                 for i, (planes, unit) in enumerate(stills)]
        return Frames.concat(parts)

    def coarse_depth(self, clips: Sequence[ClipRow], table: KeyframeTable,
                     indices: Sequence[int]) -> list[Tensor]:
        """The `coarse` depth `[h, w]` in metres of each frame."""
        held = {index: depth for index in indices if (depth := self._coarse.get(index)) is not None}
        for index in dict.fromkeys(indices):
            if index not in held:
                plane, unit = self._depth(clips, index)
                depth = torch.from_numpy(plane.astype(np.float32))[None] * unit
                held[index] = coarse(depth, table.cameras([index]))[0][0]
                self._coarse.put(index, held[index], held[index].nbytes)
        return [held[index] for index in indices]

    def remember(self, start: int, planes: Planes, unit: float) -> None:
        """Keeps the frames of a clip that was just committed, as decoding would give them."""
        for index in range(len(planes["rgb"])):
            one = {name: cast(Plane, plane[index].copy()) for name, plane in planes.items()}
            self._keep(start + index, (one, unit))

    def _load(self, clips: Sequence[ClipRow], indices: Sequence[int]) -> list[Still]:
        held = {index: still for index in indices if (still := self._stills.get(index)) is not None}
        jobs = []
        for index in dict.fromkeys(indices):
            if index not in held:
                jobs.append((index, *self._place(clips, index)))
        with ThreadPoolExecutor(_DECODERS) as pool:
            decoded = list(pool.map(lambda job: (job[1].planes(job[2]), job[1].unit), jobs))
        for (index, _, _), still in zip(jobs, decoded, strict=True):
            held[index] = still
            self._keep(index, still)
        return [held[index] for index in indices]

    def _depth(self, clips: Sequence[ClipRow], index: int) -> tuple[Plane, float]:
        still = self._stills.get(index)
        if still is not None:
            return still[0]["depth"], still[1]
        file, position = self._place(clips, index)
        return file.plane("depth", position), file.unit

    def _place(self, clips: Sequence[ClipRow], index: int) -> tuple[ClipFile, int]:
        """The clip that holds frame `index`, and its position there."""
        row = clips[bisect_right(clips, index, key=lambda clip: clip.start) - 1]
        return self.open(row), index - row.start

    def _keep(self, index: int, still: Still) -> None:
        self._stills.put(index, still, sum(plane.nbytes for plane in still[0].values()))
