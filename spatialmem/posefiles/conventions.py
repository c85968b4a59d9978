"""The table of pose-file conventions: how each is read and written, what it means and what it can hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from spatialmem.posefiles.cameras_json import cameras_json_files, read_cameras_json
from spatialmem.posefiles.colmap_binary import colmap_binary_files, read_colmap_binary
from spatialmem.posefiles.colmap_text import colmap_text_files, read_colmap_text
from spatialmem.posefiles.matrix_list import files_as, read_as
from spatialmem.posefiles.nerfstudio import read_transforms, transforms_files
from spatialmem.posefiles.npz_cameras import gsplat_files, lyra2_files, read_gsplat, read_lyra2
from spatialmem.posefiles.open3d_layout import open3d_log_files, read_open3d_log
from spatialmem.posefiles.poses import Poses
from spatialmem.posefiles.readings import READINGS, Reading
from spatialmem.posefiles.realestate10k import read_realestate10k, realestate10k_files
from spatialmem.posefiles.sana import read_sana, sana_files
from spatialmem.posefiles.spatia import read_spatia, spatia_files
from spatialmem.posefiles.tum import read_tum_poses, tum_files
from spatialmem.posefiles.worldmirror import read_worldmirror, worldmirror_files
from spatialmem.posefiles.worldplay import read_worldplay, worldplay_files
from spatialmem.posefiles.worldplay_keys import read_worldplay_keys

Part = Literal["intrinsics", "size", "names", "times", "up", "source"]
PARTS: dict[Part, str] = {"intrinsics": "intrinsics", "size": "the image size", "names": "image names",
                          "times": "times", "up": "the up axis", "source": "the source"}
"""What a pose file may hold beside poses, in words."""


@dataclass(frozen=True)
class Convention:
    """One convention of pose files.

    Attributes:
        title: whose it is, and what the file is.
        reading: how its poses are meant.
        read: a file's (or a model folder's) poses; raises RecordingError.
        files: the contents by name to write for a name; None = it is only read.
        holds: what it can hold beside poses.
        needs: what must be known to write it.
        stands_in: what is written where `names` or `times` are unknown.
        patterns: names of output files that mean this convention and no other.
        normalised: intrinsics are divided by the image size, which is not held then.
        beside: intrinsics are in a second file.
        by_name: readers take the frames in the counting order of their names.
        folder: it is a folder of files.
        metres: its maker promises that lengths are metres.
    """

    title: str
    reading: Reading
    read: Callable[[Path], Poses]
    files: Callable[[Poses, str], dict[str, bytes]] | None
    holds: frozenset[Part] = frozenset()
    needs: frozenset[Part] = frozenset()
    stands_in: Mapping[Part, str] = field(default_factory=dict)
    patterns: tuple[str, ...] = ()
    normalised: bool = False
    beside: bool = False
    by_name: bool = False
    folder: bool = False
    metres: bool = False


def in_metres(poses: Poses) -> bool:
    """Whether lengths of `poses` are metres, by what is known of them or by their convention."""
    return CONVENTIONS[poses.convention].metres if poses.metres is None else poses.metres


_CAMERA: frozenset[Part] = frozenset({"intrinsics", "size"})
_LENS: frozenset[Part] = frozenset({"intrinsics"})
_NAMED: frozenset[Part] = frozenset({"intrinsics", "size", "names"})
_NUMBERS: Mapping[Part, str] = {"times": "frame numbers, as seconds,"}
_FILES: Mapping[Part, str] = {"names": "00000.png, 00001.png and so on"}

CONVENTIONS: Mapping[str, Convention] = MappingProxyType({
    "spatialmem": Convention(
        "spatialmem's cameras.json", "c2w-opencv", read_cameras_json, cameras_json_files,
        frozenset(PARTS), _CAMERA, patterns=("cameras.json",), metres=True),
    "nerfstudio": Convention(
        "nerfstudio's or Blender's transforms.json", "c2w-opengl", read_transforms, transforms_files,
        _NAMED, _CAMERA, _FILES, ("transforms*.json",), by_name=True),
    "colmap-text": Convention(
        "COLMAP's text model, a folder", "w2c-opencv", read_colmap_text, colmap_text_files,
        _NAMED, _CAMERA, _FILES, by_name=True, folder=True),
    "colmap-binary": Convention(
        "COLMAP's binary model, a folder", "w2c-opencv", read_colmap_binary, colmap_binary_files,
        _NAMED, _CAMERA, _FILES, by_name=True, folder=True),
    "tum": Convention(
        "TUM trajectory", "c2w-opencv", read_tum_poses, tum_files, frozenset({"times"}), stands_in=_NUMBERS,
        metres=True),
    "open3d": Convention(
        "Open3D's .log trajectory", "c2w-opencv", read_open3d_log, open3d_log_files, patterns=("*.log",),
        metres=True),
    "realestate10k": Convention(
        "RealEstate10K's camera file", "w2c-opencv", read_realestate10k, realestate10k_files,
        frozenset({"intrinsics", "times", "source"}), _LENS, _NUMBERS, normalised=True),
    "lyra2": Convention(
        "Lyra 2's trajectory .npz", "w2c-opencv", read_lyra2, lyra2_files, _CAMERA, _CAMERA, patterns=("*.npz",)),
    "gsplat": Convention(
        "an .npz with gsplat's names", "w2c-opencv", read_gsplat, gsplat_files, _CAMERA, _CAMERA),
    "sana": Convention(
        "SANA-WM's and LingBot-World's poses .npy", "c2w-opencv", read_sana, sana_files, _LENS,
        patterns=("*.npy",), beside=True),
    "spatia": Convention(
        "Spatia's w2c.txt", "w2c-opencv", read_spatia, spatia_files, _LENS, patterns=("*w2c.txt",),
        normalised=True, beside=True),
    "worldmirror": Convention(
        "WorldMirror's camera_params.json", "c2w-opencv", read_worldmirror, worldmirror_files, _LENS,
        patterns=("camera_params.json",)),
    "worldplay": Convention(
        "WorldPlay's pose JSON", "c2w-opencv", read_worldplay, worldplay_files, _LENS, _LENS),
    "worldplay-keys": Convention(
        "WorldPlay's key string", "c2w-opencv", read_worldplay_keys, None, _CAMERA),
    **{reading: Convention(f"bare matrices, {meaning}", reading, partial(read_as, reading), partial(files_as, reading))
       for reading, meaning in READINGS.items()},
})
"""Every convention by the name that `--from` and `--to` take."""
