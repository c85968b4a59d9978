"""COLMAP's binary model: `cameras.bin` and `images.bin`, little endian, of any size."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import BinaryIO

from spatialmem.errors import RecordingError
from spatialmem.posefiles.colmap import MODELS, PINHOLE, Camera, Image, gather, model_folder, pinhole_camera, scatter
from spatialmem.posefiles.poses import Poses

MAX_NAME_BYTES = 4096
_POINT_BYTES = 24
"""x and y as float64, the point's number as int64."""


def read_colmap_binary(path: Path) -> Poses:
    """The cameras of a model's folder, or of one of its files.

    Raises:
        RecordingError: a file is missing, cut short or damaged, or a camera has lens distortion.
    """
    folder = model_folder(path, "bin")
    if folder is None:
        raise RecordingError(f"{path}: a COLMAP binary model needs cameras.bin and images.bin side by side")
    return gather("colmap-binary", folder, _cameras(folder / "cameras.bin"), _images(folder / "images.bin"))


def colmap_binary_files(poses: Poses, name: str) -> dict[str, bytes]:
    """The content of the files of the folder `name`. Raises RecordingError (see `colmap.scatter`)."""
    cameras, images = scatter(poses)
    listed = [struct.pack("<IiQQ4d", number, PINHOLE, c.width, c.height, *c.four) for number, c in cameras.items()]
    no_points = struct.pack("<Q", 0)
    posed = [struct.pack("<I7dI", number, *image.pose, image.camera) + image.name.encode() + b"\0" + no_points
             for number, image in enumerate(images, start=1)]
    return {
        f"{name}/cameras.bin": b"".join([struct.pack("<Q", len(listed)), *listed]),
        f"{name}/images.bin": b"".join([struct.pack("<Q", len(posed)), *posed]),
        f"{name}/points3D.bin": struct.pack("<Q", 0),
    }


class _Fields:
    """Reads fields one by one and never asks for more bytes than the file has."""

    def __init__(self, stream: BinaryIO, path: Path) -> None:
        self._stream, self._path = stream, path
        self._left = stream.seek(0, io.SEEK_END)
        stream.seek(0)

    def take(self, layout: str) -> tuple[int | float, ...]:
        """The values of a `struct` layout."""
        size = struct.calcsize(layout)
        self._spend(size)
        return struct.unpack(layout, self._stream.read(size))

    def count(self) -> int:
        """A number of entries."""
        return int(self.take("<Q")[0])

    def name(self) -> str:
        """Text that ends with a zero byte."""
        content = bytearray()
        while (byte := self._byte()) != b"\0":
            content += byte
            if len(content) > MAX_NAME_BYTES:
                raise RecordingError(f"{self._path}: an image name is longer than {MAX_NAME_BYTES} bytes; damaged?")
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise RecordingError(f"{self._path}: an image name is not UTF-8; damaged?") from error

    def skip(self, size: int) -> None:
        """Leave out bytes."""
        self._spend(size)
        self._stream.seek(size, io.SEEK_CUR)

    def finish(self) -> None:
        """Raise unless everything was read."""
        if self._left:
            raise RecordingError(f"{self._path}: {self._left} bytes follow the last entry; damaged?")

    def _byte(self) -> bytes:
        self._spend(1)
        return self._stream.read(1)

    def _spend(self, size: int) -> None:
        if size > self._left:
            raise RecordingError(f"{self._path}: needs {size} more bytes, {self._left} are left; the file is cut short "
                                 "or damaged")
        self._left -= size


def _cameras(path: Path) -> dict[int, Camera]:
    with _opened(path) as stream:
        fields = _Fields(stream, path)
        cameras = {}
        for _ in range(fields.count()):
            number, model, width, height = (int(value) for value in fields.take("<IiQQ"))
            if model not in MODELS:
                raise RecordingError(f"{path}: camera {number} has model {model}, which is not known; damaged?")
            name, length = MODELS[model]
            params = [float(value) for value in fields.take(f"<{length}d")]
            cameras[number] = pinhole_camera(name, (height, width), params, f"{path}: camera {number}")
        fields.finish()
    return cameras


def _images(path: Path) -> list[Image]:
    with _opened(path) as stream:
        fields = _Fields(stream, path)
        images = []
        for _ in range(fields.count()):
            _, *pose, camera = fields.take("<I7dI")
            images.append(Image(tuple(pose), int(camera), fields.name()))
            fields.skip(_POINT_BYTES * fields.count())
        fields.finish()
    return images


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error
