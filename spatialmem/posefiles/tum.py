"""The TUM RGB-D benchmark's layout and its pose files.

A folder holds `rgb.txt` and `depth.txt` (`timestamp file`), and `groundtruth.txt` (`timestamp tx ty
tz qx qy qz qw`, camera-to-world, OpenCV axes, metres); depth is uint16, 5000 units a metre. The
layout has no intrinsics file: an `intrinsic.json` (Open3D's form) or `calibration.txt`
(`fx fy cx cy`, pixel centres at integers) beside it is used, otherwise the benchmark's documented
ROS default 525 525 319.5 239.5, for 640x480 images only.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.errors import RecordingError
from spatialmem.posefiles.images import image_size
from spatialmem.posefiles.open3d_layout import read_intrinsic
from spatialmem.posefiles.poses import Poses
from spatialmem.posefiles.recording import Recording
from spatialmem.posefiles.strictfiles import file_inside, naming, read_rows, split_lines
from spatialmem.posefiles.upright import suggest_up
from spatialmem.poses import interpolate, matrix_from_quat, quat_from_matrix

MAX_APART_S = 0.02
"""The benchmark's own tolerance between time stamps that count as one moment."""
_ROS_DEFAULT = (525.0, 525.0, 319.5, 239.5)


def is_tum(root: Path) -> bool:
    """Whether the folder looks like this layout, complete or not."""
    return any((root / name).exists() for name in ("rgb.txt", "depth.txt", "groundtruth.txt"))


def open_tum(root: Path) -> Recording:
    """The recording in `root`: colour images with depth and pose within 0.02 s; others are left out.

    Raises:
        RecordingError: see `select.open_recording`.
    """
    rgb_at, rgb_names = _read_list(file_inside(root, "rgb.txt", root))
    depth_at, depth_names = _read_list(file_inside(root, "depth.txt", root))
    truth = file_inside(root, "groundtruth.txt", root)
    pose_at, poses = read_tum(truth)
    pairs = [(i, j) for i, j in _associate(rgb_at, depth_at) if _gap(pose_at, rgb_at[i]) <= MAX_APART_S]
    if not pairs:
        raise RecordingError(f"{root}: no colour image has depth and pose within {MAX_APART_S} s; "
                             "check that the time stamps share one clock")
    rgb_paths = tuple(file_inside(root, rgb_names[i], root / "rgb.txt") for i, _ in pairs)
    depth_paths = tuple(file_inside(root, depth_names[j], root / "depth.txt") for _, j in pairs)
    T_world_cam = _poses_at(pose_at, poses, rgb_at[[i for i, _ in pairs]])
    K, height, width = _intrinsics(root, rgb_paths[0])
    with naming(truth):
        cameras = Cameras(K.expand(len(pairs), 3, 3), T_world_cam, height, width)
    return Recording(root, "tum", cameras, rgb_paths, depth_paths, 1 / 5000, suggest_up(T_world_cam, "+Z"))


def read_tum(path: Path) -> tuple[Tensor, Tensor]:
    """Times `[N]` in seconds, ascending, and `T_world_cam` `[N, 4, 4]` of a TUM pose file.

    Raises:
        RecordingError: a line is damaged, not finite, or its quaternion has no unit length.
    """
    rows = read_rows(path, 8)
    if not len(rows):
        raise RecordingError(f"{path}: holds no poses")
    broken = ~torch.isfinite(rows).all(dim=1) | ((rows[:, 4:].norm(dim=1) - 1).abs() > 1e-2)
    if bool(broken.any()):
        raise RecordingError(f"{path}: pose {int(broken.nonzero()[0, 0])} has NaN or no unit quaternion; "
                             "each line is 't tx ty tz qx qy qz qw'")
    rows = rows[rows[:, 0].argsort(stable=True)]
    poses = torch.eye(4, dtype=torch.float64).repeat(len(rows), 1, 1)
    poses[:, :3, :3] = matrix_from_quat(rows[:, [7, 4, 5, 6]])  # TUM writes the real part last
    poses[:, :3, 3] = rows[:, 1:4]
    return rows[:, 0].contiguous(), poses


def read_tum_poses(path: Path) -> Poses:
    """The poses of a TUM pose file with their times. Raises RecordingError (see `read_tum`)."""
    times, T_world_cam = read_tum(path)
    with naming(path):
        return Poses("tum", T_world_cam, times=times)


