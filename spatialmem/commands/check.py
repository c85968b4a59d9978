"""`spatialmem check`: is a world on disk what it must be?"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass

from spatialmem.commands.arguments import Flag, WorldFolder


@dataclass(frozen=True)
class Check:
    """Every invariant of a world on disk; exit code 1 if one is broken.

    Examples:
      spatialmem check worlds/room
    """

    world: WorldFolder
    """Folder of the world."""
    json: Flag = False
    """Print the problems as a JSON list."""

    def run(self) -> None:
        """Print the problems, or that there are none."""
        from spatialmem.memory.check import check

        problems = check(self.world)
        if self.json:
            print(json.dumps([str(problem) for problem in problems]))
        else:
            for problem in problems:
                print(problem, file=sys.stderr)
        if problems:
            raise SystemExit(1)
        if not self.json:
            print(f"{self.world}: sound")
