"""The history of a world: rolled back, branched, swept and made again from its objects, nothing is lost or mixed."""

import os
import shutil
import sqlite3
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_worlds import make_world, step

from spatialmem.errors import (
    InvalidValueError,
    WorldChangedError,
    WorldExistsError,
    WorldFormatError,
    WorldLockedError,
)
from spatialmem.memory.bank import Bank
from spatialmem.memory.check import check
from spatialmem.memory.fork import fork
from spatialmem.memory.rebuild import rebuild
from spatialmem.memory.rollback import rollback
from spatialmem.memory.sweep import sweep
from spatialmem.splats import FIELDS
from spatialmem.studio.timeline import Timeline


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_world(tmp_path_factory.mktemp("grown") / "W", 4)


@pytest.fixture
def world(grown: Path, tmp_path: Path) -> Path:
    shutil.copytree(grown, tmp_path / "W")
    return tmp_path / "W"


def rows(world: Path) -> dict[str, list[tuple[object, ...]]]:
    """What the database says, in a form that does not depend on how it came to say it; times and notes left out."""
    connection = sqlite3.connect(world / "world.db")
    key = "SELECT level || ',' || x || ',' || y || ',' || z FROM cells WHERE id = cell"
    found = {
        "commits": connection.execute("SELECT number, gaussians FROM commits ORDER BY 1").fetchall(),
        "clips": connection.execute("SELECT * FROM clips ORDER BY 1").fetchall(),
        "keyframes": connection.execute("SELECT * FROM keyframes ORDER BY 1").fetchall(),
        "plan": connection.execute("SELECT * FROM plan").fetchall(),
        "cells": connection.execute(f"SELECT ({key}), begun, retired, hash, bytes, origin, gaussians, low_x, high_z, "
                                    "reach FROM cell_versions ORDER BY 1, 2").fetchall(),
        "seen": connection.execute(f"SELECT ({key}), keyframe, weight FROM covisibility ORDER BY 1, 2").fetchall(),
    }
    connection.close()
    return found


def grow(world: Path, commits: int) -> list[str]:
    with Bank.open(world, write=True) as bank:
        for _ in range(commits):
            step(bank)
        return bank.names


def names(world: Path) -> list[str]:
    with Bank.open(world) as bank:
        return bank.names


@settings(deadline=None, max_examples=12)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2)), min_size=1, max_size=3))
def test_rolling_back_and_going_on_ends_in_the_same_world(tmp_path_factory: pytest.TempPathFactory, grown: Path,
                                                          turns: list[tuple[int, int]]) -> None:
    world = tmp_path_factory.mktemp("roll") / "W"
    shutil.copytree(grown, world)
    for back, forth in turns:
        with Bank.open(world) as bank:
            head = bank.head
        rollback(world, min(back, head))
        assert len(grow(world, forth)) == min(back, head) + forth
        assert check(world) == []
    rollback(world, min(4, len(names(world))))
    grow(world, 4 - len(names(world)))
    assert names(world) == names(grown) and rows(world) == rows(grown)


def test_the_world_after_a_rollback_is_the_world_of_that_time(world: Path, grown: Path) -> None:
    taken = rollback(world, 2)
    assert [clip.number for clip in taken] == [3, 4] and [clip.name for clip in taken] == names(grown)[2:]
    with Bank.open(world) as now, Bank.open(grown, at=2) as then:
        assert (now.head, now.frames_done) == (2, 4)
        a, b = now.splats(), then.splats()
        assert all(torch.equal(getattr(a, name), getattr(b, name)) for name in FIELDS)
    assert rollback(world, 2) == []
    rollback(world, 0)
    assert check(world) == [] and rows(world)["cells"] == []


def test_rollback_refuses_what_is_not_there_and_a_world_that_is_written(world: Path) -> None:
    before = rows(world)
    with pytest.raises(InvalidValueError, match=r"commit 5: expected one in 0\.\.4"):
        rollback(world, 5)
    with Bank.open(world, write=True), pytest.raises(WorldLockedError, match="another process is writing"):
        rollback(world, 1)
    assert rows(world) == before


