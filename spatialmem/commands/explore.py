"""`spatialmem explore`: turn the loop along a path, or go on with it."""

from __future__ import annotations

import json
import os.path
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from spatialmem.commands.arguments import (
    At,
    File,
    Flag,
    Number,
    Size,
    Text,
    WorldFolder,
    absolute,
    file_or_name,
    megabytes,
    parse_size,
    require_device,
)
from spatialmem.commands.turning import turn
from spatialmem.errors import InvalidValueError
from spatialmem.memory.kinds import MemoryKind

if TYPE_CHECKING:
    from spatialmem.exploration import Exploration
    from spatialmem.protocols import Json


@dataclass(frozen=True)
class Explore:
    """Generate or play back frames along a path and remember them as a 3D world.

    Ctrl-C stops after the present clip; --resume goes on from there, also after a kill.

    Examples:
      spatialmem explore worlds/town --prompt "a street with brick houses at dusk" --frames 96
      spatialmem explore worlds/photo --image photo.jpg --fov 65 --trajectory forward --frames 24
      spatialmem explore worlds/room --input recordings/room --size 320x240
      spatialmem explore worlds/house --input house.glb --trajectory loop --frames 96
      spatialmem explore worlds/true --generator procedural --prompt "a garden in snow" --frames 300
      spatialmem explore worlds/mine --generator my_package.model:MyGenerator --prompt "a garden"
      spatialmem explore worlds/room --resume
      spatialmem explore worlds/other-way --from worlds/town --at 12 --trajectory random-walk --frames 100
      spatialmem explore worlds/maybe --from worlds/town --frames 60 --hypotheses 3
    """

    world: WorldFolder
    """Folder of the world; made new."""
    generator: Text = None
    """embedded | procedural | scene | recorded | package.module:Class | http://HOST:PORT; by default --input decides,
    and where there is none, words or a picture are for embedded."""
    input: File = None
    """Folder of a posed RGB-D recording, or a mesh file (.glb .gltf .obj .ply); of embedded, weights of your own."""
    prompt: Text = None
    """For the generator; of embedded and procedural: words for their world, such as "a garden in snow"."""
    trajectory: Text = None
    """forward | orbit | turn | out-and-back | loop | lawnmower | recorded, or a pose file; in the free space of
    embedded and procedural also tour | revisit:GAP (a tour of GAP frames, begun again) | random-walk."""
    frames: Number = None
    """How many frames; default all of a recording or file, 48 of a named trajectory, 300 of a walk."""
    clip: Number = None
    """Frames a step of the loop; default 8."""
    holdout: Number = None
    """Store every so many-th frame without fusing it, to measure against; default none."""
    size: Size = None
    """Frame size; default the recording's own, of embedded 256x192, else 320x240."""
    seed: Number = None
    """Of all that is random, and which world of embedded and procedural; default 0."""
    style_seed: Number = None
    """Of embedded and procedural: other materials and colours for the same places; default 0."""
    image: File = None
    """Of embedded: a photo or render (PNG, JPEG) to begin with, in place of a plan; depth and all around it are made
    up. Paths are then small ones such as forward or turn."""
    fov: Annotated[float | None, tyro.conf.arg(metavar="DEGREES", help_behavior_hint="")] = None
    """Degrees across that picture; default 70."""
    layout: File = None
    """Of procedural and embedded: a layout of your own (see spatialmem layout) in place of an endless world."""
    up: Text = None
    """Up axis of a mesh file, such as +Y; default by its format."""
    faults: Text = None
    """Faults of scene and procedural, such as exposure_drift=3,blur=2 (severities 1 to 8)."""
    memory: Annotated[MemoryKind | None, tyro.conf.arg(metavar="KIND", help_behavior_hint="")] = None
    """What the generator is given of the past: none | keyframes (stored frames that show the same surfaces) | points
    (their pixels as a coloured cloud, rendered) | gaussians (rendered) | hybrid (Gaussians and keyframes); default
    hybrid."""
    origin: Annotated[Path | None, tyro.conf.arg(name="from", metavar="WORLD", help_behavior_hint="")] = None
    """Begin as this world is, and go on along what is left of its path, or along --trajectory and --frames (how many
    more); it shares the other's files, as of 'branch'."""
    at: At = None
    """The commit of that world to begin at: a number, or the beginning of its name; default the last."""
    hypothesis: Number = None
    """Which of the things that the unseen may be; 0 = the first one."""
    hypotheses: Number = None
    """With --from: so many continuations, WORLD-1, WORLD-2 ..., each of another hypothesis, and WORLD.png with all of
    them side by side."""
    device: str = "cpu"
    """cpu, or cuda with the extra spatialmem[gpu]."""
    resume: Flag = False
    """Go on with the world after a stop; starts it if it is missing."""
    json: Flag = False
    """Print what came out as JSON; progress goes to stderr in any case."""

    def run(self) -> None:
        """Explore and say what came out."""
        require_device(self.device)
        if self.hypotheses is None:
            results = [self._explored(self.world, self._asked())]
        else:
            results = self._guessed(self.hypotheses)
        if self.json:
            print(json.dumps(results[0] if self.hypotheses is None else results))

    def _guessed(self, count: int) -> list[dict[str, Json]]:
        """Explore so many hypotheses, and show them side by side."""
        from spatialmem.report.hypotheses import hypotheses_sheet

        if self.origin is None or self.hypothesis is not None or count < 1:
            raise InvalidValueError("--hypotheses K (1 or more) needs --from WORLD to go on from, and no --hypothesis")
        worlds = [self.world.with_name(f"{self.world.name}-{number}") for number in range(1, count + 1)]
        results = [self._explored(world, self._asked() | {"hypothesis": number})
                   for number, world in enumerate(worlds, start=1)]
        sheet = hypotheses_sheet(worlds, self.world.with_name(f"{self.world.name}.png"))
        print(f"{sheet}: what each of them found", file=sys.stderr if self.json else sys.stdout)
        return results

    def _explored(self, path: Path, asked: dict[str, object]) -> dict[str, Json]:
        """Explore one world; its figures."""
        from spatialmem import exploration
        from spatialmem.report.asked import shown
        from spatialmem.report.write import write_after_exploring

        job = self._opened(path, asked)
        for remark in exploration.remarks(job.generator) if job.fresh else ():
            print(f"warning: {remark}", file=sys.stderr)
        if job.fresh and (summary := getattr(job.generator, "summary", "")):
            print(summary, file=sys.stderr)
        with job.world:
            whole = turn(job, device=self.device)
            report = write_after_exploring(job.world, progress=True)
            figures = {**job.world.figures(), "frames": len(job.cameras), "done": job.world.frames_done,
                       "report": str(report)}
        if not self.json:
            print(f"{path}: {figures['gaussians']:,} Gaussians from {figures['keyframes']} keyframes in "
                  f"{figures['commits']} commits, {megabytes(figures['bytes'])}; see {shown(report)}")
        if not whole:
            if self.json:
                print(json.dumps(figures))
            raise KeyboardInterrupt
        return figures

    def _opened(self, path: Path, asked: dict[str, object]) -> Exploration:
        from spatialmem import continuation, exploration
        from spatialmem.settings import Settings

        if self.resume and os.path.lexists(path):
            return exploration.resume(path, asked, device=self.device)
        if self.origin is not None:
            return continuation.go_on(self.origin, path, asked, at=self.at, device=self.device)
        if self.at is not None:
            raise InvalidValueError("--at names a commit of the world that --from names; give both")
        return exploration.start(path, Settings.from_record(asked), device=self.device)

    def _asked(self) -> dict[str, object]:
        """The settings that were given, and only those."""
        values: dict[str, object] = {
            "generator": self.generator, "input": None if self.input is None else absolute(self.input),
            "prompt": self.prompt, "trajectory": file_or_name(self.trajectory), "frames": self.frames,
            "clip": self.clip, "holdout": self.holdout, "size": parse_size(self.size), "seed": self.seed,
            "up": self.up, "faults": self.faults, "style_seed": self.style_seed, "memory": self.memory,
            "hypothesis": self.hypothesis, "fov": self.fov,
            "image": None if self.image is None else absolute(self.image),
            "layout": None if self.layout is None else absolute(self.layout)}
        return {name: value for name, value in values.items() if value is not None}
