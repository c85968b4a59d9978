"""Whether a world on disk keeps every invariant of its format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from math import isclose
from pathlib import Path

import torch

from spatialmem.errors import SpatialMemError, WorldFormatError
from spatialmem.memory.cellfile import extent
from spatialmem.memory.cells import split_nodes
from spatialmem.memory.clipfile import ClipFile
from spatialmem.memory.database import NAME as DATABASE
from spatialmem.memory.index import Index
from spatialmem.memory.lock import reader_lock
from spatialmem.memory.manifest import Manifest, read_manifest
from spatialmem.memory.mend import read_cell
from spatialmem.memory.notes import decode_note
from spatialmem.memory.objects import ObjectStore
from spatialmem.memory.plan import decode_plan
from spatialmem.memory.rows import CellVersion, Snapshot
from spatialmem.memory.seal import seal_commit
from spatialmem.progress import Progress

History = list[tuple[CellVersion, int | None]]


@dataclass(frozen=True)
class Problem:
    """Something that `check` found: where it is, and what is wrong with it."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


def check(path: str | Path, *, progress: Progress | None = None) -> list[Problem]:
    """All problems of the world at `path`; none for a sound one.

    Nothing is written. Every version of every cell and every clip of the history is read, hashed and
    decoded. Objects that nothing refers to and leftovers of an interrupted writer are no problems.

    Args:
        path: the world's folder.
        progress: called with (objects done, objects in all) as the check goes on.

    Raises:
        WorldFormatError: the folder is no world, or one of a newer version.
        WorldLockedError: it is being swept at this moment.
    """
    folder = Path(path).absolute()
    manifest = read_manifest(folder)
    with reader_lock(folder):
        try:
            index = Index(folder, write=False)
        except SpatialMemError as error:
            return [Problem("world.db", str(error))]
        with closing(index):
            return list(_problems(folder, manifest, index, progress))


def _problems(folder: Path, manifest: Manifest, index: Index, progress: Progress | None) -> Iterator[Problem]:
    try:
        objects = ObjectStore(folder)
        yield from (Problem(DATABASE, fault) for fault in index.faults())
        snapshot = index.load()
        history = index.history(snapshot.head)
        plan = index.plan_row()
        notes = index.notes(snapshot.head)
    except SpatialMemError as error:
        yield Problem(DATABASE, str(error))
        return
    yield from _check_rows(snapshot, history)
    jobs: list[Callable[[], Iterator[Problem]]] = [lambda: _check_plan(objects, manifest, plan)]
    jobs.append(lambda: _check_notes(snapshot, notes))
    jobs.append(lambda: _check_seals(snapshot, index))
    jobs += [lambda n=n: _check_clip(objects, manifest, snapshot, history, n)  # type: ignore[misc]
             for n in range(snapshot.head)]
    jobs += [lambda v=version: _check_cell(objects, manifest, v) for version, _ in history]  # type: ignore[misc]
    for done, job in enumerate(jobs, start=1):
        try:
            yield from job()
        except SpatialMemError as error:
            yield Problem("objects", str(error))
        if progress is not None:
            progress(done, len(jobs))


def _check_rows(snapshot: Snapshot, history: History) -> Iterator[Problem]:
    """What the rows say about each other."""
    for clip in snapshot.clips:
        if not bool((snapshot.keyframes.clip[clip.start:clip.start + clip.frames] == clip.number).all()):
            yield Problem(DATABASE, f"keyframes from {clip.start} on should belong to clip {clip.number}")
    nested = split_nodes(snapshot.cells) & set(snapshot.cells)
    yield from (Problem(DATABASE, f"cell {tuple(key)} is live and split at once") for key in nested)
    change: Counter[int] = Counter()
    for version, retired in history:
        change[version.begun] += version.gaussians
        if retired is not None:
            change[retired] -= version.gaussians
    total = 0
    for commit in snapshot.commits:
        total += change[commit.number]
        if total != commit.gaussians:
            yield Problem(DATABASE, f"commit {commit.number} says {commit.gaussians} Gaussians, its cells "
                                    f"hold {total}")


