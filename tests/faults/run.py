"""Strikes worlds with faults and demands every invariant afterwards: in short for each change, or for long.

    python tests/faults/run.py --short
    python tests/faults/run.py --long --into docs/faults.md

The first broken invariant ends it with an AssertionError that says what struck. `--only NAME` takes one kind.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import crowd
import disks
import full_disk
import injection
import kills
import power
import rot
import torch
from document import insert

_NO_DISK = "no disk can be mounted here (root and loop devices are needed)"

Found = tuple[int, str]
"""How many trials, and what became of them."""


def tests(*, long: bool, seed: int) -> dict[str, Callable[[Path], Found | str]]:
    """What can be tried, by name; each gives its figures, or says why it cannot be tried here."""

    def counted(ends: Counter[str]) -> Found:
        return ends.total(), ", ".join(f"{count} {end}" for end, count in ends.most_common())

    def killed(folder: Path) -> Found:
        return kills.kill(folder, trials=500 if long else 12, seed=seed), "no acknowledged clip lost"

    def injected(folder: Path) -> Found | str:
        if not injection.available():
            return "strace is not installed"
        actions = ("commit", "gc", "rollback", "snapshot", "rebuild") if long else ("commit", "gc")
        return counted(injection.inject(folder, actions=actions, every=1 if long else 29))

    def cut(folder: Path) -> Found | str:
        if not disks.available():
            return _NO_DISK
        return counted(power.cut(folder, trials=200 if long else 6, seed=seed))

    def control(folder: Path) -> Found | str:
        if not disks.available():
            return _NO_DISK
        ends = power.cut(folder, trials=50 if long else 6, seed=seed, synced=False)
        assert ends["whole"] <= 0.2 * ends.total(), f"the cuts do not bite: {ends}"
        return counted(ends)

    def filled(folder: Path) -> Found | str:
        if not disks.available():
            return _NO_DISK
        trials = 50 if long else 1
        return trials, f"{full_disk.fill(folder, trials=trials)} commits, each time to the last byte and on again"

    def flipped(folder: Path) -> Found:
        return counted(rot.flip(folder, trials=1000 if long else 40, seed=seed))

    def crowded(folder: Path) -> Found:
        return counted(crowd.crowd(folder, seconds=120 if long else 4))

    return {"kill -9 of a writer": killed, "system call fails or is the last": injected, "power cut": cut,
            "power cut, control without fsync": control, "disk full": filled, "one bit flips": flipped,
            "readers, writer and gc at once": crowded}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    length = parser.add_mutually_exclusive_group(required=True)
    length.add_argument("--short", action="store_true", help="less than a minute")
    length.add_argument("--long", action="store_true", help="half an hour and more")
    parser.add_argument("--only", help="a part of the name of one kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--into", type=Path, help="a document whose figures to replace")
    asked = parser.parse_args()
    torch.set_num_threads(1)  # forked children must not inherit a thread pool
    lines = ["| fault | trials | what became of them |", "| --- | --- | --- |"]
    for name, test in tests(long=asked.long, seed=asked.seed).items():
        if asked.only and asked.only not in name:
            continue
        begun = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="faults-") as folder:
            found = test(Path(folder))
        trials, ends = ("–", f"not tried: {found}") if isinstance(found, str) else (f"{found[0]:,}", found[1])
        lines.append(f"| {name} | {trials} | {ends} |")
        print(f"{name}: {trials} trials, {ends} ({time.monotonic() - begun:.0f} s)", flush=True)
    if asked.into is not None:
        insert("\n".join(lines), asked.into)


if __name__ == "__main__":
    main()
