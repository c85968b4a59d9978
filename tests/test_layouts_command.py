"""`spatialmem layout`: pictures that show something, what is printed, and how it ends."""

import json
from pathlib import Path

import numpy as np
import pytest
from command_line import CommandLine
from layout_files import EXAMPLES, TWO_ROOMS, pixels, plan_picture, write

from spatialmem.generators.worlds.layouts.outlines import DOOR, ERROR, START, WALL


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(monkeypatch, capsys)


def share(picture: np.ndarray, colour: str) -> float:
    """Share of the pixels that have a colour."""
    return float((np.abs(picture.astype(int) - list(bytes.fromhex(colour[1:]))).max(-1) <= 3).mean())


def test_a_good_layout(command: CommandLine, tmp_path: Path) -> None:
    out = tmp_path / "new" / "flat"
    ran = command("layout", EXAMPLES / "small_flat.json", "--out", out)
    assert (ran.code, ran.err) == (0, "")
    assert "6 rooms" in ran.out
    assert "it can be used" in ran.out
    plan = pixels(out / "plan.png")
    assert share(plan, WALL) > 0.01
    assert share(plan, DOOR) > 0.0005
    assert share(plan, START) > 0.0003
    assert share(plan, ERROR) == 0
    views = pixels(out / "views.png")
    assert views.shape[1] > 6 * 240
    assert views.std() > 30


def test_any_name_can_be_written_on_a_plan(command: CommandLine, tmp_path: Path) -> None:
    names = ("$\\frac{$", "a\nb\x1b[31m", "台所")
    rooms = [{"name": name, "low": [0, k], "high": [1, k + 1]} for k, name in enumerate(names)]
    ran = command("layout", write(tmp_path, name="$x", rooms=rooms), "--out", tmp_path)
    assert ran.err == ""
    assert "\x1b" not in ran.out
    assert share(pixels(tmp_path / "plan.png"), WALL) > 0.01


def test_a_bad_layout_is_drawn_and_ends_with_two(command: CommandLine, tmp_path: Path) -> None:
    ran = command("layout", write(tmp_path, **{**TWO_ROOMS, "doors": []}), "--out", tmp_path / "out")
    assert ran.code == 2
    assert "1. error: rooms[1] 'east' is closed" in ran.out
    assert "1 error, it cannot be used yet" in ran.out
    assert share(pixels(tmp_path / "out" / "plan.png"), ERROR) > 0.0002
    assert (tmp_path / "out" / "views.png").is_file()


def test_a_layout_without_a_floor_has_a_plan_only(command: CommandLine, tmp_path: Path) -> None:
    path = write(tmp_path, ground=None, boxes=[{"class": "table", "low": [0, 0, 0], "high": [1, 1, 1]}])
    ran = command("layout", path, "--out", tmp_path / "out")
    assert ran.code == 2
    assert sorted(each.name for each in (tmp_path / "out").iterdir()) == ["plan.png"]


def test_json_says_the_same(command: CommandLine, tmp_path: Path) -> None:
    ran = command("layout", plan_picture(tmp_path / "plan.png"), "--metres-per-pixel", "0.05", "--out",
                  tmp_path / "out", "--prompt", "brick walls and a dragon", "--json")
    assert ran.code == 0
    said = json.loads(ran.out)
    assert said["findings"] == []
    assert said["unknown_words"] == ["dragon"]
    assert [room["name"] for room in said["rooms"]] == ["room 1", "room 2"]
    assert all(Path(name).is_file() for name in said["files"])


def test_what_cannot_be_read_writes_nothing(command: CommandLine, tmp_path: Path) -> None:
    for arguments, words in (((tmp_path / "none.json",), "cannot be read"),
                             ((plan_picture(tmp_path / "plan.png"),), "--metres-per-pixel"),
                             ((write(tmp_path, boxes=[{"class": "tabel"}]),), "boxes[0].class")):
        assert words in command.refusal("layout", *arguments, "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_place_that_cannot_be_written(command: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    path = write(tmp_path, **TWO_ROOMS)
    assert "cannot be written" in command.refusal("layout", path, "--out", tmp_path / "file")
