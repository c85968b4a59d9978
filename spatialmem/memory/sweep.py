"""Sweeping a world's folder: objects that no commit refers to, after a crash or a rollback."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from spatialmem.errors import InvalidValueError
from spatialmem.memory.index import Index
from spatialmem.memory.lock import sweeper_lock, writer_lock
from spatialmem.memory.manifest import read_manifest
from spatialmem.memory.objects import ObjectStore
from spatialmem.memory.storage import storage_errors

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
    with ExitStack() as held:
        for lock in (writer_lock, sweeper_lock):
            held.callback(lock(folder).release)
        index = Index(folder, write=False)
        held.callback(index.close)
        kept = index.objects()
        store = ObjectStore(folder)
        loose = {name: store.path(name).lstat() for name in store.names() if name not in kept}
        old = {name: status for name, status in loose.items() if time.time() - status.st_mtime >= older}
        with storage_errors(folder):
            for name in () if dry else old:
                store.path(name).unlink()
    return Swept(tuple(sorted(old)), sum(status.st_size for status in old.values()), len(loose) - len(old))
