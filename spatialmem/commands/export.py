"""`spatialmem export`: the Gaussians as a file for other programs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import tyro

from spatialmem.commands.arguments import At, Flag, WorldFolder, megabytes
from spatialmem.errors import InvalidValueError


@dataclass(frozen=True)
class Export:
    """The Gaussians as a 3DGS PLY for splat viewers (x-right y-down z-forward, metres).

    Examples:
      spatialmem export worlds/room room.ply
      spatialmem export worlds/room surfaces.ply --min-confidence 0.05
    """

    world: WorldFolder
    """Folder of the world."""
    out: tyro.conf.Positional[Path]
    """File to write, .ply."""
    min_confidence: float = 0.0
    """Leave out Gaussians below it; any value above 0 leaves out the backdrop (sky)."""
    min_seen: int = 0
    """Leave out Gaussians that fewer frames observed; 2 leaves out what was imagined only once."""
    at: At = None
    """The commit to look at: a number, or the beginning of a name (see spatialmem log); default the last."""
    json: Flag = False
    """Print what was written as JSON."""

    def run(self) -> None:
        """Write the file."""
        from spatialmem.export.ply import write_ply
        from spatialmem.world import World

        if self.out.suffix.lower() != ".ply":
            raise InvalidValueError(f"{self.out}: only .ply is written; name the file so")
        with World.open(self.world, at=self.at) as world:
            splats = world.splats(min_confidence=self.min_confidence, min_seen=self.min_seen)
            write_ply(splats, self.out, up=world.up)
        size = self.out.stat().st_size
        if self.json:
            print(json.dumps({"out": str(self.out), "gaussians": len(splats), "bytes": size}))
        else:
            print(f"{self.out}: {len(splats):,} Gaussians, {megabytes(size)}")
