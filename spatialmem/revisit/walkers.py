"""A generator for each route, as if it were new: its faults drawn for that route, its state as at the start."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from spatialmem.errors import GenerationError
from spatialmem.generators.select import Options, open_generator
from spatialmem.generators.truth import FromTruth
from spatialmem.protocols import Generator, Resumable, restore
from spatialmem.settings import Settings

_PER_RUN = 1000
"""Seeds of faults that one seed of a run stands for: one a route."""


class Walkers:
    """Opens the generator that `settings` name, once where it can be put back to its start, else for each route."""

    def __init__(self, settings: Settings) -> None:
        """Remembers what to open; nothing is opened yet."""
        self._settings = settings
        self._ready: Generator | None = None

    def walker(self, index: int) -> Generator:
        """The generator for the `index`-th route.

        Raises:
            SpatialMemError: it cannot be made, or its own path is the only one it knows.
        """
        if self._ready is None:
            self._ready = _opened(self._settings)
            self._start = dict(self._ready.state())
        elif isinstance(self._ready, Resumable):
            restore(self._ready, self._start)
        elif dict(self._ready.state()) or self._start:
            self._ready = _opened(self._settings)
        if isinstance(self._ready, FromTruth) and self._settings.faults and "seed" not in self._settings.faults:
            return self._ready.with_faults(replace(self._ready.faults, seed=_PER_RUN * self._settings.seed + index))
        return self._ready


def _opened(settings: Settings) -> Generator:
    source = None if settings.input is None else Path(settings.input)
    layout = None if settings.layout is None else Path(settings.layout)
    generator = open_generator(settings.generator, source, Options(
        size=settings.size, up=settings.up, faults=settings.faults, seed=settings.seed, prompt=settings.prompt,
        style_seed=settings.style_seed, layout=layout))
    if getattr(generator, "cameras", None) is not None:
        raise GenerationError("a recording knows its own path only and cannot walk a protocol's; measure it with "
                              "--frames and --poses, or explore it and measure --world")
    return generator

