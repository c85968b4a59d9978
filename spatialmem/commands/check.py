"""`spatialmem check`: is a world on disk what it must be?"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass

from spatialmem.commands.arguments import Flag, WorldFolder, require_device
from spatialmem.commands.bars import counting_bar


@dataclass(frozen=True)
class Check:
    """Every invariant of a world on disk; exit code 1 if one is broken.

    Frames are never made up: what they lost is lost. What is made of them can be mended, and then is checked again.

    Examples:
      spatialmem check worlds/room
      spatialmem check worlds/room --repair
      spatialmem check worlds/room --rebuild
    """

    world: WorldFolder
    """Folder of the world."""
    repair: Flag = False
    """Fuse damaged Gaussians again, from the frames that saw them."""
    rebuild: Flag = False
    """Make the database again from the objects; the old one is kept in quarantine/. Notes of how commits went are
    lost, and if the old one says nothing of its history any more, commits that were rolled back may be in it again."""
    device: str = "cpu"
    """Of --repair: cpu, or cuda with the extra spatialmem[gpu]."""
    json: Flag = False
    """Print the problems as a JSON list."""

    def run(self) -> None:
        """Mend what was asked for; print the problems, or that there are none."""
        from spatialmem.memory.check import check

        require_device(self.device)
        if self.rebuild:
            self._rebuild()
        if self.repair:
            self._repair()
        with counting_bar("check", "object") as told:
            problems = check(self.world, progress=told)
        if self.json:
            print(json.dumps([str(problem) for problem in problems]))
        else:
            for problem in problems:
                print(problem, file=sys.stderr)
        if problems:
            raise SystemExit(1)
        if not self.json:
            print(f"{self.world}: sound")

    def _rebuild(self) -> None:
        from spatialmem.memory.rebuild import rebuild

        with counting_bar("rebuild", "commit") as told:
            made = rebuild(self.world, progress=told)
        left = f"; {made.left_out} clips belong to no part of this history" if made.left_out else ""
        print(f"{self.world}: the database was made again with {made.commits} commits{left}", file=sys.stderr)

    def _repair(self) -> None:
        from spatialmem.history.repair import repair

        with counting_bar("repair", "clip") as told:
            made = repair(self.world, device=self.device, progress=told)
        lost = f"; no frame shows {len(made.lost)} more" if made.lost else ""
        print(f"{self.world}: {len(made.mended)} cells were fused again{lost}", file=sys.stderr)
