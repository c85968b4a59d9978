"""What the five commands promise: their arguments, what they print and the files they leave."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from box_room import RoomGenerator, brief_fusion, room_frames, room_walk, there_and_back, write_recording
from command_line import CommandLine
from numpy.typing import NDArray
from PIL import Image

from spatialmem.errors import GenerationError
from spatialmem.frames import Frames
from spatialmem.generators.recorded import Recorded
from spatialmem.metrics import psnr
from spatialmem.posefiles.cameras_json import write_cameras
from spatialmem.posefiles.select import read_cameras
from spatialmem.protocols import Request
from spatialmem.world import World

FRAMES = 10


class Interrupted(RoomGenerator):
    """Someone presses Ctrl-C during its third clip."""

    def generate(self, request: Request) -> Frames:
        if len(self.requests) == 2:
            raise KeyboardInterrupt
        return super().generate(request)


class Exhausted(RoomGenerator):
    """Fails at its second clip."""

    def generate(self, request: Request) -> Frames:
        if self.requests:
            raise GenerationError("the model ran out of memory;\nask for smaller frames")
        return super().generate(request)


class FromFile(RoomGenerator):
    """One that needs an input."""

    def __init__(self, source: Path) -> None:
        super().__init__()
        self.text = Path(source).read_text()


def picture(path: Path) -> NDArray[np.uint8 | np.uint16]:
    """The pixels of an image file."""
    with Image.open(path) as image:
        return np.array(image)


@pytest.fixture
def spatialmem(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(monkeypatch, capsys)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_recording(tmp_path_factory.mktemp("input") / "walk", there_and_back(FRAMES))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, recording: Path) -> Path:
    """A finished world of the recording, every fourth frame held out."""
    path = tmp_path_factory.mktemp("worlds") / "room"
    generator = Recorded(recording)
    with World.create(path, up=generator.up, reconstructor=brief_fusion(12)) as new:
        list(new.explore(generator.cameras, generator, clip=4, holdout=4))
    return path


# --- explore -------------------------------------------------------------------------------------


def test_a_recording_is_explored_by_the_two_words_of_the_readme(spatialmem: CommandLine, tmp_path: Path,
                                                                recording: Path):
    outcome = spatialmem("explore", tmp_path / "W", "--generator", "recorded", "--input", recording,
                         "--size", "24x20", "--holdout", "4", "--clip", "5")
    assert outcome.code == 0, outcome.err
    assert f"{FRAMES} keyframes in 2 commits" in outcome.out
    assert "frame/s" in outcome.err or "s/frame" in outcome.err  # rate and remaining time
    assert "memory knew" in outcome.err
    with World.open(tmp_path / "W") as made:
        assert (made.keyframe_cameras().height, made.keyframe_cameras().width) == (20, 24)
        assert made.bank.keyframes.heldout.nonzero()[:, 0].tolist() == [2, 6]
        assert made.up == Recorded(recording).up
        assert made.bank.plan is not None
        assert len(made.bank.plan.cameras) == FRAMES


def test_the_input_decides_the_generator(spatialmem: CommandLine, tmp_path: Path, recording: Path):
    assert spatialmem("explore", tmp_path / "W", "--input", recording, "--frames", "3").code == 0
    with World.open(tmp_path / "W") as made:
        assert made.frames_done == 3
        assert made.bank.load_clip(1).generator == "recorded"


def test_a_users_class_is_a_generator(spatialmem: CommandLine, tmp_path: Path):
    outcome = spatialmem("explore", tmp_path / "W", "--generator", "box_room:RoomGenerator", "--trajectory",
                         "turn", "--frames", "5", "--size", "48x36", "--clip", "3", "--prompt", "a room")
    assert outcome.code == 0, outcome.err
    with World.open(tmp_path / "W") as made:
        assert made.up == "+Z"
        clip = made.bank.load_clip(2)
        assert (clip.prompt, clip.generator, clip.provenance) == ("a room", "RoomGenerator", "generated")
        torch.testing.assert_close(made.keyframe_cameras().T_world_cam[0], room_walk(1).T_world_cam[0])


def test_a_users_class_gets_the_input(spatialmem: CommandLine, tmp_path: Path):
    (tmp_path / "layout.txt").write_text("a table")
    outcome = spatialmem("explore", tmp_path / "W", "--generator", "test_cli:FromFile", "--input",
                         tmp_path / "layout.txt", "--size", "48x36", "--frames", "2")
    assert outcome.code == 0, outcome.err


def test_a_pose_file_is_a_trajectory(spatialmem: CommandLine, tmp_path: Path):
    write_cameras(tmp_path / "path.json", room_walk(3), up="+Z")
    assert spatialmem("explore", tmp_path / "W", "--generator", "box_room:RoomGenerator", "--size", "48x36",
                      "--trajectory", tmp_path / "path.json").code == 0
    with World.open(tmp_path / "W") as made:
        assert torch.equal(made.keyframe_cameras().T_world_cam, room_walk(3).T_world_cam)


def test_resume_starts_a_missing_world_and_says_when_it_is_done(spatialmem: CommandLine, tmp_path: Path,
                                                                recording: Path):
    first = spatialmem("explore", tmp_path / "W", "--input", recording, "--frames", "4", "--resume")
    assert first.code == 0, first.err
    again = spatialmem("explore", tmp_path / "W", "--resume")
    assert again.code == 0
    assert "all 4 frames are there already; nothing to do" in again.err


def test_resume_accepts_what_was_asked_before_and_refuses_other_things(
        spatialmem: CommandLine, tmp_path: Path, recording: Path, monkeypatch: pytest.MonkeyPatch):
    asked = ["--input", str(recording), "--frames", "4", "--clip", "2", "--holdout", "2"]
    assert spatialmem("explore", tmp_path / "W", *asked).code == 0
    assert spatialmem("explore", tmp_path / "W", *asked, "--resume").code == 0
    monkeypatch.chdir(recording.parent)
    other_way = os.path.join("..", recording.parent.name, recording.name)  # noqa: PTH118 (keeps the dots)
    assert spatialmem("explore", tmp_path / "W", "--input", other_way, "--resume").code == 0
    for flag, value, old in (("--clip", "3", "2"), ("--holdout", "4", "2"), ("--seed", "1", "0"),
                             ("--size", "24x20", "none"), ("--generator", "scene", "none")):
        line = spatialmem.refusal("explore", tmp_path / "W", flag, value, "--resume")
        assert f"{flag} {value} differs from this world's {old}" in line
        assert "leave it out to resume" in line


def test_an_existing_world_is_not_overwritten(spatialmem: CommandLine, world: Path, recording: Path):
    before = {p: p.stat().st_mtime_ns for p in world.rglob("*")}
    line = spatialmem.refusal("explore", world, "--input", recording)
    assert str(world) in line
    assert "--resume" in line
    assert {p: p.stat().st_mtime_ns for p in world.rglob("*")} == before


def test_ctrl_c_keeps_what_is_committed_and_says_how_to_go_on(
        spatialmem: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = tmp_path / "a world"
    asked = ["--trajectory", "turn", "--frames", "7", "--size", "48x36", "--clip", "2"]
    outcome = spatialmem("explore", folder, "--generator", "test_cli:Interrupted", *asked)
    assert outcome.code == 130
    assert "stopped after 4 of 7 frames" in outcome.err
    assert f"spatialmem explore '{folder}' --resume" in outcome.err
    assert "Traceback" not in outcome.err
    monkeypatch.setattr(sys.modules["test_cli"], "Interrupted", RoomGenerator)
    assert spatialmem("explore", folder, "--resume").code == 0
    assert spatialmem("explore", tmp_path / "whole", "--generator", "box_room:RoomGenerator", *asked).code == 0
    with World.open(folder) as stopped, World.open(tmp_path / "whole") as whole:
        assert stopped.frames_done == whole.frames_done == 7
        assert torch.equal(stopped.splats().means, whole.splats().means)


def test_a_generator_that_gives_up_keeps_what_is_committed(spatialmem: CommandLine, tmp_path: Path):
    outcome = spatialmem("explore", tmp_path / "W", "--generator", "test_cli:Exhausted", "--frames", "6",
                         "--size", "48x36", "--clip", "2")
    assert outcome.code == 2
    last = outcome.err.splitlines()[-1]
    assert last == "spatialmem: error: the model ran out of memory; ask for smaller frames"
    assert spatialmem("check", tmp_path / "W").code == 0
    with World.open(tmp_path / "W") as made:
        assert made.frames_done == 2


# --- info and check ------------------------------------------------------------------------------


def test_info_gives_the_figures_as_strict_json(spatialmem: CommandLine, world: Path):
    outcome = spatialmem("info", world, "--json")
    assert outcome.code == 0
    figures = json.loads(outcome.out)
    assert {"gaussians", "keyframes", "commits", "bytes", "bounds", "up", "units"} <= figures.keys()
    assert (figures["keyframes"], figures["commits"], figures["units"]) == (FRAMES, 3, "metre")
    assert figures["up"] == "+Z"
    with World.open(world) as opened:
        means = opened.splats().means
        assert figures["gaussians"] == len(means)
    np.testing.assert_allclose(figures["bounds"], [means.amin(0).tolist(), means.amax(0).tolist()], atol=1e-6)
    # the database keeps side files while it is open
    on_disk = sum(p.stat().st_size for p in world.rglob("*") if p.is_file() and p.name[-4:] not in ("-shm", "-wal"))
    assert figures["bytes"] == pytest.approx(on_disk, rel=0.05)


def test_info_can_be_read_by_people(spatialmem: CommandLine, world: Path):
    outcome = spatialmem("info", world)
    assert outcome.code == 0
    lines = dict(line.split(maxsplit=1) for line in outcome.out.splitlines())
    assert lines["keyframes"] == str(FRAMES)
    assert lines["bytes"].endswith(" MB")


def test_check_accepts_a_sound_world_and_points_at_damage(spatialmem: CommandLine, tmp_path: Path):
    asked = ["--generator", "box_room:RoomGenerator", "--frames", "2", "--size", "48x36"]
    assert spatialmem("explore", tmp_path / "W", *asked).code == 0
    outcome = spatialmem("check", tmp_path / "W")
    assert (outcome.code, outcome.out.strip()) == (0, f"{tmp_path / 'W'}: sound")
    victim = max((p for p in (tmp_path / "W" / "objects").rglob("*") if p.is_file()), key=lambda p: p.stat().st_size)
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    victim.chmod(0o644)
    victim.write_bytes(content)
    outcome = spatialmem("check", tmp_path / "W")
    assert outcome.code == 1
    assert victim.name in outcome.err
    assert "Traceback" not in outcome.err


# --- render --------------------------------------------------------------------------------------


def test_rendering_the_recorded_path_lists_every_input_frame(spatialmem: CommandLine, tmp_path: Path,
                                                             world: Path, recording: Path):
    out = tmp_path / "out"
    outcome = spatialmem("render", world, "--trajectory", "recorded", "--out", out)
    assert outcome.code == 0, outcome.err
    names = [f"{i:05d}.png" for i in range(FRAMES)]
    for layer in ("rgb", "depth", "alpha"):
        assert sorted(p.name for p in (out / layer).iterdir()) == names
    assert sorted(p.name for p in out.iterdir()) == ["alpha", "cameras.json", "depth", "rgb", "video.mp4"]
    labelled = spatialmem("render", world, "--trajectory", "recorded", "--out", out, "--frames", "1", "--labels")
    assert labelled.code == 0 and "no class appears" in labelled.err
    labels = picture(out / "labels" / names[0])
    assert labels.dtype == np.uint16 and not labels.any(), "the recording has no labels"
    assert json.loads((out / "classes.json").read_text()) == {} and (out / "labels.mp4").stat().st_size > 0
    assert spatialmem("render", world, "--trajectory", "recorded", "--out", out).code == 0
    assert not {"labels", "labels.mp4", "classes.json"} & {p.name for p in out.iterdir()}
    cameras = read_cameras(out / "cameras.json")
    torch.testing.assert_close(cameras.T_world_cam, Recorded(recording).cameras.T_world_cam, rtol=0, atol=1e-12)
    truth = room_frames(there_and_back(FRAMES))
    assert truth.depth is not None
    for i, name in enumerate(names):
        rgb = torch.from_numpy(picture(out / "rgb" / name)).float()[None] / 255
        assert float(psnr(rgb, truth.rgb[i : i + 1])) > 18
        depth = picture(out / "depth" / name)
        assert depth.dtype == np.uint16
        known = depth > 0
        assert known.mean() > 0.9
        assert np.median(np.abs(depth / 1000.0 - truth.depth[i].numpy())[known]) < 0.03
        alpha = picture(out / "alpha" / name)
        assert (alpha.dtype, alpha.shape) == (np.uint8, (36, 48))


def test_a_rendered_path_can_be_walked_again(spatialmem: CommandLine, tmp_path: Path, world: Path):
    assert spatialmem("render", world, "--trajectory", "orbit", "--frames", "3", "--out", tmp_path / "a").code == 0
    outcome = spatialmem("render", world, "--trajectory", tmp_path / "a" / "cameras.json", "--out", tmp_path / "b")
    assert outcome.code == 0, outcome.err
    for i in range(3):
        pictures = [picture(tmp_path / x / "rgb" / f"{i:05d}.png") for x in ("a", "b")]
        np.testing.assert_array_equal(*pictures)


def test_rendering_at_another_size_shows_the_same_view(spatialmem: CommandLine, tmp_path: Path, world: Path):
    for size, out in (("48x36", "a"), ("24x18", "b")):
        assert spatialmem("render", world, "--trajectory", "recorded", "--frames", "1", "--size", size, "--out",
                          tmp_path / out).code == 0
    whole, half = (picture(tmp_path / x / "rgb" / "00000.png").astype(float) for x in ("a", "b"))
    assert half.shape == (18, 24, 3)
    assert np.abs(whole.reshape(18, 2, 24, 2, 3).mean(axis=(1, 3)) - half).mean() < 8


def test_a_new_render_replaces_the_old_one_whole(spatialmem: CommandLine, tmp_path: Path, world: Path):
    for frames in ("3", "2"):
        assert spatialmem("render", world, "--trajectory", "turn", "--frames", frames, "--out", tmp_path).code == 0
    assert sorted(p.name for p in (tmp_path / "rgb").iterdir()) == ["00000.png", "00001.png"]


def test_a_folder_with_other_things_is_not_rendered_into(spatialmem: CommandLine, tmp_path: Path, world: Path):
    (tmp_path / "rgb").mkdir()
    (tmp_path / "rgb" / "mine.png").write_text("precious")
    (tmp_path / "notes.txt").write_text("precious")
    line = spatialmem.refusal("render", world, "--trajectory", "turn", "--out", tmp_path)
    assert "notes.txt" in line
    assert "choose a new or empty folder" in line
    assert (tmp_path / "rgb" / "mine.png").exists()


# --- export --------------------------------------------------------------------------------------


def test_export_writes_the_gaussians(spatialmem: CommandLine, tmp_path: Path, world: Path):
    outcome = spatialmem("export", world, tmp_path / "new" / "room.ply")
    assert outcome.code == 0, outcome.err
    head = (tmp_path / "new" / "room.ply").read_bytes().split(b"end_header\n")[0].decode()
    with World.open(world) as opened:
        assert f"element vertex {len(opened.splats())}" in head
        often = int((opened.splats().seen >= 3).sum())
        assert 0 < often < len(opened.splats())
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["room.ply"]
    fewer = spatialmem("export", world, tmp_path / "often.ply", "--min-seen", "3", "--json")
    assert json.loads(fewer.out)["gaussians"] == often


# --- the program ---------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["explore", "info", "render", "export", "check"])
def test_every_command_explains_itself_with_examples(spatialmem: CommandLine, command: str):
    outcome = spatialmem(command, "--help")
    assert outcome.code == 0
    assert "Examples" in outcome.out
    assert f"spatialmem {command} " in outcome.out


def test_the_installed_program_runs(world: Path):
    program = Path(sys.executable).with_name("spatialmem")
    if not program.exists():
        pytest.skip("the package is not installed with its program")
    run = subprocess.run([program, "info", world, "--json"], capture_output=True, text=True, timeout=120,
                         check=False)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["keyframes"] == FRAMES
    assert run.stderr == ""


# --- nothing is lost, nothing is left --------------------------------------------------------------


class Flat(RoomGenerator):
    """A generator that forgets to give depth."""

    def generate(self, request: Request) -> Frames:
        frames = super().generate(request)
        return Frames(frames.rgb, frames.cameras)


def test_a_first_clip_that_fails_leaves_no_world(spatialmem: CommandLine, tmp_path: Path):
    line = spatialmem.refusal("explore", tmp_path / "W", "--generator", "test_cli:Flat", "--frames", "2",
                              "--size", "48x36")
    assert "no depth" in line
    assert list(tmp_path.iterdir()) == []


def test_frames_too_large_to_keep_are_refused_before_a_world_is_made(spatialmem: CommandLine, tmp_path: Path):
    line = spatialmem.refusal("explore", tmp_path / "W", "--generator", "box_room:RoomGenerator", "--frames", "1",
                              "--size", "30000x30000")
    assert "smaller --size" in line
    assert list(tmp_path.iterdir()) == []


def test_images_of_somebody_elses_are_not_rendered_over(spatialmem: CommandLine, tmp_path: Path, world: Path):
    mine = tmp_path / "dataset" / "rgb" / "00000.png"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"precious")
    line = spatialmem.refusal("render", world, "--trajectory", "recorded", "--out", tmp_path / "dataset")
    assert "rgb/" in line and "choose a new or empty folder" in line
    assert mine.read_bytes() == b"precious"


def test_a_link_that_leads_nowhere_is_refused(spatialmem: CommandLine, tmp_path: Path):
    (tmp_path / "loop").symlink_to("loop")
    line = spatialmem.refusal("explore", tmp_path / "W", "--generator", "recorded", "--input", tmp_path / "loop")
    assert "loop" in line
    assert not (tmp_path / "W").exists()
