"""What COLMAP's text and binary models share: camera models, image entries, names of files.

Poses are world to camera, OpenCV axes, as `qw qx qy qz tx ty tz`; pixel centres lie at half-integers
(colmap.github.io/format.html, colmap.github.io/cameras.html). A model is a folder of cameras, images and
points; points are not read, and written as none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from spatialmem.errors import RecordingError
from spatialmem.posefiles.intrinsics import matrices
from spatialmem.posefiles.poses import Poses, numbered
from spatialmem.posefiles.readings import decode, encode
from spatialmem.posefiles.strictfiles import naming, natural
from spatialmem.poses import matrix_from_quat, quat_from_matrix

MODELS: dict[int, tuple[str, int]] = {
    0: ("SIMPLE_PINHOLE", 3), 1: ("PINHOLE", 4), 2: ("SIMPLE_RADIAL", 4), 3: ("RADIAL", 5), 4: ("OPENCV", 8),
    5: ("OPENCV_FISHEYE", 8), 6: ("FULL_OPENCV", 12), 7: ("FOV", 5), 8: ("SIMPLE_RADIAL_FISHEYE", 4),
    9: ("RADIAL_FISHEYE", 5), 10: ("THIN_PRISM_FISHEYE", 12),
}
"""Name and number of parameters by number, COLMAP's `src/colmap/sensor/models.h`."""
PINHOLE = 1
PARTS = ("cameras", "images", "points3D")
_UNIT = 1e-2


@dataclass(frozen=True)
class Camera:
    """Intrinsics of one camera: `fx fy cx cy` in pixels."""

    height: int
    width: int
    four: tuple[float, float, float, float]


@dataclass(frozen=True)
class Image:
    """One image: `qw qx qy qz tx ty tz`, its camera's number, its name."""

    pose: tuple[float, ...]
    camera: int
    name: str


def model_folder(path: Path, suffix: str) -> Path | None:
    """The folder that holds a model's cameras and images: `path`, its own, or `sparse/0` or `sparse` below."""
    places = [path, path / "sparse" / "0", path / "sparse"] if path.is_dir() else [path.parent]
    return next((p for p in places if all((p / f"{part}.{suffix}").is_file() for part in PARTS[:2])), None)


def pinhole_camera(model: str, size: tuple[int, int], params: Sequence[float], where: str) -> Camera:
    """A camera of `size` (height, width) from a model's parameters.

    Raises:
        RecordingError: the model has lens distortion, or other parameters; `where` names it.
    """
    if model == "SIMPLE_PINHOLE" and len(params) == 3:
        f, cx, cy = params
        return Camera(*size, (f, f, cx, cy))
    if model == "PINHOLE" and len(params) == 4:
        fx, fy, cx, cy = params
        return Camera(*size, (fx, fy, cx, cy))
    if model in ("PINHOLE", "SIMPLE_PINHOLE"):
        raise RecordingError(f"{where}: {model} has {len(params)} parameters, not what it must have")
    raise RecordingError(f"{where}: camera model {model} is not PINHOLE or SIMPLE_PINHOLE; undistort with "
                         "'colmap image_undistorter'")


def gather(convention: str, folder: Path, cameras: Mapping[int, Camera], images: Sequence[Image]) -> Poses:
    """The poses of a model in the counting order of the image names; COLMAP keeps them in no order.

    Raises:
        RecordingError: no images, a camera is missing, sizes differ, or a value is not what it must be.
    """
    if not images:
        raise RecordingError(f"{folder}: the model holds no images")
    images = sorted(images, key=lambda image: natural(image.name))
    lost = [image for image in images if image.camera not in cameras]
    if lost:
        raise RecordingError(f"{folder}: image {lost[0].name!r} has camera {lost[0].camera}, which is not there")
    used = [cameras[image.camera] for image in images]
    sizes = {(camera.height, camera.width) for camera in used}
    if len(sizes) != 1:
        raise RecordingError(f"{folder}: images have {len(sizes)} sizes; bring all to one size")
    poses = torch.tensor([image.pose for image in images], dtype=torch.float64)
    norms = poses[:, :4].norm(dim=1)
    odd = ~torch.isfinite(poses).all(dim=1) | ((norms - 1).abs() > _UNIT)
    if bool(odd.any()):
        raise RecordingError(f"{folder}: image {images[int(odd.nonzero()[0, 0])].name!r} has NaN or no unit quaternion")
    w2c = torch.eye(4, dtype=torch.float64).repeat(len(images), 1, 1)
    w2c[:, :3, :3] = matrix_from_quat(poses[:, :4])
    w2c[:, :3, 3] = poses[:, 4:]
    with naming(folder):
        return Poses(convention, decode(w2c, "w2c-opencv"),
                     matrices(torch.tensor([camera.four for camera in used], dtype=torch.float64)), *sizes.pop(),
                     names=tuple(image.name for image in images))


def scatter(poses: Poses) -> tuple[dict[int, Camera], list[Image]]:
    """The cameras, one for each distinct K, and the images of a model; both are counted from 1.

    Raises:
        RecordingError: intrinsics or the size are unknown, or a name cannot stand in a model.
    """
    if poses.K is None or poses.size is None:
        raise RecordingError("colmap needs intrinsics and an image size")
    names = poses.names or numbered(len(poses))
    wrong = [name for name in names if not name or re.search(r"[\s\0]", name)]
    if wrong or len(set(names)) != len(names):
        got = repr(wrong[0]) if wrong else "one of them twice"
        raise RecordingError(f"colmap needs image names that differ and have no spaces, got {got}")
    cameras: dict[Camera, int] = {}
    images = []
    w2c = encode(poses.T_world_cam, "w2c-opencv")
    rows = torch.cat([quat_from_matrix(w2c[:, :3, :3]), w2c[:, :3, 3]], dim=1).tolist()
    for row, K, name in zip(rows, poses.K.tolist(), names, strict=True):
        camera = Camera(*poses.size, (K[0][0], K[1][1], K[0][2], K[1][2]))
        images.append(Image(tuple(row), cameras.setdefault(camera, len(cameras) + 1), name))
    return {number: camera for camera, number in cameras.items()}, images