def _check_plan(objects: ObjectStore, manifest: Manifest, plan: tuple[str, int] | None) -> Iterator[Problem]:
    if plan is not None:
        name, size = plan
        decode_plan(objects.read(name, size), str(objects.path(name)), world=manifest.world)
    yield from ()


def _check_notes(snapshot: Snapshot, notes: Mapping[int, str]) -> Iterator[Problem]:
    """Every note is one on the frames of its commit."""
    for number, record in notes.items():
        try:
            decode_note(record, f"note {number}", frames=snapshot.clips[number - 1].frames)
        except WorldFormatError as error:
            yield Problem(DATABASE, str(error))


def _check_seals(snapshot: Snapshot, index: Index) -> Iterator[Problem]:
    """What no object holds is what was written."""
    created = {commit.number: commit.created for commit in snapshot.commits}
    # frames that saw nothing have no rows
    seals = {number: seal_commit(number, time, ()) for number, time in created.items()}
    seals |= {number: seal_commit(number, created[number], rows) for number, rows in index.seen() if number in created}
    yield from (Problem(DATABASE, f"the time of commit {commit.number}, or what its frames saw, changed since it was "
                                  "written") for commit in snapshot.commits if commit.seal != seals[commit.number])
    yield from (Problem(DATABASE, f"note {number} is not what was written") for number in index.broken_notes())


def _check_clip(objects: ObjectStore, manifest: Manifest, snapshot: Snapshot, history: History,
                position: int) -> Iterator[Problem]:
    """The clip object at `position` against the rows that describe it."""
    row = snapshot.clips[position]
    where, table = str(objects.path(row.name)), snapshot.keyframes
    file = ClipFile(objects.read(row.name, row.size), where, world=manifest.world, commit=row.number)
    clip = file.clip()
    frames = slice(row.start, row.start + row.frames)
    size = torch.stack([table.height[frames], table.width[frames]], dim=1)
    same = (len(clip) == row.frames and clip.start == row.start
            and torch.equal(clip.frames.cameras.T_world_cam, table.T_world_cam[frames])
            and torch.equal(clip.frames.cameras.K, table.K[frames])
            and torch.equal(clip.heldout, table.heldout[frames])
            and bool((size == torch.tensor([clip.frames.cameras.height, clip.frames.cameras.width])).all()))
    if not same:
        yield Problem(where, f"clip {row.number} differs from its rows in {DATABASE}")
    parent = snapshot.clips[position - 1].name if position else ""
    begun = {(version.key, version.origin or version.name) for version, _ in history if version.begun == row.number}
    ended = {version.key for version, retired in history if retired == row.number}
    written = {(version.key, version.name) for version in file.change.written}
    if (file.change.parent, written, set(file.change.retired)) != (parent, begun, ended):
        yield Problem(where, f"clip {row.number} and {DATABASE} disagree on what its commit changed")


def _check_cell(objects: ObjectStore, manifest: Manifest, version: CellVersion) -> Iterator[Problem]:
    """The object of a cell version against its row."""
    where = str(objects.path(version.name))
    splats = read_cell(objects, manifest, version)
    found, stored = extent(splats), version.extent
    # Square roots may end in another last digit on another machine.
    same_reach = isclose(found.reach, stored.reach, rel_tol=1e-4)
    same_box = (found.low, found.high) == (stored.low, stored.high)
    if len(splats) != version.gaussians or not same_box or not same_reach:
        yield Problem(where, f"cell {tuple(version.key)} differs from its row in {DATABASE}")
    if not bool(((splats.clip >= 1) & (splats.clip <= version.begun)).all()):
        yield Problem(where, f"cell {tuple(version.key)} has Gaussians of clips that did not exist")
