"""A commit before it is written: every object encoded, every row made, nothing on the disk yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import torch

from spatialmem.errors import ShapeError
from spatialmem.memory.cellfile import encode_cell, extent
from spatialmem.memory.cells import CellKey
from spatialmem.memory.clipfile import Change, coding, encode_clip
from spatialmem.memory.clips import Clip
from spatialmem.memory.manifest import Manifest
from spatialmem.memory.objects import object_name
from spatialmem.memory.planes import Planes, depth_unit, quantise
from spatialmem.memory.replace import Replacement
from spatialmem.memory.rows import CellVersion, ClipRow, NewRows, Snapshot
from spatialmem.memory.succession import Succession, rows_after
from spatialmem.splats import Splats


@dataclass(frozen=True, eq=False)
class Draft:
    """What a commit is going to store.

    Attributes:
        objects: bytes by object name.
        rows: what the index gains.
        cells: what the changed cells hold from now on.
        planes, unit: the clip's frames as they will be read back.
    """

    objects: Mapping[str, bytes]
    cells: Mapping[CellKey, Splats]
    rows: NewRows
    planes: Planes
    unit: float


def draft_commit(before: Snapshot, clip: Clip, changed: Callable[[], Replacement], manifest: Manifest) -> Draft:
    """The commit that follows `before`, storing `clip` and the cells that it `changed`.

    Raises:
        InvalidValueError: something that cannot be stored: a depth or label out of range, a state or
            a cell that is too large.
    """
    if clip.frames.depth is None:
        raise ShapeError("Clip.frames need depth: z-depth in metres, 0 where unknown")
    number, world = before.head + 1, manifest.world
    objects: dict[str, bytes] = {}
    written = []
    unit = depth_unit(clip.frames.depth)
    planes = quantise(clip.frames, unit)
    with coding(planes, unit) as coded:
        change = changed()
        for key, content in change.written.items():
            box = extent(content)
            blob = encode_cell(content, key, box, world=world, commit=number, edge=manifest.cell_edge)
            name = object_name(blob)
            objects[name] = blob
            written.append(CellVersion(key, number, name, len(blob), len(content), box))
        parent = before.clips[-1].name if before.clips else ""
        record = Change(parent, change.retired, tuple(written))
        blob = encode_clip(clip, coded, record, world=world, commit=number)
    name = object_name(blob)
    objects[name] = blob
    depth = torch.from_numpy(planes["depth"].astype(np.float32)) * unit
    rows = rows_after(before, Succession(
        ClipRow(number, name, len(blob), clip.start, len(clip)), clip.frames.cameras.to("cpu"), clip.heldout, depth,
        record, created=datetime.now(UTC).isoformat(timespec="seconds")), edge=manifest.cell_edge)
    return Draft(objects, change.written, rows, planes, unit)
