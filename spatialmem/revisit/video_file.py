"""Pictures from outside, one at a time: of a video, or of a folder of images."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from numpy.typing import NDArray

from spatialmem.errors import RecordingError
from spatialmem.posefiles.images import MAX_PIXELS, image_size, read_rgb
from spatialmem.posefiles.strictfiles import natural

IMAGES = (".png", ".jpg", ".jpeg")
# a playlist would open other files and addresses, and a text file would be drawn letter by letter
_FILMS = {"format_whitelist": "mov,matroska,avi,mpegts,mpeg,ogg,flv,asf,gif", "protocol_whitelist": "file"}


@dataclass(frozen=True)
class Pictures:
    """A sequence of pictures that is decoded when it is asked for.

    Attributes:
        height, width: in pixels.
        fps: frames a second; None = nothing says it.
        images: decodes them in order, `[H, W, 3]` uint8 each; raises RecordingError at a damaged one.
    """

    height: int
    width: int
    fps: float | None
    images: Callable[[], Iterator[NDArray[np.uint8]]]

    @property
    def size(self) -> tuple[int, int]:
        """(height, width)."""
        return self.height, self.width


def open_pictures(path: Path) -> Pictures:
    """The pictures of a video file or of a folder of PNG and JPEG images, these in counting order of their names.

    Raises:
        RecordingError: there is nothing, or nothing that can be read as pictures.
    """
    if path.is_dir():
        files = listed(path, IMAGES)
        height, width = image_size(files[0])
        return Pictures(height, width, None, partial(_folder, files, (height, width)))
    if not path.is_file():
        raise RecordingError(f"{path}: does not exist; give a video, or a folder of PNG or JPEG images")
    with _opened(path) as container:
        stream = _stream(path, container)
        rate = stream.average_rate or stream.guessed_rate
        return Pictures(stream.height, stream.width, float(rate) if rate else None, partial(_video, path))


def listed(folder: Path, kinds: tuple[str, ...]) -> list[Path]:
    """The files of some kinds (suffixes) in a folder, in counting order of their names.

    Raises:
        RecordingError: there is none, or they are of several kinds.
    """
    files = [file for file in folder.iterdir() if file.suffix.lower() in kinds and file.is_file()]
    found = sorted({file.suffix.lower() for file in files})
    if len(found) != 1:
        there = f"files of several kinds ({', '.join(found)})" if found else "none"
        raise RecordingError(f"{folder}: must hold files of one kind of {', '.join(kinds)}, got {there}")
    return sorted(files, key=lambda file: natural(file.name))


def _folder(files: list[Path], size: tuple[int, int]) -> Iterator[NDArray[np.uint8]]:
    return (read_rgb(file, size) for file in files)


def _video(path: Path) -> Iterator[NDArray[np.uint8]]:
    with _opened(path) as container:
        stream = _stream(path, container)
        size = (stream.height, stream.width)
        try:
            for frame in container.decode(stream):
                if (frame.height, frame.width) != size or frame.rotation:
                    raise RecordingError(f"{path}: its frames change in size or are turned by its header; write it "
                                         "again, upright and in one size")
                yield frame.to_ndarray(format="rgb24").astype(np.uint8, copy=False)
        except FFmpegError as error:
            raise RecordingError(f"{path}: cannot be decoded ({error.strerror}); restore the file") from error


def _opened(path: Path) -> InputContainer:
    try:
        return av.open(str(path), "r", options=_FILMS)
    except FFmpegError as error:
        raise RecordingError(f"{path}: no video that can be read ({error.strerror}); give an MP4 file, or a folder of "
                             "PNG or JPEG images") from error


def _stream(path: Path, container: InputContainer) -> av.VideoStream:
    if not container.streams.video:
        raise RecordingError(f"{path}: has no pictures in it; give a video, or a folder of PNG or JPEG images")
    stream = container.streams.video[0]
    if not 0 < stream.width * stream.height <= MAX_PIXELS:
        raise RecordingError(f"{path}: claims {stream.width}x{stream.height} pixels, at most {MAX_PIXELS // 10**6} "
                             "million are read; scale it down")
    return stream
