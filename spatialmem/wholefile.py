"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from spatialmem.errors import StorageError


def write_whole(path: Path, content: bytes) -> None:
    """Put `content` at `path`, in place of what was there; whoever reads meanwhile finds the one or the other.

    The folder is made if it is missing. Nothing is synced to the disk: what must outlive a power cut belongs into a
    world (see `spatialmem.memory.storage`).

    Raises:
        StorageError: it cannot be written; what was there still is.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise StorageError(f"{path}: cannot be written ({error.strerror}); choose another place") from None
