"""Worlds that go on from another one: along what is left, another way, and with other guesses at the unseen."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from box_room import RoomGenerator, brief_fusion
from command_line import CommandLine
from PIL import Image

from spatialmem.continuation import go_on
from spatialmem.errors import GenerationError, InvalidValueError, WorldExistsError
from spatialmem.exploration import resume, start
from spatialmem.frames import Frames
from spatialmem.memory.bank import Bank
from spatialmem.memory.check import check
from spatialmem.memory.plan import Plan
from spatialmem.protocols import Request
from spatialmem.report.asked import asked
from spatialmem.settings import Settings
from spatialmem.world import World

SETTINGS = Settings(generator="box_room:RoomGenerator", trajectory="turn", frames=6, size=(36, 48), clip=2)


@pytest.fixture(autouse=True)
def _brief(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spatialmem.world.GaussianFusion", lambda: brief_fusion(4))


@pytest.fixture
def spatialmem(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(monkeypatch, capsys)


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """A world of six frames in three commits."""
    job = start(tmp_path / "town", SETTINGS)
    with job.world:
        list(job.steps())
    return tmp_path / "town"


def walked(source: Path, out: Path, at: int | None = None, **asked: object) -> Path:
    """A continuation that was walked to its end."""
    job = go_on(source, out, asked, at=at)
    with job.world:
        list(job.steps())
        assert job.world.frames_done == len(job.cameras)
    return out


def seeds(world: Path) -> list[int]:
    with Bank.open(world) as bank:
        return [bank.load_clip(number).seed for number in range(1, bank.head + 1)]


def poses(world: Path) -> torch.Tensor:
    with Bank.open(world) as bank:
        plan = bank.plan
        assert plan is not None
        return plan.cameras.T_world_cam


def test_what_is_left_of_a_path_comes_out_as_it_did(town: Path, tmp_path: Path) -> None:
    walked(town, tmp_path / "again", at=1)
    with Bank.open(town) as first, Bank.open(tmp_path / "again") as second:
        assert second.names == first.names
    assert check(tmp_path / "again") == []


def test_another_way_begins_where_the_history_ends(town: Path, tmp_path: Path) -> None:
    way = walked(town, tmp_path / "way", at=2, trajectory="forward", frames=5, clip=4)
    path, old = poses(way), poses(town)
    assert len(path) == 4 + 4 and torch.equal(path[:4], old[:4]), "the first camera of the way is there already"
    assert not torch.allclose(path[4], old[4]) and torch.equal(path[4, :3, :3], old[3, :3, :3])
    with Bank.open(town) as first, Bank.open(way) as second:
        assert second.names[:2] == first.names[:2] and second.head == 3 and first.frames_done == 6
    assert check(way) == []
    longer = walked(town, tmp_path / "longer", frames=3)
    assert len(poses(longer)) == 6 + 2


def test_hypotheses_share_what_was_seen_and_differ_in_what_was_not(town: Path, tmp_path: Path) -> None:
    worlds = [walked(town, tmp_path / f"guess-{k}", at=1, hypothesis=k) for k in (0, 1, 2)]
    told = [seeds(world) for world in worlds]
    assert told[0] == seeds(town)
    assert len({world[0] for world in told}) == 1
    assert len({tuple(world[1:]) for world in told}) == 3
    again = walked(town, tmp_path / "same", at=1, hypothesis=2)
    with Bank.open(worlds[2]) as first, Bank.open(again) as second:
        assert first.names == second.names


def test_a_continuation_resumes_by_its_own_plan(town: Path, tmp_path: Path) -> None:
    job = go_on(town, tmp_path / "way", {"trajectory": "forward", "frames": 5, "hypothesis": 3}, at=2)
    with job.world:
        next(job.steps())
    again = resume(tmp_path / "way", {"hypothesis": 3})
    with again.world:
        assert (again.settings.hypothesis, again.settings.since) == (3, 2)
        assert again.settings.origin == str(town.absolute())
        list(again.steps())
        assert again.world.frames_done == 4 + 4
    with pytest.raises(InvalidValueError, match="--hypothesis 1 differs"):
        resume(tmp_path / "way", {"hypothesis": 1})


def test_what_cannot_be_is_refused_and_leaves_nothing(town: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for change, at, message in (({}, None, "nothing of its path is left after frame 6"),
                                ({"prompt": "a garden"}, 1, "--prompt says what the world is"),
                                ({"seed": 7}, 1, "--seed says what the world is"),
                                ({"hypothesis": -1}, 1, "--hypothesis must be 0 or more"),
                                ({}, 9, "commit 9: expected one in 0..3")):
        with pytest.raises(InvalidValueError, match=message):
            go_on(town, out, change, at=at)
        assert not out.exists()
    with World.create(tmp_path / "bare"), pytest.raises(InvalidValueError, match="without a plan"):
        go_on(tmp_path / "bare", out, {})
    out.mkdir()
    with pytest.raises(WorldExistsError):
        go_on(town, out, {}, at=1)


def test_a_first_clip_that_fails_leaves_no_world_and_the_first_one_whole(town: Path, tmp_path: Path,
                                                                        monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: RoomGenerator, request: Request) -> Frames:
        raise GenerationError("no more")

    monkeypatch.setattr(RoomGenerator, "generate", refuse)
    job = go_on(town, tmp_path / "way", {}, at=1)
    with pytest.raises(GenerationError):
        list(job.steps())
    assert not (tmp_path / "way").exists() and check(town) == []


def test_only_its_own_commits_are_made_again(spatialmem: CommandLine, town: Path, tmp_path: Path) -> None:
    walked(town, tmp_path / "way", at=1, trajectory="forward", frames=5, hypothesis=1)
    whole = spatialmem("replay", tmp_path / "way", tmp_path / "again", "--json")
    assert whole.code == 0 and json.loads(whole.out) == {"out": str(tmp_path / "again"), "commits": 3, "same": 3}
    refusal = spatialmem.refusal("replay", tmp_path / "way", tmp_path / "x", "--after", 0)
    assert "expected a commit in 1..2, got 0; the first 1 came from another world" in refusal


def test_its_report_tells_how_it_was_made(town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for asked_for, words in (({"trajectory": "forward", "frames": 5, "hypothesis": 1},
                              "--trajectory forward --frames 5 --clip 2 --hypothesis 1 --from town --at 2"),
                             ({}, "--clip 2 --from town --at 2")):
        with go_on(town, tmp_path / "way", asked_for, at=2).world as world:
            assert asked(world, None).repeat == f"spatialmem explore way {words}"
        shutil.rmtree(tmp_path / "way")


def test_the_command_explores_hypotheses_side_by_side(spatialmem: CommandLine, town: Path, tmp_path: Path) -> None:
    out = tmp_path / "maybe"
    made = spatialmem("explore", out, "--from", town, "--at", 2, "--hypotheses", 2, "--json")
    assert made.code == 0 and [figures["done"] for figures in json.loads(made.out)] == [6, 6]
    assert check(tmp_path / "maybe-1") == check(tmp_path / "maybe-2") == []
    with Image.open(tmp_path / "maybe.png") as sheet:
        assert sheet.height > 2 * 36 and sheet.width > 2 * 48
    again = spatialmem("explore", out, "--from", town, "--at", 2, "--hypotheses", 2, "--resume", "--json")
    assert again.code == 0 and json.loads(again.out) == json.loads(made.out)
    assert "needs --from" in spatialmem.refusal("explore", out, "--hypotheses", 2)
    assert "--from names" in spatialmem.refusal("explore", out, "--at", 2, "--input", "x")
    with Bank.open(tmp_path / "maybe-2") as bank:
        plan = bank.plan
        assert isinstance(plan, Plan) and plan.record["hypothesis"] == 2
