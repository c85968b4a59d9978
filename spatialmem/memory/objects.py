"""Immutable objects: files named by the hash of their bytes."""

import hashlib
import os
import re
import shutil
import stat
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from spatialmem.errors import WorldFormatError
from spatialmem.memory.storage import storage_errors, sync_folder, write_new

SUFFIX = ".safetensors"
_NAME = re.compile(r"[0-9a-f]{64}")
_WRITERS = 4


def object_name(blob: bytes) -> str:
    """64 hex digits of BLAKE2b-256: the name of an object with these bytes."""
    return hashlib.blake2b(blob, digest_size=32).hexdigest()


class ObjectStore:
    """The objects of the world in `root`, under `objects/ab/<hash>.safetensors`.

    Attributes:
        root: the world's folder.

    Raises:
        WorldFormatError: `objects` or `tmp` is missing or a link.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._folder = root / "objects"
        self._tmp = root / "tmp"
        if (root / "quarantine").is_symlink():
            raise WorldFormatError(f"{root / 'quarantine'}: is a link; a world holds its folders itself")
        for folder in (self._folder, self._tmp):
            # The writer empties tmp/: through a link it would empty a folder that is none of its own.
            if folder.is_symlink() or not folder.is_dir():
                raise WorldFormatError(f"{folder}: is missing or a link; a world holds its folders itself: "
                                       "restore it from a backup")

    def path(self, name: str) -> Path:
        """Where object `name` lies. Raises WorldFormatError unless the name is 64 hex digits."""
        if not _NAME.fullmatch(name):
            raise WorldFormatError(f"{self.root}: {name[:80]!r} is no object name (64 hex digits); "
                                   "the database is damaged")
        return self._folder / name[:2] / (name + SUFFIX)

    def names(self) -> Iterator[str]:
        """The names of all objects that lie there; what is named otherwise is none."""
        with storage_errors(self.root):
            for folder in sorted(self._folder.iterdir()):
                if folder.is_symlink() or not folder.is_dir():
                    continue
                for path in sorted(folder.iterdir()):
                    name = path.name.removesuffix(SUFFIX)
                    if _NAME.fullmatch(name) and path == self.path(name) and path.is_file() and not path.is_symlink():
                        yield name

    def read(self, name: str, size: int) -> bytes:
        """The bytes of an object, verified.

        Raises:
            WorldFormatError: missing, a link, not `size` bytes long, or not matching its hash.
        """
        path = self.path(name)
        blob = self._read_regular(path, size)
        if object_name(blob) != name:
            raise WorldFormatError(f"{path}: its bytes do not match its name, the file is damaged; restore "
                                   "it from a backup")
        return blob

    def write(self, blobs: Mapping[str, bytes]) -> None:
        """Stores each of `blobs` durably under its `object_name`.

        An object that exists is replaced by equal bytes: a crash may have left it unsynced.

        Raises:
            StorageError: the disk refused; whatever was written is unreferenced and harmless.
        """
        folders = {self.path(name).parent for name in blobs}
        # Syncs wait for the disk, not for each other: side by side they take a quarter of the time.
        with storage_errors(self.root), ThreadPoolExecutor(_WRITERS) as pool:
            try:
                list(pool.map(self._stage, blobs, blobs.values()))
                for name in blobs:
                    self._publish(name)
            except BaseException:
                pool.shutdown(cancel_futures=True)
                for name in blobs:
                    (self._tmp / name).unlink(missing_ok=True)
                raise
            list(pool.map(sync_folder, [*folders, self._folder]))

    def clear_tmp(self) -> None:
        """Removes what an interrupted writer left; only the writer may call this."""
        with storage_errors(self.root):
            for leftover in self._tmp.iterdir():
                if leftover.is_dir() and not leftover.is_symlink():
                    shutil.rmtree(leftover)
                else:
                    leftover.unlink()

    def _stage(self, name: str, blob: bytes) -> None:
        write_new(self._tmp / name, blob)

    def _publish(self, name: str) -> None:
        path = self.path(name)
        path.parent.mkdir(exist_ok=True)
        (self._tmp / name).rename(path)

    def _read_regular(self, path: Path, size: int) -> bytes:
        # O_NONBLOCK: opening a fifo that someone put here must not wait for its writer.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        if path.parent.is_symlink():
            raise WorldFormatError(f"{path.parent}: is a link; a world holds its objects itself: copy them "
                                   "there")
        try:
            descriptor = os.open(path, flags)
        except OSError as error:
            raise WorldFormatError(f"{path}: cannot be read ({error.strerror}); restore it from a "
                                   "backup") from None
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or status.st_size != size:
                raise WorldFormatError(f"{path}: expected a regular file of {size} bytes, found "
                                       f"{status.st_size} bytes; restore it from a backup")
            try:
                return file.read(size)
            except OSError as error:
                raise WorldFormatError(f"{path}: cannot be read ({error.strerror}); restore it from a backup") from None
