"""A run of the benchmark: every row on every route, kept as it goes, and the report at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from spatialmem.revisit.job import Job
from spatialmem.revisit.kept import read_record
from spatialmem.revisit.publish import publish
from spatialmem.revisit.records import Report
from spatialmem.revisit.rows import COPY_FIRST, LOOPS, MEMORY_ONLY
from spatialmem.revisit.tasks import Task
from spatialmem.revisit.walkers import Walkers

Told = Callable[[str, int], None]
"""What is told which row and route are at work, and how many more frames are done."""

_NOT_ASKED = ("memory", "holdout", "trajectory", "frames")
"""Settings of an exploration that a run decides itself."""


class Run:
    """The run that is planned in a folder.

    Args:
        folder: of the run, with its plan in it.
        job: the plan.
        device: where Gaussians are rendered and optimised.
        keep_worlds: whether the worlds of the walks stay, to be looked at; they are large.
    """

    def __init__(self, folder: Path, job: Job, *, device: str = "cpu", keep_worlds: bool = False) -> None:
        self._folder, self._job = folder, job
        self._device, self._keep_worlds = device, keep_worlds
        self._paths = job.paths()
        self._loops = [row for row in job.rows if row in LOOPS]

    @property
    def frames(self) -> int:
        """How many frames are walked in all."""
        return len(self._loops) * len(self._paths.routes) * self._paths.frames

    def work(self, told: Told) -> Iterator[None]:
        """Walk and measure whatever is not done yet, a clip at a time: stop asking to stop."""
        walkers = Walkers(self._job.asked)
        for row in self._loops:
            for index, (route, place) in enumerate(zip(self._paths.routes, self._job.places, strict=True)):
                name = f"{row} {route.name}"
                task = Task(folder=self._folder, job=self._job, paths=self._paths, row=row,
                            controls=self._controls(row), route=route, place=place, device=self._device,
                            keep_world=self._keep_worlds)
                if task.done:
                    told(name, self._paths.frames)
                else:
                    yield from task.work(walkers.walker(index), lambda more, name=name: told(name, more))  # type: ignore[misc]

    def report(self, repeat: str) -> Report:
        """Gather what was measured and write report.json, report.html and contact_sheet.png.

        Args:
            repeat: the command line that does it all again.
        """
        rows = {name: [read_record(self._folder, name, route.name) for route in self._paths.routes]
                for name in self._job.rows}
        return publish(self._folder, self._job.record(), rows, subject=self._subject(), repeat=repeat)

    def _controls(self, row: str) -> tuple[str, ...]:
        """The controls that are made of a row's walks."""
        mine = {"hybrid": [MEMORY_ONLY]}.get(row, []) + ([COPY_FIRST] if row == self._loops[0] else [])
        return tuple(name for name in mine if name in self._job.rows)

    def _subject(self) -> dict[str, str | int | float | bool | None]:
        told = {"input hash": self._job.content, **self._job.settings}
        return {name: "x".join(map(str, value[::-1])) if isinstance(value, list) else value
                for name, value in told.items() if name not in _NOT_ASKED and value not in (None, "")}

