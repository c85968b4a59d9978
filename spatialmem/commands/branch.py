"""`spatialmem branch` and `spatialmem snapshot`: a second world with the history of the first."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from spatialmem.commands.arguments import At, Flag, WorldFolder, megabytes
from spatialmem.commands.bars import counting_bar

if TYPE_CHECKING:
    from spatialmem.memory.fork import Forked

_Out = Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="OUT", help_behavior_hint="")]


@dataclass(frozen=True)
class Branch:
    """A second world that begins as this one was at some commit; both go on by themselves from there.

    It shares the files of this world (hard links), which never change: it costs little, and either can be deleted. On
    another disk they are copied.

    Examples:
      spatialmem branch worlds/town worlds/town-at-night
      spatialmem branch worlds/town worlds/other-way --at 12
      spatialmem branch worlds/town worlds/undone --at 3f2a91c4
    """

    world: WorldFolder
    """Folder of the world."""
    out: _Out
    """Folder of the branch; made new."""
    at: At = None
    """The commit to begin at: a number, or the beginning of a name, also of one that was taken back; default the
    last."""
    json: Flag = False
    """Print what was made as JSON."""

    def run(self) -> None:
        """Make it."""
        _fork(self.world, self.out, self.at, link=True, as_json=self.json)


@dataclass(frozen=True)
class Snapshot:
    """A copy of a world that shares nothing with it: to back up, to move, to give away.

    Each object is verified as it is copied, and the world may be explored meanwhile. Never copy the folder of a world
    that is open somewhere: its database is more than one file then.

    Examples:
      spatialmem snapshot worlds/town /backup/town
      spatialmem snapshot worlds/town town-12 --at 12
    """

    world: WorldFolder
    """Folder of the world."""
    out: _Out
    """Folder of the copy; made new."""
    at: At = None
    """The commit to copy it at; default the last."""
    json: Flag = False
    """Print what was made as JSON."""

    def run(self) -> None:
        """Make it."""
        _fork(self.world, self.out, self.at, link=False, as_json=self.json)


def _fork(world: Path, out: Path, at: str | None, *, link: bool, as_json: bool) -> None:
    from spatialmem.memory.fork import fork

    with counting_bar("branch" if link else "snapshot", "object") as told:
        made = fork(world, out, at=at, link=link, progress=told)
    print(_json(out, made) if as_json else _sentence(out, made, link=link))


def _json(out: Path, made: Forked) -> str:
    return json.dumps({"out": str(out), "commits": made.commits, "shared": made.shared, "copied": made.copied,
                       "bytes": made.bytes})


def _sentence(out: Path, made: Forked, *, link: bool) -> str:
    how = f"{made.shared} objects shared" if made.shared else f"{made.copied} objects copied"
    why = " (the two disks, or this one, cannot share files)" if link and made.copied else ""
    return f"{out}: {made.commits} commits, {how}{why}; it takes {megabytes(made.bytes)} by itself"
