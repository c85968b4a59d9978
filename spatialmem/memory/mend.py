"""Damaged cells of a world: finding them, and putting something else in their place."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from spatialmem.errors import InvalidValueError, WorldFormatError
from spatialmem.memory.cellcodes import rounded
from spatialmem.memory.cellfile import decode_cell, encode_cell, extent
from spatialmem.memory.cells import locate
from spatialmem.memory.index import Index
from spatialmem.memory.manifest import Manifest
from spatialmem.memory.objects import SUFFIX, ObjectStore, object_name
from spatialmem.memory.rows import CellVersion
from spatialmem.memory.storage import require_space, storage_errors, sync_folder
from spatialmem.splats import Splats


def damaged_cells(objects: ObjectStore, manifest: Manifest, versions: Iterable[CellVersion]) -> list[CellVersion]:
    """Those whose object is missing or damaged."""
    found = []
    for version in versions:
        try:
            read_cell(objects, manifest, version)
        except WorldFormatError:
            found.append(version)
    return found


def read_cell(objects: ObjectStore, manifest: Manifest, version: CellVersion) -> Splats:
    """The Gaussians of one version of a cell. Raises WorldFormatError where its object is missing or damaged."""
    return decode_cell(objects.read(version.name, version.size), str(objects.path(version.name)), world=manifest.world,
                       key=version.key, commit=version.begun, edge=manifest.cell_edge)


def mend_cell(objects: ObjectStore, index: Index, manifest: Manifest, version: CellVersion,
              splats: Splats) -> CellVersion:
    """Stores `splats` in the place of a damaged version, durably; what is left of that goes to quarantine/.

    Raises:
        InvalidValueError: no Gaussians, some that lie elsewhere, or from clips after the version's commit.
        WorldLockedError: another writer took over.
        StorageError: the disk refused.
    """
    if not len(splats) or bool((locate(splats.means, version.key.level, manifest.cell_edge) != version.key[1:]).any()):
        raise InvalidValueError(f"mend: expected Gaussians of cell {tuple(version.key)} only, and at least one")
    if not bool(((splats.clip >= 1) & (splats.clip <= version.begun)).all()):
        raise InvalidValueError(f"mend: expected Gaussians of clips 1..{version.begun}")
    splats = rounded(splats, version.key, manifest.cell_edge)
    box, origin = extent(splats), version.origin or version.name
    blob = encode_cell(splats, version.key, box, world=manifest.world, commit=version.begun, edge=manifest.cell_edge,
                       origin=origin)
    require_space(objects.root, 2 * len(blob))
    mended = CellVersion(version.key, version.begun, object_name(blob), len(blob), len(splats), box, origin)
    same = mended.name == version.name
    if same:  # it was mended before, and damaged again
        _quarantine(objects, version.name)
    objects.write({mended.name: blob})
    index.mend(version, mended)
    if not same:
        _quarantine(objects, version.name)
    return mended


def _quarantine(objects: ObjectStore, name: str) -> None:
    """Moves a damaged object out of the way, where somebody may look at it; one that is missing is no matter."""
    damaged: Path = objects.path(name)
    if os.path.lexists(damaged):
        with storage_errors(objects.root):
            damaged.rename(objects.root / "quarantine" / f"{secrets.token_hex(2)}-{name}{SUFFIX}")
            sync_folder(damaged.parent)
