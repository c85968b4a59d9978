"""The command line: flags to settings, then a `World`."""

from __future__ import annotations

import json
import os
import os.path
import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Annotated

import tyro
from tqdm import tqdm

from spatialmem.errors import InvalidValueError, SpatialMemError

if TYPE_CHECKING:
    from spatialmem.exploration import Exploration


@dataclass(frozen=True)
class Explore:
    """Generate or play back frames along a path and remember them as a 3D world.

    Examples:
      spatialmem explore worlds/room --input recordings/room --size 320x240
      spatialmem explore worlds/house --input house.glb --trajectory loop --frames 96
      spatialmem explore worlds/mine --generator my_package.model:MyGenerator --prompt "a garden"
      spatialmem explore worlds/room --resume
    """

    world: tyro.conf.Positional[Path]
    """Folder of the world; made new."""
    generator: str | None = None
    """recorded | scene | package.module:Class; by default the kind of --input decides."""
    input: Path | None = None
    """Folder of a posed RGB-D recording, or a mesh file (.glb .gltf .obj .ply)."""
    prompt: str = ""
    """Text for the generator."""
    trajectory: str | None = None
    """forward | orbit | turn | out-and-back | loop | lawnmower | recorded, or a pose file."""
    frames: int | None = None
    """How many frames; default all of a recording or file, 48 of a named trajectory."""
    clip: int = 8
    """Frames a step of the loop."""
    holdout: int = 0
    """Store every so many-th frame without fusing it, to measure against; 0 = none."""
    size: str | None = None
    """Frame size as WIDTHxHEIGHT; default the recording's own, else 320x240."""
    seed: int = 0
    """Of all that is random."""
    device: str = "cpu"
    """cpu, or cuda with the extra spatialmem[gpu]."""
    up: str | None = None
    """Up axis of a mesh file, such as +Y; default by its format."""
    faults: str = ""
    """Faults of the scene generator, such as exposure_drift=3,blur=2 (severities 1 to 8)."""
    resume: bool = False
    """Go on with the world after a stop; starts it if it is missing."""

    def run(self) -> None:
        """Explore and say what came out."""
        from spatialmem import exploration

        settings = exploration.Settings(
            generator=self.generator, input=None if self.input is None else _absolute(self.input),
            prompt=self.prompt, trajectory=_file_or_name(self.trajectory), frames=self.frames, clip=self.clip,
            holdout=self.holdout, size=_size(self.size), seed=self.seed, up=self.up, faults=self.faults)
        _check_device(self.device)
        begin = exploration.resume if self.resume and os.path.lexists(self.world) else exploration.start
        job = begin(self.world, settings, device=self.device)
        with job.world:
            try:
                _turn(job)
            except KeyboardInterrupt:
                print(f"\nstopped after {job.world.frames_done} of {len(job.cameras)} frames; "
                      f"go on with: spatialmem explore {shlex.quote(str(self.world))} --resume", file=sys.stderr)
                raise
            figures = job.world.figures()
        print(f"{self.world}: {figures['gaussians']:,} Gaussians from {figures['keyframes']} keyframes in "
              f"{figures['commits']} commits, {_megabytes(figures['bytes'])}")


@dataclass(frozen=True)
class Info:
    """A world in numbers.

    Examples:
      spatialmem info worlds/room
      spatialmem info worlds/room --json
    """

    world: tyro.conf.Positional[Path]
    """Folder of the world."""
    json: bool = False
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
            print(f"{name:<{width}}  {_megabytes(value) if name == 'bytes' else value}")


@dataclass(frozen=True)
class Render:
    """Memory along a path, as images, depth, alpha, a video and the cameras.

    Examples:
      spatialmem render worlds/room --trajectory recorded --out renders/room
      spatialmem render worlds/room --trajectory orbit --out renders/orbit --size 640x480
    """

    world: tyro.conf.Positional[Path]
    """Folder of the world."""
    trajectory: str
    """A named trajectory from the first keyframe, `recorded` (every input frame in order, held-out ones
    too), or a pose file."""
    out: Path
    """Folder for rgb/ depth/ alpha/ video.mp4 cameras.json; new, empty, or of an earlier render."""
    size: str | None = None
    """Frame size as WIDTHxHEIGHT; default that of the keyframes."""
    frames: int | None = None
    """How many frames."""
    device: str = "cpu"
    """cpu, or cuda with the extra spatialmem[gpu]."""

    def run(self) -> None:
        """Render with a progress bar."""
        from spatialmem.export.images import write_render
        from spatialmem.posefiles.resize import framing
        from spatialmem.trajectory.named import trajectory
        from spatialmem.world import World

        _check_device(self.device)
        with World.open(self.world, device=self.device) as world:
            stored = world.keyframe_cameras()
            size = _size(self.size) or (stored.height, stored.width)
            stored = framing((stored.height, stored.width), size).cameras(stored)
            cameras = trajectory(self.trajectory, start=stored[:1], up=world.up, frames=self.frames, recorded=stored)
            with tqdm(total=len(cameras), unit="frame", desc="render") as bar:
                for done in write_render(world, cameras, self.out):
                    bar.update(done - bar.n)
        print(f"{self.out}: {len(cameras)} frames; video.mp4 shows them all")


