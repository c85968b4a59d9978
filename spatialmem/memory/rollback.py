"""Rolling a world back to an earlier commit."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from spatialmem.memory.commitnames import commit_at
from spatialmem.memory.index import Index
from spatialmem.memory.lock import writer_lock
from spatialmem.memory.manifest import read_manifest
from spatialmem.memory.rows import ClipRow


def rollback(path: Path | str, to: int | str) -> list[ClipRow]:
    """Takes back every commit after `to`, in one transaction; returns the clips taken back, oldest first.

    `to` is a commit's number (0 = all are taken back), or the beginning of its name.

    Their objects stay in the folder until they are swept (`sweep`), so a branch can still begin at their names
    (`branch`). Readers that have the world open keep what they see, and are told where they would see a mixture.

    Raises:
        InvalidValueError: there is no commit `to`.
        WorldLockedError: another process writes to the world.
        WorldFormatError: no world, or damaged.
        StorageError: the disk refused; the world is as before.
    """
    folder = Path(path).absolute()
    read_manifest(folder)
    with writer_lock(folder), closing(Index(folder, write=True)) as index:
        now = index.load()
        last = commit_at(now.names, to)
        if last < now.head:
            index.forget(last, head=now.head)
        return list(now.clips[last:])
