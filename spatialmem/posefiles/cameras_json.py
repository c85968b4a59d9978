"""The project's own camera file, `cameras.json`: what `render` writes and `--trajectory` reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import torch

from spatialmem.camera import Cameras
from spatialmem.errors import RecordingError, StorageError
from spatialmem.posefiles.strictfiles import matrix, naming, whole
from spatialmem.protocols import Json

FORMAT = "spatialmem-cameras"
VERSION = 1
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
    frames: list[Json] = [{"K": K, "T_world_cam": T}
                          for K, T in zip(cameras.K.tolist(), cameras.T_world_cam.tolist(), strict=True)]
    head: dict[str, Json] = {"format": FORMAT, "version": VERSION, "convention": _CONVENTION, "up": up,
                             "width": cameras.width, "height": cameras.height}
    lines = ",\n".join(json.dumps(frame, allow_nan=False) for frame in frames)
    text = json.dumps(head, allow_nan=False)[:-1] + f',\n"frames": [\n{lines}\n]}}\n'
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{path}: cannot be written ({error.strerror}); check the folder, its permissions "
                           "and the space left") from error


def is_cameras_json(path: Path) -> bool:
    """Whether `path` is a file that `write_cameras` wrote, by its first words."""
    try:
        with path.open("rb") as file:
            return FORMAT.encode() in file.read(200)
    except OSError:
        return False


def read_cameras_json(path: Path, fields: Mapping[str, Json]) -> Cameras:
    """The cameras of a parsed `cameras.json`.

    Args:
        path: named in errors.
        fields: the parsed file.

    Raises:
        RecordingError: the version is newer, or a field is missing or wrong.
    """
    version = whole(fields, "version", str(path))
    if version != VERSION:
        raise RecordingError(f"{path}: camera file version {version}, this program reads {VERSION}; "
                             "update spatialmem")
    frames = fields.get("frames")
    if not isinstance(frames, list):
        raise RecordingError(f"{path}: 'frames' must be a list of cameras")
    Ks = torch.zeros(len(frames), 3, 3, dtype=torch.float64)
    poses = torch.zeros(len(frames), 4, 4, dtype=torch.float64)
    for index, frame in enumerate(frames):
        if not isinstance(frame, dict):
            raise RecordingError(f"{path}: frame {index} must be an object with K and T_world_cam")
        Ks[index] = matrix(frame.get("K"), (3, 3), f"{path}: frame {index}: 'K'")
        poses[index] = matrix(frame.get("T_world_cam"), (4, 4), f"{path}: frame {index}: 'T_world_cam'")
    with naming(path):
        return Cameras(Ks, poses, whole(fields, "height", str(path)), whole(fields, "width", str(path)))
