"""What makes the command line pleasant: help, JSON, completion, logs, and an orderly end."""

import json
import logging
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from box_room import RoomGenerator
from command_line import CommandLine

from spatialmem import __version__
from spatialmem.cli import COMMANDS
from spatialmem.frames import Frames
from spatialmem.memory.check import check
from spatialmem.protocols import Request
from spatialmem.world import World

ASKED = ("--trajectory", "turn", "--frames", "7", "--size", "48x36", "--clip", "2")


class Impatient(RoomGenerator):
    """Somebody presses Ctrl-C once while its second clip is made."""

    presses = 1

    def generate(self, request: Request) -> Frames:
        if len(self.requests) == 1:
            for _ in range(self.presses):
                os.kill(os.getpid(), signal.SIGINT)
        return super().generate(request)


class Exhausted(RoomGenerator):
    """Fails at its second clip, in a way that nobody foresaw."""

    def generate(self, request: Request) -> Frames:
        if self.requests:
            raise RuntimeError("out of memory")
        return super().generate(request)


class VeryImpatient(Impatient):
    """Somebody presses it twice."""

    presses = 2


@pytest.fixture
def spatialmem(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(monkeypatch, capsys)


@pytest.fixture
def world(spatialmem: CommandLine, tmp_path: Path) -> Path:
    assert spatialmem("explore", tmp_path / "W", "--generator", "box_room:RoomGenerator", *ASKED).code == 0
    return tmp_path / "W"


@pytest.mark.parametrize("kind, done", [(Impatient, 4), (VeryImpatient, 2)])
def test_ctrl_c_finishes_the_clip_and_a_second_one_does_not(
        spatialmem: CommandLine, tmp_path: Path, kind: type[Impatient], done: int):
    outcome = spatialmem("explore", tmp_path / "W", "--generator", f"{__name__}:{kind.__name__}", *ASKED)
    assert outcome.code == 130
    assert "stopping after the present clip" in outcome.err
    assert f"stopped after {done} of 7 frames; go on with: spatialmem explore" in outcome.err
    assert check(tmp_path / "W") == []
    with World.open(tmp_path / "W") as world:
        assert world.frames_done == done
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_stopped_exploration_still_prints_its_json(spatialmem: CommandLine, tmp_path: Path):
    outcome = spatialmem("explore", tmp_path / "W", "--generator", f"{__name__}:Impatient", *ASKED, "--json")
    assert outcome.code == 130
    printed = json.loads(outcome.out)
    assert (printed["done"], printed["frames"], printed["commits"]) == (4, 7, 2)


def test_json_is_all_that_stdout_gets(spatialmem: CommandLine, world: Path, tmp_path: Path):
    def asked(*arguments: str | Path) -> object:
        outcome = spatialmem(*arguments, "--json")
        assert outcome.code == 0, outcome.err
        return json.loads(outcome.out)

    assert asked("check", world) == []
    rendered = asked("render", world, "--trajectory", "turn", "--frames", "2", "--out", tmp_path / "r")
    assert rendered == {"out": str(tmp_path / "r"), "frames": 2, "size": [48, 36]}
    exported = asked("export", world, tmp_path / "w.ply")
    assert exported == {"out": str(tmp_path / "w.ply"), "gaussians": asked("info", world)["gaussians"],  # type: ignore[index]
                        "bytes": (tmp_path / "w.ply").stat().st_size}


def test_problems_are_json_too(spatialmem: CommandLine, world: Path):
    next((world / "objects").rglob("*.safetensors")).unlink()
    outcome = spatialmem("check", world, "--json")
    assert outcome.code == 1
    assert len(json.loads(outcome.out)) >= 1


def test_resume_takes_a_default_that_is_given_at_its_word(spatialmem: CommandLine, world: Path):
    line = spatialmem.refusal("explore", world, "--clip", "8", "--resume")
    assert "--clip 8 differs from this world's 2" in line


def test_the_overview_names_every_command_and_shows_examples(spatialmem: CommandLine):
    outcome = spatialmem("--help")
    assert outcome.code == 0
    assert all(f"• {name}" in outcome.out for name in COMMANDS)
    assert outcome.out.count("spatialmem ") > 4


@pytest.mark.parametrize("name", list(COMMANDS))
def test_each_command_has_help_with_examples_that_name_it(spatialmem: CommandLine, name: str):
    outcome = spatialmem(name, "--help")
    assert outcome.code == 0
    assert re.search(rf"Examples:\n  (PYTHONPATH=\. )?spatialmem {name}\b", outcome.out)
    assert "{None}" not in outcome.out


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_shells_complete(spatialmem: CommandLine, shell: str):
    outcome = spatialmem("--tyro-print-completion", shell)
    assert outcome.code == 0
    assert all(name in outcome.out for name in ("spatialmem", *COMMANDS, "--holdout"))


def test_logs_have_levels(world: Path):
    def logged(*arguments: str) -> str:
        command = [sys.executable, "-m", "spatialmem", "info", str(world / "missing"), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60).stderr

    assert logged().count("\n") == 1
    assert "DEBUG spatialmem.cli: refused" in logged("--log", "debug")
    assert "Traceback" in logged("--log", "debug")


def test_the_loop_logs_each_clip(spatialmem: CommandLine, tmp_path: Path, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.INFO, logger="spatialmem"):
        spatialmem("explore", tmp_path / "W", "--generator", "box_room:RoomGenerator", *ASKED)
    lines = [record.message for record in caplog.records if record.name == "spatialmem.world"]
    assert len(lines) == 4
    assert lines[1].startswith("commit 2: frames 2-3, ")
    assert all(stage in lines[1] for stage in ("recall", "generate", "fuse", "commit"))


def test_what_the_system_refuses_is_one_line(spatialmem: CommandLine, tmp_path: Path):
    assert "too long" in spatialmem.refusal("explore", tmp_path / "W", "--input", "a" * 5000)
    assert not (tmp_path / "W").exists()


def test_text_that_is_no_utf8_is_refused_before_anything_is_made(spatialmem: CommandLine, tmp_path: Path):
    line = spatialmem.refusal("explore", tmp_path / "W", "--generator", "box_room:RoomGenerator", "--prompt",
                              os.fsdecode(b"caf\xe9"))
    assert "--prompt" in line
    assert "UTF-8" in line
    assert not (tmp_path / "W").exists()


def test_nothing_in_a_file_drives_the_terminal(spatialmem: CommandLine, tmp_path: Path):
    lens = " ".join(["0.5"] * 4)
    (tmp_path / "clip.txt").write_text(f"https://x/\x1b]0;title\x07\n0 {lens} 0 0 1 0 0 0 0 1 0 0 0 0 1 0\n")
    outcome = spatialmem("poses", tmp_path / "clip.txt")
    assert outcome.code == 0, outcome.err
    assert "https://x/" in outcome.out
    assert "\x1b" not in outcome.out
    assert "\x07" not in outcome.out


def test_a_report_replaces_only_pages_of_ours(spatialmem: CommandLine, world: Path, tmp_path: Path):
    mine = tmp_path / "mine.html"
    mine.write_text("<html>mine</html>")
    assert "was not written by spatialmem" in spatialmem.refusal("report", world, "--out", mine)
    assert "end in .html" in spatialmem.refusal("report", world, "--out", tmp_path / "keep.txt")
    assert mine.read_text() == "<html>mine</html>"
    assert spatialmem("report", world, "--out", tmp_path / "new.html").code == 0
    assert spatialmem("report", world, "--out", tmp_path / "new.html").code == 0


def test_a_generator_that_breaks_loses_nothing_and_that_is_said(spatialmem: CommandLine, tmp_path: Path,
                                                                capsys: pytest.CaptureFixture[str]):
    with pytest.raises(RuntimeError, match="out of memory"):  # its own traceback is what its author needs
        spatialmem("explore", tmp_path / "W", "--generator", f"{__name__}:Exhausted", *ASKED)
    assert "2 of 7 frames are kept; go on with: spatialmem explore" in capsys.readouterr().err
    assert check(tmp_path / "W") == []


def test_the_version_is_told(spatialmem: CommandLine):
    assert spatialmem("--version").out == f"spatialmem {__version__}\n"


def test_a_reader_that_has_enough_is_no_error(world: Path):
    command = f"{Path(sys.executable).with_name('python')} -m spatialmem info {world} | head -1"
    ran = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout.startswith("gaussians")
    assert ran.stderr == ""


def test_a_folder_of_worlds_names_the_one_in_it(spatialmem: CommandLine, world: Path):
    assert f"did you mean {world}?" in spatialmem.refusal("info", world.parent)
    (world.parent / "empty").mkdir()
    line = spatialmem.refusal("explore", world.parent / "empty", "--generator", "box_room:RoomGenerator")
    assert "it is no world: choose another folder" in line
