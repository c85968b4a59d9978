"""`spatialmem poses`: what a pose file says, and the same in another convention."""

from __future__ import annotations

import json
import os.path
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from spatialmem.commands.arguments import File, Flag, Size, Text, parse_size, printable

if TYPE_CHECKING:
    from spatialmem.posefiles.poses import Poses
    from spatialmem.posefiles.written import Written
    from spatialmem.strictjson import Json

_Input = Annotated[Path, tyro.conf.Positional, tyro.conf.arg(name="in", metavar="IN", help_behavior_hint="")]
_Output = Annotated[Path | None, tyro.conf.Positional, tyro.conf.arg(metavar="[OUT]", help_behavior_hint="")]
_From = Annotated[str | None, tyro.conf.arg(name="from", metavar="CONVENTION", help_behavior_hint="")]
_To = Annotated[str | None, tyro.conf.arg(metavar="CONVENTION", help_behavior_hint="")]


@dataclass(frozen=True)
class ConvertPoses:
    """Say what a pose file holds, or write it in another convention.

    Conventions: spatialmem, nerfstudio, colmap-text, colmap-binary, tum, open3d, realestate10k, lyra2, gsplat,
    sana (LingBot-World too), spatia, worldmirror, worldplay, worldplay-keys, and for bare matrices
    c2w-opencv, w2c-opencv, c2w-opengl, w2c-opengl. See docs/pose-files.md.

    Examples:
      spatialmem poses trajectory.log
      spatialmem poses recordings/room transforms.json
      spatialmem poses clip.txt cameras.json --size 1280x720
      spatialmem poses poses.npy cameras.json --from sana --size 832x480
      spatialmem poses poses.npy --check recordings/room
      spatialmem poses renders/room/cameras.json room_colmap --to colmap-text
      spatialmem poses "w-31, right-10" walk.json --to worldplay
    """

    input: _Input
    """A pose file, a COLMAP model's folder, a recording's folder, or a key string of WorldPlay's."""
    out: _Output = None
    """File to write (a folder for COLMAP); left out, IN is only described."""
    convention: _From = None
    """Convention of IN; default by its content."""
    to: _To = None
    """Convention of OUT; default by its name, where that leaves no doubt."""
    size: Size = None
    """Image size, where IN does not say it."""
    intrinsics: Text = None
    """Where IN has none: fx,fy,cx,cy for all frames, or a second file (.npy, or text with four numbers)."""
    scale: Annotated[float | None, tyro.conf.arg(metavar="METRES", help_behavior_hint="")] = None
    """Length of IN's unit in metres: positions are multiplied by it."""
    check: File = None
    """Folder of a recording with one frame for each pose, whose depth and colour settle how IN is meant."""
    overwrite: Flag = False
    """Replace OUT if it is there."""
    json: Flag = False
    """Print JSON."""

    def run(self) -> None:
        """Read, write if asked to, and say what was found and what was lost."""
        from spatialmem.posefiles.written import write_poses

        poses = self._read()
        written = None if self.out is None else write_poses(self.out, poses, self.to, overwrite=self.overwrite)
        if self.json:
            outcome = None if written is None else {"convention": written.convention, "notes": [*written.notes],
                                                    "files": [str(path) for path in written.paths]}
            print(json.dumps({"read": _summary(poses), "written": outcome}))
        else:
            _describe(str(self.input), poses, checked=self.check is not None)
            if written is not None:
                _confess(written)

    def _read(self) -> Poses:
        from spatialmem.errors import RecordingError
        from spatialmem.posefiles.select import open_recording, read_poses
        from spatialmem.posefiles.worldplay_keys import is_key_string, parse_keys

        typed = str(self.input)
        there = os.path.exists(typed)  # noqa: PTH110 - a key string may be too long for a path
        if self.convention in (None, "worldplay-keys") and not there and is_key_string(typed):
            return parse_keys(typed) if self.scale is None else parse_keys(typed).scaled(self.scale)
        poses = read_poses(self.input, self.convention, size=parse_size(self.size), intrinsics=self.intrinsics,
                           check=None if self.check is None else open_recording(self.check))
        if not len(poses):
            raise RecordingError(f"{self.input}: holds no poses")
        return poses if self.scale is None else poses.scaled(self.scale)


def _summary(poses: Poses) -> dict[str, Json]:
    from spatialmem.posefiles.conventions import in_metres
    from spatialmem.posefiles.intrinsics import numbers

    centred = poses.centred_size
    first = None if poses.K is None else [float(value) for value in numbers(poses.K[0])]
    return {
        "convention": poses.convention, "poses": len(poses),
        "size": None if poses.size is None else [*poses.size[::-1]],
        "centred_size": None if centred is None else [*centred[::-1]],
        "intrinsics": [*first] if first else None, "normalised": poses.normalised,
        "intrinsics_change": poses.K is not None and bool((poses.K - poses.K[:1]).abs().max() > 0),
        "path_length": poses.path_length, "metres": in_metres(poses),
        "up": poses.up, "up_by_cameras": poses.upright,
        "names": poses.names is not None, "source": poses.source,
        "duration": None if poses.times is None else float(poses.times[-1] - poses.times[0]),
    }


def _describe(name: str, poses: Poses, *, checked: bool) -> None:
    from spatialmem.posefiles.conventions import CONVENTIONS
    from spatialmem.posefiles.readings import READINGS

    form, facts = CONVENTIONS[poses.convention], _summary(poses)
    unit = "m" if facts["metres"] else "(units of the file, which need not be metres)"
    size = "unknown" if poses.size is None else f"{poses.width}x{poses.height}"
    if poses.size is None and poses.centred_size is not None:
        size += f"; the principal point is the middle of {poses.centred_size[1]}x{poses.centred_size[0]}"
    agreed = "; the frames agree" if checked else ""
    lines = {
        "convention": f"{poses.convention}: {form.title}",
        "meaning": f"{READINGS[form.reading]}{agreed}",
        "poses": str(len(poses)),
        "path": f"{poses.path_length:.3f} {unit}",
        "up": poses.up or f"{poses.upright} (not in the file; by how the cameras are held)",
        "size": size,
        "intrinsics": _lens(poses, change=bool(facts["intrinsics_change"])),
        "times": "unknown" if poses.times is None else f"{facts['duration']:.3f} s from first to last",
        "names": "unknown" if poses.names is None else f"{printable(poses.names[0])} to {printable(poses.names[-1])}",
        "source": printable(poses.source or "unknown"),
    }
    print(name)
    for key, value in lines.items():
        if value != "unknown" or key in ("size", "intrinsics"):
            print(f"  {key:<12}{value}")


def _lens(poses: Poses, *, change: bool) -> str:
    from spatialmem.posefiles.intrinsics import numbers

    if poses.K is None:
        return "unknown"
    words = [f"{name} {value:.6g}" for name, value in zip(("fx", "fy", "cx", "cy"), numbers(poses.K[0]).tolist(),
                                                          strict=True)]
    unit = "shares of width and height" if poses.normalised else "pixels"
    return f"{' '.join(words)} {unit}{' in the first frame; they change' if change else ''}"


def _confess(written: Written) -> None:
    for path in written.paths:
        print(f"{path}: written, {written.convention}")
    for note in written.notes:
        print(f"  {note}")
