"""Notes: kept with each commit through any stop, and never part of what is remembered."""

import math
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from box_room import RoomGenerator, brief_fusion, room_walk
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_worlds import make_world, step

from spatialmem.errors import InvalidValueError, WorldFormatError
from spatialmem.frames import Frames
from spatialmem.memory.bank import Bank
from spatialmem.memory.check import check
from spatialmem.memory.notes import RECORD_LIMIT, Note, decode_note, encode_note
from spatialmem.protocols import Fusion
from spatialmem.splats import Splats
from spatialmem.world import World

NOTE = Note((0.25, 0.5), (0.25, 0.0), {"loss": 0.125, "odd": None}, {"fuse": 1.5}, "a machine")

numbers = st.floats(0, 1e6, allow_nan=False)
names = st.text(max_size=8)


@settings(deadline=None)
@given(st.lists(st.floats(0, 0.5), max_size=8), st.dictionaries(names, st.none() | numbers),
       st.dictionaries(names, numbers), st.text(max_size=20))
def test_a_note_is_read_as_it_was_written(shares: list[float], figures: dict[str, float | None],
                                          seconds: dict[str, float], machine: str) -> None:
    note = Note(tuple(shares), tuple(shares[::-1]), figures, seconds, machine)
    assert decode_note(encode_note(note), "here") == note


def test_shares_are_those_of_the_trust() -> None:
    trust = torch.tensor([[[0, 1], [2, 2]], [[0, 0], [0, 0]]], dtype=torch.uint8)
    note = Note.of(trust, {"loss": math.nan, "added": torch.tensor(3)}, machine="m")  # type: ignore[dict-item]
    assert (note.trusted, note.revise) == ((0.5, 0.0), (0.25, 0.0))
    assert note.figures == {"loss": None, "added": 3.0}


@pytest.mark.parametrize(("change", "match"), [
    ({"trusted": (0.5,)}, "one trusted and one revise"),
    ({"trusted": (0.9, 0.9)}, "sum to at most 1"),
    ({"revise": (math.nan, 0.0)}, "must lie in 0..1"),
    ({"seconds": {"fuse": -1.0}}, "'fuse' must be finite and not negative"),
    ({"seconds": {"fuse": math.inf}}, "'fuse' must be finite"),
    ({"figures": {"f": math.nan}}, "strict JSON"),
    ({"machine": "m" * RECORD_LIMIT}, "more than"),
])
def test_a_note_that_cannot_be_is_refused(change: dict[str, object], match: str) -> None:
    with pytest.raises(InvalidValueError, match=match):
        replace(NOTE, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", [
    "[]", "{}", "{", encode_note(NOTE).replace("0.25", '"a"'), encode_note(NOTE).replace("0.25", "true"),
    encode_note(NOTE).replace("0.25", "7"), encode_note(NOTE).replace("1.5", "null"),
    encode_note(NOTE).replace('"a machine"', "3"), encode_note(NOTE).replace("{", '{"more":1,', 1),
    encode_note(NOTE).replace("[0.25,0.5]", "0"),
])
def test_a_damaged_note_is_refused_by_name(text: str) -> None:
    with pytest.raises(WorldFormatError, match="note 7"):
        decode_note(text, "note 7")


def test_notes_stay_with_their_commits(tmp_path: Path) -> None:
    with Bank.create(tmp_path / "W", up="-Y", cell_edge=2.0) as bank:
        step(bank)
        bank.note(NOTE)
        step(bank)  # as after a kill between commit and note
        step(bank)
        bank.note(replace(NOTE, machine="another"))
    with Bank.open(tmp_path / "W") as bank:
        assert bank.notes() == {1: NOTE, 3: replace(NOTE, machine="another")}
    with Bank.open(tmp_path / "W", at=2) as bank:
        assert list(bank.notes()) == [1]
    assert check(tmp_path / "W") == []


