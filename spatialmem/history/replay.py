"""Making a world again from what it says of itself, to see that the same comes out."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from spatialmem import exploration
from spatialmem.errors import InvalidValueError
from spatialmem.memory.bank import Bank
from spatialmem.memory.clips import ClipOrigin
from spatialmem.memory.fork import fork
from spatialmem.protocols import Generator, provenance
from spatialmem.settings import Settings


@dataclass(frozen=True)
class Replayed:
    """One commit that was made again.

    Attributes:
        commit, of: its number, and how many there are to make.
        same: whether it, and so all before it, is the first one bit for bit.
    """

    commit: int
    of: int
    same: bool


def replay(source: Path | str, out: Path | str, *, after: int | None = None,
           device: str = "cpu") -> Iterator[Replayed]:
    """Explores a world again into `out`, by its own plan, prompts, seeds and versions; a commit at a time.

    The new world begins as a branch of the first one, after commit `after`, so that equal commits have equal names.
    Of a world that began as another one (`continuation`), only its own commits can be made again: they
    are what `after` leaves to do if it is None, else all commits are.
    On the machine that made it, with a generator that makes the same of the same, all of them are equal.

    Raises:
        InvalidValueError: the world has no plan, or its generator is another one now.
        WorldExistsError: something stands at `out`.
        WorldFormatError, StorageError, GenerationError: as of exploring.
    """
    with Bank.open(source) as first:
        names = first.names
        origin = first.clip_origin(first.head) if first.head else None
        if first.plan is None:
            raise InvalidValueError(f"{first.path}: was made without a plan, so nothing says how to make it again")
        since = Settings.from_record(first.plan.record).since
    begin = since if after is None else after
    if origin is None or not since <= begin < len(names):
        raise InvalidValueError(f"after: expected a commit in {since}..{len(names) - 1}, got {begin}"
                                + (f"; the first {since} came from another world" if since else ""))
    fork(source, out, at=begin)
    try:
        job = exploration.resume(Path(out), {}, device=device)
        _require_same(job.generator, origin)
    except BaseException:  # what was begun would be in the way of the next try
        shutil.rmtree(out)
        raise
    with job.world:
        for step in job.steps():
            yield Replayed(step.commit, len(names), job.world.bank.names[-1] == names[step.commit - 1])
            if step.commit == len(names):
                break


def _require_same(generator: Generator, origin: ClipOrigin) -> None:
    here = provenance(generator)
    if (here["generator"], here["version"]) != (origin.generator, origin.version):
        raise InvalidValueError(f"the world was made by {origin.generator!r} {origin.version!r}, here is "
                                f"{here['generator']!r} {here['version']!r}; install that one to make the world again")
