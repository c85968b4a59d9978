"""Durable writing: a file or a name is on the disk when these functions return."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spatialmem.errors import StorageError

KEEP_FREE = 8 << 20


@contextmanager
def storage_errors(folder: Path) -> Iterator[None]:
    """Turns any OSError into a StorageError that names `folder` and the remedy."""
    try:
        yield
    except StorageError:
        raise
    except OSError as error:
        reason = error.strerror or str(error)
        raise StorageError(f"{folder}: cannot write ({reason}); choose a folder that you may write to, on a "
                           "healthy disk with free space") from error


def write_new(path: Path, content: bytes) -> None:
    """Makes the file `path` with `content`, synced. It must not exist."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    try:
        view = memoryview(content)
        while view:
            view = view[os.write(descriptor, view):]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Makes the content of a file durable that something else wrote."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Makes renames and new names in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def require_space(folder: Path, size: int) -> None:
    """Raises StorageError unless `size` bytes fit and a reserve stays free."""
    free = shutil.disk_usage(folder).free
    if free < size + KEEP_FREE:
        raise StorageError(f"{folder}: {free / 1e6:.0f} MB free, {(size + KEEP_FREE) / 1e6:.0f} MB needed to "
                           "go on; free some space and resume, nothing is lost")
