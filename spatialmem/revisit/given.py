"""Footage that came from elsewhere, or lies in a world already: measured like that of a run."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch

from spatialmem.errors import RecordingError
from spatialmem.frames import Frames
from spatialmem.memory.kinds import fuses
from spatialmem.revisit import learned
from spatialmem.revisit.find_pairs import find_pairs
from spatialmem.revisit.footage import Footage
from spatialmem.revisit.gate import returns
from spatialmem.revisit.inputs import read_footage
from spatialmem.revisit.job import Job, measured_at, open_protocol
from spatialmem.revisit.kept import read_record, record_file, write_record
from spatialmem.revisit.protocol import Protocol
from spatialmem.revisit.publish import publish
from spatialmem.revisit.records import Gate, ProtocolRecord, Report, RouteRecord
from spatialmem.revisit.route import Pair, Route, route_cameras
from spatialmem.revisit.rows import COPY_FIRST, GIVEN, MEMORY_ONLY
from spatialmem.revisit.score import OWN, Returns, score_route, standstill
from spatialmem.revisit.strips import save_strip
from spatialmem.revisit.walk import footage as footage_of
from spatialmem.revisit.walk import remembered
from spatialmem.world import World

_FPS = 16.0
_VIDEOS = (".mp4", ".mkv", ".webm", ".mov", ".avi", ".gif")


@dataclass(frozen=True, eq=False)
class Case:
    """Footage of one route.

    Attributes:
        route: its name.
        footage: what came.
        pairs: which frames to compare.
        memory: renders what memory knew before the clips of some frames, at their cameras, where it renders.
    """

    route: str
    footage: Footage
    pairs: tuple[Pair, ...]
    memory: Callable[[Sequence[int]], Frames] | None = None


def cases_of_protocol(name: str, frames: Path, poses: Path, *, size: tuple[int, int] | None = None,
                      depth: Path | None = None) -> tuple[ProtocolRecord, Iterator[Case]]:
    """Footage along a protocol's routes: `frames/ROUTE/` or `frames/ROUTE.mp4` for each.

    Args:
        name: the protocol, or its file.
        frames: a folder with a folder of images or a video for each route that was walked.
        poses: a folder with `ROUTE/cameras.json`, as `pathfiles.write_paths` makes it; they must be the protocol's.
        size: (height, width) at which to measure; None = the protocol's.
        depth: a folder with `ROUTE/`, the depth of its frames, for each route.

    Raises:
        TrajectoryError: the protocol is not known.
        RecordingError: nothing of it lies there.
    """
    paths = open_protocol(name)
    if paths.against == "truth":
        raise RecordingError(f"protocol {paths.name!r} compares with the truth, which footage from elsewhere lacks; "
                             "choose one that compares with the first visit")
    found = {route.name: file for route in paths.routes if (file := _of(frames, route)) is not None}
    if not found:
        raise RecordingError(f"{frames}: holds no ROUTE folder or ROUTE.mp4 of protocol {paths.name!r}; its routes are "
                             f"{', '.join(route.name for route in paths.routes)}")
    some = () if len(found) == len(paths.routes) else (f"{len(found)} of {len(paths.routes)} routes",)
    height, width = size or paths.size
    other = () if (height, width) == paths.size else (measured_at((height, width), paths.size),)
    record = ProtocolRecord(
        name=paths.name, version=paths.version, fingerprint=paths.fingerprint, about=paths.about, against=paths.against,
        size=(height, width), fov_degrees=paths.fov_degrees, fps=paths.fps, frames=paths.frames, routes=tuple(found),
        deviations=other + some)
    return record, (_case(paths, paths.route(route), file, poses / route / "cameras.json", size=(height, width),
                          depth=None if depth is None else depth / route) for route, file in found.items())


def case_of_footage(frames: Path, poses: Path, *, convention: str | None, size: tuple[int, int] | None,
                    depth: Path | None, fov_degrees: float | None,
                    fps: float | None = None) -> tuple[ProtocolRecord, Iterator[Case]]:
    """Footage along a path of its own, compared wherever it comes back.

    Raises:
        RecordingError: see `inputs.read_footage` and `find_pairs.find_pairs`.
    """
    footage = read_footage(frames, poses, convention=convention, size=size, depth=depth, fov_degrees=fov_degrees,
                           fps=fps)
    return _own_path(footage, "footage along a path of its own"), iter([Case("path", footage, _returns(footage))])


def case_of_world(world: World) -> tuple[ProtocolRecord, Iterator[Case]]:
    """The frames of a world along the path that it was explored on, and what memory showed before.

    Raises:
        RecordingError: the path never comes back.
        WorldFormatError: the world is empty or damaged.
    """
    cameras = world.keyframe_cameras()
    footage = footage_of(world, cameras, _FPS)
    memory = partial(remembered, world.bank.path, cameras, device=str(world.device))
    renders = world.memory is not None and fuses(world.memory)
    case = Case("path", footage, _returns(footage), memory if renders else None)
    return _own_path(footage, "a world's own path"), iter([case])


def job_of_protocol(name: str, record: ProtocolRecord, subject: Mapping[str, str]) -> Job:
    """What a folder of footage along a protocol's routes is asked, as its plan keeps it."""
    return Job(protocol=name, fingerprint=record.fingerprint, rows=(GIVEN, COPY_FIRST),
               settings={**subject, "size": list(record.size)})


