"""Making a world's database again from its objects alone."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch

from spatialmem.errors import StorageError, WorldFormatError
from spatialmem.memory.chains import Link, Links, read_links
from spatialmem.memory.clipfile import ClipFile
from spatialmem.memory.database import NAME, clip_names, create_database, settle_log
from spatialmem.memory.index import Index
from spatialmem.memory.lock import sweeper_lock, writer_lock
from spatialmem.memory.manifest import read_manifest
from spatialmem.memory.objects import ObjectStore
from spatialmem.memory.rows import CellVersion, ClipRow, NewRows, Snapshot
from spatialmem.memory.storage import storage_errors, sync_file, sync_folder
from spatialmem.memory.succession import Succession, rows_after
from spatialmem.progress import Progress


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

    If the old database still names its commits, their history is kept, as far as its clips are whole; else the longest
    one is taken, which may hold commits that were rolled back. Notes are in no object and are gone; the time of a
    commit is that of its clip's file. Cell objects are not read: `check` finds those that are damaged.

    Args:
        path: the world's folder; only its WORLD.json and objects are needed.
        progress: called with (commits done, commits in all).

    Raises:
        WorldFormatError: no world.
        WorldLockedError: another process has it open.
        StorageError: the disk refused; the old database still stands.
    """
    folder = Path(path).absolute()
    manifest = read_manifest(folder)
    with (writer_lock(folder), sweeper_lock(folder), storage_errors(folder),
          _fresh(folder / "tmp" / "rebuild") as made):
        links = read_links(ObjectStore(folder), manifest)
        chain = next((whole for name in clip_names(folder) if (whole := links.chain(name))), None) or links.longest()
        write_database(made, links, chain, progress)
        _exchange(folder, made)
    return Rebuilt(len(chain), len(links.clips) - len(chain))


def write_database(folder: Path, links: Links, chain: list[Link], progress: Progress | None = None) -> None:
    """Makes `world.db` in `folder`, with the commits of `chain`, oldest first.

    Raises:
        WorldFormatError: a clip is damaged, or contradicts those before it.
        StorageError: the disk refused.
    """
    create_database(folder)
    with closing(Index(folder, write=True)) as index:
        if links.plan is not None:
            index.set_plan(*links.plan)
        now = index.load()
        for done, link in enumerate(chain, start=1):
            rows = _rows(now, links, link)
            index.append(rows)
            now = rows.after
            if progress is not None:
                progress(done, len(chain))
        index.settle()
    _require(folder, [link.name for link in chain])


def _require(folder: Path, names: list[str]) -> None:
    """Raise unless the database in `folder` is one file that has these commits: closing one hides a full disk."""
    if (folder / f"{NAME}-wal").exists() or list(reversed(clip_names(folder))) != names:
        raise StorageError(f"{folder / NAME}: was not written whole; make room, and try again")


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
    return links.repairs.get(version.name, version)


@contextmanager
def _fresh(folder: Path) -> Iterator[Path]:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _exchange(folder: Path, made: Path) -> None:
    """The new database in the place of the old one, of which a copy goes to quarantine/."""
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
    settle_log(folder)
    quarantine = folder / "quarantine"
    quarantine.mkdir(exist_ok=True)
    for suffix in ("", "-wal"):
        old = folder / f"{NAME}{suffix}"
        if os.path.lexists(old):
            shutil.copy2(old, quarantine / f"{stamp}-{old.name}", follow_symlinks=False)
            sync_file(quarantine / f"{stamp}-{old.name}")
    sync_folder(quarantine)
    # the old log must not meet the new database, which it would spoil
    for suffix in ("-wal", "-shm"):
        (folder / f"{NAME}{suffix}").unlink(missing_ok=True)
    sync_folder(folder)
    (made / NAME).replace(folder / NAME)
    sync_folder(folder)
