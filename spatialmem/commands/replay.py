"""`spatialmem replay`: make a world again, and compare."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from spatialmem.commands.arguments import Flag, Number, WorldFolder, require_device


@dataclass(frozen=True)
class Replay:
    """Explore a world again by its own plan, prompts and seeds; exit code 1 if something else comes out.

    Bit for bit the same is to be expected on the same machine, with a generator that makes the same of the same.

    Examples:
      spatialmem replay worlds/town /tmp/again
      spatialmem replay worlds/town /tmp/again --after 10
    """

    world: WorldFolder
    """Folder of the world."""
    out: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="OUT", help_behavior_hint="")]
    """Folder of the world that is made; new."""
    after: Number = None
    """Begin after this commit, as a branch; default 0, that is from nothing, or where the world left the one that it
    began as."""
    device: str = "cpu"
    """cpu, or cuda with the extra spatialmem[gpu]."""
    json: Flag = False
    """Print what came out as JSON; progress goes to stderr in any case."""

    def run(self) -> None:
        """Make it again under a progress bar."""
        from tqdm import tqdm

        from spatialmem.history.replay import replay

        require_device(self.device)
        begun = done = same = whole = 0
        with tqdm(unit="commit", desc="replay", file=sys.stderr, delay=1) as bar:
            for commit in replay(self.world, self.out, after=self.after, device=self.device):
                begun = commit.commit - 1 if not whole else begun
                bar.total, done, whole = commit.of - begun, commit.commit, commit.of
                same = commit.commit if commit.same else max(same, begun)
                bar.update()
        if self.json:
            print(json.dumps({"out": str(self.out), "commits": done, "same": same}))
        elif done < whole or not whole:
            print(f"{self.out}: the plan ends after {done} of the world's commits, so the rest cannot be made again")
        elif same == done:
            print(f"{self.out}: {done} commits, bit for bit the same")
        else:
            print(f"{self.out}: commit {same + 1} of {done} is not the same any more; see what differs with:\n"
                  f"  spatialmem diff {self.world} {same + 1} --with {self.out} --after {same + 1} --out diff.png")
        if not same == done == whole:
            raise SystemExit(1)
