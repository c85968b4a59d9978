"""`spatialmem log`: the commits of a world."""

from __future__ import annotations

import json
from dataclasses import dataclass
from textwrap import shorten
from typing import TYPE_CHECKING

from spatialmem.commands.arguments import Flag, Number, WorldFolder, printable
from spatialmem.strictjson import Json

if TYPE_CHECKING:
    from spatialmem.memory.bank import Bank
    from spatialmem.memory.notes import Note

_WORDS = 48


@dataclass(frozen=True)
class Log:
    """The commits of a world, the last one first: what each saw, what made it, and what memory knew before.

    A commit's name (the first digits are enough) or number is what --at, branch, rollback and diff take.

    Examples:
      spatialmem log worlds/room
      spatialmem log worlds/room --last 5 --json
    """

    world: WorldFolder
    """Folder of the world."""
    last: Number = None
    """Only the last so many."""
    json: Flag = False
    """Print JSON."""

    def run(self) -> None:
        """Print them."""
        from spatialmem.errors import InvalidValueError
        from spatialmem.memory.bank import Bank

        if self.last is not None and self.last < 1:
            raise InvalidValueError(f"--last must be 1 or more, got {self.last}")
        with Bank.open(self.world) as bank:
            numbers, notes = range(bank.head, max(0, bank.head - (self.last or bank.head)), -1), bank.notes()
            told = [_told(bank, number, notes.get(number)) for number in numbers]
        if self.json:
            print(json.dumps(told))
            return
        for commit in told:
            print(_line(commit))


def _told(bank: Bank, number: int, note: Note | None) -> dict[str, Json]:
    from spatialmem.errors import WorldFormatError

    commits = bank.commits()
    commit, before = commits[number - 1], commits[number - 2].gaussians if number > 1 else 0
    frames = (bank.keyframes.clip == number).nonzero()[:, 0]
    trusted = None if note is None else sum(note.trusted) / len(note.trusted)
    told: dict[str, Json] = {
        "commit": number, "name": bank.names[number - 1], "created": commit.created, "first": int(frames[0]),
        "frames": len(frames), "gaussians": commit.gaussians, "more": commit.gaussians - before, "trusted": trusted}
    try:
        origin = bank.clip_origin(number)
    except WorldFormatError:  # the log says where to roll back to, so it goes on
        return told | {"generator": "(its clip is damaged)", "version": "", "prompt": ""}
    return told | {"generator": origin.generator, "version": origin.version, "seed": origin.seed,
                   "prompt": origin.prompt, "memory": origin.memory}


def _line(commit: dict[str, Json]) -> str:
    first, frames, trusted, prompt = (commit[name] for name in ("first", "frames", "trusted", "prompt"))
    frames = f"frames {first}-{int(str(first)) + int(str(frames)) - 1}"
    knew = "" if trusted is None else f"  trusted {float(str(trusted)):4.0%}"
    words = f'  "{shorten(printable(str(prompt)), _WORDS, placeholder=" ...")}"' if prompt else ""
    made = printable(f"{commit['generator']} {commit['version']}").strip()
    return (f"{str(commit['name'])[:8]}  {commit['commit']:>4}  {str(commit['created'])[:16].replace('T', ' ')}  "
            f"{frames:<16}  {commit['more']:>+9,} = {commit['gaussians']:>10,} Gaussians{knew}  {made}{words}")
