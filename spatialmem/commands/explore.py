"""`spatialmem explore`: turn the loop along a path, or go on with it."""

from __future__ import annotations

import json
import os.path
import shlex
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import tyro

from spatialmem.commands.arguments import (
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
from spatialmem.commands.interrupt import stop_on_interrupt
from spatialmem.memory.kinds import MemoryKind

if TYPE_CHECKING:
    from spatialmem.exploration import Exploration


@dataclass(frozen=True)
class Explore:
    """Generate or play back frames along a path and remember them as a 3D world.

    Ctrl-C stops after the present clip; --resume goes on from there, also after a kill.

    Examples:
      spatialmem explore worlds/room --input recordings/room --size 320x240
      spatialmem explore worlds/house --input house.glb --trajectory loop --frames 96
      spatialmem explore worlds/town --generator procedural --prompt "a street with brick houses at dusk" --frames 300
      spatialmem explore worlds/mine --generator my_package.model:MyGenerator --prompt "a garden"
      spatialmem explore worlds/room --resume
    """

    world: WorldFolder
    """Folder of the world; made new."""
    generator: Text = None
    """recorded | scene | procedural | package.module:Class | http://HOST:PORT; by default --input decides."""
    input: File = None
    """Folder of a posed RGB-D recording, or a mesh file (.glb .gltf .obj .ply)."""
    prompt: Text = None
    """For the generator; of procedural: words for its world, such as "a garden in snow"."""
    trajectory: Text = None
    """forward | orbit | turn | out-and-back | loop | lawnmower | recorded, or a pose file; in the free space of
    procedural also tour | revisit:GAP (a tour of GAP frames, begun again) | random-walk."""
    frames: Number = None
    """How many frames; default all of a recording or file, 48 of a named trajectory, 300 of a walk."""
    clip: Number = None
    """Frames a step of the loop; default 8."""
    holdout: Number = None
    """Store every so many-th frame without fusing it, to measure against; default none."""
    size: Size = None
    """Frame size; default the recording's own, else 320x240."""
    seed: Number = None
    """Of all that is random, and which world of procedural; default 0."""
    style_seed: Number = None
    """Of procedural: other materials and colours for the same places; default 0."""
    layout: File = None
    """Of procedural: a layout of your own (see spatialmem layout) in place of an endless world."""
    up: Text = None
    """Up axis of a mesh file, such as +Y; default by its format."""
    faults: Text = None
    """Faults of scene and procedural, such as exposure_drift=3,blur=2 (severities 1 to 8)."""
    memory: Annotated[MemoryKind | None, tyro.conf.arg(metavar="KIND", help_behavior_hint="")] = None
    """What the generator is given of the past: none | keyframes (stored frames that show the same surfaces) | points
    (their pixels as a coloured cloud, rendered) | gaussians (rendered) | hybrid (Gaussians and keyframes); default
    hybrid."""
    device: str = "cpu"
    """cpu, or cuda with the extra spatialmem[gpu]."""
    resume: Flag = False
    """Go on with the world after a stop; starts it if it is missing."""
    json: Flag = False
    """Print what came out as JSON; progress goes to stderr in any case."""

    def run(self) -> None:
        """Explore and say what came out."""
        from spatialmem import exploration
        from spatialmem.report.asked import shown
        from spatialmem.report.write import write_after_exploring

        require_device(self.device)
        asked = self._asked()
        if self.resume and os.path.lexists(self.world):
            job = exploration.resume(self.world, asked, device=self.device)
        else:
            job = exploration.start(self.world, exploration.Settings.from_record(asked), device=self.device)
        for remark in exploration.remarks(job.generator) if job.fresh else ():
            print(f"warning: {remark}", file=sys.stderr)
        if job.fresh and (summary := getattr(job.generator, "summary", "")):
            print(summary, file=sys.stderr)
        with job.world:
            whole = self._turn(job)
            report = write_after_exploring(job.world, progress=True)
            figures = {**job.world.figures(), "frames": len(job.cameras), "done": job.world.frames_done,
                       "report": str(report)}
        if self.json:
            print(json.dumps(figures))
        else:
            print(f"{self.world}: {figures['gaussians']:,} Gaussians from {figures['keyframes']} keyframes in "
                  f"{figures['commits']} commits, {megabytes(figures['bytes'])}; see {shown(report)}")
        if not whole:
            raise KeyboardInterrupt

    def _asked(self) -> dict[str, object]:
        """The settings that were given, and only those."""
        values: dict[str, object] = {
            "generator": self.generator, "input": None if self.input is None else absolute(self.input),
            "prompt": self.prompt, "trajectory": file_or_name(self.trajectory), "frames": self.frames,
            "clip": self.clip, "holdout": self.holdout, "size": parse_size(self.size), "seed": self.seed,
            "up": self.up, "faults": self.faults, "style_seed": self.style_seed, "memory": self.memory,
            "layout": None if self.layout is None else absolute(self.layout)}
        return {name: value for name, value in values.items() if value is not None}

    def _turn(self, job: Exploration) -> bool:
        """Turn the loop under a progress bar; whether the path was walked to its end."""
        from tqdm import tqdm

        total, done = len(job.cameras), job.world.frames_done
        if done >= total:
            print(f"all {total} frames are there already; nothing to do", file=sys.stderr)
            return True
        go_on = f"go on with: spatialmem explore {shlex.quote(str(self.world))} --resume"
        go_on += "" if self.device == "cpu" else f" --device {self.device}"
        with (tqdm(total=total, initial=done, unit="frame", desc="explore") as bar,
              stop_on_interrupt("stopping after the present clip (Ctrl-C again: at once, without it)") as stop):
            broken = True
            try:
                for step in job.steps():
                    known = " ".join(f"{100 * float(share):.0f}" for share in step.recall.known)
                    bar.write(f"frames {step.start}-{step.start + len(step.frames) - 1}: memory knew {known} %",
                              file=sys.stderr)
                    bar.update(len(step.frames))
                    if stop.asked and job.world.frames_done < total:
                        break
                broken = False
            except KeyboardInterrupt:
                stop.asked, broken = True, False
            finally:
                if broken and job.world.frames_done:  # what went wrong is told next, by whoever catches it
                    bar.write(f"{job.world.frames_done} of {total} frames are kept; {go_on}", file=sys.stderr)
        whole = job.world.frames_done >= total
        if not whole:
            print(f"stopped after {job.world.frames_done} of {total} frames; {go_on}", file=sys.stderr)
        return whole
