"""Making a world's database again from its objects alone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch

from spatialmem.errors import WorldFormatError
from spatialmem.memory.chains import Link, Links, read_links
from spatialmem.memory.clipfile import ClipFile
from spatialmem.memory.database import NAME, create_database
from spatialmem.memory.index import Index
from spatialmem.memory.lock import writer_lock
from spatialmem.memory.manifest import read_manifest
from spatialmem.memory.objects import ObjectStore
from spatialmem.memory.rows import CellVersion, ClipRow, NewRows, Snapshot
from spatialmem.memory.storage import storage_errors, sync_folder
from spatialmem.memory.succession import Succession, rows_after

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Rebuilt:
    """What a rebuilt database knows.

    Attributes:
        commits: how many.
        left_out: clips that belong to no part of this history: of commits that were taken back, or that follow on
            a clip that is damaged.
    """

    commits: int
    left_out: int


def rebuild(path: Path | str, *, progress: Progress | None = None) -> Rebuilt:
    """Replaces the database of the world at `path` by one made from its objects; the old one goes to quarantine/.

    The longest history that is whole is taken. Notes are in no object and are gone; the time of a commit is that of
    its clip's file. Cell objects are not read: `check` finds those that are damaged.

    Args:
        path: the world's folder; only its WORLD.json and objects are needed.
        progress: called with (commits done, commits in all).

    Raises:
        WorldFormatError: no world.
        WorldLockedError: another process writes to it.
        StorageError: the disk refused; the old database still stands.
    """
    folder = Path(path).absolute()
    manifest = read_manifest(folder)
    lock = writer_lock(folder)
    try:
        with storage_errors(folder), _fresh(folder / "tmp" / "rebuild") as made:
            links = read_links(ObjectStore(folder), manifest)
            chain = links.longest()
            write_database(made, links, chain, progress)
            _exchange(folder, made)
        return Rebuilt(len(chain), len(links.clips) - len(chain))
    finally:
        lock.release()


def write_database(folder: Path, links: Links, chain: list[Link], progress: Progress | None = None) -> None:
    """Makes `world.db` in `folder`, with the commits of `chain`, oldest first.

    Raises:
        WorldFormatError: a clip is damaged, or contradicts those before it.
        StorageError: the disk refused.
    """
    create_database(folder)
    index = Index(folder, write=True)
    try:
        if links.plan is not None:
            index.set_plan(*links.plan)
        now = index.load()
        for done, link in enumerate(chain, start=1):
            rows = _rows(now, links, link)
            index.append(rows)
            now = rows.after
            if progress is not None:
                progress(done, len(chain))
    finally:
        index.close()


def _rows(before: Snapshot, links: Links, link: Link) -> NewRows:
    """What the commit of `link` adds to those before it."""
    objects, manifest = links.objects, links.manifest
    where = str(objects.path(link.name))
    file = ClipFile(objects.read(link.name, link.size), where, world=manifest.world, commit=link.commit)
    if (file.start, link.commit) != (len(before.keyframes), before.head + 1):
        raise WorldFormatError(f"{where}: begins at frame {file.start} as commit {link.commit}, after "
                               f"{len(before.keyframes)} frames in {before.head} commits")
    written = tuple(_present(version, links) for version in file.change.written)
    depth = torch.stack([torch.from_numpy(file.plane("depth", i).astype(np.float32)) for i in range(len(file))])
    created = datetime.fromtimestamp(objects.path(link.name).stat().st_mtime, UTC).isoformat(timespec="seconds")
    row = ClipRow(link.commit, link.name, link.size, file.start, len(file))
    try:
        return rows_after(before, Succession(row, file.cameras, file.heldout, depth * file.unit,
                                             replace(file.change, written=written), created), edge=manifest.cell_edge)
    except KeyError as error:
        raise WorldFormatError(f"{where}: ends cell {error}, which is not there") from None


def _present(version: CellVersion, links: Links) -> CellVersion:
    """What stands for a version that a commit wrote: itself, or what a repair put in its place."""
    repaired = links.repairs.get(version.name)
    return version if repaired is None or links.objects.path(version.name).exists() else repaired


@contextmanager
def _fresh(folder: Path) -> Iterator[Path]:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _exchange(folder: Path, made: Path) -> None:
    """The old database out of the way, the new one in its place."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    for suffix in ("-shm", "-wal", ""):  # a kill in between leaves no database rather than half of one
        old = folder / f"{NAME}{suffix}"
        if os.path.lexists(old):
            old.rename(folder / "quarantine" / f"{stamp}-{old.name}")
    (made / NAME).rename(folder / NAME)
    sync_folder(folder)
