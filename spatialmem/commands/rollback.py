"""`spatialmem rollback`: a world as it was."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated

import tyro

from spatialmem.commands.arguments import Flag, WorldFolder


@dataclass(frozen=True)
class Rollback:
    """Take back the last commits of a world; exploring goes on from there.

    What is taken back stays in the folder until "spatialmem gc", and a branch can begin at its name until then.

    Examples:
      spatialmem rollback worlds/room --to 12
      spatialmem rollback worlds/room --to 3f2a91c4
    """

    world: WorldFolder
    """Folder of the world."""
    to: Annotated[str, tyro.conf.arg(metavar="COMMIT", help_behavior_hint="")]
    """The last commit that stays: a number (0 = none stays), or the beginning of a name (see spatialmem log)."""
    json: Flag = False
    """Print what was taken back as JSON."""

    def run(self) -> None:
        """Take them back and say how to get them again."""
        from spatialmem.memory.rollback import rollback

        taken = rollback(self.world, self.to)
        if self.json:
            print(json.dumps({"taken_back": [clip.name for clip in taken]}))
        elif taken:
            frames = sum(clip.frames for clip in taken)
            print(f"{self.world}: at commit {taken[0].number - 1} again; {len(taken)} commits of {frames} frames are "
                  f"taken back\nto have them as a world of their own: spatialmem branch {self.world} NEW "
                  f"--at {taken[-1].name[:12]}")
        else:
            print(f"{self.world}: is at that commit already")
