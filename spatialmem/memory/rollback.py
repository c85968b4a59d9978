"""Rolling a world back to an earlier commit."""

from __future__ import annotations

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
    lock = writer_lock(folder)
    try:
        index = Index(folder, write=True)
        try:
            clips = index.load().clips
            last = commit_at([clip.name for clip in clips], to)
            if last < len(clips):
                index.forget(last, head=len(clips))
            return list(clips[last:])
        finally:
            index.close()
    finally:
        lock.release()
