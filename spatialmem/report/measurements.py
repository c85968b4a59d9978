"""What a report tells, as values: numbers and images, nothing about how they are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean

from torch import Tensor

from spatialmem.protocols import Json
from spatialmem.report.asked import Asked
from spatialmem.report.topdown import TopDown

STAGES = ("recall", "generate", "fuse", "commit")


@dataclass(frozen=True)
class Turn:
    """One step of the loop.

    Attributes:
        number: of its commit.
        start, frames: its first frame along the path, and how many.
        created: UTC, ISO 8601.
        gaussians: in the whole world after it.
        trusted, revise: share of each frame that memory trusted, or wanted revised, before; None if
            they were not measured (the program was killed right after the commit).
        seconds: wall time by stage; None likewise.
        figures: of the fusion.
    """

    number: int
    start: int
    frames: int
    created: str
    gaussians: int
    trusted: tuple[float, ...] | None
    revise: tuple[float, ...] | None
    seconds: Mapping[str, float] | None
    figures: Mapping[str, float | None]


@dataclass(frozen=True)
class Quality:
    """How well memory shows one stored frame, at the frame's own camera.

    Attributes:
        frame: its number along the path.
        heldout: stored and never fused.
        psnr: dB.
        ssim: see `metrics.SSIM_DEFINITION`; None for images too small for it.
        depth_mm: median of |memory - stored| over the pixels where both know a depth, millimetres;
            None where there are none.
    """

    frame: int
    heldout: bool
    psnr: float
    ssim: float | None
    depth_mm: float | None


@dataclass(frozen=True, eq=False)
class Moment:
    """A frame of the contact sheet: `seen` and `memory` are `[H, W, 3]` float32 0..1."""

    quality: Quality
    seen: Tensor
    memory: Tensor


@dataclass(frozen=True, eq=False)
class Measurements:
    """A world as its report tells it.

    Attributes:
        name, path: of the world's folder.
        asked: what was asked for, and how to ask again.
        frames, heldout: stored so far.
        recalled: of the frames, those that are memory's own render; they are not among the held-out ones.
        planned: frames of the whole path; None without a plan.
        image_sizes: "WIDTHxHEIGHT" of the stored frames, each once.
        walked: metres along the cameras' centres.
        extent: metres across, along and upwards that hold 99 % of the Gaussians in each direction.
        bounds: `[[min], [max]]` of all Gaussians' centres, metres; None for an empty world.
        up: the signed world axis that points up.
        gaussians: in the world now.
        sizes: bytes on disk by purpose (see `Bank.sizes`).
        turns: the steps of the loop in order.
        quality: of an even sample of frames, in path order.
        made_on: what the report was made on; `explored_on` the world, each machine once.
        moments: the contact sheet.
        map: the world from above; None for an empty world.
    """

    name: str
    path: str
    asked: Asked
    frames: int
    heldout: int
    recalled: int
    planned: int | None
    image_sizes: tuple[str, ...]
    walked: float
    extent: tuple[float, float, float] | None
    bounds: Json
    up: str
    gaussians: int
    sizes: Mapping[str, int]
    turns: tuple[Turn, ...]
    quality: tuple[Quality, ...]
    explored_on: tuple[str, ...]
    made_on: str
    moments: tuple[Moment, ...]
    map: TopDown | None

    @property
    def known(self) -> list[tuple[float, float] | None]:
        """Shares (trusted, revise) of every frame before its clip; None where not measured."""
        shares: list[tuple[float, float] | None] = []
        for turn in self.turns:
            measured = turn.trusted is not None and turn.revise is not None
            shares += zip(turn.trusted or (), turn.revise or (), strict=True) if measured else [None] * turn.frames
        return shares

    @property
    def seconds(self) -> dict[str, float]:
        """Wall time by stage, over all measured steps."""
        return {stage: sum((turn.seconds or {}).get(stage, 0.0) for turn in self.turns) for stage in STAGES}

    @property
    def rate(self) -> float | None:
        """Frames a second over the measured steps, without the very first one, which also compiles kernels."""
        timed = [turn for turn in self.turns if turn.seconds]
        timed = [turn for turn in timed if turn.number > 1] or timed
        spent = sum(sum((turn.seconds or {}).values()) for turn in timed)
        return sum(turn.frames for turn in timed) / spent if spent > 0 else None

    def mean(self, name: str, *, heldout: bool) -> float | None:
        """The mean of a field of `quality` over the measured frames that were held out, or those that were not."""
        values = [value for q in self.quality if q.heldout == heldout and (value := getattr(q, name)) is not None]
        return fmean(values) if values else None

    def record(self) -> dict[str, Json]:
        """All numbers as strict JSON; images and the map stay out."""
        fields = {name: value for name, value in vars(self).items() if name not in ("moments", "map")}
        means: dict[str, Json] = {
            kind: {name: self.mean(name, heldout=heldout) for name in ("psnr", "ssim", "depth_mm")}
            for kind, heldout in (("fused", False), ("heldout", True))}
        return {**{name: _json(value) for name, value in fields.items()}, "mean_quality": means,
                "seconds": _json(self.seconds), "frames_per_second": self.rate}


def _json(value: object) -> Json:
    """A value of the classes above as JSON."""
    if isinstance(value, Asked | Turn | Quality):
        return _json(asdict(value))
    if isinstance(value, Mapping):
        return {str(name): _json(item) for name, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_json(item) for item in value]
    return value  # type: ignore[return-value]
