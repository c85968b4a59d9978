"""The power is cut while a world is written: what was acknowledged is there when it comes back."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import time
from collections import Counter
from pathlib import Path

from disks import cut_power, ext4, mount, unmount
from memory_worlds import make_world, step

from spatialmem.errors import SpatialMemError
from spatialmem.memory import database
from spatialmem.memory.bank import Bank
from spatialmem.memory.check import check

_LONGEST = 0.4
"""Seconds after the first acknowledgement within which the power is cut: some commits."""


def cut(folder: Path, *, trials: int, seed: int, synced: bool = True) -> Counter[str]:
    """Cuts the power during commits; counts how worlds came back. Without `synced` a writer that never syncs: the
    control, which shows that the cuts are real."""
    draw, ends = random.Random(seed), Counter[str]()
    with ext4(folder / "disk", megabytes=96) as disk:
        for trial in range(trials):
            world = make_world(disk / f"W{trial % 4}", 1)
            os.sync()
            said = _write_and_cut(disk, world, draw.uniform(0, _LONGEST), synced=synced)
            unmount(disk)
            mount(disk.with_suffix(".img"), disk)
            ends[_came_back(world, said, required=synced)] += 1
            _remove(world)
    return ends


def _came_back(world: Path, said: int, *, required: bool) -> str:
    try:
        problems: list[object] = list(check(world))
        with Bank.open(world) as bank:
            head = bank.head
    except SpatialMemError as error:
        problems, head = [error], 0
    if required:
        assert problems == [] and head >= said, (problems, head, said)
    return "damaged" if problems else "whole" if head >= said else "lost acknowledged commits"


def _write_and_cut(disk: Path, world: Path, pause: float, *, synced: bool) -> int:
    """The last commit that was acknowledged before the cut began."""
    listen, speak = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(listen)
        try:
            _write(world, speak, synced=synced)
        finally:
            os._exit(0)
    os.close(speak)
    with os.fdopen(listen, "rb", buffering=0) as pipe:
        lines = pipe.readline()
        time.sleep(pause)
        os.set_blocking(listen, False)
        lines += pipe.read() or b""
        cut_power(disk)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return int(lines.split()[-1])


def _write(world: Path, speak: int, *, synced: bool) -> None:
    if not synced:
        os.fsync = lambda descriptor: None  # type: ignore[assignment]
        configure = database._configure

        def careless(connection: sqlite3.Connection, *, write: bool) -> None:
            configure(connection, write=write)
            connection.execute("PRAGMA synchronous = OFF")

        database._configure = careless
    with Bank.open(world, write=True) as bank:
        while True:
            step(bank)
            os.write(speak, f"{bank.head}\n".encode())


def _remove(world: Path) -> None:
    for file in sorted(world.rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    world.rmdir()
