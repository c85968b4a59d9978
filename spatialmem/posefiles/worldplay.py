"""WorldPlay's poses: JSON `{index: {extrinsic, K}}`, and the keys of a walk such as `w-31, right-10`.

`extrinsic` is camera to world, OpenCV axes: WorldPlay's own program inverts it to get world to camera. K is
in pixels of an image whose size is not in the file; the program divides it by 2 cx and 2 cy. One pose stands
for one latent (four frames), and its unit of length is not known to be the metre.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import torch

from spatialmem.errors import RecordingError
from spatialmem.posefiles.poses import Poses
from spatialmem.posefiles.readings import decode, encode
from spatialmem.posefiles.strictfiles import matrix, naming, read_json
from spatialmem.protocols import Json


def is_worldplay(fields: Mapping[str, Json]) -> bool:
    """Whether a parsed JSON file has this convention's keys."""
    first = next(iter(fields.items()), ("", None))
    return bool(re.fullmatch(r"\d+", first[0])) and isinstance(first[1], dict) and "extrinsic" in first[1]


def read_worldplay(path: Path) -> Poses:
    """The poses of the file in the order of their numbers.

    Raises:
        RecordingError: a field is missing or wrong.
    """
    fields = read_json(path)
    if not fields or not all(re.fullmatch(r"\d{1,9}", key) for key in fields):
        raise RecordingError(f"{path}: must map frame numbers to {{extrinsic, K}}")
    numbers = sorted(fields, key=int)
    if [int(key) for key in numbers] != list(range(len(numbers))):
        raise RecordingError(f"{path}: frame numbers must be 0 to {len(numbers) - 1}, each once")
    poses, Ks = [], []
    for key in numbers:
        frame, where = fields[key], f"{path}: frame {key}"
        if not isinstance(frame, dict):
            raise RecordingError(f"{where}: must be an object with extrinsic and K")
        poses.append(matrix(frame.get("extrinsic"), (4, 4), f"{where}: 'extrinsic'"))
        Ks.append(matrix(frame.get("K"), (3, 3), f"{where}: 'K'"))
    with naming(path):
        return Poses("worldplay", decode(torch.stack(poses), "c2w-opencv"), torch.stack(Ks))


def worldplay_files(poses: Poses, name: str) -> dict[str, bytes]:
    """The content of the file `name`. Raises RecordingError without intrinsics."""
    if poses.K is None:
        raise RecordingError("worldplay needs intrinsics")
    matrices, Ks = encode(poses.T_world_cam, "c2w-opencv").tolist(), poses.K.tolist()
    frames = {str(i): {"extrinsic": T, "K": K} for i, (T, K) in enumerate(zip(matrices, Ks, strict=True))}
    return {name: (json.dumps(frames, indent=1, allow_nan=False) + "\n").encode()}
