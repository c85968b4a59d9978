"""Cameras in one `.npz`: Lyra 2's (`w2c`, `intrinsics`, `image_height`, `image_width`) and gsplat's names for the same.

World to camera, OpenCV axes, intrinsics in pixels. Lyra 2's own files are float32, and so are those written here.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from spatialmem.errors import RecordingError
from spatialmem.posefiles.arrays import npy_bytes, npz_bytes, npz_names, read_npz
from spatialmem.posefiles.intrinsics import per_frame
from spatialmem.posefiles.poses import Poses
from spatialmem.posefiles.readings import decode, encode
from spatialmem.posefiles.strictfiles import naming

NAMES: dict[str, tuple[str, str, str, str]] = {
    "lyra2": ("w2c", "intrinsics", "image_height", "image_width"),
    "gsplat": ("viewmats", "Ks", "height", "width"),
}
"""Per convention: the arrays of poses, intrinsics, height and width."""


def npz_convention(path: Path) -> str:
    """Which convention the names of the arrays speak of.

    Raises:
        RecordingError: the archive is damaged, or has other arrays.
    """
    there = npz_names(path)
    for convention, wanted in NAMES.items():
        if wanted[0] in there and wanted[1] in there:
            return convention
    known = " or ".join(", ".join(wanted) for wanted in NAMES.values())
    raise RecordingError(f"{path}: an .npz of cameras holds {known}; this one holds {', '.join(sorted(there))[:200]}")


def read_lyra2(path: Path) -> Poses:
    """The cameras of a Lyra 2 trajectory. Raises RecordingError."""
    return _read(path, "lyra2")


def read_gsplat(path: Path) -> Poses:
    """The cameras of an `.npz` with gsplat's names. Raises RecordingError."""
    return _read(path, "gsplat")


def lyra2_files(poses: Poses, name: str) -> dict[str, bytes]:
    """The content of the file `name`."""
    return _files(poses, name, "lyra2")


def gsplat_files(poses: Poses, name: str) -> dict[str, bytes]:
    """The content of the file `name`."""
    return _files(poses, name, "gsplat")


def _read(path: Path, convention: str) -> Poses:
    names = NAMES[convention]
    arrays = read_npz(path, names)
    w2c = arrays[names[0]]
    if w2c.ndim != 3 or w2c.shape[1:] != (4, 4) or not len(w2c):
        raise RecordingError(f"{path}: {names[0]!r} must have shape (N, 4, 4), got {tuple(w2c.shape)}")
    K = per_frame(arrays[names[1]], len(w2c), f"{path}: {names[1]!r}")
    height, width = (_whole(arrays[name], f"{path}: {name!r}") for name in names[2:])
    with naming(path):
        return Poses(convention, decode(w2c, "w2c-opencv"), K, height, width)


def _files(poses: Poses, name: str, convention: str) -> dict[str, bytes]:
    if poses.K is None or poses.size is None:
        raise RecordingError(f"{convention} needs intrinsics and an image size")
    values = (encode(poses.T_world_cam, "w2c-opencv"), poses.K, *map(torch.tensor, poses.size))
    kinds: tuple[type[np.generic], ...] = (np.float32, np.float32, np.int64, np.int64)
    arrays = {key: npy_bytes(value, kind) for key, value, kind in zip(NAMES[convention], values, kinds, strict=True)}
    return {name: npz_bytes(arrays)}


def _whole(value: Tensor, where: str) -> int:
    """The one whole number in an array, which may stand once or for each frame."""
    flat = value.reshape(-1)
    if not len(flat) or not bool((flat == flat[0]).all()) or not float(flat[0]).is_integer():
        raise RecordingError(f"{where}: must be one whole number of pixels for all frames")
    return int(flat[0])