def test_a_note_belongs_to_the_last_commit_once(tmp_path: Path) -> None:
    with Bank.create(tmp_path / "W", up="-Y") as bank:
        with pytest.raises(InvalidValueError, match="note a commit right after it"):
            bank.note(Note((), ()))
        step(bank, 3)
        with pytest.raises(InvalidValueError, match="the 3 frames of commit 1, got one on 2"):
            bank.note(NOTE)
        note = Note((0.0,) * 3, (0.0,) * 3)
        bank.note(note)
        with pytest.raises(InvalidValueError, match="commit 1 has one"):
            bank.note(note)
    with Bank.open(tmp_path / "W") as bank, pytest.raises(InvalidValueError, match="open to read"):
        bank.note(note)


@pytest.mark.parametrize(("statement", "match"), [
    ("INSERT INTO notes VALUES (2, 'no JSON')", "note 2: not strict JSON"),
    (f"INSERT INTO notes VALUES (2, '{encode_note(Note((0.0,), (0.0,)))}')", "note 2 is on 1 frames"),
    (f"INSERT INTO notes VALUES (9, '{encode_note(NOTE)}')", "refers to a missing row of commits"),
    ("CREATE TABLE more (a)", "changed or missing: more"),
    ("DROP TABLE notes; CREATE TABLE more (a)", "changed or missing: more, notes"),
])
def test_check_finds_damaged_notes(tmp_path: Path, statement: str, match: str) -> None:
    world = make_world(tmp_path / "W", 2)
    connection = sqlite3.connect(world / "world.db", isolation_level=None)
    connection.executescript(statement)
    connection.close()
    assert any(match in str(problem) for problem in check(world)), check(world)


def test_sizes_add_up_to_what_is_on_disk(tmp_path: Path) -> None:
    with Bank.open(make_world(tmp_path / "W", 3)) as bank:
        sizes = bank.sizes()
        assert set(sizes) == {"gaussians", "frames", "history", "index"}
        assert sum(sizes.values()) == bank.figures()["bytes"]
        assert min(sizes.values()) > 0
        objects = (tmp_path / "W" / "objects").rglob("*.safetensors")
        assert sum(sizes.values()) - sizes["index"] == sum(path.stat().st_size for path in objects)


# --- the loop writes them ------------------------------------------------------------------------


def test_every_step_leaves_its_note(tmp_path: Path) -> None:
    with World.create(tmp_path / "W", reconstructor=brief_fusion(2)) as world:
        steps = list(world.explore(room_walk(8), RoomGenerator(), clip=4))
        notes = world.bank.notes()
    assert [len(notes[n].trusted) for n in (1, 2)] == [4, 4]
    assert notes[1].trusted == (0.0,) * 4
    for done in steps:
        note = notes[done.commit]
        assert note.trusted == pytest.approx(done.recall.known.tolist(), abs=1e-4)
        assert dict(note.seconds) == dict(done.seconds)
        assert set(note.seconds) == {"recall", "generate", "fuse", "commit"}
        assert note.figures == done.figures
        assert "torch" in note.machine


class Boasting:
    """A reconstructor whose figures are no numbers."""

    def fuse(self, local: Splats, frames: Frames, replay: Frames) -> Fusion:
        done = brief_fusion(0).fuse(local, frames, replay)
        return Fusion(done.splats, done.rejected, done.cameras, {"quality": "superb"})  # type: ignore[dict-item]


def test_figures_that_are_no_numbers_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    with World.create(tmp_path / "W", reconstructor=Boasting()) as world:
        with pytest.raises(InvalidValueError, match=r"Fusion\.figures must be numbers"):
            world.step(room_walk(2), RoomGenerator())
        assert (world.frames_done, world.bank.notes()) == (0, {})


def test_a_note_on_other_frames_is_refused_when_read(tmp_path: Path) -> None:
    world = make_world(tmp_path / "W", 1)
    connection = sqlite3.connect(world / "world.db", isolation_level=None)
    connection.execute("INSERT INTO notes VALUES (1, ?)", (encode_note(Note((0.0,), (0.0,))),))
    connection.close()
    with Bank.open(world) as bank, pytest.raises(WorldFormatError, match="note 1 is on 1 frames"):
        bank.notes()
