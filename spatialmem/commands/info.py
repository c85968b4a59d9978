"""`spatialmem info`: a world in numbers."""

from __future__ import annotations

import json
from dataclasses import dataclass

from spatialmem.commands.arguments import Flag, WorldFolder, megabytes


@dataclass(frozen=True)
class Info:
    """A world in numbers.

    Examples:
      spatialmem info worlds/room
      spatialmem info worlds/room --json
    """

    world: WorldFolder
    """Folder of the world."""
    json: Flag = False
    """Print JSON."""

    def run(self) -> None:
        """Print the figures."""
        from spatialmem.world import World

        with World.open(self.world) as world:
            figures = world.figures()
        if self.json:
            print(json.dumps(figures))
            return
        width = max(map(len, figures))
        for name, value in figures.items():
            print(f"{name:<{width}}  {megabytes(value) if name == 'bytes' else value}")
