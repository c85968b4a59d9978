"""Sweeping a world's folder: objects that no commit refers to, after a crash or a rollback."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from spatialmem.errors import InvalidValueError, WorldFormatError
from spatialmem.memory.clipfile import KIND
from spatialmem.memory.index import Index
from spatialmem.memory.lock import sweeper_lock, writer_lock
from spatialmem.memory.manifest import read_manifest
from spatialmem.memory.objects import ObjectStore
from spatialmem.memory.storage import storage_errors
from spatialmem.memory.tensorfile import HEADER_LIMIT, peek

OLD = 3600.0
"""Seconds since it was written for which an object is kept in any case: a second fence behind the locks, which some
network disks only pretend to hold."""


@dataclass(frozen=True)
class Swept:
    """What a sweep found.

    Attributes:
        objects: names of those that nothing refers to and that were old enough.
        bytes: that they took.
        young: how many more nothing refers to, which are not old enough.
    """

    objects: tuple[str, ...]
    bytes: int
    young: int


def sweep(path: Path | str, *, older: float = OLD, dry: bool = False) -> Swept:
    """Deletes objects to which no commit refers and that are older than `older` seconds; with `dry` only finds them.

    Raises:
        InvalidValueError: `older` is negative or no number.
        WorldLockedError: another process has the world open.
        WorldFormatError: no world, or damaged: then nothing is deleted.
        StorageError: the disk refused.
    """
    if not older >= 0:
        raise InvalidValueError(f"older: expected seconds, 0 or more, got {older}")
    folder = Path(path).absolute()
    read_manifest(folder)
    with writer_lock(folder), sweeper_lock(folder), closing(Index(folder, write=False)) as index:
        store = ObjectStore(folder)
        kept = _kept(index, store)
        loose = {name: store.path(name).lstat() for name in store.names() if name not in kept}
        old = {name: status for name, status in loose.items() if time.time() - status.st_mtime >= older}
        with storage_errors(folder):
            # clips go first: a clip without its cells would look like a commit that was damaged
            for name in () if dry else sorted(old, key=lambda name: not _is_clip(store.path(name))):
                store.path(name).unlink()
    return Swept(tuple(sorted(old)), sum(status.st_size for status in old.values()), len(loose) - len(old))


def _kept(index: Index, store: ObjectStore) -> dict[str, int]:
    """What is referred to; raises WorldFormatError unless the database is sound and all of that is there."""
    index.load()
    if faults := index.faults():
        raise WorldFormatError(f"{store.root}: its database is damaged ({faults[0]}); check the world, then try again")
    kept = index.objects()
    for name, size in kept.items():
        if not store.path(name).is_file() or store.path(name).stat().st_size != size:
            raise WorldFormatError(f"{store.path(name)}: is missing or damaged, so nothing is deleted; check the world "
                                   "(--repair, --rebuild), then try again")
    return kept


def _is_clip(path: Path) -> bool:
    with path.open("rb") as file:
        try:
            return peek(file.read(8 + HEADER_LIMIT), str(path)).get("kind") == KIND
        except WorldFormatError:
            return False