def test_a_reader_sees_one_history_and_is_told_when_it_is_gone(world: Path) -> None:
    with Bank.open(world) as reader, Bank.open(world, at=1) as old:
        rollback(world, 2)
        grow(world, 2)
        assert reader.newest() == 4 and reader.witnesses(reader.cells, 3), "the same history, made again"
        rollback(world, 2)
        with pytest.raises(WorldChangedError, match="commit 4 was taken back"):
            reader.newest()
        with Bank.open(world, write=True) as bank:
            step(bank, count=3)
            step(bank)
        for ask in (lambda: reader.witnesses(reader.cells, 3), reader.notes, reader.newest):
            with pytest.raises(WorldChangedError, match="taken back by another process; open the world again"):
                ask()
        assert len(reader.load_keyframes(range(8))) == 8 and len(reader.splats()) > 0
        assert old.witnesses(old.cells, 3) and old.newest() == 4


def test_a_viewer_follows_a_rollback(world: Path) -> None:
    timeline = Timeline(world)
    rollback(world, 1)
    assert timeline.poll() and (timeline.shown, timeline.head) == (1, 1)
    grow(world, 1)
    assert timeline.poll() and timeline.shown == 2
    timeline.close()


def test_a_branch_is_a_world_of_its_own_that_shares_files(world: Path, grown: Path, tmp_path: Path) -> None:
    made = fork(world, tmp_path / "B", at=3)
    assert (made.commits, made.copied) == (3, 0) and names(tmp_path / "B") == names(grown)[:3]
    assert made.bytes == sum((tmp_path / "B" / own).stat().st_size for own in ("WORLD.json", "world.db"))
    assert check(tmp_path / "B") == []
    grow(tmp_path / "B", 2)
    assert names(world) == names(grown) and check(world) == [] and names(tmp_path / "B")[:4] == names(grown)
    shutil.rmtree(world)
    assert check(tmp_path / "B") == []


def test_a_snapshot_shares_nothing_and_may_be_taken_while_a_writer_works(world: Path, tmp_path: Path) -> None:
    with Bank.open(world, write=True) as bank:
        made = fork(world, tmp_path / "S", link=False)
        step(bank)
    assert made.shared == 0 and made.commits == 4 and check(tmp_path / "S") == []
    inodes = {file.stat().st_ino for file in world.rglob("*.safetensors")}
    assert not inodes & {file.stat().st_ino for file in (tmp_path / "S").rglob("*.safetensors")}


def test_a_branch_may_begin_at_a_commit_that_was_taken_back(world: Path, grown: Path, tmp_path: Path) -> None:
    taken = rollback(world, 1)
    fork(world, tmp_path / "B", at=taken[-1].name[:10])
    assert rows(tmp_path / "B") == rows(grown) and check(tmp_path / "B") == []
    assert fork(world, tmp_path / "C", at=names(world)[0][:6]).commits == 1
    sweep(world, older=0)
    with pytest.raises(InvalidValueError, match="no commits have a name that begins so"):
        fork(world, tmp_path / "D", at=taken[-1].name[:10])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["B", "C", "W"]


@pytest.mark.parametrize(("at", "match"), [(9, "expected one in 0..4"), ("7", "expected one in"),
                                           ("ab", "at least 4 digits"), ("zzzz", "no commits have")])
def test_branches_of_nothing_are_refused(world: Path, tmp_path: Path, at: int | str, match: str) -> None:
    with pytest.raises(InvalidValueError, match=match):
        fork(world, tmp_path / "B", at=at)
    assert [path.name for path in tmp_path.iterdir()] == ["W"]


def test_a_damaged_object_is_not_copied(world: Path, tmp_path: Path) -> None:
    with pytest.raises(WorldExistsError):
        fork(world, world)
    victim = max(world.rglob("*.safetensors"))
    blob = bytearray(victim.read_bytes())
    blob[-1] ^= 1
    victim.write_bytes(blob)
    with pytest.raises(WorldFormatError, match="do not match its name"):
        fork(world, tmp_path / "S", link=False)
    assert [path.name for path in tmp_path.iterdir()] == ["W"]


