"""`spatialmem diff`: what changed between two moments of a world."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from spatialmem.commands.arguments import At, File, Flag, WorldFolder

_Commit = Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="BEFORE", help_behavior_hint="")]


@dataclass(frozen=True)
class Diff:
    """What Gaussians and keyframes were added, changed and removed between two commits, or two branches.

    Examples:
      spatialmem diff worlds/town 10
      spatialmem diff worlds/town 10 --after 12 --out changes.png
      spatialmem diff worlds/town 10 --with worlds/town-at-night --out night.png
    """

    world: WorldFolder
    """Folder of the world."""
    before: _Commit
    """The earlier commit: a number (0 = the empty world), or the beginning of a name (see spatialmem log)."""
    after: At = None
    """The later commit; default the last."""
    other: Annotated[Path | None, tyro.conf.arg(name="with", metavar="WORLD", help_behavior_hint="")] = None
    """The world of the later commit, a branch of this one; default this one."""
    out: File = None
    """A PNG to draw: both where they differ most, their difference, and what changed in colours."""
    json: Flag = False
    """Print the figures as JSON."""

    def run(self) -> None:
        """Compare, and draw."""
        from spatialmem.errors import InvalidValueError
        from spatialmem.history.changes import changes
        from spatialmem.history.picture import write_picture
        from spatialmem.world import World

        if self.out is not None and self.out.suffix.lower() != ".png":
            raise InvalidValueError(f"--out {self.out}: a picture is written as .png; name it so")
        with (World.open(self.world, at=self.before) as before,
              World.open(self.other or self.world, at=self.after) as after):
            found = changes(before.bank, after.bank)
            if self.out is not None:
                write_picture(before, after, self.out)
        if self.json:
            print(json.dumps(found.record()))
            return
        print(f"commit {found.before} -> {found.after}"
              + ("" if found.common == found.before else f" (together up to commit {found.common})"))
        print(f"Gaussians  {found.added:>+10,} added  {found.changed:>10,} changed  {-found.removed:>+10,} removed  "
              f"{found.kept:>10,} the same")
        print(f"keyframes  {found.keyframes_added:>+10,} added  {'':>18}  {-found.keyframes_removed:>+10,} removed")
        print(f"in {found.cells} cells" + (f"; see {self.out}" if self.out is not None else ""))
