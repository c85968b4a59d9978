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
        from spatialmem.memory.bank import Bank
        from spatialmem.memory.rollback import rollback

        with Bank.open(self.world) as bank:
            number = bank.commit_at(self.to)
        taken = rollback(self.world, number)
        if self.json:
            print(json.dumps({"head": number, "taken_back": [clip.name for clip in taken]}))
        elif taken:
            print(f"{self.world}: at commit {number} again; {len(taken)} commits of {sum(c.frames for c in taken)} "
                  f"frames are taken back\nto have them as a world of their own: spatialmem branch {self.world} NEW "
                  f"--at {taken[-1].name[:12]}")
        else:
            print(f"{self.world}: is at commit {number} already")
