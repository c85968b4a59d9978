"""`spatialmem report`: one page about a world."""

from __future__ import annotations

import json
from dataclasses import dataclass

from spatialmem.commands.arguments import File, Flag, WorldFolder, require_device


@dataclass(frozen=True)
class Report:
    """One self-contained page about a world: map, contact sheet, quality, sizes and times.

    It is made after every exploration too, beside the world: worlds/room.report.html.

    Examples:
      spatialmem report worlds/room
      spatialmem report worlds/room --out room.html
      spatialmem report worlds/room --json > room.json
    """

    world: WorldFolder
    """Folder of the world."""
    out: File = None
    """File to write; default beside the world, WORLD.report.html."""
    device: str = "cpu"
    """cpu, or cuda with the extra spatialmem[gpu]."""
    json: Flag = False
    """Print the numbers as JSON; the page is written only if --out says where."""

    def run(self) -> None:
        """Measure the world, and write the page or print the numbers."""
        from spatialmem.report.write import check_place, measured, report_path, write_measured
        from spatialmem.world import World

        require_device(self.device)
        out = self.out or (None if self.json else report_path(self.world))
        with World.open(self.world, device=self.device) as world:
            if out is not None:
                check_place(out, world.bank.path)
            measurements = measured(world, progress=True)
        if out is not None:
            write_measured(measurements, out)
        if self.json:
            print(json.dumps(measurements.record(), allow_nan=False))
        else:
            print(f"{out}: open it in a browser")
