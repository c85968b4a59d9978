"""Worlds are not written on network disks, where locks and syncs may be pretended."""

from pathlib import Path

import pytest
from memory_worlds import make_world

from spatialmem.errors import StorageError
from spatialmem.memory import netdisk
from spatialmem.memory.bank import Bank
from spatialmem.memory.netdisk import ALLOW, disk_kind

MOUNTS = r"""21 1 8:1 / / rw - ext4 /dev/sda1 rw
30 21 0:44 / /home/ann rw shared:1 - nfs4 server:/home rw
31 30 8:2 / /home/ann/fast\040disk rw - xfs /dev/sdb1 rw
34 21 0:47 / /srv/Büro rw - nfs4 a:/b rw
32 21 0:45 / /mnt rw - ext4 /dev/sdc1 rw
33 32 0:46 / /mnt rw - fuse.sshfs you@there: rw
a line of something else
"""


@pytest.mark.parametrize(("path", "kind"), [
    ("/tmp/W", "ext4"), ("/home/ann", "nfs4"), ("/home/ann/worlds/W", "nfs4"), ("/home/anna/W", "ext4"),
    ("/home/ann/fast disk/W", "xfs"), ("/mnt/W", "fuse.sshfs"), ("/srv/Büro/W", "nfs4")])
def test_the_nearest_mount_says_what_a_disk_is(path: str, kind: str) -> None:
    assert disk_kind(Path(path), MOUNTS) == kind


def test_nothing_is_known_without_a_table() -> None:
    assert disk_kind(Path("/tmp/W"), "") is None


def test_writers_are_refused_on_a_network_disk_and_readers_are_not(tmp_path: Path,
                                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    world = make_world(tmp_path / "W", 1)
    (tmp_path / "mounts").write_text(f"21 1 8:1 / / rw - ext4 /dev/sda1 rw\n30 21 0:44 / {tmp_path} rw - nfs a:/b rw\n")
    monkeypatch.setattr(netdisk, "_MOUNTS", tmp_path / "mounts")
    for write in (lambda: Bank.open(world, write=True), lambda: Bank.create(tmp_path / "new", up="+Z")):
        with pytest.raises(StorageError, match=rf"lies on a network disk \(nfs\).*{ALLOW}=1"):
            write()
    assert not (tmp_path / "new").exists()
    Bank.open(world).close()
    monkeypatch.setenv(ALLOW, "1")
    Bank.open(world, write=True).close()
