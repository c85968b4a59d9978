"""Open3D's recording layout and its `.log` trajectories.

A folder holds `image/` (or `color/`) with JPEG or PNG files, `depth/` with uint16 PNG files in
millimetres, `trajectory.log` (camera-to-world, OpenCV axes, metres) and `intrinsic.json` (a
`PinholeCameraIntrinsic`: column-major matrix, pixel centres at integers).
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.errors import RecordingError
from spatialmem.posefiles.poses import Poses
from spatialmem.posefiles.recording import Recording
from spatialmem.posefiles.strictfiles import (
    file_inside,
    matrix,
    naming,
    natural,
    read_json,
    split_lines,
    whole,
)
from spatialmem.posefiles.upright import suggest_up

COLOUR_FOLDERS = ("image", "color")
_COLOUR_SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})


def is_open3d(root: Path) -> bool:
    """Whether the folder looks like this layout, complete or not."""
    return (root / "trajectory.log").exists() or any((root / name).is_dir() for name in COLOUR_FOLDERS)


def open_open3d(root: Path) -> Recording:
    """The recording in `root`. Raises RecordingError (see `select.open_recording`)."""
    colour = next((root / name for name in COLOUR_FOLDERS if (root / name).is_dir()), root / "image")
    rgb_paths = _images(root, colour, _COLOUR_SUFFIXES)
    depth_paths = _images(root, root / "depth", frozenset({".png"}))
    _check_pairs(rgb_paths, depth_paths)
    log = file_inside(root, "trajectory.log", root)
    poses = read_log(log)
    if len(poses) != len(rgb_paths):
        raise RecordingError(f"{log}: {len(poses)} poses for {len(rgb_paths)} images in {colour}; "
                             "each frame needs one pose")
    K, height, width = read_intrinsic(file_inside(root, "intrinsic.json", root))
    with naming(log):
        cameras = Cameras(K.expand(len(poses), 3, 3), poses, height, width)
    return Recording(root, "open3d", cameras, rgb_paths, depth_paths, 0.001, suggest_up(poses, "-Y"))


def read_log(path: Path) -> Tensor:
    """`T_world_cam` `[T, 4, 4]` of a `.log` file: per pose a line of three counters and four rows.

    Raises:
        RecordingError: the file is damaged or a pose is not rigid.
    """
    lines = list(split_lines(path))
    if not lines or len(lines) % 5:
        raise RecordingError(f"{path}: {len(lines)} lines; a trajectory has five per pose "
                             "(a header and a 4x4 matrix)")
    poses = torch.zeros(len(lines) // 5, 4, 4, dtype=torch.float64)
    for index, (line, words) in enumerate(lines):
        if index % 5 == 0:
            continue
        try:
            row = torch.tensor([float(word) for word in words], dtype=torch.float64)
        except ValueError as error:
            raise RecordingError(f"{path}: line {line} holds no numbers ({error}); repair it") from error
        if len(row) != 4:
            raise RecordingError(f"{path}: line {line} has {len(row)} values, a matrix row has 4")
        poses[index // 5, index % 5 - 1] = row
    return poses


def read_open3d_log(path: Path) -> Poses:
    """The poses of a `.log` file. Raises RecordingError (see `read_log`)."""
    with naming(path):
        return Poses("open3d", read_log(path))


def open3d_log_files(poses: Poses, name: str) -> dict[str, bytes]:
    """The content of the file `name`: a header `i i i+1` and four rows for each pose."""
    blocks = [f"{i} {i} {i + 1}\n" + "".join(" ".join(map(repr, row)) + "\n" for row in T)
              for i, T in enumerate(poses.T_world_cam.tolist())]
    return {name: "".join(blocks).encode()}


def read_intrinsic(path: Path) -> tuple[Tensor, int, int]:
    """`K` `[3, 3]` with half-integer pixel centres, height and width of a PinholeCameraIntrinsic.

    Raises:
        RecordingError: a field is missing or the values are no pinhole camera.
    """
    fields = read_json(path)
    height, width = whole(fields, "height", str(path)), whole(fields, "width", str(path))
    K = matrix(fields.get("intrinsic_matrix"), (9,), f"{path}: 'intrinsic_matrix'").reshape(3, 3).T.clone()
    K[:2, 2] += 0.5  # Open3D puts pixel centres at integers
    with naming(path):
        Cameras(K[None], torch.eye(4)[None], height, width)
    return K, height, width


def _images(root: Path, folder: Path, suffixes: frozenset[str]) -> tuple[Path, ...]:
    """The image files of a folder in counting order."""
    kinds = " or ".join(sorted(suffixes))
    if not folder.is_dir():
        raise RecordingError(f"{folder}: folder is missing; an Open3D recording needs it, "
                             f"with one {kinds} per frame")
    try:
        names = sorted((p.name for p in folder.iterdir() if p.suffix.lower() in suffixes), key=natural)
    except OSError as error:
        raise RecordingError(f"{folder}: cannot be listed ({error.strerror}); "
                             "check its permissions") from error
    if not names:
        raise RecordingError(f"{folder}: holds no {kinds} files")
    return tuple(file_inside(root, Path(folder.name) / name, folder) for name in names)


def _check_pairs(rgb_paths: tuple[Path, ...], depth_paths: tuple[Path, ...]) -> None:
    """Colour and depth go together by name, or by order where the names carry time stamps."""
    rgb, depth = {p.stem: p for p in rgb_paths}, {p.stem: p for p in depth_paths}
    odd = sorted(rgb.keys() ^ depth.keys(), key=natural)
    if not odd:
        return
    counted = all(stem.isdecimal() for stem in (*rgb, *depth))
    if len(rgb_paths) != len(depth_paths) or counted:
        path = rgb.get(odd[0]) or depth[odd[0]]
        raise RecordingError(f"{path}: has no partner of this name among the {len(rgb_paths)} colour and "
                             f"{len(depth_paths)} depth images; each frame needs one of each")
