"""Every system call of an action fails, or is the last one, in turn."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path

from actions import ACTIONS, fresh, prepare, require_sound
from children import FINE, TYPED, UNTYPED, run

CALLS = ("openat", "write", "pwrite64", "fsync", "fdatasync", "rename", "unlink", "mkdir", "rmdir", "ftruncate",
         "flock", "linkat", "read", "pread64", "unlinkat")
FULL = ("openat", "write", "pwrite64", "mkdir", "ftruncate", "linkat")
"""Calls that a full disk can refuse."""


def available() -> bool:
    """Whether this machine has strace."""
    return shutil.which("strace") is not None


def inject(folder: Path, *, actions: tuple[str, ...] = tuple(ACTIONS), every: int = 1) -> Counter[str]:
    """Tries each fault at every `every`-th call; counts trials by how they ended."""
    prepared, ends = prepare(folder / "prepared"), Counter[str]()
    number = 0
    for action in actions:
        counted = _count(action, fresh(prepared, folder / "trial"), folder / "calls.log")
        for call, times in sorted(counted.items()):
            faults = ["error=EIO", "signal=KILL", *(["error=ENOSPC"] if call in FULL else [])]
            for when in range(1, times + 1):
                for fault in faults:
                    number += 1
                    if number % every == 0:
                        ends[_trial(action, fresh(prepared, folder / "trial"), call, f"{fault}:when={when}")] += 1
    return ends


def _trial(action: str, world: Path, call: str, fault: str) -> str:
    options = ["-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:{fault}"]
    ending = run(ACTIONS[action], world, strace=options)
    assert ending.code != UNTYPED, f"{action}, {call} {fault}: {ending.error}"
    try:
        require_sound(world, action, ending.said)
    except BaseException as broken:
        raise AssertionError(f"{action}, {call} {fault}: ended with {ending.code}, then {broken}") from broken
    return {FINE: "did no harm", TYPED: "a typed error"}.get(ending.code, "killed")


def _count(action: str, world: Path, log: Path) -> dict[str, int]:
    """How often each call is made, at most by any one thread: strace counts for each by itself."""
    ending = run(ACTIONS[action], world, strace=["-o", str(log), "-e", f"trace={','.join(CALLS)}"])
    assert ending.code == FINE, f"{action} without a fault: {ending}"
    by_thread: Counter[tuple[str, str]] = Counter()
    for line in log.read_text().splitlines():
        if match := re.match(r"(\d+) +(\w+)\(", line):
            by_thread[match[2], match[1]] += 1
    most: dict[str, int] = {}
    for (call, _), times in by_thread.items():
        most[call] = max(most.get(call, 0), times)
    return most
