"""What a world is having done to it when a fault strikes, and what must hold afterwards."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from memory_worlds import make_world, step

from spatialmem.memory.bank import Bank
from spatialmem.memory.check import check
from spatialmem.memory.fork import fork
from spatialmem.memory.rebuild import rebuild
from spatialmem.memory.rollback import rollback
from spatialmem.memory.sweep import sweep

Say = Callable[[int], None]
"""Acknowledges that the world is at this commit."""

COMMITS = 3


def prepare(world: Path) -> Path:
    """A world of three commits, and one that was taken back: something to sweep."""
    make_world(world, COMMITS + 1)
    rollback(world, COMMITS)
    return world


def commit(world: Path, say: Say) -> None:
    with Bank.open(world, write=True) as bank:
        step(bank)
        say(bank.head)


def gc(world: Path, say: Say) -> None:
    sweep(world, older=0)


def roll_back(world: Path, say: Say) -> None:
    rollback(world, COMMITS - 1)
    say(COMMITS - 1)


def snapshot(world: Path, say: Say) -> None:
    fork(world, world.with_name("copy"), link=False)


def rebuild_database(world: Path, say: Say) -> None:
    rebuild(world)


ACTIONS: dict[str, Callable[[Path, Say], None]] = {
    "commit": commit, "gc": gc, "rollback": roll_back, "snapshot": snapshot, "rebuild": rebuild_database}


def require_sound(world: Path, action: str, said: list[int]) -> None:
    """Every invariant, whatever struck; raises AssertionError where one is broken."""
    assert check(world) == [], check(world)
    with Bank.open(world) as bank:
        allowed = {"commit": {COMMITS, COMMITS + 1}, "rollback": {COMMITS, COMMITS - 1},
                   "rebuild": {COMMITS, COMMITS + 1}}.get(action, {COMMITS})
        assert bank.head in allowed and (not said or bank.head == said[-1]), (action, bank.head, said)
        assert len(bank.load_keyframes(range(bank.frames_done))) == bank.frames_done == 2 * bank.head
    copy = world.with_name("copy")
    assert not copy.exists() or check(copy) == []
    with Bank.open(world, write=True) as bank:
        step(bank)
    assert check(world) == []


def fresh(prepared: Path, folder: Path) -> Path:
    """A copy of a prepared world in an empty `folder`."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(prepared, folder / "W")
    return folder / "W"
