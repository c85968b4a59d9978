"""Spatia's cameras: `w2c.txt` with one JSON matrix a line, and `intrinsics.txt` for all of them.

World to camera, OpenCV axes; a matrix has 3 or 4 rows. The intrinsics are one line `[fx fy cx cy]`,
normalised by width and height.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch

from spatialmem.errors import RecordingError
from spatialmem.posefiles.intrinsics import numbers
from spatialmem.posefiles.matrix_list import read_matrices
from spatialmem.posefiles.poses import Poses
from spatialmem.posefiles.readings import decode, encode
from spatialmem.posefiles.sana import intrinsics_beside
from spatialmem.posefiles.strictfiles import naming


def read_spatia(path: Path) -> Poses:
    """The poses of the file alone; `select.read_poses` adds the intrinsics beside it. Raises RecordingError."""
    with naming(path):
        return Poses("spatia", decode(read_matrices(path), "w2c-opencv"))


def spatia_files(poses: Poses, name: str) -> dict[str, bytes]:
    """The content of the file `name`, and of the intrinsics beside it where they are known.

    Raises:
        RecordingError: the intrinsics differ between frames.
    """
    lines = [json.dumps(matrix) for matrix in encode(poses.T_world_cam, "w2c-opencv").tolist()]
    files = {name: ("\n".join(lines) + "\n").encode()}
    K = poses.normalised_K()
    if K is not None:
        if not torch.equal(K, K[:1].expand_as(K)):
            raise RecordingError("spatia has one set of intrinsics for all frames, these change; choose another format")
        files[intrinsics_beside(name)] = f"[{' '.join(map(repr, numbers(K[0]).tolist()))}]\n".encode()
    return files
