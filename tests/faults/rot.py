"""Single bits flip anywhere in a world: all of it is seen, and what can be mended is."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from pathlib import Path

from actions import COMMITS, fresh, prepare

from spatialmem.errors import SpatialMemError
from spatialmem.memory.check import check

_TABLES = ("plan", "commits", "clips", "keyframes", "cells", "cell_versions", "covisibility", "notes")


def flip(folder: Path, *, trials: int, seed: int) -> Counter[str]:
    """Flips one bit a trial, in the database half of the time; counts what became of it."""
    prepared, draw, ends = prepare(folder / "prepared"), random.Random(seed), Counter[str]()
    whole = rows(prepared)
    for trial in range(trials):
        world = fresh(prepared, folder / "trial")
        files = [file for file in sorted(world.rglob("*")) if file.is_file() and file.stat().st_size]
        chosen = world / "world.db" if trial % 2 else draw.choice(files)
        content = bytearray(chosen.read_bytes())
        place = draw.randrange(8 * len(content))
        content[place // 8] ^= 1 << place % 8
        chosen.write_bytes(content)
        ends[_seen(world, whole, f"{chosen.name}, bit {place}")] += 1
    return ends


def _seen(world: Path, whole: list[object], what: str) -> str:
    try:
        problems = check(world)
    except SpatialMemError:
        return "detected"
    if problems:
        return "detected"
    # a bit that carries nothing: free space of a page, a swept object, a counter of SQLite's own
    assert rows(world) == whole, f"{what}: another world, and nobody sees it"
    return "carried nothing"


def rows(world: Path) -> list[object]:
    """All that the database says."""
    connection = sqlite3.connect(world / "world.db")
    found: list[object] = [connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall() for table in _TABLES]
    connection.close()
    assert len(found[1]) == COMMITS  # type: ignore[arg-type]
    return found
