"""`spatialmem render`: memory along a path, as files."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from spatialmem.commands.arguments import At, Flag, Number, Size, WorldFolder, parse_size, require_device


@dataclass(frozen=True)
class Render:
    """Memory along a path, as images, depth, alpha, a video and the cameras.

    Examples:
      spatialmem render worlds/room --trajectory recorded --out renders/room
      spatialmem render worlds/room --trajectory orbit --out renders/orbit --size 640x480
    """

    world: WorldFolder
    """Folder of the world."""
    trajectory: str
    """A named trajectory from the first keyframe, `recorded` (every input frame in order, held-out ones
    too), or a pose file."""
    out: Path
    """Folder for rgb/ depth/ alpha/ video.mp4 cameras.json; new, empty, or of an earlier render."""
    size: Size = None
    """Frame size; default that of the keyframes."""
    frames: Number = None
    """How many frames."""
    labels: Flag = False
    """Write labels/ (uint16 semantic class of each pixel, 0 = none), labels.mp4 and classes.json too."""
    at: At = None
    """The commit to look at: a number, or the beginning of a name (see spatialmem log); default the last."""
    device: str = "cpu"
    """cpu, or cuda with the extra spatialmem[gpu]."""
    json: Flag = False
    """Print what was written as JSON."""

    def run(self) -> None:
        """Render with a progress bar."""
        from tqdm import tqdm

        from spatialmem.export.images import CLASSES, write_render
        from spatialmem.posefiles.resize import framing
        from spatialmem.trajectory.named import trajectory
        from spatialmem.world import World

        require_device(self.device)
        with World.open(self.world, at=self.at, device=self.device) as world:
            stored = world.keyframe_cameras()
            size = parse_size(self.size) or (stored.height, stored.width)
            stored = framing((stored.height, stored.width), size).cameras(stored)
            cameras = trajectory(self.trajectory, start=stored[:1], up=world.up, frames=self.frames, recorded=stored)
            with tqdm(total=len(cameras), unit="frame", desc="render") as bar:
                for done in write_render(world, cameras, self.out, labels=self.labels):
                    bar.update(done - bar.n)
        if self.labels and not json.loads((self.out / CLASSES).read_text(encoding="utf-8")):
            print(f"warning: {self.out}: no class appears, so labels/ is all 0; this world's frames had no labels, or "
                  "none are in view", file=sys.stderr)
        if self.json:
            print(json.dumps({"out": str(self.out), "frames": len(cameras), "size": [size[1], size[0]]}))
        else:
            print(f"{self.out}: {len(cameras)} frames; video.mp4 shows them all")
