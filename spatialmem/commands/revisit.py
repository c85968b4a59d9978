"""`spatialmem revisit`: is what the camera saw still there when it comes back?"""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from spatialmem.commands.arguments import File, Flag, Number, Size, Text, absolute, parse_size, require_device
from spatialmem.commands.interrupt import stop_on_interrupt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spatialmem.revisit.given import Case
    from spatialmem.revisit.records import ProtocolRecord, Report
    from spatialmem.revisit.run import Run
    from spatialmem.settings import Settings
    from spatialmem.world import World

_Protocol = Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="PROTOCOL", help_behavior_hint="")]
_PerhapsProtocol = Annotated[str | None, tyro.conf.Positional,
                             tyro.conf.arg(metavar="[PROTOCOL]", help_behavior_hint="")]
_Folder = Annotated[Path, tyro.conf.arg(metavar="DIR", help_behavior_hint="")]
_Folders = Annotated[tuple[Path, ...], tyro.conf.Positional, tyro.conf.arg(metavar="RUN", help_behavior_hint="")]
_Metres = Annotated[float | None, tyro.conf.arg(metavar="METRES", help_behavior_hint="")]


@dataclass(frozen=True)
class RunProtocol:
    """Walk a protocol's routes with a generator, with each kind of memory, and measure the returns.

    PROTOCOL is closed-loop, there-and-back, reverse, look-away, long-loop, mirror, novel-views or gaps, perhaps with a
    version (gaps/1), or a file of your own (.json). Ctrl-C stops after the present clip; the same command goes on.

    Examples:
      spatialmem revisit run closed-loop --input examples/data/room.glb --size 128x96 --routes 4 --out runs/room
      spatialmem revisit run gaps --input house.glb --faults blur=3,colour_drift=5 --size 128x96 --out runs/house
      spatialmem revisit run look-away --generator procedural --prompt "a home" --memory none,hybrid --out runs/home
      spatialmem revisit run reverse --generator my_package.model:MyGenerator --prompt "a garden" --out runs/mine
    """

    protocol: _Protocol
    """Which paths."""
    out: _Folder
    """Folder of the run; made new, or gone on with."""
    generator: Text = None
    """scene | procedural | package.module:Class | http://HOST:PORT; by default --input decides."""
    input: File = None
    """A mesh file (.glb .gltf .obj .ply)."""
    prompt: Text = None
    """For the generator."""
    memory: Text = None
    """Rows, with commas: none, keyframes, points, gaussians, hybrid, and the controls memory-only and copy-first;
    default all."""
    routes: Number = None
    """Only the first so many routes."""
    first: Number = None
    """Only the first so many frames of each."""
    size: Size = None
    """Frame size; default the protocol's."""
    scale: _Metres = None
    """Metres per unit of the paths; default 1, or what fits in the generator's world."""
    seed: Number = None
    """Of all that is random; default 0."""
    style_seed: Number = None
    """Of procedural: other materials and colours for the same places."""
    layout: File = None
    """Of procedural: a layout of your own."""
    up: Text = None
    """Up axis of a mesh file, such as +Y; default by its format."""
    faults: Text = None
    """Faults of scene and procedural, such as exposure_drift=3,blur=2; drawn anew for each route."""
    clip: Number = None
    """Frames a step of the loop; default 8."""
    device: str = "cpu"
    """cpu, or cuda with the extra spatialmem[gpu]."""
    keep_worlds: Flag = False
    """Keep the world of every walk; they are large."""
    json: Flag = False
    """Print the rows' summaries as JSON; progress goes to stderr in any case."""

    def run(self) -> None:
        """Walk, measure, and say what came out."""
        from spatialmem.revisit.job import PLAN, find, keep
        from spatialmem.revisit.planning import planned
        from spatialmem.revisit.run import Run

        require_device(self.device)
        rows = None if self.memory is None else [name.strip() for name in self.memory.split(",")]
        again = self.out if (self.out / PLAN).is_file() and find(self.out).places else None
        job = keep(self.out, planned(self.protocol, self._settings(), rows=rows, routes=self.routes, frames=self.first,
                                     scale=self.scale, like=again))
        run = Run(self.out, job, device=self.device, keep_worlds=self.keep_worlds)
        if not self._work(run):
            raise KeyboardInterrupt
        _tell(run.report(shlex.join(["spatialmem", *sys.argv[1:]])), self.out, as_json=self.json)

    def _settings(self) -> Settings:
        from spatialmem.settings import Settings

        given: dict[str, object] = {
            "generator": self.generator, "input": None if self.input is None else absolute(self.input),
            "prompt": self.prompt, "size": parse_size(self.size), "seed": self.seed, "up": self.up,
            "faults": self.faults, "style_seed": self.style_seed, "clip": self.clip,
            "layout": None if self.layout is None else absolute(self.layout)}
        return Settings.from_record({name: value for name, value in given.items() if value is not None})

    def _work(self, run: Run) -> bool:
        """Walk and measure under a progress bar; whether it was done to the end."""
        from tqdm import tqdm

        with (tqdm(total=run.frames, unit="frame", desc="revisit") as bar,
              stop_on_interrupt("stopping after the present clip (Ctrl-C again: at once, without it)") as stop):

            def told(name: str, more: int) -> None:
                bar.set_postfix_str(name, refresh=False)
                bar.update(more)

            for _ in run.work(told):
                if stop.asked:
                    break
            else:
                return True
        print("stopped; the same command goes on with it", file=sys.stderr)
        return False


