"""WorldMirror's camera file: `extrinsics` and `intrinsics`, lists of `{camera_id, matrix}`.

Camera to world, OpenCV axes, 4x4; intrinsics in pixels of the images that were given to it. Its own files
are relative to the first view, and as an input it makes them so itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from spatialmem.errors import RecordingError
from spatialmem.posefiles.poses import Poses
from spatialmem.posefiles.readings import decode, encode
from spatialmem.posefiles.strictfiles import matrix, naming, read_json
from spatialmem.protocols import Json


def is_worldmirror(fields: Mapping[str, Json]) -> bool:
    """Whether a parsed JSON file has this convention's keys."""
    return isinstance(fields.get("extrinsics"), list)


def read_worldmirror(path: Path) -> Poses:
    """The cameras of the file, in its order.

    Raises:
        RecordingError: a field is missing or wrong, or only some cameras have intrinsics.
    """
    fields = read_json(path)
    poses = _listed(fields, "extrinsics", 4, path)
    Ks = _listed(fields, "intrinsics", 3, path) if fields.get("intrinsics") else None
    if not poses:
        raise RecordingError(f"{path}: 'extrinsics' must list at least one camera")
    if Ks is not None and Ks.keys() != poses.keys():
        odd = sorted(Ks.keys() ^ poses.keys())[0]
        raise RecordingError(f"{path}: camera {odd!r} has only one of extrinsics and intrinsics; each needs both, or "
                             "leave all intrinsics out")
    counted = list(poses) == [str(i) for i in range(len(poses))]
    with naming(path):
        return Poses("worldmirror", decode(torch.stack([*poses.values()]), "c2w-opencv"),
                     None if Ks is None else torch.stack([Ks[key] for key in poses]),
                     names=None if counted else tuple(poses))


def worldmirror_files(poses: Poses, name: str) -> dict[str, bytes]:
    """The content of the file `name`; cameras are numbered in the order of the images."""
    def listed(matrices: Tensor) -> list[Json]:
        return [{"camera_id": i, "matrix": rows} for i, rows in enumerate(matrices.tolist())]

    fields: dict[str, Json] = {"num_cameras": len(poses),
                               "extrinsics": listed(encode(poses.T_world_cam, "c2w-opencv"))}
    if poses.K is not None:
        fields["intrinsics"] = listed(poses.K)
    return {name: (json.dumps(fields, indent=1, allow_nan=False) + "\n").encode()}


def _listed(fields: Mapping[str, Json], key: str, side: int, path: Path) -> dict[str, Tensor]:
    listed = fields.get(key)
    if not isinstance(listed, list):
        raise RecordingError(f"{path}: {key!r} must be a list of {{camera_id, matrix}}")
    found: dict[str, Tensor] = {}
    for index, entry in enumerate(listed):
        where = f"{path}: {key}[{index}]"
        if not isinstance(entry, dict):
            raise RecordingError(f"{where}: must be an object with camera_id and matrix")
        name = str(entry.get("camera_id", index))
        if name in found:
            raise RecordingError(f"{where}: camera {name!r} stands twice")
        found[name] = matrix(entry.get("matrix"), (side, side), f"{where}: 'matrix'")
    return found