def test_a_sweep_takes_only_what_nothing_refers_to(world: Path) -> None:
    assert sweep(world, older=0).objects == ()
    (world / "objects" / "README").write_text("not ours")
    taken = rollback(world, 2)
    kept = set(rows(world)["clips"]) and {str(row[1]) for row in rows(world)["clips"]}
    assert sweep(world).objects == () and sweep(world).young > 2
    found = sweep(world, older=0, dry=True)
    assert {clip.name for clip in taken} <= set(found.objects) and not kept & set(found.objects)
    assert sweep(world, older=0) == found and found.bytes > 0
    assert sweep(world, older=0).objects == () and check(world) == [] and (world / "objects" / "README").exists()


def test_nothing_is_swept_under_a_reader_or_from_a_damaged_world(world: Path) -> None:
    rollback(world, 1)
    with Bank.open(world), pytest.raises(WorldLockedError, match="is open somewhere"):
        sweep(world, older=0)
    with Bank.open(world, write=True), pytest.raises(WorldLockedError, match="is writing"):
        sweep(world, older=0)
    with pytest.raises(InvalidValueError, match="0 or more"):
        sweep(world, older=-1)
    before = sorted(world.rglob("*.safetensors"))
    connection = sqlite3.connect(world / "world.db", isolation_level=None)
    true = connection.execute("SELECT hash FROM clips WHERE number = 1").fetchone()[0]
    connection.execute("UPDATE clips SET hash = ? WHERE number = 1", ("0" * 64,))
    with pytest.raises(WorldFormatError, match="nothing is deleted"):
        sweep(world, older=0)
    connection.execute("UPDATE clips SET hash = ? WHERE number = 1", (true,))
    connection.close()
    (world / "world.db").write_bytes(b"")
    with pytest.raises(WorldFormatError):
        sweep(world, older=0)
    assert sorted(world.rglob("*.safetensors")) == before


@pytest.mark.parametrize("damage", ["missing", "empty", "noise", "rows"])
def test_a_database_is_made_again_from_the_objects(world: Path, grown: Path, damage: str) -> None:
    database = world / "world.db"
    if damage == "missing":
        database.unlink()
    elif damage == "rows":
        connection = sqlite3.connect(database, isolation_level=None)
        connection.execute("DELETE FROM covisibility")
        connection.close()
    else:
        database.write_bytes(b"" if damage == "empty" else os.urandom(20_000))
    steps: list[tuple[int, int]] = []
    made = rebuild(world, progress=lambda done, total: steps.append((done, total)))
    assert (made.commits, made.left_out, steps[-1]) == (4, 0, (4, 4))
    assert rows(world) == rows(grown) and check(world) == []
    assert len(list((world / "quarantine").iterdir())) == (damage != "missing")
    grow(world, 1)
    assert check(world) == []


def test_what_follows_on_a_damaged_clip_is_left_out_and_stays_in_the_folder(world: Path, grown: Path) -> None:
    third = names(grown)[2]
    path = world / "objects" / third[:2] / f"{third}.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    made = rebuild(world)
    assert (made.commits, made.left_out) == (2, 1)
    assert names(world) == names(grown)[:2] and check(world) == []


def test_the_longest_history_is_taken(world: Path, grown: Path) -> None:
    rollback(world, 1)
    with Bank.open(world, write=True) as bank:
        step(bank, count=3)
    now = names(world)
    assert (rebuild(world).commits, names(world)) == (2, now), "what is acknowledged stays"
    (world / "world.db").unlink()
    made = rebuild(world)
    assert (made.commits, made.left_out) == (4, 1) and names(world) == names(grown)


def test_a_kill_while_a_database_is_made_hinders_nobody(world: Path) -> None:
    (world / "tmp" / "rebuild").mkdir()
    (world / "tmp" / "rebuild" / "world.db").write_bytes(b"half")
    grow(world, 1)
    assert list((world / "tmp").iterdir()) == []