@dataclass(frozen=True)
class Measure:
    """Measure footage that was made elsewhere, or a world that was explored already.

    With a PROTOCOL: --frames holds ROUTE/00000.png ... or ROUTE.mp4 for each route, and --poses is the folder that
    "spatialmem revisit paths" wrote; the same command goes on after a stop, and measures routes that are new. Without:
    one clip and its poses; it is compared wherever it comes back to a view.

    Examples:
      spatialmem revisit measure paths/gaps/protocol.json --frames frames --poses paths/gaps --out runs/theirs
      spatialmem revisit measure --frames clip.mp4 --poses clip.txt --convention realestate10k --out runs/clip
      spatialmem revisit measure --frames images --poses transforms.json --depth depth --out runs/clip
      spatialmem revisit measure --world worlds/room --out runs/room
    """

    out: _Folder
    """Folder of the report; made new, or gone on with if there is a PROTOCOL."""
    protocol: _PerhapsProtocol = None
    """Whose routes the footage follows."""
    frames: File = None
    """A folder of images or a video; with a protocol, a folder of those."""
    poses: File = None
    """The poses that were asked for: any file that spatialmem poses reads."""
    convention: Text = None
    """How the poses are meant, such as realestate10k or w2c-opencv; default by their content, and by the pictures."""
    depth: File = None
    """A folder of depth for the frames: 16-bit PNG in millimetres, or .npy in metres; with a protocol, a folder of
    those, ROUTE each."""
    fov: Annotated[float | None, tyro.conf.arg(metavar="DEGREES", help_behavior_hint="")] = None
    """Field of view across, where the poses come without intrinsics."""
    fps: Annotated[float | None, tyro.conf.arg(metavar="RATE", help_behavior_hint="")] = None
    """Frames a second, where no video says it; default 16."""
    size: Size = None
    """Size at which to measure; default the protocol's, else the frames' own."""
    world: File = None
    """A world, instead of frames: its own path, as it was generated and as memory showed it before."""
    json: Flag = False
    """Print the rows' summaries as JSON."""

    def run(self) -> None:
        """Read, measure, and say what came out."""
        from spatialmem.errors import InvalidValueError
        from spatialmem.revisit.given import job_of_protocol, measure_given
        from spatialmem.revisit.job import keep
        from spatialmem.world import World

        if (self.world is None) == (self.frames is None and self.poses is None):
            raise InvalidValueError("say what to measure: --frames and --poses, or --world")
        if self.protocol is None and self.out.exists() and (not self.out.is_dir() or any(self.out.iterdir())):
            raise InvalidValueError(f"--out {self.out} is there already and not an empty folder; choose another")
        subject = {name: str(value) for name in ("frames", "poses", "convention", "depth", "world")
                   if (value := getattr(self, name)) is not None}
        repeat = shlex.join(["spatialmem", *sys.argv[1:]])
        with World.open(self.world) if self.world is not None else nullcontext() as world:
            record, cases = self._cases(world)
            if self.protocol is not None:
                keep(self.out, job_of_protocol(self.protocol, record, subject))
            try:
                report = measure_given(self.out, record, cases, subject=subject, repeat=repeat, told=_say)
            except BaseException:
                if self.protocol is None:  # what was begun would be in the way of the next try
                    shutil.rmtree(self.out, ignore_errors=True)
                raise
        _tell(report, self.out, as_json=self.json)

    def _cases(self, world: World | None) -> tuple[ProtocolRecord, Iterator[Case]]:
        from spatialmem.errors import InvalidValueError
        from spatialmem.revisit.given import case_of_footage, case_of_world, cases_of_protocol

        if world is not None:
            self._refuse("--world", "protocol", "frames", "poses", "convention", "depth", "fov", "fps", "size")
            return case_of_world(world)
        if self.frames is None or self.poses is None:
            raise InvalidValueError("--frames and --poses belong together; give both")
        if self.protocol is not None:
            self._refuse("a protocol", "convention", "fov", "fps")
            return cases_of_protocol(self.protocol, self.frames, self.poses, size=parse_size(self.size),
                                     depth=self.depth)
        return case_of_footage(self.frames, self.poses, convention=self.convention, size=parse_size(self.size),
                               depth=self.depth, fov_degrees=self.fov, fps=self.fps)

    def _refuse(self, what: str, *names: str) -> None:
        """Raise where an option is given that would not be used."""
        from spatialmem.errors import InvalidValueError

        given = [name for name in names if getattr(self, name) is not None]
        if given:
            flag = "a protocol" if given[0] == "protocol" else f"--{given[0]}"
            raise InvalidValueError(f"{flag} says nothing beside {what}; leave it out")


