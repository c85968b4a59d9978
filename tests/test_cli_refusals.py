"""Wrong input: one line that names the culprit and the remedy, and nothing left behind."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from box_room import RoomGenerator, room_walk, write_recording
from command_line import CommandLine
from PIL import Image

Damage = Callable[[Path], object]


class NeedsTwo(RoomGenerator):
    """A class that cannot be made without more than an input."""

    def __init__(self, weights: str, vocabulary: str) -> None:
        super().__init__()


class NoGenerator:
    """Has nothing that a generator needs."""


@pytest.fixture
def spatialmem(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(monkeypatch, capsys)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return write_recording(tmp_path / "walk", room_walk(4))


def entry(number: int, row: int, column: int, value: str) -> Damage:
    """Puts `value` into the pose of a frame."""

    def write(root: Path) -> None:
        lines = (root / "trajectory.log").read_text().splitlines()
        words = lines[5 * number + 1 + row].split()
        words[column] = value
        lines[5 * number + 1 + row] = " ".join(words)
        (root / "trajectory.log").write_text("\n".join(lines))

    return write


def mirror(root: Path) -> None:
    lines = (root / "trajectory.log").read_text().splitlines()
    for row in range(3):
        words = lines[6 + row].split()
        words[0] = repr(-float(words[0]))
        lines[6 + row] = " ".join(words)
    (root / "trajectory.log").write_text("\n".join(lines))


def intrinsic(**changes: object) -> Damage:
    def write(root: Path) -> None:
        fields = json.loads((root / "intrinsic.json").read_text())
        (root / "intrinsic.json").write_text(json.dumps({**fields, **changes}))

    return write


def truncate(name: str) -> Damage:
    return lambda root: (root / name).write_bytes((root / name).read_bytes()[:-60])


DAMAGES: dict[str, tuple[Damage, str, str]] = {
    "missing depth image": (lambda r: (r / "depth" / "2.png").unlink(), "2.png", "each frame needs one"),
    "missing depth folder": (lambda r: (r / "depth").rename(r / "elsewhere"), "depth", "folder is missing"),
    "missing colour image": (lambda r: (r / "image" / "1.png").unlink(), "1.png", "each frame needs one"),
    "one pose too few": (lambda r: (r / "trajectory.log").write_text(
        "\n".join((r / "trajectory.log").read_text().splitlines()[:15])), "trajectory.log", "3 poses for 4 images"),
    "a cut trajectory": (lambda r: (r / "trajectory.log").write_text(
        (r / "trajectory.log").read_text()[:-30]), "trajectory.log", "has 4|five per pose|numbers"),
    "no trajectory": (lambda r: (r / "trajectory.log").unlink(), "trajectory.log", "is missing"),
    "NaN in a pose": (entry(2, 0, 3, "nan"), "trajectory.log", r"\[2\] has NaN .*must be finite"),
    "a word in a pose": (entry(1, 0, 0, "zero"), "trajectory.log", "holds no numbers .*repair"),
    "a mirrored rotation": (mirror, "trajectory.log", r"\[1\] is mirrored .*check the axes"),
    "a scaled rotation": (entry(3, 0, 0, "7"), "trajectory.log", r"\[3\] is not a rotation .*remove scale"),
    "a truncated image": (truncate("image/3.png"), "image/3.png", "cannot be decoded .*restore"),
    "a truncated depth": (truncate("depth/0.png"), "depth/0.png", "cannot be decoded .*restore"),
    "depth that is text": (lambda r: (r / "depth" / "1.png").write_text("hello"), "depth/1.png", "restore"),
    "depth that is empty": (lambda r: (r / "depth" / "1.png").write_bytes(b""), "depth/1.png", "restore"),
    "depth with 8 bits": (lambda r: Image.fromarray(np.zeros((36, 48), np.uint8)).save(r / "depth" / "1.png"),
                          "depth/1.png", "save uint16 depth"),
    "an image of another size": (lambda r: Image.new("RGB", (40, 36)).save(r / "image" / "2.png"), "image/2.png",
                                 "is 40x36, the recording is 48x36"),
    "no intrinsics": (lambda r: (r / "intrinsic.json").unlink(), "intrinsic.json", "is missing"),
    "intrinsics that are no JSON": (lambda r: (r / "intrinsic.json").write_text("{"), "intrinsic.json", "strict JSON"),
    "a negative focal length": (intrinsic(intrinsic_matrix=[-35, 0, 0, 0, 35, 0, 24, 18, 1]), "intrinsic.json",
                                "must be positive"),
    "a transposed matrix": (intrinsic(intrinsic_matrix=[35, 0, 24, 0, 35, 18, 0, 0, 1]), "intrinsic.json",
                            "transposed"),
    "eight numbers": (intrinsic(intrinsic_matrix=[35, 0, 0, 0, 35, 0, 24, 18]), "intrinsic.json", "9 numbers"),
    "no width": (intrinsic(width=None), "intrinsic.json", "'width' must be a number"),
    "an image size of nothing": (intrinsic(height=0), "intrinsic.json", "each side must be 1"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_recording_is_refused_before_a_world_is_made(spatialmem: CommandLine, tmp_path: Path,
                                                               recording: Path, name: str):
    damage, culprit, remedy = DAMAGES[name]
    damage(recording)
    line = spatialmem.refusal("explore", tmp_path / "worlds" / "W", "--generator", "recorded", "--input", recording)
    assert culprit in line
    assert re.search(remedy, line), line
    assert [p.name for p in tmp_path.iterdir()] == ["walk"]


def test_damage_beyond_the_frames_that_are_asked_for_does_not_matter(spatialmem: CommandLine, tmp_path: Path,
                                                                     recording: Path):
    truncate("image/3.png")(recording)
    assert spatialmem("explore", tmp_path / "W", "--input", recording, "--frames", "2").code == 0


@pytest.mark.parametrize(("arguments", "why"), [
    (["--input", "walk", "--size", "320"], "--size must be WIDTHxHEIGHT .*got '320'"),
    (["--input", "walk", "--size", "0x20"], "--size must be WIDTHxHEIGHT"),
    (["--input", "walk", "--size", "-4x20"], "--size must be WIDTHxHEIGHT"),
    (["--input", "walk", "--size", "99999x9"], "each side must be 1..32768"),
    (["--input", "walk", "--clip", "0"], "--clip must be 1.*got 0"),
    (["--input", "walk", "--clip", "9999"], "--clip must be 1..4096, got 9999"),
    (["--input", "walk", "--frames", "0"], "frames must be 1.*got 0"),
    (["--input", "walk", "--frames", "-3"], "frames must be 1.*got -3"),
    (["--input", "walk", "--frames", "5"], "has 4 frames, 5 were asked for; ask for fewer"),
    (["--input", "walk", "--holdout", "1"], "--holdout must be 0 .*at least 2, got 1"),
    (["--input", "walk", "--holdout", "-2"], "--holdout must be 0 .*got -2"),
    (["--input", "walk", "--seed", "-1"], "--seed must be 0 or more, got -1"),
    (["--input", "walk", "--trajectory", "spiral"], "'spiral' is neither known nor a file; known are forward"),
    (["--input", "walk", "--trajectory", "no/such.json"], "'no/such.json' is neither known nor a file"),
    (["--input", "walk", "--trajectory", "x" * 300], "is neither known nor a file"),
    (["--input", "walk", "--trajectory", "walk/intrinsic.json"], "walk/intrinsic.json"),
    (["--input", "walk", "--trajectory", "forward"], "only plays back its own path: use --trajectory recorded"),
    (["--input", "nowhere"], "nowhere: does not exist; give the folder of a recording"),
    (["--input", "walk/intrinsic.json", "--generator", "recorded"], "is a file, a recording is a folder"),
    (["--input", "empty"], "empty: holds no recording; expected Open3D"),
    (["--generator", "recorded"], r"--generator recorded needs --input \(the folder of a recording\)"),
    (["--generator", "scene"], "--generator scene needs --input .*mesh file"),
    (["--generator", "scene", "--input", "nothing.glb"], r"nothing.glb.*"),
    ([], "say what to explore: --input FOLDER"),
    (["--generator", "magic", "--input", "walk"],
     "--generator 'magic' is unknown; choose recorded, scene, procedural, embedded or package"),
    (["--generator", "..:X"], "is unknown; choose"),
    (["--generator", "a..b:X"], "is unknown; choose"),
    (["--generator", "no_such_module:Model"], "no module 'no_such_module' on the import path"),
    (["--generator", "box_room:NoSuchClass"], "box_room has no class 'NoSuchClass'"),
    (["--generator", "box_room:room_walk"], "box_room has no class 'room_walk'"),
    (["--generator", "test_cli_refusals:NoGenerator"], "needs clip, size_multiple, generate.*state"),
    (["--generator", "test_cli_refusals:NeedsTwo"], "NeedsTwo: cannot be made from nothing .*'weights'"),
    (["--generator", "box_room:RoomGenerator", "--size", "46x36"], "sizes that divide by 4, got 46x36"),
    (["--generator", "box_room:RoomGenerator", "--trajectory", "recorded"], "needs a generator with a path"),
    (["--input", "walk", "--faults", "blur=2"], "--faults belongs to --generator scene"),
    (["--input", "walk", "--up", "+Y"], "--up belongs to --generator scene"),
    (["--input", "walk", "--device", "abacus"], "--device 'abacus' is unknown; use cpu or cuda"),
    (["--input", "walk", "--device", "meta"], "--device 'meta' is unknown; use cpu or cuda"),
    (["--input", "walk", "--device", "cpu:7"], "--device 'cpu:7' is unknown; use cpu or cuda"),
    (["--input", "walk", "--device", "cuda:99"], "--device cuda:99: this machine has no such CUDA device"),
])
@pytest.mark.usefixtures("recording")
def test_a_wrong_request_is_refused_before_a_world_is_made(
        spatialmem: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], why: str):
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    assert re.search(why, spatialmem.refusal("explore", "worlds/W", *arguments))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["empty", "walk"]


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_device_that_is_not_there_is_refused(spatialmem: CommandLine, tmp_path: Path, recording: Path):
    line = spatialmem.refusal("explore", tmp_path / "W", "--input", recording, "--device", "cuda")
    assert "no such CUDA device; use cpu" in line
    assert not (tmp_path / "W").exists()


@pytest.mark.parametrize("arguments", [["explore"], ["explore", "W", "--clip", "few"], ["explore", "W", "--nonsense"],
                                       ["render", "W"], ["export", "W"], ["juggle"], []])
def test_a_command_line_that_cannot_be_read_exits_with_two(spatialmem: CommandLine, arguments: list[str]):
    outcome = spatialmem(*arguments)
    assert outcome.code == 2
    assert "Traceback" not in outcome.err + outcome.out


def test_a_folder_that_cannot_be_written_is_named(spatialmem: CommandLine, tmp_path: Path, recording: Path):
    (tmp_path / "file").write_text("a file where a folder should be")
    for place in ("file/W", "file/deeper/W"):
        line = spatialmem.refusal("explore", tmp_path / place, "--input", recording)
        assert str((tmp_path / place).parent) in line
        assert "choose a folder that you may write to" in line
    line = spatialmem.refusal("explore", tmp_path / ("x" * 300), "--input", recording)
    assert "choose" in line
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "walk"]


def test_something_in_the_way_is_not_touched(spatialmem: CommandLine, tmp_path: Path, recording: Path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("file", "folder", "link"):
        assert "exists" in spatialmem.refusal("explore", tmp_path / name, "--input", recording)
    assert (tmp_path / "file").read_text() == "mine"
    assert list((tmp_path / "folder").iterdir()) == []
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("command", [["info"], ["info", "--json"], ["check"], ["export", "OUT.ply"],
                                     ["render", "--trajectory", "turn", "--out", "OUT"], ["explore", "--resume"]])
@pytest.mark.parametrize("kind", ["folder", "recording", "file", "nothing"])
def test_a_folder_that_is_no_world_is_refused_and_left_alone(
        spatialmem: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str], kind: str):
    place = tmp_path / "place"
    if kind == "folder":
        place.mkdir()
    elif kind == "recording":
        write_recording(place, room_walk(1))
    elif kind == "file":
        place.write_text("a file")
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    line = spatialmem.refusal(command[0], place, *command[1:])
    if kind == "nothing" and command[0] == "explore":
        assert "say what to explore" in line  # it starts a missing world
    else:
        assert re.search(re.escape(str(place)) + ".*;", line), line  # what is wrong; what to do
    assert sorted(tmp_path.rglob("*")) == before


def test_outputs_that_cannot_be_written_are_named(spatialmem: CommandLine, tmp_path: Path):
    made = spatialmem("explore", tmp_path / "W", "--generator", "box_room:RoomGenerator", "--frames", "1",
                      "--size", "48x36")
    assert made.code == 0, made.err
    (tmp_path / "file").write_text("a file where a folder should be")
    (tmp_path / "folder.ply").mkdir()
    before = sorted(p.name for p in tmp_path.iterdir())
    for out in (tmp_path / "file" / "room.ply", tmp_path / "folder.ply"):
        line = spatialmem.refusal("export", tmp_path / "W", out)
        assert str(out) in line
        assert "choose another place" in line
    assert "only .ply is written" in spatialmem.refusal("export", tmp_path / "W", tmp_path / "room.obj")
    for out in (tmp_path / "file", tmp_path / "file" / "deeper"):
        line = spatialmem.refusal("render", tmp_path / "W", "--trajectory", "turn", "--out", out)
        assert str(out) in line
    for arguments, why in ((["--trajectory", "spiral"], "neither known nor a file"),
                           (["--trajectory", "turn", "--frames", "0"], "frames must be 1"),
                           (["--trajectory", "recorded", "--frames", "2"], "has 1 frames, 2 were asked for"),
                           (["--trajectory", "turn", "--size", "x"], "--size must be"),
                           (["--trajectory", "turn", "--size", "1x1"], "at least 2x2 pixels")):
        assert why in spatialmem.refusal("render", tmp_path / "W", *arguments, "--out", tmp_path / "out")
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_an_empty_world_says_that_it_must_be_explored(spatialmem: CommandLine, tmp_path: Path):
    from spatialmem.world import World

    World.create(tmp_path / "W").close()
    assert "explore it first" in spatialmem.refusal("export", tmp_path / "W", tmp_path / "a.ply")
    assert "explore it first" in spatialmem.refusal("render", tmp_path / "W", "--trajectory", "turn", "--out",
                                                    tmp_path / "out")
    assert "without a plan; explore into a new folder" in spatialmem.refusal("explore", tmp_path / "W", "--resume")
    assert spatialmem("info", tmp_path / "W").code == 0
    assert [p.name for p in tmp_path.iterdir()] == ["W"]
