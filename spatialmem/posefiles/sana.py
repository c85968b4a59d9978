"""SANA-WM's and LingBot-World's cameras: one `.npy` of poses, another of intrinsics.

`(F, 4, 4)` camera to world, OpenCV axes; intrinsics in pixels as `(3, 3)`, `(F, 3, 3)`, `(4,)` or `(F, 4)`
(`fx fy cx cy`). LingBot-World names the two `poses.npy` and `intrinsics.npy`; written here are those,
or `NAME.npy` and `NAME_intrinsics.npy`, in float32.
"""

from __future__ import annotations

from pathlib import Path

from spatialmem.posefiles.arrays import npy_bytes
from spatialmem.posefiles.intrinsics import numbers
from spatialmem.posefiles.matrix_list import read_matrices
from spatialmem.posefiles.poses import Poses
from spatialmem.posefiles.readings import decode, encode
from spatialmem.posefiles.strictfiles import naming


def read_sana(path: Path) -> Poses:
    """The poses of the file alone; `select.read_poses` adds the intrinsics beside it. Raises RecordingError."""
    with naming(path):
        return Poses("sana", decode(read_matrices(path), "c2w-opencv"))


def intrinsics_beside(name: str) -> str:
    """The name under which the intrinsics of a pose file `name` stand beside it."""
    stem, suffix = Path(name).stem, Path(name).suffix
    return f"intrinsics{suffix}" if stem in ("poses", "w2c") else f"{stem}_intrinsics{suffix}"


def sana_files(poses: Poses, name: str) -> dict[str, bytes]:
    """The content of the file `name`, and of the intrinsics beside it where they are known."""
    files = {name: npy_bytes(encode(poses.T_world_cam, "c2w-opencv"))}
    if poses.K is not None:
        files[intrinsics_beside(name)] = npy_bytes(numbers(poses.K))
    return files
