"""Disks of our own, to fill and to cut the power of; they need root, and a machine that lets it."""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SHUTDOWN, _NO_FLUSH = 0x8004587D, 2
"""EXT4_IOC_SHUTDOWN and EXT4_GOING_FLAGS_NOLOGFLUSH of the Linux kernel's fs/ext4/ext4.h: nothing more is written."""


def available() -> bool:
    """Whether a disk can be made and mounted here."""
    if os.geteuid() != 0 or not Path("/dev/loop-control").exists():
        return False
    try:
        with ext4(Path("/tmp") / f"spatialmem-faults-{os.getpid()}", megabytes=16):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


@contextmanager
def ext4(folder: Path, *, megabytes: int) -> Iterator[Path]:
    """A mounted disk of that size in a file beside `folder`, which is its root."""
    image = folder.with_suffix(".img")
    with image.open("wb") as file:
        file.truncate(megabytes << 20)
    try:
        _call("mkfs.ext4", "-q", "-F", str(image))
        folder.mkdir(exist_ok=True)
        mount(image, folder)
        try:
            yield folder
        finally:
            unmount(folder)
            folder.rmdir()
    finally:
        image.unlink()


def mount(image: Path, folder: Path) -> None:
    """Mount it, with a journal that is replayed where the power was cut."""
    _call("mount", "-o", "loop", str(image), str(folder))


def unmount(folder: Path) -> None:
    """Unmount it."""
    _call("umount", str(folder))


def cut_power(folder: Path) -> None:
    """The disk mounted at `folder` takes nothing more, and forgets what was not flushed."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.ioctl(descriptor, _SHUTDOWN, struct.pack("i", _NO_FLUSH))
    finally:
        os.close(descriptor)


def _call(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
