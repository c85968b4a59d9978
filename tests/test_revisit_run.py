"""Runs from plan to report: they go on after a stop, repeat bit for bit, and refuse to mix questions."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from spatialmem.camera import Cameras
from spatialmem.commands.revisit import Compare, Measure, Paths, RunProtocol
from spatialmem.errors import (
    GenerationError,
    InvalidValueError,
    RecordingError,
    WorldExistsError,
    WorldFormatError,
)
from spatialmem.export.video import to_bytes
from spatialmem.generators.scene.generator import Scene
from spatialmem.revisit.job import Job, find, keep
from spatialmem.revisit.kept import record_file
from spatialmem.revisit.measures import CEILING_DB
from spatialmem.revisit.planning import planned
from spatialmem.revisit.protocol import Protocol, protocol_text
from spatialmem.revisit.records import Report, read_report
from spatialmem.revisit.route import Knot, Pair, Route, route_cameras
from spatialmem.revisit.rows import ALL, chosen_rows
from spatialmem.revisit.run import Run
from spatialmem.settings import Settings

ROOM = Path(__file__).parents[1] / "examples" / "data" / "room.glb"
SIZE = (48, 64)


def small(against: str = "first visit") -> Protocol:
    """Two routes of 24 frames that look away and back; of the last four frames two are compared."""
    def route(name: str, side: float) -> Route:
        knots = (Knot(0, 0, 0, 0, 0, 0), Knot(3, 0, 0.06, 0, 4, 0), Knot(11, 0.2, 0.1, 0, 100 * side, 0),
                 Knot(20, 0, 0, 0, 0, 0), Knot(23, 0, 0.06, 0, 4, 0))
        truth = against == "truth"
        pairs = tuple(Pair(again if truth else first, again, again if truth else 17)
                      for first, again in ((0, 20), (3, 23)))
        return Route(name, 24, knots, pairs)

    return Protocol(name="small", version=1, about="Looks away and back.", seed=1, size=SIZE, fov_degrees=70.0,
                    fps=16.0, against=against, metrics="1",  # type: ignore[arg-type]
                    routes=(route("left", 1), route("right", -1)))


@pytest.fixture
def protocol(tmp_path: Path) -> str:
    file = tmp_path / "small.json"
    file.write_text(protocol_text(small()))
    return str(file)


def settings(**more: object) -> Settings:
    return replace(Settings(generator="scene", input=str(ROOM), clip=4), **more)  # type: ignore[arg-type]


def finished(folder: Path, job: Job) -> Report:
    run = Run(folder, keep(folder, job))
    for _ in run.work(lambda name, more: None):
        pass
    return run.report("again")


def test_a_stopped_run_goes_on_to_the_same_report(protocol: str, tmp_path: Path) -> None:
    job = planned(protocol, settings(faults="blur=4,colour_drift=6,amnesia=5"), rows=("none", "points", "copy-first"))
    whole = finished(tmp_path / "whole", job)
    folder = tmp_path / "stopped"
    for clips in (1, 4, 6):
        run = Run(folder, keep(folder, job))
        for _, _ in zip(range(clips), run.work(lambda name, more: None), strict=False):
            pass
    assert finished(folder, job) == whole
    assert (folder / "report.json").read_bytes() == (tmp_path / "whole" / "report.json").read_bytes()
    assert [row.name for row in whole.rows] == ["none", "points", "copy-first"]
    assert all(route.gate.passed for row in whole.rows[:2] for route in row.routes)
    assert not any(route.gate.passed for route in whole.rows[2].routes)
    assert not list((folder / "worlds").glob("*/*"))  # only what is asked for is kept
    assert (folder / "report.html").read_text("utf-8").count("data:image/") >= 6


def test_memory_only_is_what_memory_showed_before_the_return(protocol: str, tmp_path: Path) -> None:
    report = finished(tmp_path / "run", planned(protocol, settings(), rows=("none", "hybrid", "memory-only"), routes=1))
    by_name = {row.name: row.summary["psnr"].mean for row in report.rows}
    assert by_name["none"] == CEILING_DB  # the truth, and nothing in its way
    assert 20 < by_name["memory-only"] < 60
    assert by_name["hybrid"] > by_name["memory-only"] - 1


def test_against_the_truth_seen_and_unseen_are_told_apart(tmp_path: Path) -> None:
    file = tmp_path / "truth.json"
    file.write_text(protocol_text(small("truth")))
    report = finished(tmp_path / "run", planned(str(file), settings(faults="colour_drift=7"), rows=("none",), routes=1))
    measures = report.rows[0].routes[0].pairs[0].measures
    assert measures["psnr_seen"] is not None
    assert 5 < measures["psnr_seen"] < 60
    assert report.rows[0].routes[0].gate.passed


def test_places_of_another_run_hold(protocol: str, tmp_path: Path) -> None:
    first = keep(tmp_path / "first", planned(protocol, settings(), rows=("none",)))
    second = planned(protocol, settings(faults="blur=3"), rows=("points",), like=tmp_path / "first")
    assert second.places == first.places
    assert find(tmp_path / "first") == first


def test_a_run_is_one_question(protocol: str, tmp_path: Path) -> None:
    job = planned(protocol, settings(), rows=("none",), routes=1)
    keep(tmp_path / "run", job)
    assert keep(tmp_path / "run", job) == job
    with pytest.raises(InvalidValueError, match=r"asked something else .*faults"):
        keep(tmp_path / "run", planned(protocol, settings(faults="blur=1"), rows=("none",), routes=1))
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("dear")
    with pytest.raises(WorldExistsError, match="is no run"):
        keep(tmp_path / "other", job)
    (tmp_path / "run" / "plan.json").write_text("{")
    with pytest.raises(WorldFormatError, match="cannot be read"):
        keep(tmp_path / "run", job)


@pytest.mark.parametrize(("names", "said"), [
    (["fog"], "'fog' is unknown"), ([], "is empty"), (["none", "none"], "twice"),
    (["memory-only", "none"], "name hybrid"), (["copy-first"], "has no walk"),
])
def test_rows_that_cannot_be(names: Sequence[str], said: str) -> None:
    with pytest.raises(InvalidValueError, match=said):
        chosen_rows(names)


def test_rows_come_in_one_order() -> None:
    assert chosen_rows(None) == ALL
    assert chosen_rows(["hybrid", "none"]) == ("none", "hybrid")


def test_a_recording_cannot_walk_other_paths(protocol: str) -> None:
    recording = Path(__file__).parents[1] / "examples" / "data" / "living_room"
    with pytest.raises(GenerationError, match="knows its own path only"):
        planned(protocol, Settings(input=str(recording)))


def test_a_damaged_record_is_named(protocol: str, tmp_path: Path) -> None:
    job = planned(protocol, settings(), rows=("none",), routes=1)
    finished(tmp_path / "run", job)
    record_file(tmp_path / "run", "none", "left").write_text("[]")
    with pytest.raises(WorldFormatError, match=r"left\.json: cannot be read .*remove it"):
        finished(tmp_path / "run", job)


def test_the_commands_from_paths_to_comparison(protocol: str, tmp_path: Path,
                                               capsys: pytest.CaptureFixture[str]) -> None:
    Paths(protocol, tmp_path / "paths").run()
    generator, start = Scene(ROOM), small().camera(Scene(ROOM).start_pose())
    for route in small().routes:
        cameras: Cameras = route_cameras(route, start, up="+Z")
        folder = tmp_path / "frames" / route.name
        folder.mkdir(parents=True)
        for i, picture in enumerate(generator.truth(cameras).rgb):
            Image.fromarray(to_bytes(picture)).save(folder / f"{i:05d}.png")
    given = tmp_path / "given"
    Measure(given, str(tmp_path / "paths" / "protocol.json"), tmp_path / "frames", tmp_path / "paths").run()
    assert "given" in capsys.readouterr().out
    report = read_report(given)
    assert [row.name for row in report.rows] == ["given", "copy-first"]
    assert report.rows[0].summary["psnr"].mean == CEILING_DB
    assert any("no depth" in each for each in report.protocol.deviations)
    assert report.rows[1].summary == {}
    _again(given, protocol, tmp_path)
    RunProtocol(protocol, tmp_path / "run", input=ROOM, memory="none", size="64x48", clip=4).run()
    Compare((tmp_path / "run", given), tmp_path / "both", against="none").run()
    assert (tmp_path / "both" / "compare.html").is_file()
    for route in small().routes:
        depth = tmp_path / "depth" / route.name
        depth.mkdir(parents=True)
        for i, metres in enumerate(generator.truth(route_cameras(route, start, up="+Z")).depth):
            np.save(depth / f"{i:05d}.npy", metres.numpy())
    deep = tmp_path / "deep"
    Measure(deep, str(tmp_path / "paths" / "protocol.json"), tmp_path / "frames", tmp_path / "paths",
            depth=tmp_path / "depth", size="32x24").run()
    report = read_report(deep)
    assert report.protocol.size == (24, 32) and report.rows[0].summary["camera_told"].mean > 0
    assert report.protocol.deviations[0].startswith("measured at 32x24")
    assert not any("no depth" in each for each in report.protocol.deviations)
    with pytest.raises(InvalidValueError, match="already and not an empty folder"):
        Measure(given, None, tmp_path / "frames", tmp_path / "paths").run()


def _again(given: Path, protocol: str, tmp_path: Path) -> None:
    """The same command measures only what is missing or another picture; another question is refused."""
    measure = Measure(given, str(tmp_path / "paths" / "protocol.json"), tmp_path / "frames", tmp_path / "paths")
    whole = (given / "report.json").read_bytes()
    kept = [record_file(given, "given", route.name) for route in small().routes]
    written = [file.stat().st_mtime_ns for file in kept]
    kept[0].unlink()
    measure.run()
    assert (given / "report.json").read_bytes() == whole
    assert [file.stat().st_mtime_ns == time for file, time in zip(kept, written, strict=True)] == [False, True]
    picture = tmp_path / "frames" / small().routes[1].name / "00000.png"
    true = picture.read_bytes()
    Image.new("RGB", small().size[::-1]).save(picture)
    measure.run()
    assert kept[1].stat().st_mtime_ns != written[1]
    assert (given / "report.json").read_bytes() != whole
    picture.write_bytes(true)
    measure.run()
    assert (given / "report.json").read_bytes() == whole
    with pytest.raises(InvalidValueError, match=r"was asked something else \(size\)"):
        replace(measure, size="32x24").run()


def test_a_world_is_measured_along_its_own_path(protocol: str, tmp_path: Path) -> None:
    job = planned(protocol, settings(), rows=("hybrid",), routes=1)
    run = Run(tmp_path / "run", keep(tmp_path / "run", job), keep_worlds=True)
    for _ in run.work(lambda name, more: None):
        pass
    Measure(tmp_path / "world", world=tmp_path / "run" / "worlds" / "hybrid" / "left").run()
    report = read_report(tmp_path / "world")
    assert [row.name for row in report.rows] == ["given", "memory-only", "copy-first"]
    assert report.rows[1].summary["psnr"].mean > 20
    with pytest.raises(InvalidValueError, match="say what to measure"):
        Measure(tmp_path / "nothing").run()


def test_footage_must_lie_where_the_routes_say(protocol: str, tmp_path: Path) -> None:
    (tmp_path / "frames").mkdir()
    with pytest.raises(RecordingError, match=r"holds no ROUTE folder .*left, right"):
        Measure(tmp_path / "out", protocol, tmp_path / "frames", tmp_path).run()
    assert not (tmp_path / "out").exists()
