"""What a report measures: the right figures, of the right frames, however long the path."""

import json
import shlex
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from report_worlds import CLIP, FRAMES, explored, forget_note

from spatialmem import cli, exploration
from spatialmem.metrics import psnr, ssim
from spatialmem.report.asked import asked
from spatialmem.report.measure import measure
from spatialmem.report.measurements import Measurements
from spatialmem.report.quality import sample, sample_size
from spatialmem.settings import Settings
from spatialmem.world import World


@pytest.fixture(scope="module")
def world_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        return explored(tmp_path_factory.mktemp("measured"), patch)


@pytest.fixture(scope="module")
def measured(world_path: Path) -> Measurements:
    with World.open(world_path) as world:
        return measure(world)


@settings(deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=300), st.integers(1, 64))
def test_a_sample_is_even_and_has_held_out_frames(heldout: list[bool], count: int) -> None:
    chosen = sample(torch.tensor(heldout), count)
    assert chosen == sorted(set(chosen))
    assert len(chosen) == min(count, len(heldout))
    assert chosen[0] >= 0 and chosen[-1] < len(heldout)
    held = sum(heldout[k] for k in chosen)
    assert held >= min(sum(heldout), count // 4)
    fused = [k for k in chosen if not heldout[k]]
    positions = [k - sum(heldout[:k]) for k in fused]  # among the fused frames alone
    gaps = {b - a for a, b in pairwise(positions)}
    assert not gaps or max(gaps) - min(gaps) <= 1


def test_fewer_frames_are_compared_where_they_are_large() -> None:
    assert sample_size(24, 32) == sample_size(480, 640) == 64
    assert sample_size(960, 1280) == sample_size(4320, 7680) == 16
    assert 16 < sample_size(720, 960) < 64


def test_figures_are_those_of_the_frames(world_path: Path, measured: Measurements) -> None:
    with World.open(world_path) as world:
        cameras = world.keyframe_cameras()
        seen, memory = world.bank.load_keyframes(range(FRAMES)), world.render(cameras)
        heldout, info = world.bank.keyframes.heldout, world.figures()
    assert [q.frame for q in measured.quality] == list(range(FRAMES))
    assert [q.heldout for q in measured.quality] == heldout.tolist()
    torch.testing.assert_close(torch.tensor([q.psnr for q in measured.quality]), psnr(memory.rgb, seen.rgb))
    torch.testing.assert_close(torch.tensor([q.ssim for q in measured.quality], dtype=torch.float64),
                               ssim(memory.rgb, seen.rgb), check_dtype=False)
    assert memory.depth is not None and seen.depth is not None
    both = (memory.depth[5] > 0) & (seen.depth[5] > 0)
    error = 1000 * float((memory.depth[5] - seen.depth[5])[both].abs().median())
    assert measured.quality[5].depth_mm == pytest.approx(error)
    mean = measured.mean("psnr", heldout=True)
    assert mean == pytest.approx(float(psnr(memory.rgb, seen.rgb)[heldout].mean()), rel=1e-5)
    steps = (cameras.centres[1:] - cameras.centres[:-1]).norm(dim=1)
    assert measured.walked == pytest.approx(float(steps.sum()))
    assert sum(measured.sizes.values()) == info["bytes"]
    assert (measured.gaussians, measured.up, measured.bounds) == (info["gaussians"], info["up"], info["bounds"])


def test_the_room_has_its_size(measured: Measurements) -> None:
    """The walk looks at a part of the far wall of a room of 5 x 4 x 2.6 m."""
    assert measured.extent is not None
    across, along, upwards = measured.extent
    assert 1 < max(across, along) <= 5.1 and upwards <= 2.7


def test_shares_and_times_come_from_the_notes(world_path: Path, measured: Measurements) -> None:
    with World.open(world_path) as world:
        notes = world.bank.notes()
    assert [turn.number for turn in measured.turns] == [1, 2, 3]
    assert [(turn.start, turn.frames) for turn in measured.turns] == [(0, CLIP), (4, CLIP), (8, CLIP)]
    assert [pair[0] for pair in measured.known if pair] == [t for n in (1, 2, 3) for t in notes[n].trusted]
    assert measured.seconds["fuse"] == pytest.approx(sum(note.seconds["fuse"] for note in notes.values()))
    later = sum(sum(notes[n].seconds.values()) for n in (2, 3))
    assert measured.rate == pytest.approx(2 * CLIP / later)
    assert measured.explored_on == (measured.made_on,)


def test_what_was_not_measured_is_said_to_be_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = explored(tmp_path, monkeypatch)
    forget_note(path, 2)
    with World.open(path) as world:
        measured = measure(world)
    assert [pair is None for pair in measured.known] == [False] * 4 + [True] * 4 + [False] * 4
    assert measured.turns[1].seconds is None and measured.turns[2].seconds is not None
    assert json.dumps(measured.record(), allow_nan=False)


def test_measuring_writes_nothing(world_path: Path) -> None:
    kept = {path: path.read_bytes() for path in world_path.rglob("*") if path.is_file()}
    with World.open(world_path) as world:
        measure(world)
    assert {path: path.read_bytes() for path in kept} == kept


def test_only_a_sample_is_compared_and_progress_reaches_its_end(world_path: Path,
                                                                monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spatialmem.report.measure.sample_size", lambda height, width: 6)
    steps: list[tuple[int, int]] = []
    with World.open(world_path) as world:
        measured = measure(world, progress=lambda done, total: steps.append((done, total)))
    assert steps == [(k, 6) for k in range(1, 7)]
    assert len(measured.quality) == 6 and any(q.heldout for q in measured.quality)
    assert {m.quality.frame for m in measured.moments} <= {q.frame for q in measured.quality}


def test_a_world_before_its_first_clip_can_be_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with World.open(explored(tmp_path, monkeypatch, frames=0)) as world:
        measured = measure(world)
    assert (measured.frames, measured.planned, measured.map, measured.quality) == (0, FRAMES, None, ())
    assert "--resume" in measured.asked.commands["Go on"]


def test_a_world_made_without_a_plan_has_no_command_to_repeat(tmp_path: Path) -> None:
    with World.create(tmp_path / "W") as world:
        told = asked(world, None)
    assert (told.settings, told.repeat) == ({}, "")
    assert "Go on" not in told.commands


# --- the command lines say what they claim -------------------------------------------------------


SETTINGS = Settings(input="/a recording/of 'mine'", prompt="-- a \"quiet\" <b>room</b> $HOME; ls", clip=3, holdout=5,
                    size=(48, 64), seed=7, frames=9, trajectory="loop", up="-Y", faults="blur=2", generator="scene")


@pytest.mark.parametrize("chosen", [
    SETTINGS, Settings(), Settings(prompt="-dash first"), Settings(generator="pkg.mod:Cls", prompt="two\nlines"),
])
def test_the_command_line_asks_for_the_same_again(chosen: Settings, tmp_path: Path,
                                                  monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with World.create(tmp_path / "my world") as world:
        told = asked(_planned(world, chosen, monkeypatch), None)
    program, *words = shlex.split(told.repeat)
    command = cli._parse(words)
    assert (program, str(command.world)) == ("spatialmem", "my world")
    assert replace(chosen) == Settings.from_record(command._asked())


def _planned(world: World, chosen: Settings, monkeypatch: pytest.MonkeyPatch) -> World:
    from spatialmem.memory.bank import Bank
    from spatialmem.memory.plan import Plan

    cameras = exploration.Cameras(torch.zeros(0, 3, 3), torch.zeros(0, 4, 4), 4, 4)
    monkeypatch.setattr(Bank, "plan", property(lambda bank: Plan(chosen.record(), cameras)))
    return world


def test_every_command_that_is_offered_is_understood(measured: Measurements) -> None:
    for line in measured.asked.commands.values():
        program, *words = shlex.split(line)
        assert program == "spatialmem"
        assert cli._parse(words).world == Path(measured.path)
