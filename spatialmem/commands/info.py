"""`spatialmem info`: a world in numbers."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np

from spatialmem.commands.arguments import At, Flag, WorldFolder, megabytes
from spatialmem.strictjson import Json


@dataclass(frozen=True)
class Info:
    """A world in numbers.

    Examples:
      spatialmem info worlds/room
      spatialmem info worlds/room --json
    """

    world: WorldFolder
    """Folder of the world."""
    at: At = None
    """The commit to look at: a number, or the beginning of a name (see spatialmem log); default the last."""
    json: Flag = False
    """Print JSON."""

    def run(self) -> None:
        """Print the figures."""
        from spatialmem.world import World

        with World.open(self.world, at=self.at) as world:
            figures = world.figures()
        if self.json:
            print(json.dumps(figures))
            return
        width = max(map(len, figures))
        for name, value in figures.items():
            print(f"{name:<{width}}  {_plain(name, value)}")


def _plain(name: str, value: Json) -> str:
    """A figure for people."""
    if name == "bytes":
        return megabytes(value)
    if name == "bounds" and isinstance(value, list):
        low, high = np.array(value, np.float64)
        return ", ".join(f"{axis} {a:.2f} to {b:.2f}" for axis, a, b in zip("xyz", low, high, strict=True)) + " m"
    return f"{value:,}" if isinstance(value, int) else str(value)