@dataclass(frozen=True)
class Export:
    """The Gaussians as a 3DGS PLY for splat viewers (x-right y-down z-forward, metres).

    Examples:
      spatialmem export worlds/room room.ply
      spatialmem export worlds/room surfaces.ply --min-confidence 0.05
    """

    world: tyro.conf.Positional[Path]
    """Folder of the world."""
    out: tyro.conf.Positional[Path]
    """File to write, .ply."""
    min_confidence: float = 0.0
    """Leave out Gaussians below it; any value above 0 leaves out the backdrop (sky)."""

    def run(self) -> None:
        """Write the file."""
        from spatialmem.export.ply import write_ply
        from spatialmem.world import World

        if self.out.suffix.lower() != ".ply":
            raise InvalidValueError(f"{self.out}: only .ply is written; name the file so")
        with World.open(self.world) as world:
            splats = world.splats(min_confidence=self.min_confidence)
            write_ply(splats, self.out, up=world.up)
        print(f"{self.out}: {len(splats):,} Gaussians, {_megabytes(self.out.stat().st_size)}")


@dataclass(frozen=True)
class Check:
    """Every invariant of a world on disk; exit code 1 if one is broken.

    Examples:
      spatialmem check worlds/room
    """

    world: tyro.conf.Positional[Path]
    """Folder of the world."""

    def run(self) -> None:
        """Print the problems, or that there are none."""
        from spatialmem.memory.check import check

        problems = check(self.world)
        for problem in problems:
            print(problem, file=sys.stderr)
        if problems:
            raise SystemExit(1)
        print(f"{self.world}: sound")


def _described(name: str, command: type) -> object:
    """The subcommand with its whole docstring, examples too, as help."""
    first, _, rest = (command.__doc__ or "").partition("\n")
    return tyro.conf.subcommand(name, description=f"{first}\n{dedent(rest)}".strip())


Command = (
    Annotated[Explore, _described("explore", Explore)]
    | Annotated[Info, _described("info", Info)]
    | Annotated[Render, _described("render", Render)]
    | Annotated[Export, _described("export", Export)]
    | Annotated[Check, _described("check", Check)]
)


def main() -> None:
    """Run one command; an error of spatialmem's is one line on stderr and exit code 2."""
    command = tyro.cli(Command, prog="spatialmem", description="Explicit-3D memory for generated worlds.",
                       config=(tyro.conf.OmitArgPrefixes,))
    try:
        command.run()
    except SpatialMemError as error:
        print(f"spatialmem: error: {' '.join(str(error).split())}", file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def _turn(job: Exploration) -> None:
    """Turn the loop to the end of the path under a progress bar."""
    total, done = len(job.cameras), job.world.frames_done
    if done >= total:
        print(f"all {total} frames are there already; nothing to do")
        return
    with tqdm(total=total, initial=done, unit="frame", desc="explore") as bar:
        for step in job.steps():
            known = " ".join(f"{100 * float(share):.0f}" for share in step.recall.known)
            bar.write(f"frames {step.start}-{step.start + len(step.frames) - 1}: memory knew {known} %")
            bar.update(len(step.frames))


def _size(text: str | None) -> tuple[int, int] | None:
    """(height, width) of WIDTHxHEIGHT."""
    if text is None:
        return None
    match = re.fullmatch(r"(\d{1,5})x(\d{1,5})", text)
    if match is None or 0 in (width := int(match[1]), height := int(match[2])):
        raise InvalidValueError(f"--size must be WIDTHxHEIGHT in pixels, such as 320x240, got {text!r}")
    return height, width


def _file_or_name(trajectory: str | None) -> str | None:
    """A pose file as an absolute path, so that resuming works from anywhere; names stay."""
    if trajectory is None or not os.path.isfile(trajectory):  # noqa: PTH113 (a name may be too long for a path)
        return trajectory
    return _absolute(Path(trajectory))


def _absolute(path: Path) -> str:
    """`path` so that it can be found again from another folder; links are kept, `..` is not."""
    return os.path.abspath(path)  # noqa: PTH100 - resolve() follows links, and fails on loops of them


def _check_device(device: str) -> None:
    import torch

    if not re.fullmatch(r"cpu|cuda(:\d+)?", device):
        raise InvalidValueError(f"--device {device!r} is unknown; use cpu or cuda")
    if device != "cpu" and not int(device[5:] or 0) < torch.cuda.device_count():
        raise InvalidValueError(f"--device {device}: this machine has no such CUDA device; use cpu")


def _megabytes(size: object) -> str:
    return f"{int(str(size)) / 1e6:,.1f} MB"
