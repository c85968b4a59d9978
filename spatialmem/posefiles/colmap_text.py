"""COLMAP's text model: `cameras.txt` and `images.txt`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from spatialmem.errors import RecordingError
from spatialmem.posefiles.colmap import Camera, Image, gather, model_folder, pinhole_camera, scatter
from spatialmem.posefiles.poses import Poses
from spatialmem.posefiles.strictfiles import read_text


def read_colmap_text(path: Path) -> Poses:
    """The cameras of a model's folder, or of one of its files.

    Raises:
        RecordingError: a file is missing or damaged, or a camera has lens distortion.
    """
    folder = model_folder(path, "txt")
    if folder is None:
        raise RecordingError(f"{path}: a COLMAP text model needs cameras.txt and images.txt side by side")
    return gather("colmap-text", folder, _cameras(folder / "cameras.txt"), list(_images(folder / "images.txt")))


def colmap_text_files(poses: Poses, name: str) -> dict[str, bytes]:
    """The content of the files of the folder `name`. Raises RecordingError (see `colmap.scatter`)."""
    cameras, images = scatter(poses)
    listed = [f"{number} PINHOLE {c.width} {c.height} {' '.join(map(repr, c.four))}" for number, c in cameras.items()]
    posed = [f"{number} {' '.join(map(repr, image.pose))} {image.camera} {image.name}\n"  # and a line of no points
             for number, image in enumerate(images, start=1)]
    return {
        f"{name}/cameras.txt": "\n".join(["# CAMERA_ID MODEL WIDTH HEIGHT PARAMS[]", *listed, ""]).encode(),
        f"{name}/images.txt": "\n".join(["# IMAGE_ID QW QX QY QZ TX TY TZ CAMERA_ID NAME",
                                         "# POINTS2D[] as (X, Y, POINT3D_ID)", *posed, ""]).encode(),
        f"{name}/points3D.txt": b"# POINT3D_ID X Y Z R G B ERROR TRACK[] as (IMAGE_ID, POINT2D_IDX)\n",
    }


def _cameras(path: Path) -> dict[int, Camera]:
    cameras = {}
    for line, text in _lines(path):
        words = text.split()
        where = f"{path}: line {line}"
        if not words:
            continue
        try:
            number, size = int(words[0]), (int(words[3]), int(words[2]))
            params = [float(word) for word in words[4:]]
        except (ValueError, IndexError) as error:
            raise RecordingError(f"{where} must be 'CAMERA_ID MODEL WIDTH HEIGHT PARAMS'; repair it") from error
        cameras[number] = pinhole_camera(words[1], size, params, where)
    return cameras


def _images(path: Path) -> Iterator[Image]:
    """Every image has two lines; the second, its points, may be empty."""
    lines = _lines(path)
    for line, text in lines:
        words = text.split(maxsplit=9)
        if not words:
            continue
        try:
            pose, camera, name = tuple(float(word) for word in words[1:8]), int(words[8]), words[9].strip()
        except (ValueError, IndexError) as error:
            raise RecordingError(f"{path}: line {line} must be 'IMAGE_ID QW QX QY QZ TX TY TZ CAMERA_ID NAME', "
                                 "followed by a line of points, empty or not; repair it") from error
        yield Image(pose, camera, name)
        number, points = next(lines, (0, ""))
        if not _lists_points(points.split()):  # a pose line here would lose every second image
            raise RecordingError(f"{path}: line {number} must list points as 'X Y POINT3D_ID' or be empty")


def _lists_points(words: list[str]) -> bool:
    """Whether a line could be points: triples, each ending in a whole number; only the first is looked at."""
    if len(words) % 3:
        return False
    try:
        return not words or bool([float(words[0]), float(words[1]), int(words[2])])
    except ValueError:
        return False


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    for line, text in enumerate(read_text(path).splitlines(), start=1):
        if not text.startswith("#"):
            yield line, text
