"""Readers, a writer and sweeps at once: no reader sees a mixture, nothing is missing, the log stays small."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from pathlib import Path

from children import FINE, Ending, run
from memory_worlds import make_world, step

from spatialmem.errors import WorldLockedError
from spatialmem.memory.bank import Bank
from spatialmem.memory.check import check
from spatialmem.memory.sweep import sweep

LOG_LIMIT = 64 << 20
_PAUSE = 0.4
"""Seconds for which a reader looks away, at most: else a sweep would never find the world closed."""


def crowd(folder: Path, *, seconds: float, readers: int = 3) -> Counter[str]:
    """One writer, some readers and one that sweeps, each in a process of its own; counts what they did."""
    from concurrent.futures import ThreadPoolExecutor

    world = make_world(folder / "W", 1)
    end = time.monotonic() + seconds
    parts = {"commits": _writer, "reads": _reader, "sweeps": _sweeper}
    jobs = ["commits", "sweeps", *["reads"] * readers]
    with ThreadPoolExecutor(len(jobs)) as pool:
        endings: list[Ending] = list(pool.map(lambda name: run(lambda w, say: parts[name](w, say, end), world), jobs))
    done: Counter[str] = Counter()
    for name, ending in zip(jobs, endings, strict=True):
        assert ending.code == FINE, (name, ending)
        done[name] += ending.said[-1] if ending.said else 0
    assert check(world) == []
    return done


def _writer(world: Path, say, end: float) -> None:  # type: ignore[no-untyped-def]
    log, done = world / "world.db-wal", 0
    while time.monotonic() < end:
        try:
            with Bank.open(world, write=True) as bank:
                for _ in range(5):
                    step(bank)
                    done += 1
                    assert not log.exists() or log.stat().st_size < LOG_LIMIT
        except WorldLockedError:  # a sweep is at work
            time.sleep(0.01)
    say(done)


def _reader(world: Path, say, end: float) -> None:  # type: ignore[no-untyped-def]
    done, draw = 0, random.Random(os.getpid())
    while time.monotonic() < end:
        time.sleep(draw.uniform(0, _PAUSE))
        try:
            with Bank.open(world) as bank:
                assert bank.frames_done == 2 * bank.head
                total = sum(version.gaussians for version in bank.versions)
                assert len(bank.splats()) == total == bank.commits()[-1].gaussians
                assert len(bank.load_keyframes(range(bank.frames_done - 2, bank.frames_done))) == 2
                assert bank.witnesses(bank.cells, 3)
                done += 1
        except WorldLockedError:
            time.sleep(0.01)
    say(done)


def _sweeper(world: Path, say, end: float) -> None:  # type: ignore[no-untyped-def]
    done, loose = 0, world / "objects" / "00" / f"{'0' * 64}.safetensors"
    while time.monotonic() < end:
        try:
            loose.parent.mkdir(exist_ok=True)
            loose.write_bytes(b"left by a crash")
            done += bool(sweep(world, older=0).objects)
        except WorldLockedError:
            time.sleep(0.003)
    loose.unlink(missing_ok=True)
    os.sync()
    say(done)
