"""The project's own camera file, `cameras.json`: what `render` writes, and all that a pose file may say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import torch

from spatialmem.camera import Cameras
from spatialmem.errors import RecordingError, StorageError
from spatialmem.posefiles.poses import Poses
from spatialmem.posefiles.strictfiles import matrix, naming, number, read_json, whole
from spatialmem.protocols import Json

FORMAT = "spatialmem-cameras"
VERSION = 1
UNKNOWN = "unknown"
"""What `units` says where lengths need not be metres; it is left out where they are."""
_CONVENTION = "T_world_cam: camera to world, OpenCV axes, metres; K: pixels, pixel centres at half-integers"


def write_cameras(path: Path | str, cameras: Cameras, *, up: str) -> None:
    """Write `cameras` as strict JSON that keeps every digit.

    Args:
        path: the file to write; an existing one is replaced.
        cameras: any number of cameras.
        up: the world's up as a signed axis such as `+Z`, for readers.

    Raises:
        StorageError: the file cannot be written.
    """
    poses = Poses("spatialmem", cameras.T_world_cam, cameras.K, cameras.height, cameras.width, up=up)
    try:
        Path(path).write_bytes(_content(poses))
    except OSError as error:
        raise StorageError(f"{path}: cannot be written ({error.strerror}); check the folder, its permissions "
                           "and the space left") from error


def cameras_json_files(poses: Poses, name: str) -> dict[str, bytes]:
    """The content of the file `name`. Raises RecordingError without intrinsics or a size."""
    return {name: _content(poses)}


def is_cameras_json(path: Path) -> bool:
    """Whether `path` is a file that `write_cameras` wrote, by its first words."""
    try:
        with path.open("rb") as file:
            return FORMAT.encode() in file.read(200)
    except OSError:
        return False


def read_cameras_json(path: Path) -> Poses:
    """The cameras of a `cameras.json`.

    Raises:
        RecordingError: the file is no JSON, its version is newer, or a field is missing or wrong.
    """
    fields = read_json(path)
    if fields.get("format") != FORMAT:
        raise RecordingError(f"{path}: 'format' must be {FORMAT!r}, got {str(fields.get('format'))[:40]!r}")
    version = whole(fields, "version", str(path))
    if version != VERSION:
        raise RecordingError(f"{path}: camera file version {version}, this program reads {VERSION}; "
                             "update spatialmem")
    listed = fields.get("frames")
    if not isinstance(listed, list):
        raise RecordingError(f"{path}: 'frames' must be a list of cameras")
    frames = [frame for frame in listed if isinstance(frame, dict)]
    if len(frames) != len(listed):
        odd = next(index for index, frame in enumerate(listed) if not isinstance(frame, dict))
        raise RecordingError(f"{path}: frame {odd} must be an object with K and T_world_cam")
    Ks = torch.zeros(len(frames), 3, 3, dtype=torch.float64)
    poses = torch.zeros(len(frames), 4, 4, dtype=torch.float64)
    for index, frame in enumerate(frames):
        Ks[index] = matrix(frame.get("K"), (3, 3), f"{path}: frame {index}: 'K'")
        poses[index] = matrix(frame.get("T_world_cam"), (4, 4), f"{path}: frame {index}: 'T_world_cam'")
    times = [number(frame, "time", f"{path}: frame {index}") for index, frame in enumerate(frames) if "time" in frame]
    with naming(path):
        return Poses("spatialmem", poses, Ks, whole(fields, "height", str(path)), whole(fields, "width", str(path)),
                     names=_names(frames, path), times=torch.tensor(times, dtype=torch.float64) if times else None,
                     up=_text(fields, "up", str(path)), source=_text(fields, "source", str(path)),
                     metres=False if fields.get("units") == UNKNOWN else None)


def _content(poses: Poses) -> bytes:
    if poses.K is None or poses.size is None:
        raise RecordingError("cameras.json needs intrinsics and an image size")
    frames: list[dict[str, Json]] = [{"K": K, "T_world_cam": T} for K, T in
                                     zip(poses.K.tolist(), poses.T_world_cam.tolist(), strict=True)]
    for index, frame in enumerate(frames):
        if poses.names is not None:
            frame["name"] = poses.names[index]
        if poses.times is not None:
            frame["time"] = float(poses.times[index])
    known: dict[str, Json] = {"up": poses.up, "source": poses.source,
                              "units": UNKNOWN if poses.metres is False else None}
    head: dict[str, Json] = {"format": FORMAT, "version": VERSION, "convention": _CONVENTION,
                             **{key: value for key, value in known.items() if value is not None},
                             "width": poses.width, "height": poses.height}
    lines = ",\n".join(json.dumps(frame, allow_nan=False) for frame in frames)
    text = json.dumps(head, allow_nan=False)[:-1] + f',\n"frames": [\n{lines}\n]}}\n'
    return text.encode("utf-8")


def _names(frames: list[dict[str, Json]], path: Path) -> tuple[str, ...] | None:
    names = [_text(frame, "name", f"{path}: frame {index}") for index, frame in enumerate(frames)]
    given = tuple(name for name in names if name is not None)
    return given or None


def _text(fields: Mapping[str, Json], key: str, where: str) -> str | None:
    value = fields.get(key)
    if value is None or isinstance(value, str):
        return value
    raise RecordingError(f"{where}: {key!r} must be text, got {str(value)[:40]}")
