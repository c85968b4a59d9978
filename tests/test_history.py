"""What changed between two moments of a world, in figures and as a picture, and whether it can be made again."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from box_room import brief_fusion
from command_line import CommandLine
from memory_worlds import fresh, make_clip, make_world, step, walk, wall_frames
from PIL import Image

from spatialmem.errors import InvalidValueError, WorldFormatError
from spatialmem.exploration import start
from spatialmem.history.changes import changes, unchanged
from spatialmem.history.picture import write_picture
from spatialmem.memory.bank import Bank
from spatialmem.memory.check import check
from spatialmem.memory.fork import fork
from spatialmem.memory.rollback import rollback
from spatialmem.settings import Settings
from spatialmem.splats import Splats
from spatialmem.world import World


@pytest.fixture
def spatialmem(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(monkeypatch, capsys)


@pytest.fixture(scope="module")
def explored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("explored") / "W"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("spatialmem.world.GaussianFusion", lambda: brief_fusion(4))
        job = start(path, Settings(generator="box_room:RoomGenerator", trajectory="turn", frames=6, size=(36, 48),
                                   clip=2))
        with job.world:
            assert len(list(job.steps())) == 3
    return path


def grid(count: int) -> Splats:
    """So many Gaussians of 2 cm, 0.3 m apart, in front of the walk's first camera."""
    x, y = torch.arange(count) % 5, torch.arange(count) // 5
    return fresh(torch.stack([0.3 * x, 0.3 * y, torch.full((count,), 4.0)], dim=1), torch.full((count, 3), 0.5))


def commit(bank: Bank, splats: Splats) -> None:
    """One more clip of two frames; `splats` take the place of all that is there."""
    bank.commit(make_clip(bank.frames_done, wall_frames(walk(bank.frames_done, 2))), cells=bank.cells, splats=splats)


def test_every_gaussian_is_added_changed_removed_or_the_same(tmp_path: Path) -> None:
    with Bank.create(tmp_path / "W", up="-Y") as bank:
        commit(bank, grid(20))
        old = bank.splats()
        colors = old.colors.clone()
        colors[:3] += 0.2
        commit(bank, Splats.concat([replace(old, colors=colors)[:16], grid(5)]))
    with Bank.open(tmp_path / "W", at=1) as before, Bank.open(tmp_path / "W") as after:
        found = changes(before, after)
        assert (found.added, found.changed, found.removed, found.kept) == (5, 3, 4, 13)
        assert (found.before, found.after, found.common) == (1, 2, 1)
        assert (found.keyframes_added, found.keyframes_removed) == (2, 0)
        back = changes(after, before)
        assert (back.common, back.keyframes_added, back.keyframes_removed, back.added) == (1, 0, 2, 0)
        nothing = changes(after, after)
        assert (nothing.kept, nothing.cells, nothing.changed) == (21, 0, 0)


def test_a_nudge_is_no_change_and_a_shift_is_one() -> None:
    splats = grid(10)
    assert bool(unchanged(replace(splats, means=splats.means + 0.001, colors=splats.colors + 0.01), splats).all())
    for other in (replace(splats, means=splats.means + 0.01), replace(splats, colors=splats.colors + 0.1),
                  replace(splats, opacities=splats.opacities - 0.1), replace(splats, scales=splats.scales * 1.2),
                  replace(splats, clip=splats.clip + 2), splats[:0]):
        assert not bool(unchanged(splats, other).any())
    assert len(unchanged(splats[:0], splats)) == 0


def test_branches_are_compared_from_where_they_parted(tmp_path: Path) -> None:
    world = make_world(tmp_path / "W", 3)
    fork(world, tmp_path / "B", at=1)
    with Bank.open(tmp_path / "B", write=True) as bank:
        step(bank, count=3)
    with Bank.open(world) as before, Bank.open(tmp_path / "B") as after:
        found = changes(before, after)
        assert (found.common, found.keyframes_added, found.keyframes_removed) == (1, 3, 4)
        assert found.added > 0 and found.removed > 0
        assert found.kept + found.changed + found.added == len(after.splats())
    with (Bank.open(world) as before, Bank.open(make_world(tmp_path / "X", 1)) as other,
          pytest.raises(InvalidValueError, match="is no branch of")):
        changes(before, other)


def test_the_picture_shows_where_something_was_put(tmp_path: Path) -> None:
    with Bank.create(tmp_path / "W", up="-Y") as bank:
        wall = replace(grid(400), scales=torch.full((400, 3), 0.1))
        commit(bank, replace(wall, means=wall.means * torch.tensor([1.0, 0.3, 1.0]) - torch.tensor([1.0, 2.0, 0.0])))
        red = replace(grid(1), means=torch.tensor([[0.5, 0.0, 3.0]]), scales=torch.full((1, 3), 0.2),
                      colors=torch.tensor([[1.0, 0.0, 0.0]]))
        commit(bank, Splats.concat([bank.splats(), red]))
    with World.open(tmp_path / "W", at=1) as before, World.open(tmp_path / "W") as after:
        write_picture(before, after, tmp_path / "d.png")
        with World.open(tmp_path / "W", at=0) as empty, pytest.raises(WorldFormatError, match="nothing to show"):
            write_picture(empty, empty, tmp_path / "no.png")
    with Image.open(tmp_path / "d.png") as sheet:
        pixels = torch.from_numpy(np.array(sheet.convert("RGB"))).int()
    reddish = (pixels[..., 0] > 150) & (pixels[..., 1] < 80)
    greenish = (pixels[..., 1] > 120) & (pixels[..., 0] < 110) & (pixels[..., 2] < 140)
    rows = [part.float().mean() for part in reddish.chunk(4)]
    assert rows[1] > 0.001 and rows[0] == 0, "red after, not before"
    assert greenish.chunk(4)[3].float().mean() > 0.001 and not bool(greenish.chunk(4)[0].any())


