"""The page of a report: valid, self-contained, the same again, and never run by what a user typed."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from box_room import room_walk, write_recording
from command_line import CommandLine
from report_worlds import CLIP, FRAMES, HOLDOUT, explored, forget_note
from strict_page import HOSTILE, Page, check_self_contained

from spatialmem.errors import StorageError
from spatialmem.report.charts import BINS, charts
from spatialmem.report.measure import measure
from spatialmem.report.measurements import Measurements, Quality, Turn
from spatialmem.report.page import page
from spatialmem.report.sections import metres
from spatialmem.report.write import report_path, write_after_exploring, write_report
from spatialmem.settings import Settings
from spatialmem.world import World


@pytest.fixture(scope="module")
def world_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        return explored(tmp_path_factory.mktemp("page"), patch, prompt=HOSTILE, name="a <b>world & 'more'")


@pytest.fixture(scope="module")
def measured(world_path: Path) -> Measurements:
    with World.open(world_path) as world:
        return measure(world)


@pytest.fixture(scope="module")
def text(measured: Measurements) -> str:
    return page(measured)


def test_the_page_is_whole_and_nothing_is_fetched_or_run(text: str) -> None:
    check_self_contained(text)


def test_what_a_user_gave_stays_text(text: str) -> None:
    read = Page(text)
    assert HOSTILE in read.text
    assert "a <b>world & 'more'" in read.text
    without_images = re.sub(r"base64,[\w+/=]+", "", text)
    assert "<script" not in without_images and "onerror=x>" not in without_images


def test_the_page_shows_everything(text: str, measured: Measurements) -> None:
    read = Page(text)
    for part in ("What memory shows", "Along the path", "What it took", "What was asked", "Go on from here",
                 "Known before each clip", "Colour (PSNR)", "Structure (SSIM)", "Depth error", "Time by stage",
                 "held out", "spatialmem render", "spatialmem export", "spatialmem view", "--resume", "torch"):
        assert (part in read.text) == (part != "--resume"), part
    assert f"{measured.gaussians:,}" in read.text
    assert read.elements["img"] == 3 * len(measured.moments) + 1
    assert read.elements["svg"] == 6 + 1
    assert len(text) < 3_000_000


def test_equal_measurements_give_equal_pages(world_path: Path, text: str) -> None:
    with World.open(world_path) as world:
        assert page(measure(world)) == text


def test_charts_take_their_colours_and_letters_from_the_page(measured: Measurements) -> None:
    drawn = charts(measured)
    assert list(drawn) == ["known", "psnr", "ssim", "depth_mm", "gaussians", "seconds"]
    for svg in drawn.values():
        assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?![-\w]*\))", re.sub(r"url\(#[^)]*\)", "", svg)) == []
        assert "xmlns" not in svg and "http" not in svg and "font-family" not in svg and "<text" in svg
    for name, variable in (("known", "trusted"), ("psnr", "heldout"), ("seconds", "fuse")):
        assert f"var(--{variable})" in drawn[name]


def test_a_long_path_makes_no_larger_page(measured: Measurements) -> None:
    turns = tuple(Turn(n + 1, 8 * n, 8, "2026-01-01T00:00:00+00:00", 1000 * n, (0.5,) * 8, (0.1,) * 8,
                       {"fuse": 1.0 + n % 7}, {}) for n in range(2000))
    long = replace(measured, turns=turns, frames=16_000, planned=16_000)
    drawn = charts(long)
    assert max(map(len, drawn.values())) < 500 * BINS
    assert "even sample of 12 of 16,000 frames" in page(replace(long, map=None, moments=()))


def test_what_is_missing_is_said_or_left_out(measured: Measurements) -> None:
    lost = replace(measured, turns=tuple(replace(t, trusted=None, revise=None, seconds=None) for t in measured.turns))
    read = Page(page(lost))
    assert "not measured" in read.text and "Without 3 steps" in read.text
    assert "Known before each clip" not in read.text and "Time by stage" not in read.text
    tiny = replace(measured, quality=(Quality(0, False, 30.0, None, None),))
    assert "Structure" not in page(tiny) and "Depth error" not in page(tiny)


@pytest.mark.parametrize("frames", [0, 1, CLIP])
def test_an_unfinished_world_has_a_page_that_says_how_to_go_on(frames: int, tmp_path: Path,
                                                               monkeypatch: pytest.MonkeyPatch) -> None:
    path = explored(tmp_path, monkeypatch, frames=frames)
    if frames:
        forget_note(path, 1)
    with World.open(path) as world:
        read = Page(write_report(world).read_text(encoding="utf-8"))
    assert "--resume" in read.text
    assert f"of {FRAMES} planned" in read.text
    assert ("No frame yet" in read.text) == (frames == 0)


@pytest.mark.parametrize(("length", "said"), [
    (0.0, "0 mm"), (0.05, "50 mm"), (1.234, "1.23 m"), (123.4, "123 m"), (12345.0, "12.3 km")])
def test_lengths_are_for_people(length: float, said: str) -> None:
    assert metres(length) == said


# --- writing it ----------------------------------------------------------------------------------


def test_a_report_stands_beside_its_world(world_path: Path, tmp_path: Path) -> None:
    assert report_path("worlds/room") == Path.cwd() / "worlds" / "room.report.html"
    assert report_path("worlds/v1.2/") == Path.cwd() / "worlds" / "v1.2.report.html"
    with World.open(world_path) as world:
        assert write_report(world) == world_path.with_name(world_path.name + ".report.html")
        target = tmp_path / "new" / "folder" / "page.html"
        assert write_report(world, target) == target
    assert target.read_bytes() == report_path(world_path).read_bytes()
    assert [path.name for path in target.parent.iterdir()] == ["page.html"]


def test_places_that_cannot_be_are_refused(world_path: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(world_path)
    with World.open(world_path) as world:
        for out, match in ((world_path / "r.html", "within the world's own folder"), (world_path, "own folder"),
                           (tmp_path / "link" / "objects" / "r.html", "own folder"), (tmp_path, "is a folder"),
                           (tmp_path / "file" / "r.html", "cannot be written")):
            with pytest.raises(StorageError, match=match):
                write_report(world, out)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "link"]


def test_a_failed_report_says_first_that_the_world_is_safe(world_path: Path, tmp_path: Path) -> None:
    with World.open(world_path) as world, pytest.raises(StorageError, match=r"is safe and whole.*is a folder.*report"):
        write_after_exploring(world, tmp_path)


# --- the command line ----------------------------------------------------------------------------


@pytest.fixture
def spatialmem(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(monkeypatch, capsys)


def test_report_writes_the_page_or_prints_the_numbers(spatialmem: CommandLine, tmp_path: Path,
                                                      monkeypatch: pytest.MonkeyPatch) -> None:
    path = explored(tmp_path, monkeypatch)
    done = spatialmem("report", path)
    assert done.code == 0 and str(report_path(path)) in done.out
    report_path(path).unlink()
    numbers = json.loads(spatialmem("report", path, "--json").out, parse_constant=pytest.fail)
    assert (numbers["frames"], numbers["heldout"], len(numbers["turns"])) == (FRAMES, FRAMES // HOLDOUT, 3)
    assert numbers["mean_quality"]["heldout"]["psnr"] > 10
    assert not report_path(path).exists()
    both = spatialmem("report", path, "--json", "--out", tmp_path / "r.html")
    assert json.loads(both.out)["frames"] == FRAMES and (tmp_path / "r.html").is_file()
    assert "own folder" in spatialmem.refusal("report", path, "--out", path / "r.html")
    assert "WORLD.json" in spatialmem.refusal("report", tmp_path / "recording")


def test_exploring_leaves_a_report_also_after_a_resume(spatialmem: CommandLine, tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "recording", room_walk(FRAMES))
    done = spatialmem("explore", tmp_path / "W", "--input", recording, "--clip", str(CLIP), "--json")
    assert done.code == 0 and json.loads(done.out)["report"] == str(report_path(tmp_path / "W"))
    first = report_path(tmp_path / "W").read_text(encoding="utf-8")
    assert "finished" in first
    report_path(tmp_path / "W").unlink()
    assert spatialmem("explore", tmp_path / "W", "--resume").code == 0
    assert report_path(tmp_path / "W").read_text(encoding="utf-8") == first


def test_a_report_that_cannot_be_written_ends_with_the_world_whole(spatialmem: CommandLine, tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "recording", room_walk(4))
    report_path(tmp_path / "W").mkdir()
    failed = spatialmem("explore", tmp_path / "W", "--input", recording)
    assert failed.code == 2 and "is safe and whole" in failed.err.splitlines()[-1]
    with World.open(tmp_path / "W") as world:
        assert world.frames_done == 4


def test_settings_of_the_page_are_those_that_were_asked(text: str) -> None:
    read = Page(text)
    for name in ("clip", "holdout", "input", "seed"):
        assert name in Settings().record() and name in read.text
