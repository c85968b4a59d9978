"""One row on one route: walked, measured, and what was found kept in the run's folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch

from spatialmem.camera import Cameras
from spatialmem.errors import GenerationError
from spatialmem.frames import Frames
from spatialmem.generators.truth import FromTruth
from spatialmem.protocols import Generator
from spatialmem.revisit import learned
from spatialmem.revisit.footage import Footage
from spatialmem.revisit.geometry import seen_before
from spatialmem.revisit.job import Job, Place
from spatialmem.revisit.kept import record_file, write_record
from spatialmem.revisit.protocol import Protocol
from spatialmem.revisit.records import Gate, RouteRecord
from spatialmem.revisit.route import Route, route_cameras
from spatialmem.revisit.rows import COPY_FIRST, MEMORY_ONLY
from spatialmem.revisit.score import OWN, Returns, score_route, standstill
from spatialmem.revisit.strips import save_strip
from spatialmem.revisit.walk import footage, remembered, walk
from spatialmem.world import World

_EVERY = 4
"""Of the frames before a view, every so many-th is asked whether it showed a surface."""

Told = Callable[[int], None]
"""What is told how many more frames are done."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """A walk of one row along one route, and the controls that are made of it.

    Attributes:
        folder: of the run.
        job, paths: what it was asked.
        row: the memory of the walk.
        controls: rows that are made of this walk.
        route, place: the path, and where it begins.
        device: where Gaussians are rendered and optimised.
        keep_world: whether the world of the walk stays.
    """

    folder: Path
    job: Job
    paths: Protocol
    row: str
    controls: tuple[str, ...]
    route: Route
    place: Place
    device: str
    keep_world: bool

    @property
    def done(self) -> bool:
        """Whether nothing is left to do."""
        return all(record_file(self.folder, name, self.route.name).exists() for name in (self.row, *self.controls))

    def work(self, generator: Generator, told: Told) -> Iterator[None]:
        """Walk, a clip at a time, and measure at the end.

        Raises:
            GenerationError: the generator refused, or the truth is needed and it does not know it.
        """
        settings, world = self.job.asked, self.folder / "worlds" / self.row / self.route.name
        start = self.paths.camera(self.place.pose, size=self.job.size())
        cameras = route_cameras(self.route, start, up=str(getattr(generator, "up", "+Z")), scale=self.place.scale)
        before = 0
        for done in walk(world, cameras, generator, memory=self.row, clip=settings.clip,  # type: ignore[arg-type]
                         prompt=settings.prompt, seed=settings.seed, device=self.device):
            told(done - before)
            before = done
            yield
        told(len(cameras) - before)
        self._measure(world, cameras, generator)
        if not self.keep_world:
            shutil.rmtree(world)

    def _measure(self, world: Path, cameras: Cameras, generator: Generator) -> None:
        with World.open(world) as walked:
            seen = footage(walked, cameras, self.paths.fps)
        clip = self.job.asked.clip
        true = OWN if self.paths.against == "first visit" else _truth(generator, cameras, self.route, clip)
        verdict = self._score(self.row, seen, true).gate
        if MEMORY_ONLY in self.controls:
            again = remembered(world, cameras, [pair.again for pair in self.route.pairs], device=self.device)
            self._score(MEMORY_ONLY, seen, replace(true, again=again), gate=verdict)
        if COPY_FIRST in self.controls:
            self._score(COPY_FIRST, standstill(seen), true)

    def _score(self, row: str, seen: Footage, returns: Returns = OWN, *, gate: Gate | None = None) -> RouteRecord:
        record = score_route(self.route.name, self.place.scale, seen, self.route.pairs, returns=returns, gate=gate,
                             learned=learned.installed(), shown=partial(save_strip, self.folder, row, self.route.name))
        write_record(self.folder, row, record)
        return record


def _truth(generator: Generator, cameras: Cameras, route: Route, clip: int) -> Returns:
    """What the pairs' frames should show, and which of it the true path had shown before the clip of each."""
    if not isinstance(generator, FromTruth):
        raise GenerationError("this protocol compares with the truth, which only the generators scene and procedural "
                              "know; choose a protocol that compares with the first visit")
    first = generator.truth(cameras[[pair.again for pair in route.pairs]])
    seen = []
    for i, pair in enumerate(route.pairs):
        earlier = list(range(0, pair.again // clip * clip, _EVERY))
        shown = generator.truth(cameras[earlier]) if earlier else Frames.empty(cameras.height, cameras.width)
        seen.append(seen_before(shown, first[[i]]))
    return Returns(first=first, seen=torch.cat(seen))