def measure_given(folder: Path, record: ProtocolRecord, cases: Iterator[Case], *, subject: dict[str, str], repeat: str,
                  told: Callable[[str], None]) -> Report:
    """Measure all cases and write the report into `folder`.

    What is found of each is kept there, and not measured again while the footage is the same.

    Args:
        folder: made if it is missing.
        record: the paths.
        cases: the footage, read one at a time.
        subject: what was measured, by name.
        repeat: the command line that does it again.
        told: is given the name of each case as it is begun.
    """
    rows: dict[str, list[RouteRecord]] = {}
    notes: dict[str, None] = {}
    for case in cases:
        told(case.route)
        notes |= dict.fromkeys(case.footage.notes)
        for name, measured in (_kept(folder, case) or _measured(folder, case)).items():
            rows.setdefault(name, []).append(measured)
    return publish(folder, replace(record, deviations=(*record.deviations, *notes)), rows, subject=subject,
                   repeat=repeat)


def _kept(folder: Path, case: Case) -> dict[str, RouteRecord] | None:
    """What was found of this very footage before; None if anything is missing."""
    names = [GIVEN, *([MEMORY_ONLY] if case.memory is not None else []), COPY_FIRST]
    if not all(record_file(folder, name, case.route).exists() for name in names):
        return None
    rows = {name: read_record(folder, name, case.route) for name in names}
    return rows if rows[GIVEN].content == case.footage.content else None


def _measured(folder: Path, case: Case) -> dict[str, RouteRecord]:
    def score(row: str, footage: Footage, returns: Returns = OWN, *, gate: Gate | None = None) -> RouteRecord:
        record = score_route(case.route, 1.0, footage, case.pairs, returns=returns, gate=gate,
                             learned=learned.installed(), shown=partial(save_strip, folder, row, case.route))
        write_record(folder, row, record)
        return record

    rows = {GIVEN: score(GIVEN, case.footage)}
    if case.memory is not None:
        again = case.memory([pair.again for pair in case.pairs])
        rows[MEMORY_ONLY] = score(MEMORY_ONLY, case.footage, Returns(again=again), gate=rows[GIVEN].gate)
    return rows | {COPY_FIRST: score(COPY_FIRST, standstill(case.footage))}


def _case(paths: Protocol, route: Route, file: Path, poses: Path, *, size: tuple[int, int],
          depth: Path | None) -> Case:
    start = paths.camera(torch.eye(4, dtype=torch.float64))
    expected = route_cameras(route, start, up="-Y")
    footage = read_footage(file, poses, size=size, fps=paths.fps, expected=expected, depth=depth)
    return Case(route.name, footage, route.pairs)


def _returns(footage: Footage) -> tuple[Pair, ...]:
    """Where a path of its own comes back.

    Raises:
        RecordingError: nowhere.
    """
    found = returns(footage, find_pairs(footage.cameras))
    if not found:
        raise RecordingError(f"the {len(footage)} poses come back to views that they have hardly left; there is "
                             "nothing to compare")
    return tuple(found)


def _of(frames: Path, route: Route) -> Path | None:
    """Where a route's frames lie: a folder, or a video."""
    folder = frames / route.name
    files = [frames / f"{route.name}{suffix}" for suffix in _VIDEOS]
    return folder if folder.is_dir() else next((file for file in files if file.is_file()), None)


def _own_path(footage: Footage, what: str) -> ProtocolRecord:
    cameras = footage.cameras
    fov = 2 * math.degrees(math.atan(cameras.width / 2 / float(cameras.K[0, 0, 0])))
    return ProtocolRecord(name="own-path", version=1, fingerprint=footage.fingerprint,
                          about=what, against="first visit", size=(cameras.height, cameras.width), fov_degrees=fov,
                          fps=footage.fps, frames=len(footage), routes=("path",))
