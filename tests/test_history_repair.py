"""Damaged Gaussians are fused again from the frames that saw them."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from box_room import RoomGenerator, brief_fusion, room_walk
from command_line import CommandLine
from memory_worlds import fresh, make_world

from spatialmem.errors import InvalidValueError, WorldFormatError, WorldLockedError
from spatialmem.history.repair import Repaired, repair
from spatialmem.memory.bank import Bank
from spatialmem.memory.check import check
from spatialmem.memory.rebuild import rebuild
from spatialmem.memory.rollback import rollback
from spatialmem.memory.rows import CellVersion
from spatialmem.metrics import psnr
from spatialmem.world import World


@pytest.fixture(scope="module")
def explored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("explored") / "W"
    with World.create(path, reconstructor=brief_fusion(8)) as world:
        assert len(list(world.explore(room_walk(12), RoomGenerator(), clip=4))) == 3
    return path


@pytest.fixture
def world(explored: Path, tmp_path: Path) -> Path:
    shutil.copytree(explored, tmp_path / "W")
    return tmp_path / "W"


def damage(world: Path, which: slice = slice(None)) -> list[CellVersion]:
    """Flips a bit in some live cells, the largest first; the last of them is taken away altogether."""
    with Bank.open(world) as bank:
        chosen = sorted(bank.versions, key=lambda version: -version.gaussians)[which]
    for version in chosen:
        path = world / "objects" / version.name[:2] / f"{version.name}.safetensors"
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 8
        path.write_bytes(content)
    path.unlink()
    return chosen


@pytest.mark.parametrize("which", [slice(1), slice(1, 4), slice(None)])
def test_what_was_damaged_looks_as_before(world: Path, which: slice) -> None:
    with World.open(world) as sound:
        cameras = sound.keyframe_cameras()
        before = sound.render(cameras).rgb
    chosen = damage(world, which)
    assert len(check(world)) == len(chosen)
    steps: list[tuple[int, int]] = []
    assert repair(world, progress=lambda done, of: steps.append((done, of))) == Repaired(
        tuple(sorted((version.key for version in chosen), key=lambda key: _order(world, key))), ())
    assert check(world) == [] and steps[-1][0] == steps[-1][1]
    assert len(list((world / "quarantine").iterdir())) == len(chosen) - 1
    with World.open(world) as mended:
        assert float(psnr(mended.render(cameras).rgb, before).min()) >= 35
        assert bool(mended.bank.splats().generated.all()) and int(mended.bank.splats().clip.min()) == 1
    assert repair(world) == Repaired((), ())


def _order(world: Path, key: object) -> int:
    with Bank.open(world) as bank:
        return bank.cells.index(key)  # type: ignore[arg-type]


def test_a_mended_world_goes_on_is_rebuilt_and_rolled_back(world: Path) -> None:
    damage(world, slice(1))
    repair(world)
    with Bank.open(world) as bank:
        names, count = bank.names, len(bank.splats())
        (mended,) = [version for version in bank.versions if version.origin is not None]
    rebuild(world)
    with Bank.open(world) as bank:
        assert (bank.names, len(bank.splats())) == (names, count) and mended in bank.versions
    assert check(world) == []
    with World.open(world, write=True, reconstructor=brief_fusion(2)) as grown:
        list(grown.explore(room_walk(14), RoomGenerator(), clip=4))
    assert check(world) == []
    rollback(world, 1)
    assert check(world) == []


def test_a_cell_is_mended_as_often_as_it_is_damaged(world: Path) -> None:
    with World.open(world) as sound:
        cameras = sound.keyframe_cameras()
        before = sound.render(cameras).rgb
    for _ in range(3):
        with Bank.open(world) as bank:
            largest = max(bank.versions, key=lambda version: version.gaussians)
        path = world / "objects" / largest.name[:2] / f"{largest.name}.safetensors"
        path.write_bytes(path.read_bytes()[:-1])
        assert repair(world) == Repaired((largest.key,), ())
        assert check(world) == []
    with World.open(world) as mended:
        assert float(psnr(mended.render(cameras).rgb, before).min()) >= 35
    with Bank.open(world, write=True) as bank, pytest.raises(InvalidValueError, match="no longer what it was"):
        bank.mend(largest if largest.origin is None else replace(largest, size=1), bank.splats([largest.key]))
    assert check(world) == []


def test_a_clip_that_is_needed_and_damaged_is_named(world: Path) -> None:
    damage(world, slice(1))
    with Bank.open(world) as bank:
        name = bank.names[0]
    path = world / "objects" / name[:2] / f"{name}.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    before = sorted(file.name for file in world.rglob("*.safetensors"))
    with pytest.raises(WorldFormatError, match=name):
        repair(world)
    assert sorted(file.name for file in world.rglob("*.safetensors")) == before


def test_what_belongs_elsewhere_is_not_put_in_place(tmp_path: Path) -> None:
    world = make_world(tmp_path / "W", 2)
    (chosen,) = damage(world, slice(1))
    with Bank.open(world) as bank, pytest.raises(WorldLockedError), Bank.open(world, write=True):
        repair(world)
    with Bank.open(world) as bank, pytest.raises(InvalidValueError, match="open to read"):
        bank.mend(chosen, fresh(bank.keyframes.T_world_cam[:1, :3, 3]))
    with Bank.open(world, write=True) as bank:
        for wrong in (fresh(bank.keyframes.T_world_cam[:0, :3, 3]), fresh(bank.keyframes.T_world_cam[:1, :3, 3] + 999)):
            with pytest.raises(InvalidValueError, match="and at least one"):
                bank.mend(chosen, wrong)
    assert len(check(world)) == 1


def test_check_mends_what_it_is_asked_to(world: Path, monkeypatch: pytest.MonkeyPatch,
                                         capsys: pytest.CaptureFixture[str]) -> None:
    spatialmem = CommandLine(monkeypatch, capsys)
    damage(world, slice(2))
    assert spatialmem("check", world).code == 1
    mended = spatialmem("check", world, "--repair")
    assert mended.code == 0 and "2 cells were fused again" in mended.err and "sound" in mended.out
    (world / "world.db").unlink()
    assert spatialmem("check", world).code == 2 or spatialmem("check", world).code == 1
    again = spatialmem("check", world, "--rebuild")
    assert again.code == 0 and "made again with 3 commits" in again.err and "sound" in again.out
