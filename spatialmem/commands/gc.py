"""`spatialmem gc`: make room in a world's folder."""

from __future__ import annotations

import json
from dataclasses import dataclass

from spatialmem.commands.arguments import Flag, WorldFolder, megabytes


@dataclass(frozen=True)
class Gc:
    """Delete objects that no commit of a world refers to: what was rolled back, or left by a crash.

    Only while nobody has the world open. Branches and snapshots are worlds of their own and lose nothing.

    Examples:
      spatialmem gc worlds/room --dry-run
      spatialmem gc worlds/room --hours 0
    """

    world: WorldFolder
    """Folder of the world."""
    hours: float = 1.0
    """Keep what was written within so many hours in any case."""
    dry_run: Flag = False
    """Only say what would be deleted."""
    json: Flag = False
    """Print what was deleted as JSON."""

    def run(self) -> None:
        """Delete, and say how much room it made."""
        from spatialmem.memory.sweep import sweep

        swept = sweep(self.world, older=3600 * self.hours, dry=self.dry_run)
        if self.json:
            print(json.dumps({"objects": list(swept.objects), "bytes": swept.bytes, "young": swept.young}))
            return
        young = f"; {swept.young} more are younger than {self.hours:g} h" if swept.young else ""
        print(f"{self.world}: {len(swept.objects)} objects{' would be' if self.dry_run else ''} deleted, "
              f"{megabytes(swept.bytes)}{young}")