def tum_files(poses: Poses, name: str) -> dict[str, bytes]:
    """The content of the file `name`; frame numbers (as seconds) stand in for unknown times.

    Raises:
        RecordingError: times do not ascend, so that a reader would take the poses in another order.
    """
    times = torch.arange(len(poses), dtype=torch.float64) if poses.times is None else poses.times
    if not bool((times.diff() > 0).all()):
        raise RecordingError("tum needs times that ascend from pose to pose, these do not")
    quats = quat_from_matrix(poses.T_world_cam[:, :3, :3])[:, [1, 2, 3, 0]]  # the real part last
    rows = torch.cat([times[:, None], poses.T_world_cam[:, :3, 3], quats], dim=1).tolist()
    lines = ["# timestamp tx ty tz qx qy qz qw", *(" ".join(map(repr, row)) for row in rows), ""]
    return {name: "\n".join(lines).encode()}


def _read_list(path: Path) -> tuple[Tensor, list[str]]:
    times, names = [], []
    for line, words in split_lines(path):
        try:
            times.append(float(words[0]))
            names.append(words[1])
        except (ValueError, IndexError) as error:
            raise RecordingError(f"{path}: line {line} must be 'timestamp file'; repair it") from error
    stamps = torch.tensor(times, dtype=torch.float64)
    if not len(stamps) or not bool(torch.isfinite(stamps).all()):
        raise RecordingError(f"{path}: must list at least one image, each with a finite time stamp")
    return stamps, names


def _associate(rgb_at: Tensor, depth_at: Tensor) -> list[tuple[int, int]]:
    """Index pairs closest in time first, each image used once, in the order of the colour images."""
    order = depth_at.argsort()
    right = torch.searchsorted(depth_at[order], rgb_at)
    candidates = []
    for i, place in enumerate(right.tolist()):
        for j in order[max(place - 2, 0) : place + 2].tolist():
            apart = abs(float(rgb_at[i] - depth_at[j]))
            if apart <= MAX_APART_S:
                candidates.append((apart, i, j))
    taken: dict[int, int] = {}
    used: set[int] = set()
    for _, i, j in sorted(candidates):
        if i not in taken and j not in used:
            taken[i] = j
            used.add(j)
    return sorted(taken.items(), key=lambda pair: float(rgb_at[pair[0]]))


def _gap(pose_at: Tensor, moment: Tensor) -> float:
    return float((pose_at - moment).abs().min())


def _poses_at(pose_at: Tensor, poses: Tensor, moments: Tensor) -> Tensor:
    """Poses `[T, 4, 4]` at `moments`: between the neighbours where both are near, else the nearest."""
    after = torch.searchsorted(pose_at, moments).clamp(max=len(pose_at) - 1)
    before = (after - 1).clamp(min=0)
    to_before, to_after = (moments - pose_at[before]).abs(), (moments - pose_at[after]).abs()
    span = to_before + to_after
    s = torch.where(span > 0, to_before / span.clamp(min=1e-12), torch.zeros_like(span))
    s = torch.where((to_before <= MAX_APART_S) & (to_after <= MAX_APART_S), s, (to_after < to_before).to(s))
    return interpolate(poses[before], poses[after], s)


def _intrinsics(root: Path, first_image: Path) -> tuple[Tensor, int, int]:
    if (root / "intrinsic.json").exists():
        return read_intrinsic(file_inside(root, "intrinsic.json", root))
    height, width = image_size(first_image)
    fx, fy, cx, cy = _ROS_DEFAULT
    if (root / "calibration.txt").exists():
        path = file_inside(root, "calibration.txt", root)
        fx, fy, cx, cy = _calibration(path)
    elif (height, width) != (480, 640):
        raise RecordingError(f"{root}: images are {width}x{height} and no intrinsics are given; write "
                             "'fx fy cx cy' (pixels) to calibration.txt beside rgb.txt")
    else:
        path = root
    K = torch.tensor([[fx, 0, cx + 0.5], [0, fy, cy + 0.5], [0, 0, 1]], dtype=torch.float64)
    with naming(path):
        Cameras(K[None], torch.eye(4)[None], height, width)
    return K, height, width


def _calibration(path: Path) -> tuple[float, float, float, float]:
    lines = list(split_lines(path))
    if len(lines) != 1:
        raise RecordingError(f"{path}: must hold one line 'fx fy cx cy'")
    try:
        values = [float(word) for word in lines[0][1]]
        fx, fy, cx, cy = values[:4]
    except ValueError as error:
        raise RecordingError(f"{path}: must hold four numbers 'fx fy cx cy'") from error
    if any(value != 0 for value in values[4:]):
        raise RecordingError(f"{path}: lens distortion {values[4:]} is not supported; "
                             "undistort the images first")
    return fx, fy, cx, cy