@dataclass(frozen=True)
class Paths:
    """Write a protocol's paths as pose files in every convention, for an outside model to walk.

    Examples:
      spatialmem revisit paths gaps --out paths/gaps
      spatialmem revisit paths closed-loop/1 --out paths/loop
    """

    protocol: _Protocol
    """Which paths."""
    out: _Folder
    """Folder; made new."""
    overwrite: Flag = False
    """Replace what is there."""

    def run(self) -> None:
        """Write them."""
        from spatialmem.revisit.job import open_protocol
        from spatialmem.revisit.pathfiles import write_paths

        chosen = open_protocol(self.protocol)
        write_paths(chosen, self.out, overwrite=self.overwrite)
        print(f"{self.out}: {len(chosen.routes)} routes of {chosen.name}/{chosen.version}, {chosen.frames} frames "
              f"each; {self.out / 'README.txt'} says how to walk them and how to have them measured")


@dataclass(frozen=True)
class Compare:
    """Set the reports of several runs of one protocol side by side.

    Examples:
      spatialmem revisit compare runs/mine runs/theirs --out runs/compared
    """

    runs: _Folders
    """Folders of finished runs, or their report.json."""
    out: _Folder
    """Folder of the page; made new."""
    against: Text = None
    """A row, such as hybrid, that all others are compared with; default the row of the same name in the first run."""

    def run(self) -> None:
        """Compare them."""
        from spatialmem.revisit.compare import compare
        from spatialmem.revisit.compare_page import write_comparison
        from spatialmem.revisit.records import read_report
        from spatialmem.revisit.text import comparison_text

        comparison = compare({str(path): read_report(path) for path in self.runs}, against=self.against)
        page = write_comparison(comparison, self.out)
        print(comparison_text(comparison))
        print(f"see {page}")


def _say(route: str) -> None:
    print(f"measuring {route}", file=sys.stderr)


def _tell(report: Report, out: Path, *, as_json: bool) -> None:
    from spatialmem.revisit.text import summary_text

    if as_json:
        print(json.dumps({row.name: {name: [of.mean, of.low, of.high] for name, of in row.summary.items()}
                          for row in report.rows}))
    else:
        print(summary_text(report))
        print(f"see {out / 'report.html'}")


_Action = (Annotated[RunProtocol, tyro.conf.subcommand("run", prefix_name=False)]
           | Annotated[Measure, tyro.conf.subcommand("measure", prefix_name=False)]
           | Annotated[Paths, tyro.conf.subcommand("paths", prefix_name=False)]
           | Annotated[Compare, tyro.conf.subcommand("compare", prefix_name=False)])


@dataclass(frozen=True)
class Revisit:
    """Measure whether what the camera saw is still there when it comes back.

    Examples:
      spatialmem revisit run closed-loop --input examples/data/room.glb --size 128x96 --routes 4 --out runs/room
      spatialmem revisit paths gaps --out paths/gaps
      spatialmem revisit measure paths/gaps/protocol.json --frames frames --poses paths/gaps --out runs/theirs
      spatialmem revisit measure --world worlds/room --out runs/room
      spatialmem revisit compare runs/mine runs/theirs --out runs/compared

    Each explains itself: spatialmem revisit run --help. See docs/revisit.md.
    """

    action: _Action
    """What to do."""

    def run(self) -> None:
        """Do it."""
        self.action.run()
