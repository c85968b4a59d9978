"""Reading of single images that are not trusted: header first, then pixels, typed errors."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from spatialmem.errors import RecordingError

MAX_PIXELS = 64_000_000
"""A header that claims more is refused before anything is allocated."""

_DAMAGE = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error,
           Image.DecompressionBombError, Image.DecompressionBombWarning)


def image_size(path: Path) -> tuple[int, int]:
    """`(height, width)` that the header of a PNG or JPEG claims. Raises RecordingError."""
    with _opened(path, ("PNG", "JPEG")) as image:
        return image.height, image.width


def read_rgb(path: Path, size: tuple[int, int]) -> NDArray[np.uint8]:
    """`[H, W, 3]` uint8 of a PNG or JPEG of `size` (height, width).

    Raises:
        RecordingError: missing, damaged, of another size, 16-bit, or partly transparent.
    """
    with _opened(path, ("PNG", "JPEG")) as image:
        _check_size(path, image, size)
        if image.mode not in ("RGB", "RGBA", "L", "P", "1"):
            raise RecordingError(f"{path}: colour must have 8 bits a channel, got mode {image.mode}; "
                                 "convert it to RGB")
        if image.mode == "RGBA" and np.asarray(image.getchannel("A")).min() < 255:
            raise RecordingError(f"{path}: has transparent pixels; flatten it to RGB")
        return np.asarray(image.convert("RGB"))


def read_picture(path: Path) -> NDArray[np.uint8]:
    """`[H, W, 3]` uint8 of any PNG or JPEG, upright as its EXIF data says, transparent parts over black.

    Raises:
        RecordingError: missing or damaged.
    """
    with _opened(path, ("PNG", "JPEG")) as image:
        upright = ImageOps.exif_transpose(image).convert("RGBA")
        black = Image.new("RGBA", upright.size, (0, 0, 0, 255))
        return np.asarray(Image.alpha_composite(black, upright).convert("RGB"))


def read_depth(path: Path, size: tuple[int, int]) -> NDArray[np.uint16]:
    """`[H, W]` uint16 of a one-channel 16-bit PNG of `size` (height, width); 0 = unknown.

    Raises:
        RecordingError: missing, damaged, of another size, or not 16-bit grey.
    """
    with _opened(path, ("PNG",)) as image:
        _check_size(path, image, size)
        if not image.mode.startswith("I"):
            raise RecordingError(f"{path}: depth must be a 16-bit grey PNG, got mode {image.mode}; "
                                 "save uint16 depth, not a picture of it")
        return np.asarray(image).astype(np.uint16)


@contextmanager
def _opened(path: Path, formats: tuple[str, ...]) -> Iterator[Image.Image]:
    try:
        with Image.open(path, formats=formats) as image:
            if image.width * image.height > MAX_PIXELS:
                raise RecordingError(f"{path}: claims {image.width}x{image.height} pixels, more than "
                                     f"{MAX_PIXELS // 10**6} million; scale it down")
            yield image
    except RecordingError:
        raise
    except FileNotFoundError as error:
        raise RecordingError(f"{path}: file is missing; restore it or drop its frame") from error
    except _DAMAGE as error:
        wanted = " or ".join(formats)
        unknown = isinstance(error, UnidentifiedImageError) or not str(error)
        reason = "no such image inside" if unknown else str(error).splitlines()[0]
        raise RecordingError(f"{path}: cannot be decoded as {wanted} ({reason}); restore the file") from error


def _check_size(path: Path, image: Image.Image, size: tuple[int, int]) -> None:
    if (image.height, image.width) != size:
        raise RecordingError(f"{path}: is {image.width}x{image.height}, the recording is "
                             f"{size[1]}x{size[0]}; all images and the intrinsics must share one size")
