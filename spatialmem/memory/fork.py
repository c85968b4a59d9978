"""A second world that begins as a first one was at some commit: a branch, or a snapshot to keep."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from spatialmem.errors import WorldChangedError, WorldFormatError
from spatialmem.memory.bank import Bank
from spatialmem.memory.chains import read_links
from spatialmem.memory.commitnames import find_commit
from spatialmem.memory.create import keep_plan, make_folders, staged
from spatialmem.memory.database import copy_database
from spatialmem.memory.index import Index
from spatialmem.memory.manifest import Manifest
from spatialmem.memory.objects import ObjectStore
from spatialmem.memory.plan import Plan
from spatialmem.memory.rebuild import write_database
from spatialmem.memory.storage import require_space, sync_folder
from spatialmem.progress import Progress


@dataclass(frozen=True)
class Forked:
    """What a second world shares with the first, and what it takes by itself.

    Attributes:
        commits: its history.
        shared: objects that are the first world's very files.
        copied: objects that were copied.
        bytes: on disk, without what is shared.
    """

    commits: int
    shared: int
    copied: int
    bytes: int


def fork(source: Path | str, out: Path | str, *, at: int | str | None = None, link: bool = True,
         plan: Plan | None = None, progress: Progress | None = None) -> Forked:
    """Makes a world at `out` with the history of `source` up to a commit; both go on by themselves from there.

    Objects never change, so the second world shares the first one's files (hard links) where both lie on one disk and
    `link` is set; deleting either leaves the other whole. Otherwise each object is read, verified and copied.

    Args:
        source: a world; another process may write to it meanwhile.
        out: must not exist.
        at: a commit's number (0 = none of them), or the beginning of its name, also of one that was taken back
            and not swept yet; None = the last one.
        plan: of the second world, in place of the first one's.
        link: share files; False makes a snapshot that stands by itself.
        progress: called with (objects done, objects in all).

    Raises:
        InvalidValueError: no such commit.
        WorldExistsError: something stands at `out`.
        WorldFormatError: `source` is no world, or an object that is copied is damaged.
        StorageError: the disk refused.
    """
    place = Path(out).absolute()
    with Bank.open(source) as bank:
        number = find_commit(bank.names, at) if at is not None else bank.head
        with staged(place) as folder:
            make_folders(folder, bank.manifest)
            if number is None:
                commits, names = _taken_back(bank, folder, str(at))
            else:
                commits, names = number, _history(bank.path, folder, bank.names[:number])
            if plan is not None:
                names = _replanned(folder, bank.manifest, plan)
            shared = _bring(ObjectStore(bank.path), ObjectStore(folder), names, link=link, progress=progress)
            own = sum(size for name, size in names.items() if name not in shared)
            size = own + sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
    return Forked(commits, len(shared), len(names) - len(shared), size)


def _history(source: Path, folder: Path, wanted: list[str]) -> dict[str, int]:
    """Copies the database as it was after the commits `wanted`; the objects that it refers to, with their sizes."""
    copy_database(source, folder)
    with closing(Index(folder, write=True)) as index:
        names = index.load().names
        if names[: len(wanted)] != wanted:
            raise WorldChangedError(f"{source}: commits were taken back at this moment; try again")
        if len(wanted) < len(names):
            index.forget(len(wanted), head=len(names))
        return index.objects()


def _taken_back(bank: Bank, folder: Path, name: str) -> tuple[int, dict[str, int]]:
    """Makes the database of a commit that is no longer in the history: how many commits, and their objects."""
    links = read_links(ObjectStore(bank.path), bank.manifest)
    chain = links.chain(links.named(name).name)
    if not chain:
        raise WorldFormatError(f"{bank.path}: commit {name} is there, but not all that came before it; choose "
                               "another")
    write_database(folder, links, chain)
    with closing(Index(folder, write=False)) as index:
        return len(chain), index.objects()


def _replanned(folder: Path, manifest: Manifest, plan: Plan) -> dict[str, int]:
    """Gives the world in `folder` another plan; the objects that it refers to now, without the plan's."""
    keep_plan(folder, manifest, plan)
    with closing(Index(folder, write=False)) as index:
        row, names = index.plan_row(), index.objects()
    return {name: size for name, size in names.items() if row is None or name != row[0]}


def _bring(source: ObjectStore, target: ObjectStore, names: Mapping[str, int], *, link: bool,
           progress: Progress | None) -> set[str]:
    """Shares or copies the objects `names` (name and size); the names of those that are shared."""
    shared: set[str] = set()
    for done, (name, size) in enumerate(names.items(), start=1):
        if link and _link(source.path(name), target.path(name)):
            shared.add(name)
        else:
            require_space(target.root, 2 * size)
            target.write({name: source.read(name, size)})
        if progress is not None:
            progress(done, len(names))
    for folder in {target.path(name).parent for name in shared}:
        sync_folder(folder)
    sync_folder(target.root / "objects")
    return shared


def _link(source: Path, target: Path) -> bool:
    """Whether `target` is now the same file as `source`; False where this disk, or two of them, cannot."""
    target.parent.mkdir(exist_ok=True)
    try:
        os.link(source, target, follow_symlinks=False)
    except FileNotFoundError:
        raise WorldFormatError(f"{source}: is missing; check the world, and repair it first") from None
    except OSError:  # another disk, one without links, or too many of them: copying says what is wrong, if anything
        return False
    return True
