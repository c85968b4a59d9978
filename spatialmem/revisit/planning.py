"""From what a user asks to a job: protocol, rows, generator, and a place in its world for every route."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from torch import Tensor

from spatialmem.errors import InvalidValueError
from spatialmem.exploration import first_camera
from spatialmem.generators.surfaces import Probed
from spatialmem.protocols import Generator, check_sizes
from spatialmem.revisit.inputs import SMALLEST
from spatialmem.revisit.job import Job, Place, find, open_protocol, places_of
from spatialmem.revisit.protocol import Protocol
from spatialmem.revisit.rows import chosen_rows
from spatialmem.revisit.starts import fit
from spatialmem.revisit.walkers import Walkers
from spatialmem.settings import Settings

LARGEST = 4096
"""Pixels of a side that are measured at most; `inputs.SMALLEST` at least."""


def planned(protocol: str, settings: Settings, *, rows: Sequence[str] | None = None, routes: int | None = None,
            frames: int | None = None, scale: float | None = None, like: Path | None = None) -> Job:
    """A run of `protocol` with the generator of `settings`; nothing is written.

    Routes are put where they fit in worlds that can be probed (`surfaces.Probed`); others begin at the generator's
    own start, as large as `scale` says.

    Args:
        protocol: a name, or a file (.json).
        settings: of the generator; their size, if any, overrules the protocol's.
        rows: names of rows; None = all.
        routes, frames: only the first so many; None = all.
        scale: metres per unit; None = 1, or in worlds that can be probed what fits.
        like: the folder of another run, whose places hold for this one.

    Raises:
        SpatialMemError: the protocol is unknown, the generator cannot be opened, or a route fits nowhere.
    """
    if routes is not None and routes < 1:
        raise InvalidValueError(f"--routes must be 1 or more, got {routes}")
    if scale is not None and not 1e-3 <= scale <= 1e3:
        raise InvalidValueError(f"--scale must be 0.001 to 1000 metres a unit, got {scale}")
    if settings.size is not None and not all(SMALLEST <= side <= LARGEST for side in settings.size):
        raise InvalidValueError(f"--size: each side must be {SMALLEST} to {LARGEST} pixels, got "
                                f"{settings.size[1]}x{settings.size[0]}")
    whole = open_protocol(protocol)
    name = protocol if protocol.endswith(".json") else f"{whole.name}/{whole.version}"
    bare = Job(protocol=name, fingerprint=whole.fingerprint, rows=chosen_rows(rows), settings=settings.record(),  # type: ignore[arg-type]
               frames=frames, routes=routes, scale=scale)
    paths = bare.paths()
    places = _like(like, paths) if like else _placed(paths, bare, settings, scale)
    return Job(protocol=name, fingerprint=whole.fingerprint, rows=bare.rows, settings=bare.settings, frames=frames,
               routes=routes, scale=scale, places=places, content=_content(settings.input))


def _content(file: str | None) -> str:
    """32 hexadecimal digits of what is in a file; empty where there is none, or a folder."""
    if file is None or not Path(file).is_file():
        return ""
    with Path(file).open("rb") as opened:
        return hashlib.file_digest(opened, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def _like(folder: Path, paths: Protocol) -> tuple[Place, ...]:
    """The places of another run of the same routes."""
    known = find(folder).places
    places = known[: len(paths.routes)]
    if [place.route for place in places] != [route.name for route in paths.routes]:
        raise InvalidValueError(f"{folder}: was placed for {len(known)} routes, which are not those "
                                "asked for here; choose another folder")
    return places


def _placed(paths: Protocol, job: Job, settings: Settings, scale: float | None) -> tuple[Place, ...]:
    generator = Walkers(settings).walker(0)
    home = _home(generator, job.size())
    check_sizes(generator, paths.camera(home, size=job.size()))
    names = [route.name for route in paths.routes]
    if isinstance(generator, Probed) and scale is None:
        placed = fit(paths, generator.surfaces, home, seed=paths.seed)
        return places_of(names, [each.start.T_world_cam[0] for each in placed], [each.scale for each in placed])
    return places_of(names, [home] * len(names), [scale or 1.0] * len(names))


def _home(generator: Generator, size: tuple[int, int]) -> Tensor:
    """`T_world_cam` `[4, 4]` where a generator's paths begin."""
    pose: Tensor = first_camera(generator, None, size).T_world_cam[0]
    return pose
