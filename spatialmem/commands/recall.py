"""`spatialmem recall`: what memory answers along a path, to look at and to read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from spatialmem.commands.arguments import Flag, Number, Size, WorldFolder, parse_size, require_device
from spatialmem.memory.kinds import MemoryKind


@dataclass(frozen=True)
class Recall:
    """What a generator would be given along a path: memory's render, how far it is trusted, and keyframes.

    Examples:
      spatialmem recall worlds/room --trajectory recorded --frames 16 --out renders/recall
      spatialmem recall worlds/room --trajectory orbit --size 320x240 --memory points --out renders/recall
    """

    world: WorldFolder
    """Folder of the world."""
    trajectory: str
    """A named trajectory from the first keyframe, `recorded` (every input frame in order, held-out ones
    too), or a pose file."""
    out: Path
    """Folder for sheet.png, rgb/ depth/ alpha/ trust/ references/ pictures/ and recall.json; new, empty, or of an
    earlier recall."""
    size: Size = None
    """Frame size; default that of the keyframes."""
    frames: Number = None
    """How many frames."""
    memory: Annotated[MemoryKind | None, tyro.conf.arg(metavar="KIND", help_behavior_hint="")] = None
    """Which part of memory is asked: none | keyframes | points | gaussians | hybrid; default what the world grew
    with."""
    device: str = "cpu"
    """cpu, or cuda with the extra spatialmem[gpu]."""
    json: Flag = False
    """Print what was written as JSON."""

    def run(self) -> None:
        """Ask with a progress bar."""
        from tqdm import tqdm

        from spatialmem.export.recalled import RECORD, SHEET, write_recall
        from spatialmem.memory.kinds import HYBRID
        from spatialmem.posefiles.resize import framing
        from spatialmem.trajectory.named import trajectory
        from spatialmem.world import World

        require_device(self.device)
        with World.open(self.world, device=self.device) as world:
            stored = world.keyframe_cameras()
            size = parse_size(self.size) or (stored.height, stored.width)
            stored = framing((stored.height, stored.width), size).cameras(stored)
            cameras = trajectory(self.trajectory, start=stored[:1], up=world.up, frames=self.frames, recorded=stored)
            with tqdm(total=len(cameras), unit="frame", desc="recall") as bar:
                for done in write_recall(world, cameras, self.out, kind=self.memory or world.memory or HYBRID):
                    bar.update(done - bar.n)
        frames = json.loads((self.out / RECORD).read_text(encoding="utf-8"))["frames"]
        known = sum(frame["trusted"] for frame in frames) / len(frames)
        if self.json:
            print(json.dumps({"out": str(self.out), "frames": len(frames), "trusted": round(known, 4)}))
        else:
            print(f"{self.out}: {len(frames)} frames, {known:.0%} of their pixels trusted; {SHEET} shows some of them")
