"""`check` accepts what the bank writes and finds every kind of damage."""

import random
import re
import shutil
import sqlite3
from pathlib import Path

import pytest
from memory_worlds import make_world, step

from spatialmem.memory.bank import Bank
from spatialmem.memory.check import check


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_world(tmp_path_factory.mktemp("sound") / "W", 3)


@pytest.fixture
def world(sound: Path, tmp_path: Path) -> Path:
    shutil.copytree(sound, tmp_path / "W")
    return tmp_path / "W"


def edit(world: Path, statement: str) -> None:
    connection = sqlite3.connect(world / "world.db", isolation_level=None)
    connection.execute(statement)
    connection.close()


def test_a_sound_world_has_no_problems_and_progress_reaches_its_end(world: Path) -> None:
    steps: list[tuple[int, int]] = []
    assert check(world, progress=lambda done, total: steps.append((done, total))) == []
    assert steps == [(k, steps[0][1]) for k in range(1, steps[0][1] + 1)]


def test_checking_writes_nothing_and_a_writer_may_go_on(world: Path) -> None:
    with Bank.open(world, write=True) as bank:
        step(bank)
        assert check(world) == []
        step(bank)
    kept = (".safetensors", ".json", ".db")
    before = {path: path.read_bytes() for path in world.rglob("*") if path.suffix in kept}
    assert check(world) == []
    assert all(path.read_bytes() == content for path, content in before.items())


def test_a_flip_anywhere_in_an_object_is_found(world: Path) -> None:
    draw = random.Random(5)
    for path in draw.sample(sorted(world.rglob("*.safetensors")), 8):
        blob = path.read_bytes()
        damaged = bytearray(blob)
        damaged[draw.randrange(len(blob))] ^= 1 << draw.randrange(8)
        path.write_bytes(damaged)
        problems = check(world)
        assert problems and all(path.name in str(problem) for problem in problems)
        path.write_bytes(blob)
    assert check(world) == []


def test_missing_and_cut_objects_are_found(world: Path) -> None:
    first, second, *_ = sorted(world.rglob("*.safetensors"))
    first.unlink()
    second.write_bytes(second.read_bytes()[:100])
    what = sorted(problem.what for problem in check(world))
    assert len(what) == 2
    assert any(first.name in w and "cannot be read" in w for w in what)
    assert any(second.name in w and "found 100 bytes" in w for w in what)


@pytest.mark.parametrize(("statement", "match"), [
    ("UPDATE commits SET gaussians = gaussians + 1 WHERE number = 2", "commit 2 says"),
    ("UPDATE cell_versions SET gaussians = 1", "differs from its row"),
    ("UPDATE cell_versions SET low_x = low_x - 1", "differs from its row"),
    ("UPDATE cell_versions SET reach = 0", "differs from its row"),
    ("UPDATE cell_versions SET retired = NULL", "says"),
    ("UPDATE cell_versions SET retired = 3 WHERE retired = 2", "disagree on what its commit changed"),
    ("UPDATE cells SET x = x + 100", "is not cell"),
    ("UPDATE cells SET level = 1 WHERE id = 1", "is not cell"),
    ("UPDATE keyframes SET heldout = 1 WHERE number = 0", "differs from its rows"),
    ("UPDATE keyframes SET height = 25 WHERE number = 5", "differs from its rows"),
    ("UPDATE keyframes SET K = zeroblob(72) WHERE number = 1", "differs from its rows"),
    ("UPDATE keyframes SET T_world_cam = zeroblob(128) WHERE number = 1", r"keyframes\[1\] is not"),
    ("UPDATE keyframes SET clip = 2 WHERE number = 1", "keyframes from 0 on"),
    ("UPDATE commits SET created = '2020-01-01T00:00:00+00:00' WHERE number = 2", "the time of commit 2"),
    ("UPDATE covisibility SET weight = weight * 0.999 WHERE keyframe = 2", "what its frames saw"),
    ("DELETE FROM covisibility WHERE keyframe = 2", "what its frames saw"),
    ("DELETE FROM keyframes WHERE number = 3", "not numbered"),
    ("DELETE FROM clips WHERE number = 2", "not numbered"),
    ("DELETE FROM commits WHERE number = 3", "row"),
    ("UPDATE clips SET start = 1 WHERE number = 1", "not numbered one after"),
    ("UPDATE clips SET hash = (SELECT hash FROM clips WHERE number = 1) WHERE number = 2",
     "regular file|not the clip"),
    ("UPDATE clips SET hash = '../../x' WHERE number = 2", "no object name"),
    ("UPDATE covisibility SET cell = 999 WHERE keyframe = 1 AND cell = (SELECT min(cell) FROM covisibility)",
     "refers to a missing row"),
    ("CREATE TRIGGER t AFTER INSERT ON commits BEGIN DELETE FROM clips; END", "changed or missing: t"),
])
def test_rows_that_contradict_are_found(world: Path, statement: str, match: str) -> None:
    edit(world, statement)
    problems = check(world)
    assert problems, "the damage was not seen"
    assert any(re.search(match, str(problem)) for problem in problems), problems


def test_a_damaged_database_page_is_found(world: Path) -> None:
    path = world / "world.db"
    blob = bytearray(path.read_bytes())
    blob[4096 * 3: 4096 * 4] = bytes(4096)
    path.write_bytes(blob)
    assert check(world)


def test_a_world_without_its_folders_is_a_problem_not_a_crash(world: Path) -> None:
    shutil.rmtree(world / "objects")
    assert ["objects: is missing or a link" in str(problem) for problem in check(world)] == [True]
