"""Network disks: locks and syncs that worlds rely on may be pretended there."""

from __future__ import annotations

import os
import re
from pathlib import Path

from spatialmem.errors import StorageError
from spatialmem.memory.storage import storage_errors

ALLOW = "SPATIALMEM_NETWORK_DISK"
"""Set to 1 in the environment, worlds are written on network disks as well."""

_OCTAL = re.compile(r"\\([0-7]{3})")
_MOUNTS = Path("/proc/self/mountinfo")
_KINDS = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "beegfs", "fuse.sshfs",
          "fuse.s3fs", "fuse.rclone", "fuse.gcsfuse", "fuse.glusterfs", "fuse.juicefs")


def refuse_network_disk(folder: Path) -> None:
    """Raise StorageError where `folder` lies on a network disk, unless the environment allows it (see `ALLOW`).

    Known on Linux only; elsewhere nothing is refused.
    """
    with storage_errors(folder):
        mounts = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape") if _MOUNTS.exists() else ""
        kind = disk_kind(folder.resolve(), mounts)
    if kind in _KINDS and os.environ.get(ALLOW) != "1":
        raise StorageError(f"{folder}: lies on a network disk ({kind}), where a crash or a second writer may cost what "
                           f"was acknowledged; explore on a local disk and snapshot it there, or set {ALLOW}=1")


def disk_kind(path: Path, mounts: str) -> str | None:
    """The filesystem of an absolute path by a table of mounts (`/proc/self/mountinfo`, proc(5)); None if unknown."""
    best: tuple[int, str] | None = None
    for line in mounts.splitlines():
        fields, _, rest = line.partition(" - ")
        parts = fields.split()
        if len(parts) < 5 or not rest:
            continue
        place = Path(_OCTAL.sub(lambda match: chr(int(match[1], 8)), parts[4]))
        # of mounts on one place the last one counts
        if path.is_relative_to(place) and (best is None or len(place.parts) >= best[0]):
            best = len(place.parts), rest.split()[0]
    return None if best is None else best[1]
