"""The writer's lock: one process writes a world, the kernel frees it however that process ends."""

import fcntl
import os
from pathlib import Path

from spatialmem.errors import WorldLockedError
from spatialmem.memory.storage import storage_errors


class WriterLock:
    """Holds `flock` on `writer.lock` of a world until `release`.

    Raises:
        WorldLockedError: another writer holds it.
        StorageError: the folder cannot be written.
    """

    def __init__(self, root: Path) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        with storage_errors(root):
            self._descriptor = os.open(root / "writer.lock", flags, 0o644)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._descriptor)
            raise WorldLockedError(f"{root}: another process is writing to this world ({error.strerror}); "
                                   "wait for it to end, or open the world for reading") from None

    def release(self) -> None:
        """Lets the next writer in."""
        os.close(self._descriptor)