def test_a_world_is_made_again_bit_for_bit(spatialmem: CommandLine, explored: Path, tmp_path: Path) -> None:
    whole = spatialmem("replay", explored, tmp_path / "again", "--json")
    assert whole.code == 0 and json.loads(whole.out) == {"out": str(tmp_path / "again"), "commits": 3, "same": 3}
    assert "bit for bit the same" in spatialmem("replay", explored, tmp_path / "end", "--after", 2).out
    assert check(tmp_path / "again") == check(tmp_path / "end") == []
    assert "expected a commit in 0..2" in spatialmem.refusal("replay", explored, tmp_path / "x", "--after", 3)
    assert "without a plan" in spatialmem.refusal("replay", make_world(tmp_path / "W", 1), tmp_path / "y")


def test_a_world_that_comes_out_otherwise_is_told(spatialmem: CommandLine, explored: Path, tmp_path: Path,
                                                  monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spatialmem.world.REPLAYED", 0)  # another way to fuse: the first clip is still the same
    other = spatialmem("replay", explored, tmp_path / "again")
    assert other.code == 1 and "commit 2 of 3 is not the same any more" in other.out


def test_the_log_names_commits_and_the_other_commands_take_the_names(spatialmem: CommandLine, explored: Path,
                                                                     tmp_path: Path) -> None:
    assert spatialmem("branch", explored, tmp_path / "W").code == 0
    world = tmp_path / "W"
    commits = json.loads(spatialmem("log", world, "--json").out)
    assert [(c["commit"], c["first"], c["frames"]) for c in commits] == [(3, 4, 2), (2, 2, 2), (1, 0, 2)]
    assert commits[0]["gaussians"] == commits[1]["gaussians"] + commits[0]["more"]
    lines = spatialmem("log", world, "--last", 2).out.splitlines()
    assert len(lines) == 2 and lines[0].startswith(commits[0]["name"][:8]) and "frames 4-5" in lines[0]
    named = commits[2]["name"][:8]
    assert json.loads(spatialmem("info", world, "--at", named, "--json").out)["commits"] == 1
    assert json.loads(spatialmem("diff", world, named, "--json").out)["keyframes_added"] == 4
    told = spatialmem("diff", world, 0, "--after", 1, "--out", tmp_path / "d.png").out
    assert "commit 0 -> 1" in told and (tmp_path / "d.png").is_file()
    told = spatialmem("rollback", world, "--to", named).out
    assert "2 commits of 4 frames are taken back" in told and f"--at {commits[0]['name'][:12]}" in told
    assert "already" in spatialmem("rollback", world, "--to", 1).out
    assert spatialmem("snapshot", world, tmp_path / "undone", "--at", commits[0]["name"][:12]).code == 0
    assert len(json.loads(spatialmem("log", tmp_path / "undone", "--json").out)) == 3
    assert "is not in the history" in spatialmem.refusal("info", world, "--at", commits[0]["name"][:12])
    assert json.loads(spatialmem("gc", world, "--dry-run", "--json").out)["young"] > 0
    assert "objects deleted" in spatialmem("gc", world, "--hours", 0).out
    for path in (world, tmp_path / "undone", explored):
        assert check(path) == []


def test_the_log_goes_on_over_a_damaged_clip(spatialmem: CommandLine, tmp_path: Path) -> None:
    world = make_world(tmp_path / "W", 3)
    with Bank.open(world) as bank:
        name = bank.names[1]
    path = world / "objects" / name[:2] / f"{name}.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    lines = spatialmem("log", world).out.splitlines()
    assert len(lines) == 3 and "(its clip is damaged)" in lines[1] and lines[1].startswith(name[:8])


def test_a_replay_that_cannot_begin_leaves_nothing(spatialmem: CommandLine, explored: Path, tmp_path: Path,
                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("box_room.RoomGenerator.version", "99", raising=False)
    assert "install that one" in spatialmem.refusal("replay", explored, tmp_path / "again")
    assert not list(tmp_path.iterdir())


def test_refusals_leave_nothing(spatialmem: CommandLine, explored: Path, tmp_path: Path) -> None:
    assert "expected one in 0..3" in spatialmem.refusal("rollback", explored, "--to", 9)
    assert "name it so" in spatialmem.refusal("diff", explored, 0, "--out", tmp_path / "d.jpg")
    assert "1 or more" in spatialmem.refusal("log", explored, "--last", 0)
    assert "already exists" in spatialmem.refusal("branch", explored, explored)
    assert not list(tmp_path.iterdir()) and check(explored) == []


def test_the_end_of_a_branch_may_be_explored_otherwise(spatialmem: CommandLine, explored: Path, tmp_path: Path) -> None:
    assert spatialmem("branch", explored, tmp_path / "B", "--at", 2).code == 0
    assert spatialmem("explore", tmp_path / "B", "--resume").code == 0
    with Bank.open(tmp_path / "B") as branch, Bank.open(explored) as whole:
        assert branch.names == whole.names
    rollback(tmp_path / "B", 0)
    assert check(tmp_path / "B") == []
