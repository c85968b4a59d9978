"""Rolling a world back to an earlier commit."""

from __future__ import annotations

from pathlib import Path

from spatialmem.errors import InvalidValueError
from spatialmem.memory.index import Index
from spatialmem.memory.lock import writer_lock
from spatialmem.memory.manifest import read_manifest
from spatialmem.memory.rows import ClipRow


def rollback(path: Path | str, to: int) -> list[ClipRow]:
    """Takes back every commit after `to` (0 = all), in one transaction; returns the clips taken back, oldest first.

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
            if not 0 <= to <= len(clips):
                raise InvalidValueError(f"to: expected a commit in 0..{len(clips)}, got {to}")
            if to < len(clips):
                index.forget(to, head=len(clips))
            return list(clips[to:])
        finally:
            index.close()
    finally:
        lock.release()
