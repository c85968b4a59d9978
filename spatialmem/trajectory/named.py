"""The one entry to camera paths: a name, `recorded`, or a file."""

from __future__ import annotations

import re
from pathlib import Path

import torch

from spatialmem.camera import Cameras
from spatialmem.errors import TrajectoryError
from spatialmem.freespace import FreeSpace
from spatialmem.posefiles.resize import framing
from spatialmem.posefiles.select import read_cameras, split_convention
from spatialmem.trajectory.paths import PATHS, PathOptions
from spatialmem.trajectory.walks import WALKS, is_walk, walk

RECORDED = "recorded"
DEFAULT_FRAMES = 48
MAX_FRAMES = 1_000_000


def trajectory(name_or_file: str | Path, *, start: Cameras, up: str, frames: int | None = None,
               recorded: Cameras | None = None, options: PathOptions | None = None,
               free_space: FreeSpace | None = None, seed: int = 0) -> Cameras:
    """The cameras of a path, at `start`'s image size.

    Args:
        name_or_file: one of `names()`, or a pose file that `posefiles.select.read_cameras` reads, as
            `CONVENTION:FILE` where the file does not say what it is.
        start: one camera: first pose, intrinsics and image size of a named path; of a file only the
            size is used, and its K where the file has none.
        up: the world's up as a signed axis such as `+Z`.
        frames: how many; None = 48 of a named path, 300 of a walk, all of a file or recording.
        recorded: the generator's own cameras, for `recorded`.
        options: sizes of the named paths.
        free_space: where one may walk, for the walks `tour`, `revisit`, `revisit:GAP` and `random-walk`.
        seed: of the choices that walks make.

    Raises:
        TrajectoryError: the name is neither known nor a file, `recorded` has no cameras or a walk no free
            space, or more frames are asked for than there are.
        RecordingError: the file is damaged or of an unknown kind.
    """
    if frames is not None and not 1 <= frames <= MAX_FRAMES:
        raise TrajectoryError(f"frames must be 1..{MAX_FRAMES}, got {frames}")
    name = str(name_or_file)
    if name in PATHS:
        plan = PATHS[name](frames or DEFAULT_FRAMES, options or PathOptions())
        return plan.place(start, axis(up))
    if is_walk(name):
        if free_space is None or up != "+Z":
            raise TrajectoryError(f"trajectory {name!r} is planned in the free space of a world with +Z up, which "
                                  "the generator 'procedural' offers while it explores; "
                                  f"otherwise choose {', '.join(PATHS)} or a file")
        return walk(name, start, free_space, frames=frames, options=options, seed=seed)
    if name == RECORDED:
        if recorded is None:
            raise TrajectoryError("trajectory 'recorded' needs a generator with a path of its own "
                                  f"(--generator recorded); otherwise choose {', '.join(PATHS)} or a file")
        return _first(recorded, frames, RECORDED)
    return _first(_from_file(name, start), frames, name)


def names() -> tuple[str, ...]:
    """The names that `trajectory` knows."""
    return (*PATHS, *WALKS, RECORDED)


def axis(up: str) -> torch.Tensor:
    """The unit vector `[3]` float64 of a signed axis: `+X` to `-Z`.

    Raises:
        TrajectoryError: `up` is no signed axis.
    """
    if not re.fullmatch(r"[+-][XYZ]", up):
        raise TrajectoryError(f"up must be a signed axis such as +Z or -Y, got {up!r}")
    vector = torch.zeros(3, dtype=torch.float64)
    vector["XYZ".index(up[1])] = 1.0 if up[0] == "+" else -1.0
    return vector


def _from_file(name: str, start: Cameras) -> Cameras:
    convention, file = split_convention(name)
    try:
        exists = Path(file).exists()
    except (OSError, ValueError):  # too long, or with a NUL: surely no file
        exists = False
    if not exists:
        raise TrajectoryError(f"trajectory {name!r} is neither known nor a file; "
                              f"known are {', '.join(names())}; a file is a pose file, or CONVENTION:FILE")
    cameras = read_cameras(file, default=start, convention=convention)
    return framing((cameras.height, cameras.width), (start.height, start.width)).cameras(cameras)


def _first(cameras: Cameras, frames: int | None, name: str) -> Cameras:
    if frames is not None and frames > len(cameras):
        raise TrajectoryError(f"trajectory {name!r} has {len(cameras)} frames, {frames} were asked for; "
                              "ask for fewer")
    if not len(cameras):
        raise TrajectoryError(f"trajectory {name!r} holds no cameras")
    return cameras[:frames]
