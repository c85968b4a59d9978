"""Locks on a world's folder; the kernel frees them however their process ends."""

from __future__ import annotations

import errno
import fcntl
import os
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import TracebackType

from spatialmem.errors import StorageError, WorldLockedError
from spatialmem.memory.netdisk import refuse_network_disk
from spatialmem.memory.storage import storage_errors

WRITER, READERS = "writer.lock", "gc.lock"
"""One process writes a world; many read it, and while they do nothing is swept away."""


class FolderLock:
    """Holds `flock` on the file `name` of a world until its `with` block ends.

    Args:
        root: the world's folder.
        name: made if it is missing.
        busy: what holding it by another process means, and what to do.
        shared: with others that share it.

    Raises:
        WorldLockedError: another process holds it.
        StorageError: the folder cannot be written.
    """

    def __init__(self, root: Path, name: str, busy: str, *, shared: bool = False) -> None:
        access = os.O_RDONLY if shared else os.O_RDWR
        with storage_errors(root):
            self._descriptor = os.open(root / name, access | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        try:
            fcntl.flock(self._descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._descriptor)
            raise WorldLockedError(f"{root}: {busy} ({error.strerror})") from None
        except OSError as error:
            os.close(self._descriptor)
            raise StorageError(f"{root / name}: cannot be locked ({error.strerror}); put the world on another "
                               "disk") from error

    def __enter__(self) -> FolderLock:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        os.close(self._descriptor)


def writer_lock(root: Path) -> FolderLock:
    """The lock of the one process that writes to the world.

    Raises:
        WorldLockedError: another process holds it.
        StorageError: the folder cannot be written, or lies on a network disk.
    """
    refuse_network_disk(root)
    return FolderLock(root, WRITER, "another process is writing to this world; wait for it to end, or open the world "
                                    "for reading")


def reader_lock(root: Path) -> AbstractContextManager[object]:
    """The lock that all who have the world open share, so that what they may read is not swept away.

    No lock where the folder has no such file and takes none: a world on a read-only disk, which nobody can sweep.
    """
    try:
        return FolderLock(root, READERS, "is being swept at this moment; try again", shared=True)
    except OSError as error:
        if not (root / READERS).exists() and isinstance(error.__cause__, OSError) and error.__cause__.errno in (
                errno.EACCES, errno.EPERM, errno.EROFS):
            return nullcontext()
        raise


def sweeper_lock(root: Path) -> FolderLock:
    """The lock that nobody holds together with a reader."""
    return FolderLock(root, READERS, "is open somewhere (a viewer, a reader); close it, then try again")
