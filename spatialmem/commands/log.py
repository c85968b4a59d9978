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
    from spatialmem.memory.rows import ClipRow, Commit

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
            rows, notes = list(zip(bank.clips(), bank.commits(), strict=True)), bank.notes()
            first = max(0, len(rows) - (self.last or len(rows)))
            before = [0, *(commit.gaussians for _, commit in rows)]
            told = [{**_row(clip, commit), "more": commit.gaussians - count, **_trusted(notes.get(clip.number)),
                     **_origin(bank, clip.number)}
                    for (clip, commit), count in zip(rows[first:], before[first:], strict=False)][::-1]
        if self.json:
            print(json.dumps(told))
            return
        for commit in told:
            print(_line(commit))


def _row(clip: ClipRow, commit: Commit) -> dict[str, Json]:
    return {"commit": clip.number, "name": clip.name, "created": commit.created, "first": clip.start,
            "frames": clip.frames, "gaussians": commit.gaussians}


def _trusted(note: Note | None) -> dict[str, Json]:
    return {"trusted": None if note is None else sum(note.trusted) / len(note.trusted)}


def _origin(bank: Bank, number: int) -> dict[str, Json]:
    from spatialmem.errors import WorldFormatError

    try:
        origin = bank.clip_origin(number)
    except WorldFormatError:  # the log says where to roll back to, so it goes on
        return {"generator": "(its clip is damaged)", "version": "", "prompt": ""}
    return {"generator": origin.generator, "version": origin.version, "seed": origin.seed, "prompt": origin.prompt,
            "memory": origin.memory}


def _line(commit: dict[str, Json]) -> str:
    first, frames, trusted, prompt = (commit[name] for name in ("first", "frames", "trusted", "prompt"))
    frames = f"frames {first}-{int(str(first)) + int(str(frames)) - 1}"
    knew = "" if trusted is None else f"  trusted {float(str(trusted)):4.0%}"
    words = f'  "{shorten(printable(str(prompt)), _WORDS, placeholder=" ...")}"' if prompt else ""
    made = printable(f"{commit['generator']} {commit['version']}").strip()
    return (f"{str(commit['name'])[:8]}  {commit['commit']:>4}  {str(commit['created'])[:16].replace('T', ' ')}  "
            f"{frames:<16}  {commit['more']:>+9,} = {commit['gaussians']:>10,} Gaussians{knew}  {made}{words}")
