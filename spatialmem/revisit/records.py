"""What a run of the benchmark found, as values: `report.json` holds exactly this."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec

from spatialmem.errors import WorldFormatError
from spatialmem.wholefile import write_whole

FORMAT = "spatialmem revisit report"
VERSION = 1
_LIMIT = 256 << 20


@dataclass(frozen=True, kw_only=True)
class Gate:
    """Whether a route's footage may be scored.

    Attributes:
        passed: it left, came back, and its pictures followed the camera.
        reasons: why not, a sentence each.
        departed_metres, departed_degrees: the farthest departure from the first camera.
        followed: whether the pictures follow the cameras; None where they show too little that could tell, or where
            nothing was left to ask.
    """

    passed: bool
    reasons: tuple[str, ...] = ()
    departed_metres: float = 0.0
    departed_degrees: float = 0.0
    followed: bool | None = None


@dataclass(frozen=True, kw_only=True)
class PairRecord:
    """A frame and the one that should look like it.

    Attributes:
        first, again: numbers of the frames along the route; equal where the truth stands for the first.
        gap: frames since that view was last seen; of the truth, frames since the route began.
        measures: by the names of `measures.MEASURES`; None where one does not apply.
    """

    first: int
    again: int
    gap: int
    measures: Mapping[str, float | None]


@dataclass(frozen=True, kw_only=True)
class RouteRecord:
    """One path of one row.

    Attributes:
        route: its name in the protocol.
        scale: metres per unit of the protocol's path.
        gate: whether its scores count.
        pairs: in the order of the path.
        whole: measures of the whole route.
        cameras: fingerprint of the requested poses; routes of equal fingerprints are compared pair by pair.
        content: hash of the footage's pictures and depth.
    """

    route: str
    scale: float
    gate: Gate
    pairs: tuple[PairRecord, ...]
    whole: Mapping[str, float | None]
    cameras: str = ""
    content: str = ""


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A mean over routes with its bootstrap interval, 95 %.

    Attributes:
        mean, low, high: in the measure's unit.
        routes: how many routes had a value.
    """

    mean: float
    low: float
    high: float
    routes: int


@dataclass(frozen=True, kw_only=True)
class RowRecord:
    """One thing that was measured on all routes: a kind of memory, or a control.

    Attributes:
        name: such as "hybrid".
        about: one sentence.
        routes: in the protocol's order.
        summary: by measure, over the routes that passed the gate.
        by_gap: the same by gap (frames, as text) and measure.
    """

    name: str
    about: str
    routes: tuple[RouteRecord, ...]
    summary: Mapping[str, Interval] = field(default_factory=dict)
    by_gap: Mapping[str, Mapping[str, Interval]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ProtocolRecord:
    """Which paths, exactly.

    Attributes:
        name, version, fingerprint: of the protocol; the fingerprint is of its paths.
        about: one sentence.
        against: what return frames are compared with.
        size: (height, width) at which everything was measured.
        fov_degrees, fps, frames: of the cameras, the footage, a route.
        routes: names of those that were walked.
        deviations: what differs from the protocol (another size, fewer frames), a sentence each.
    """

    name: str
    version: int
    fingerprint: str
    about: str
    against: Literal["first visit", "truth"]
    size: tuple[int, int]
    fov_degrees: float
    fps: float
    frames: int
    routes: tuple[str, ...]
    deviations: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything a run found. Equal runs on one machine give equal reports.

    Attributes:
        protocol: the paths.
        subject: what was measured, by name and setting: generator, input, faults, seed, or the footage's files.
        repeat: the command line that does it all again.
        rows: in the order in which they are shown.
        absent: measures that could not be taken, and why.
        edition: of the measures' definitions.
        definitions: of each measure, with its unit.
        made_with: versions of what computed it.
    """

    protocol: ProtocolRecord
    subject: Mapping[str, str | int | float | bool | None]
    repeat: str
    rows: tuple[RowRecord, ...]
    absent: Mapping[str, str] = field(default_factory=dict)
    edition: str = "1"
    definitions: Mapping[str, str] = field(default_factory=dict)
    made_with: Mapping[str, str] = field(default_factory=dict)
    format: Literal["spatialmem revisit report"] = "spatialmem revisit report"
    version: Literal[1] = 1


def write_report(path: Path, report: Report) -> None:
    """Write `report.json`: sorted keys, readable."""
    text = msgspec.json.format(msgspec.json.encode(report, order="sorted"), indent=1)
    write_whole(path, text + b"\n")


def read_report(path: Path) -> Report:
    """The report in a file, or in the folder of a run.

    Raises:
        WorldFormatError: there is none, or it is damaged or of another version.
    """
    file = path / "report.json" if path.is_dir() else path
    try:
        if file.stat().st_size > _LIMIT:
            raise WorldFormatError(f"{file}: is larger than any report ({_LIMIT >> 20} MB)")
        return msgspec.json.decode(file.read_bytes(), type=Report)
    except FileNotFoundError:
        raise WorldFormatError(f"{path}: holds no report.json; give the folder of a finished run") from None
    except msgspec.MsgspecError as error:
        raise WorldFormatError(f"{file}: is no revisit report of version {VERSION} ({error})") from None


def schema() -> bytes:
    """The JSON schema of `report.json`."""
    return msgspec.json.format(msgspec.json.encode(msgspec.json.schema(Report)), indent=1) + b"\n"
