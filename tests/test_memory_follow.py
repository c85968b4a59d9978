"""What a reader can ask without reading: the newest commit on disk, cell versions, a clip's origin."""

from pathlib import Path

import pytest
from memory_worlds import make_world, step

from spatialmem.errors import InvalidValueError, WorldFormatError
from spatialmem.memory.bank import Bank


def test_a_reader_hears_of_new_commits_and_keeps_what_it_sees(tmp_path: Path) -> None:
    path = make_world(tmp_path / "world", 1)
    with Bank.open(path) as reader, Bank.open(path, at=0) as past, Bank.open(path, write=True) as writer:
        assert (reader.newest(), past.newest()) == (1, 1)
        step(writer)
        assert (reader.newest(), past.newest(), writer.newest()) == (2, 2, 2)
        assert (reader.head, past.head, writer.head) == (1, 0, 2)


def test_an_empty_world_has_no_newest_commit(tmp_path: Path) -> None:
    with Bank.create(tmp_path / "world", up="+Z") as bank:
        assert bank.newest() == 0
        assert bank.versions == []


def test_versions_tell_cells_apart_by_content(tmp_path: Path) -> None:
    path = make_world(tmp_path / "world", 2)
    with Bank.open(path, at=1) as before, Bank.open(path) as after:
        assert [version.key for version in after.versions] == after.cells
        assert sum(version.gaussians for version in after.versions) == len(after.splats())
        names = {version.key: version.name for version in before.versions}
        for version in after.versions:
            assert (names.get(version.key) == version.name) == (version.begun == 1)


def test_a_clip_tells_where_it_came_from(tmp_path: Path) -> None:
    path = make_world(tmp_path / "world", 2)
    with Bank.open(path) as bank:
        origin, clip = bank.clip_origin(2), bank.load_clip(2)
        assert (origin.start, origin.frames) == (clip.start, len(clip)) == (2, 2)
        for name in ("prompt", "seed", "generator", "version", "provenance"):
            assert getattr(origin, name) == getattr(clip, name)
        with pytest.raises(InvalidValueError, match=r"expected a commit in 1\.\.2, got 3"):
            bank.clip_origin(3)


def test_a_damaged_clip_has_no_origin(tmp_path: Path) -> None:
    path = make_world(tmp_path / "world", 1)
    with Bank.open(path) as bank:
        row = bank._snapshot.clips[0]
        bank._objects.path(row.name).write_bytes(b"x")
        with pytest.raises(WorldFormatError):
            bank.clip_origin(1)
