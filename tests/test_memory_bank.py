"""The bank: atomic commits, one writer, readers that see one moment."""

import errno
import json
import os
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from memory_worlds import fresh, fuse, make_clip, make_world, step, walk, wall_frames

from spatialmem.camera import project
from spatialmem.errors import (
    InvalidValueError,
    ShapeError,
    StorageError,
    WorldExistsError,
    WorldFormatError,
    WorldLockedError,
)
from spatialmem.memory.bank import Bank
from spatialmem.memory.cellcodes import FINENESS
from spatialmem.memory.check import check
from spatialmem.memory.plan import Plan
from spatialmem.memory.replace import stamp
from spatialmem.splats import FIELDS, Splats

REAL_FSYNC = os.fsync


def equal(a: Splats, b: Splats) -> bool:
    return len(a) == len(b) and all(torch.equal(getattr(a, n), getattr(b, n)) for n in FIELDS)


def edit(world: Path, *statements: str) -> None:
    """Changes a world's database behind the bank's back."""
    connection = sqlite3.connect(world / "world.db", isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


def test_a_new_world_is_empty_and_keeps_its_plan(tmp_path: Path) -> None:
    path = walk(0, 9)
    plan = Plan({"generator": "wall", "clip": 8}, path)
    with Bank.create(tmp_path / "deep" / "W", up="-Y", plan=plan) as bank:
        assert (bank.head, bank.frames_done, len(bank.splats()), bank.cells_in_view(path)) == (0, 0, 0, [])
        figures = {"gaussians": 0, "keyframes": 0, "commits": 0, "bounds": None, "up": "-Y", "units": "metre"}
        assert figures.items() <= bank.figures().items()
    with Bank.open(tmp_path / "deep" / "W") as bank:
        assert bank.plan is not None and bank.plan.record == {"generator": "wall", "clip": 8}
        assert torch.equal(bank.plan.cameras.T_world_cam, path.T_world_cam)
    assert os.listdir(tmp_path / "deep") == ["W"] and check(tmp_path / "deep" / "W") == []  # noqa: PTH208


def test_a_world_is_made_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for failing in range(1, 100):
        monkeypatch.setattr(os, "fsync", FailingSync(failing))
        try:
            Bank.create(tmp_path / "W", up="+Z", plan=Plan({}, walk(0, 2))).close()
        except StorageError:
            # The last sync is that of the parent folder: by then the world stands, whole.
            assert not (tmp_path / "W").exists() or check(tmp_path / "W") == []
            if (tmp_path / "W").exists():
                break
            assert not list(tmp_path.iterdir())
    assert failing > 3 and check(tmp_path / "W") == []


def test_places_that_take_no_world_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder").mkdir()
    (tmp_path / "dangling").symlink_to(tmp_path / "nothing")
    for taken in ("file", "folder", "dangling"):
        with pytest.raises(WorldExistsError, match="already exists; choose another name"):
            Bank.create(tmp_path / taken, up="+Z")
    with pytest.raises(StorageError, match=r"file: cannot make a world here .*; choose a folder"):
        Bank.create(tmp_path / "file" / "W", up="+Z")
    for wrong in ({"up": "Z"}, {"up": "+Z", "units": "foot"}, {"up": "+Z", "cell_edge": 0.0}):
        with pytest.raises(InvalidValueError, match=r"up|units|cell_edge"):
            Bank.create(tmp_path / "W", **wrong)  # type: ignore[arg-type]
    assert sorted(os.listdir(tmp_path)) == ["dangling", "file", "folder"]  # noqa: PTH208


@pytest.mark.skipif(os.geteuid() == 0, reason="permission bits do not bind the superuser")
def test_an_unwritable_folder_is_named(tmp_path: Path) -> None:
    world = make_world(tmp_path / "W", 1)
    for folder in (tmp_path, world, world / "objects", world / "tmp"):
        folder.chmod(0o500)
    try:
        with pytest.raises(StorageError, match="cannot make a world here"):
            Bank.create(tmp_path / "V", up="+Z")
        with pytest.raises(StorageError, match="W: cannot write"):
            Bank.open(world, write=True)
        with Bank.open(world) as bank:
            assert bank.head == 1
    finally:
        for folder in (tmp_path, world, world / "objects", world / "tmp"):
            folder.chmod(0o700)


def test_commits_are_read_back_as_they_were(tmp_path: Path) -> None:
    with Bank.create(tmp_path / "W", up="-Y", cell_edge=2.0) as bank:
        for _ in range(3):
            step(bank, 2)
        splats, table, frames = bank.splats(), bank.keyframes, bank.load_keyframes([5, 0, 2])
        assert bank.head == 3 and bank.frames_done == 6 and table.clip.tolist() == [1, 1, 2, 2, 3, 3]
        assert splats.clip.unique().tolist() == [1, 2, 3] and not bool(splats.generated.any())
        assert [commit.number for commit in bank.commits()] == [1, 2, 3]
        assert bank.commits()[-1].gaussians == len(splats)
    with Bank.open(tmp_path / "W") as bank:
        assert equal(bank.splats(), bank.splats(bank.cells)) and len(bank.splats()) == len(splats)
        assert torch.equal(bank.keyframes.T_world_cam, table.T_world_cam)
        assert torch.equal(bank.keyframes.T_world_cam, walk(0, 6).T_world_cam)
        again = bank.load_keyframes(torch.tensor([5, 0, 2]))
        # The writer had them cached, the reader decoded them: a cache must never show.
        assert torch.equal(again.rgb, frames.rgb)
        assert again.depth is not None and frames.depth is not None and torch.equal(again.depth, frames.depth)
        assert bank.load_clip(2).state == {"step": 2} and bank.load_clip(2).prompt == "a wall"
        low, high = bank.figures()["bounds"]  # type: ignore[misc]
        assert torch.allclose(torch.tensor(low), splats.means.amin(0))  # type: ignore[arg-type]
        assert torch.allclose(torch.tensor(high), splats.means.amax(0))  # type: ignore[arg-type]
        assert bank.figures()["gaussians"] == len(splats)
    assert check(tmp_path / "W") == []


def test_bytes_are_those_on_the_disk(tmp_path: Path) -> None:
    with Bank.create(tmp_path / "W", up="-Y", cell_edge=2.0, plan=Plan({}, walk(0, 9))) as bank:
        step(bank)
        step(bank)
    with Bank.open(tmp_path / "W") as bank:
        files = [*(tmp_path / "W").rglob("*.safetensors"), tmp_path / "W" / "world.db"]
        assert bank.figures()["bytes"] == sum(path.stat().st_size for path in files)


def test_checked_out_cells_are_replaced_and_no_others(tmp_path: Path) -> None:
    with Bank.create(tmp_path / "W", up="-Y", cell_edge=1.0) as bank:
        corner = torch.tensor([[0.5, 0.5, 0.5]])
        bank.commit(make_clip(0, wall_frames(walk(0, 1))), cells=[],
                    splats=fresh(torch.cat([corner, corner + 3, corner + 6])))
        first, second, third = bank.cells
        moved = fresh(corner + 6.1)
        bank.commit(make_clip(1, wall_frames(walk(1, 1))), cells=[first], splats=moved)
        assert bank.cells == [second, third], "the first was emptied"
        expected = torch.cat([corner + 6, corner + 6.1])
        assert torch.allclose(bank.splats([third]).means, expected, atol=0.02 / FINENESS)
        assert bank.splats([third]).clip.tolist() == [1, 2]
    assert check(tmp_path / "W") == []


def test_crowded_cells_split_and_stay_whole(tmp_path: Path) -> None:
    points = torch.rand(40_000, 3, generator=torch.Generator().manual_seed(1)) * 2
    with Bank.create(tmp_path / "W", up="-Y", cell_edge=2.0) as bank:
        for k in range(2):
            bank.commit(make_clip(k, wall_frames(walk(k, 1))), cells=[], splats=fresh(points[k::2]))
        assert {key.level for key in bank.cells} == {1} and len(bank.cells) == 8
        assert len(bank.splats()) == 40_000
    assert check(tmp_path / "W") == []


def test_a_refused_commit_changes_nothing(tmp_path: Path) -> None:
    world = make_world(tmp_path / "W", 2)
    with Bank.open(world, write=True) as bank:
        before = sorted(world.rglob("*.safetensors"))
        frames, cells = wall_frames(walk(4, 2)), bank.cells
        splats = bank.splats()
        bad = stamp(fresh(torch.zeros(1, 3)), 9, generated=False)
        for clip, chosen, content, match in [
            (make_clip(2, frames), cells, splats, "Clip.start: expected 4, .* got 2"),
            (make_clip(6, frames), cells, splats, "Clip.start: expected 4, .* got 6"),
            (make_clip(4, frames), [cells[0], cells[0]], splats, "named twice"),
            (make_clip(4, frames), [cells[0].__class__(3, 99, 0, 0)], splats, "no live cell"),
            (make_clip(4, frames), cells, Splats.concat([splats, bad]), "earlier commit 1..2, got 9"),
            (make_clip(4, frames), [], fresh(torch.zeros(70_000, 3)), "70000 Gaussians within one smallest"),
        ]:
            with pytest.raises(InvalidValueError, match=match):
                bank.commit(clip, cells=chosen, splats=content)
        assert bank.head == 2 and sorted(world.rglob("*.safetensors")) == before
        step(bank)
    assert check(world) == []


def test_a_full_disk_pauses_and_a_later_commit_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = make_world(tmp_path / "W", 1)
    with Bank.open(world, write=True) as bank:
        for failing in range(1, 40, 6):
            monkeypatch.setattr(os, "fsync", FailingSync(failing))
            head = bank.head
            try:
                step(bank)
            except StorageError as error:
                assert "cannot write (Input/output error)" in str(error)
                assert bank.head == head and not list((world / "tmp").iterdir())
        monkeypatch.undo()
        head = bank.head
        monkeypatch.setattr("shutil.disk_usage", lambda _: NothingFree())
        with pytest.raises(StorageError, match=r"0 MB free, .* free some space and resume"):
            step(bank)
        monkeypatch.undo()
        step(bank)
        assert bank.head == head + 1
    assert check(world) == []


class NothingFree:
    """What `shutil.disk_usage` says of a full disk."""

    free = 0


class FailingSync:
    """`os.fsync`, but its k-th call meets a failing disk."""

    def __init__(self, k: int) -> None:
        self.left = k
        self.real = REAL_FSYNC

    def __call__(self, descriptor: int) -> None:
        self.left -= 1
        if self.left == 0:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        self.real(descriptor)


def test_there_is_one_writer(tmp_path: Path) -> None:
    world = make_world(tmp_path / "W", 1)
    with Bank.open(world, write=True), pytest.raises(WorldLockedError, match="another process is writing"):
        Bank.open(world, write=True)
    with Bank.open(world, write=True) as bank:
        edit(world, "UPDATE writer SET fence = fence + 1")  # as if another host had taken over
        with pytest.raises(WorldLockedError, match="another writer took over"):
            step(bank)
    with Bank.open(world, write=True) as bank:
        step(bank)
        with pytest.raises(InvalidValueError, match="opens only to read"):
            Bank.open(world, write=True, at=1)
    with Bank.open(world) as bank, pytest.raises(InvalidValueError, match="open it with write=True"):
        step(bank)
    assert check(world) == []


def test_opening_to_write_clears_only_its_own_leftovers(tmp_path: Path) -> None:
    world = make_world(tmp_path / "W", 1)
    (world / "tmp" / "half").write_bytes(b"x")
    orphan = world / "objects" / "ab" / ("ab" * 32 + ".safetensors")
    orphan.parent.mkdir(exist_ok=True)
    orphan.write_bytes(b"x")
    assert check(world) == [], "leftovers are no damage"
    Bank.open(world).close()
    assert (world / "tmp" / "half").exists()
    Bank.open(world, write=True).close()
    assert not (world / "tmp" / "half").exists() and orphan.exists()


def test_a_reader_keeps_its_moment_while_a_writer_goes_on(tmp_path: Path) -> None:
    world = make_world(tmp_path / "W", 1)
    with Bank.open(world, write=True) as writer, Bank.open(world) as reader:
        before, seen = writer.splats(), reader.witnesses(reader.cells, 99)
        for _ in range(3):
            step(writer)
        assert (reader.head, reader.frames_done, writer.head) == (1, 2, 4)
        assert equal(reader.splats(), before) and reader.witnesses(reader.cells, 99) == seen
        with Bank.open(world) as later:
            assert later.head == 4 and len(later.splats()) == len(writer.splats())
    assert check(world) == []


def test_any_commit_opens_as_it_was(tmp_path: Path) -> None:
    history = []
    with Bank.create(tmp_path / "W", up="-Y", cell_edge=2.0) as bank:
        history.append(bank.splats())
        for _ in range(4):
            step(bank)
            history.append(bank.splats(sorted(bank.cells)))
    for at, splats in enumerate(history):
        with Bank.open(tmp_path / "W", at=at) as bank:
            assert (bank.head, bank.frames_done) == (at, 2 * at)
            assert equal(bank.splats(sorted(bank.cells)), splats)
            if at:
                assert max(bank.witnesses(bank.cells, 99)) < 2 * at
    with pytest.raises(InvalidValueError, match=r"commit 5: expected one in 0\.\.4"):
        Bank.open(tmp_path / "W", at=5)


def test_no_gaussian_in_view_is_ever_culled(tmp_path: Path) -> None:
    draw = torch.Generator().manual_seed(3)
    with Bank.create(tmp_path / "W", up="-Y", cell_edge=3.0) as bank:
        points = torch.rand(4000, 3, generator=draw) * 12 - 6
        numbered = replace(fresh(points), seen=torch.arange(len(points), dtype=torch.int32))
        bank.commit(make_clip(0, wall_frames(walk(0, 1))), cells=[], splats=numbered)
        for start in (0, 7, -9):
            cameras = walk(start, 1)
            pixel, z = project(points, cameras)
            size = torch.tensor([cameras.width, cameras.height])
            seen = (z > 0) & (pixel >= 0).all(-1) & (pixel < size).all(-1)
            cells = bank.cells_in_view(cameras)
            assert set(seen[0].nonzero()[:, 0].tolist()) <= set(bank.splats(cells).seen.tolist())
            assert len(cells) < len(bank.cells) / 2, "most of the world lies out of sight"
            near = bank.cells_in_view(cameras, max_distance=2.0)
            assert set(near) < set(cells)
            close = seen[0] & ((points - cameras.centres[0].float()).norm(dim=1) < 2)
            assert set(close.nonzero()[:, 0].tolist()) <= set(bank.splats(near).seen.tolist())


def test_held_out_frames_are_stored_but_never_witnesses(tmp_path: Path) -> None:
    with Bank.create(tmp_path / "W", up="-Y", cell_edge=2.0) as bank:
        step(bank, 3, heldout=(1,))
        assert bank.keyframes.heldout.tolist() == [False, True, False]
        assert sorted(bank.witnesses(bank.cells, 99)) == [0, 2]
        assert len(bank.load_keyframes([1])) == 1


def test_frames_are_asked_for_by_what_exists(tmp_path: Path) -> None:
    with Bank.create(tmp_path / "W", up="-Y") as bank:
        step(bank)
        frames = wall_frames(walk(2, 1, height=10, width=12))
        bank.commit(make_clip(2, frames), cells=[], splats=fuse(Splats.empty(), frames))
        assert bank.load_keyframes([2]).rgb.shape == (1, 10, 12, 3)
        for wrong in ([], [3], [-1]):
            with pytest.raises(InvalidValueError, match=r"one or more indices in 0..2"):
                bank.load_keyframes(wrong)
        with pytest.raises(ShapeError, match="one image size"):
            bank.load_keyframes([1, 2])
        with pytest.raises(InvalidValueError, match=r"clip: expected a commit in 1..2, got 0"):
            bank.load_clip(0)
        with pytest.raises(InvalidValueError, match="no live cell"):
            bank.splats([bank.cells[0]._replace(level=9)])


def test_folders_that_are_no_world_are_refused(tmp_path: Path) -> None:
    for nothing in (tmp_path, tmp_path / "missing"):
        with pytest.raises(WorldFormatError, match=r"is no world: WORLD.json is missing"):
            Bank.open(nothing)
        with pytest.raises(WorldFormatError, match="is no world"):
            check(nothing)


@pytest.mark.parametrize(("text", "match"), [
    ("{", "strict JSON"), ('{"format": "other"}', "belongs to something else"), ("[]", "JSON object"),
    ('{"format": "spatialmem-world", "version": 2}', "version 2 is newer .* upgrade spatialmem"),
    ('{"format": "spatialmem-world", "version": 1}', "needs exactly"), (" " * 70_000, "at most 65536"),
])
def test_bad_manifests_are_refused(tmp_path: Path, text: str, match: str) -> None:
    world = make_world(tmp_path / "W", 1)
    (world / "WORLD.json").write_text(text)
    with pytest.raises(WorldFormatError, match=match):
        Bank.open(world)


def test_bad_values_in_a_manifest_are_refused(tmp_path: Path) -> None:
    world = make_world(tmp_path / "W", 1)
    good = json.loads((world / "WORLD.json").read_text())
    for change in ({"up": "Q"}, {"cell_edge": 0.0}, {"cell_edge": "2"}, {"world": "../"}, {"extra": 1}):
        (world / "WORLD.json").write_text(json.dumps({**good, **change}))
        with pytest.raises(WorldFormatError, match=r"WORLD\.json"):
            Bank.open(world)


@pytest.mark.parametrize(("statement", "match"), [
    ("CREATE TRIGGER t AFTER INSERT ON commits BEGIN DELETE FROM clips; END", "changed or missing: t"),
    ("CREATE VIEW v AS SELECT 1", "missing: v"),
    ("CREATE TABLE extra (a)", "missing: extra"),
    ("DROP TABLE covisibility", "missing: covisibility"),
    ("PRAGMA user_version = 7", "schema version 7, .* upgrade"),
    ("PRAGMA application_id = 7", "no database of a world"),
])
def test_foreign_databases_are_refused(tmp_path: Path, statement: str, match: str) -> None:
    world = make_world(tmp_path / "W", 1)
    edit(world, statement)
    for write in (False, True):
        with pytest.raises(WorldFormatError, match=match):
            Bank.open(world, write=write)
    assert len(check(world)) == 1


def test_damaged_or_linked_databases_are_refused(tmp_path: Path) -> None:
    world = make_world(tmp_path / "W", 1)
    good = (world / "world.db").read_bytes()
    (world / "world.db").write_bytes(b"junk" * 2000)
    with pytest.raises(WorldFormatError, match=r"world\.db: damaged"):
        Bank.open(world)
    (world / "world.db").unlink()
    (tmp_path / "elsewhere.db").write_bytes(good)
    (world / "world.db").symlink_to(tmp_path / "elsewhere.db")
    with pytest.raises(WorldFormatError, match="missing or a link"):
        Bank.open(world)
