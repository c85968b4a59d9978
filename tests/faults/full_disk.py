"""A disk fills up under a writer: it stops cleanly, nothing is lost, and with room it goes on."""

from __future__ import annotations

from pathlib import Path

from disks import ext4
from memory_worlds import make_world, step

from spatialmem.errors import StorageError
from spatialmem.memory.bank import Bank
from spatialmem.memory.check import check
from spatialmem.memory.rollback import rollback
from spatialmem.memory.sweep import sweep


def fill(folder: Path, *, trials: int) -> int:
    """Fills a disk and makes room again, so often; returns how many commits were made in all."""
    made = 0
    with ext4(folder / "disk", megabytes=48) as disk:
        world = make_world(disk / "W", 1)
        (disk / "ballast").write_bytes(bytes(_free(disk) - (12 << 20)))
        for _ in range(trials):
            with Bank.open(world, write=True) as bank:
                try:
                    while True:
                        step(bank)
                        made += 1
                except StorageError:
                    head = bank.head
            assert check(world) == [], check(world)
            with Bank.open(world) as bank:
                assert bank.head == head
            rollback(world, 1)
            assert sweep(world, older=0).bytes > 0
            with Bank.open(world, write=True) as bank:
                step(bank)
            assert check(world) == []
    return made


def _free(disk: Path) -> int:
    import os

    status = os.statvfs(disk)
    return status.f_bavail * status.f_frsize
