"""What a run is asked, kept in its folder so that it goes on after a stop and never mixes two questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import torch
from torch import Tensor

from spatialmem.errors import InvalidValueError, WorldExistsError, WorldFormatError
from spatialmem.revisit.measures import EDITION
from spatialmem.revisit.protocol import Protocol, protocol, read_protocol
from spatialmem.revisit.records import ProtocolRecord
from spatialmem.settings import Settings
from spatialmem.wholefile import write_whole

PLAN = "plan.json"
_Row = tuple[float, float, float, float]
_LIMIT = 16 << 20


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a route begins: `T_world_cam` as four rows, and metres per unit of its path."""

    route: str
    scale: float
    T_world_cam: tuple[_Row, _Row, _Row, _Row]

    @property
    def pose(self) -> Tensor:
        """`[4, 4]` float64."""
        return torch.tensor(self.T_world_cam, dtype=torch.float64)


@dataclass(frozen=True, kw_only=True)
class Job:
    """A run of the benchmark.

    Attributes:
        protocol: a name such as "gaps/1", or a file.
        fingerprint: of its paths.
        rows: what is measured beside each other.
        settings: of the generator (see `settings.Settings`); of footage, its folders and the size.
        frames, routes: how much of the protocol is walked; None = all.
        scale: metres per unit that were asked for; None = whatever fits.
        edition: of the measures' definitions.
        content: hash of the input, if that is a file: a changed one is another question.
        places: where the routes begin; the same for all rows.
    """

    protocol: str
    fingerprint: str
    rows: tuple[str, ...]
    settings: dict[str, str | int | float | bool | list[int] | None] = field(default_factory=dict)
    frames: int | None = None
    routes: int | None = None
    scale: float | None = None
    edition: str = EDITION
    content: str = ""
    places: tuple[Place, ...] = ()

    @property
    def asked(self) -> Settings:
        """The generator's settings."""
        return Settings.from_record(self.settings)

    def paths(self) -> Protocol:
        """The protocol, as much of it as is walked."""
        whole = open_protocol(self.protocol)
        cut = whole if self.frames is None else whole.first(self.frames)
        return cut if self.routes is None else msgspec.structs.replace(cut, routes=cut.routes[: self.routes])

    def size(self) -> tuple[int, int]:
        """(height, width) of everything that is measured."""
        return self.asked.size or open_protocol(self.protocol).size

    def record(self) -> ProtocolRecord:
        """The protocol, and how the run departs from it."""
        whole, paths, (height, width) = open_protocol(self.protocol), self.paths(), self.size()
        deviations = []
        if (height, width) != whole.size:
            deviations.append(measured_at((height, width), whole.size))
        if paths.frames != whole.frames:
            deviations.append(f"the first {paths.frames} of {whole.frames} frames")
        if len(paths.routes) != len(whole.routes):
            deviations.append(f"{len(paths.routes)} of {len(whole.routes)} routes")
        if self.settings and self.asked.clip != Settings.clip:
            deviations.append(f"walked in clips of {self.asked.clip} frames, not {Settings.clip}")
        if scales := {place.scale for place in self.places} - {1.0}:
            deviations.append(f"{sum(place.scale != 1 for place in self.places)} of {len(self.places)} routes at "
                              f"{', '.join(f'{scale:g}' for scale in sorted(scales))} metres a unit")
        return ProtocolRecord(name=whole.name, version=whole.version, fingerprint=whole.fingerprint, about=whole.about,
                              against=whole.against, size=(height, width), fov_degrees=whole.fov_degrees, fps=whole.fps,
                              frames=paths.frames, routes=tuple(route.name for route in paths.routes),
                              deviations=tuple(deviations))


def measured_at(size: tuple[int, int], wanted: tuple[int, int]) -> str:
    """How a size of pictures departs from a protocol's; both (height, width)."""
    return f"measured at {size[1]}x{size[0]}, the protocol says {wanted[1]}x{wanted[0]}"


def open_protocol(text: str) -> Protocol:
    """The protocol of that name, or in that file.

    Raises:
        TrajectoryError: it is neither, or the file is damaged.
    """
    return read_protocol(text) if text.endswith(".json") else protocol(text)


def keep(folder: Path, job: Job) -> Job:
    """Write the plan of a new run, or find that of one that was stopped: its places hold.

    Raises:
        WorldExistsError: something else stands at `folder`.
        InvalidValueError: the run there was asked something else.
        WorldFormatError: its plan is damaged.
    """
    file = folder / PLAN
    if folder.exists() and not file.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise WorldExistsError(f"{folder} exists already and is no run of the benchmark; choose another --out")
    if not file.exists():
        write_whole(file, msgspec.json.format(msgspec.json.encode(job, order="sorted"), indent=1))
        return job
    kept = find(folder)
    asked = ("protocol", "fingerprint", "rows", "frames", "routes", "scale", "edition", "content")
    differing = [name for name in asked if getattr(kept, name) != getattr(job, name)]
    differing += [name for name in {**kept.settings, **job.settings}
                  if kept.settings.get(name) != job.settings.get(name)]
    if differing:
        raise InvalidValueError(f"{folder}: the run there was asked something else ({', '.join(sorted(differing))}); "
                                "repeat its settings to go on with it, or choose another --out")
    return kept


def find(folder: Path) -> Job:
    """The plan of the run at `folder`.

    Raises:
        WorldFormatError: there is none, or it is damaged.
    """
    file = folder / PLAN
    try:
        if file.stat().st_size > _LIMIT:
            raise WorldFormatError(f"{file}: is larger than any plan")
        return msgspec.json.decode(file.read_bytes(), type=Job)
    except FileNotFoundError:
        raise WorldFormatError(f"{folder}: holds no run of the benchmark ({PLAN} is missing)") from None
    except msgspec.MsgspecError as error:
        raise WorldFormatError(f"{file}: cannot be read ({error}); choose another --out") from None


def places_of(routes: Sequence[str], poses: Sequence[Tensor], scales: Sequence[float]) -> tuple[Place, ...]:
    """Places as a plan keeps them."""
    return tuple(Place(route=route, scale=scale, T_world_cam=tuple(tuple(row) for row in pose.tolist()))  # type: ignore[arg-type]
                 for route, pose, scale in zip(routes, poses, scales, strict=True))
