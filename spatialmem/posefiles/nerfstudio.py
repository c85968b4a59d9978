"""nerfstudio's `transforms.json`: OpenGL camera-to-world poses, intrinsics per file or per frame.

nerfstudio shoots the ray of pixel (column, row) through (column + 0.5, row + 0.5), so its cx, cy
already follow our convention (docs.nerf.studio, "Data conventions", pixel coordinates). Depth files
are uint16 in millimetres unless `depth_unit_scale_factor` says otherwise.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.errors import RecordingError
from spatialmem.posefiles.images import image_size
from spatialmem.posefiles.intrinsics import numbers
from spatialmem.posefiles.poses import Poses, numbered
from spatialmem.posefiles.readings import encode
from spatialmem.posefiles.recording import Recording
from spatialmem.posefiles.strictfiles import (
    file_inside,
    matrix,
    naming,
    natural,
    number,
    read_json,
    whole,
)
from spatialmem.posefiles.upright import suggest_up
from spatialmem.protocols import Json

FILE_NAME = "transforms.json"
_PINHOLE = frozenset({"PINHOLE", "SIMPLE_PINHOLE", "OPENCV", "PERSPECTIVE"})
_DISTORTION = ("k1", "k2", "k3", "k4", "k5", "k6", "p1", "p2", "s1", "s2", "s3", "s4")
_OPENCV_FROM_OPENGL = torch.diag(torch.tensor([1.0, -1.0, -1.0, 1.0], dtype=torch.float64))


def open_nerfstudio(root: Path) -> Recording:
    """The recording in `root`. Raises RecordingError (see `select.open_recording`)."""
    path = file_inside(root, FILE_NAME, root)
    fields = read_json(path)
    frames = _frames(fields, path)
    rgb_paths = _files(root, path, frames, "file_path")
    depth_paths = _files(root, path, frames, "depth_file_path")
    scaled = "depth_unit_scale_factor" in fields
    scale = number(fields, "depth_unit_scale_factor", str(path)) if scaled else 0.001
    cameras = _cameras(path, fields, frames, image_size(rgb_paths[0]))
    return Recording(root, "nerfstudio", cameras, rgb_paths, depth_paths, scale,
                     suggest_up(cameras.T_world_cam, "+Z"))


def read_transforms(path: Path, size: tuple[int, int] | None = None) -> Poses:
    """The cameras of a `transforms.json`; its images need not exist.

    Args:
        path: the file.
        size: (height, width) of the images, where the file has no `w` and `h` (Blender's have none).

    Raises:
        RecordingError: the file contradicts itself.
    """
    fields = read_json(path)
    frames = _frames(fields, path)
    names = tuple(name for frame in frames if isinstance(name := frame.get("file_path"), str))
    if any(key in {**fields, **frames[0]} for key in ("fl_x", "camera_angle_x")):
        cameras = _cameras(path, fields, frames, size)
        poses = Poses("nerfstudio", cameras.T_world_cam, cameras.K, cameras.height, cameras.width)
    else:
        with naming(path):
            poses = Poses("nerfstudio", torch.stack([_pose(path, index, frame) for index, frame in enumerate(frames)]))
    return replace(poses, names=names if len(names) == len(frames) else None)


def transforms_files(poses: Poses, name: str) -> dict[str, bytes]:
    """The content of the file `name`. Raises RecordingError without intrinsics or a size."""
    if poses.K is None or poses.size is None:
        raise RecordingError("nerfstudio needs intrinsics and an image size")
    shared = torch.equal(poses.K, poses.K[:1].expand_as(poses.K))
    head: dict[str, Json] = {"camera_model": "PINHOLE", "w": poses.width, "h": poses.height}
    lenses = [dict(zip(("fl_x", "fl_y", "cx", "cy"), four, strict=True)) for four in numbers(poses.K).tolist()]
    frames = [json.dumps({"file_path": file, **({} if shared else lens), "transform_matrix": rows}, allow_nan=False)
              for file, lens, rows in zip(poses.names or numbered(len(poses)), lenses,
                                          encode(poses.T_world_cam, "c2w-opengl").tolist(), strict=True)]
    text = json.dumps({**head, **(lenses[0] if shared else {})}, allow_nan=False)[:-1]
    return {name: (text + ',\n"frames": [\n' + ",\n".join(frames) + "\n]}\n").encode()}


def _frames(fields: Mapping[str, Json], path: Path) -> list[dict[str, Json]]:
    """The frames in the counting order of their file names, as nerfstudio's own parser sorts them."""
    listed = fields.get("frames")
    if not isinstance(listed, list) or not listed:
        raise RecordingError(f"{path}: 'frames' must list at least one frame")
    frames = [frame for frame in listed if isinstance(frame, dict)]
    if len(frames) != len(listed):
        raise RecordingError(f"{path}: every entry of 'frames' must be an object")
    names = [name for frame in frames if isinstance(name := frame.get("file_path"), str)]
    if len(names) == len(frames):
        frames.sort(key=lambda frame: natural(str(frame["file_path"])))
    return frames


def _files(root: Path, path: Path, frames: Sequence[Mapping[str, Json]], key: str) -> tuple[Path, ...]:
    found = []
    for index, frame in enumerate(frames):
        name = frame.get(key)
        if not isinstance(name, str):
            raise RecordingError(f"{path}: frame {index} has no {key!r}; every frame needs a colour and "
                                 "a depth image, so add it or drop the frame")
        found.append(file_inside(root, name, path))
    return tuple(found)


def _cameras(path: Path, fields: Mapping[str, Json], frames: Sequence[Mapping[str, Json]],
             image: tuple[int, int] | None) -> Cameras:
    """All cameras; `image` (height, width) stands in where the file gives no w, h."""
    poses, Ks, sizes = [], [], set()
    for index, frame in enumerate(frames):
        where = f"{path}: frame {index}"
        merged = {**fields, **frame}
        _check_pinhole(merged, where)
        size = image if image is not None and "w" not in merged else _size(merged, where)
        sizes.add(size)
        Ks.append(_intrinsics(merged, size, where))
        poses.append(_pose(path, index, frame))
    if len(sizes) != 1:
        raise RecordingError(f"{path}: frames have {len(sizes)} image sizes; bring all to one size")
    height, width = sizes.pop()
    with naming(path):
        return Cameras(torch.stack(Ks), torch.stack(poses), height, width)


def _size(fields: Mapping[str, Json], where: str) -> tuple[int, int]:
    if "w" not in fields and "h" not in fields:
        raise RecordingError(f"{where}: the file has a field of view but no image size; add 'w' and 'h' to it, or give "
                             "the size (--size)")
    return whole(fields, "h", where), whole(fields, "w", where)


def _pose(path: Path, index: int, frame: Mapping[str, Json]) -> Tensor:
    where = f"{path}: frame {index}: 'transform_matrix'"
    return matrix(frame.get("transform_matrix"), (4, 4), where) @ _OPENCV_FROM_OPENGL


def _intrinsics(fields: Mapping[str, Json], size: tuple[int, int], where: str) -> Tensor:
    height, width = size
    if "fl_x" not in fields and "camera_angle_x" in fields:
        angle = number(fields, "camera_angle_x", where)
        if not 0 < angle < math.pi:
            raise RecordingError(f"{where}: 'camera_angle_x' must lie between 0 and pi radians, got {angle}")
        fx = width / 2 / math.tan(angle / 2)
    else:
        fx = number(fields, "fl_x", where)
    fy = number(fields, "fl_y", where) if "fl_y" in fields else fx
    cx = number(fields, "cx", where) if "cx" in fields else width / 2
    cy = number(fields, "cy", where) if "cy" in fields else height / 2
    return torch.tensor([[fx, 0, cx], [0, fy, cy], [0, 0, 1]], dtype=torch.float64)


def _check_pinhole(fields: Mapping[str, Json], where: str) -> None:
    model = fields.get("camera_model", "PINHOLE")
    if not isinstance(model, str) or model.upper() not in _PINHOLE or fields.get("is_fisheye"):
        name = "is_fisheye" if fields.get("is_fisheye") else model
        raise RecordingError(f"{where}: camera model {name!r} is not a pinhole; undistort the images first")
    for key in _DISTORTION:
        if key in fields and number(fields, key, where) != 0:
            raise RecordingError(f"{where}: lens distortion {key} = {fields[key]} is not supported; "
                                 "undistort the images first")
