"""Videos from frames, H.264 in MP4, which every player opens."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av
import numpy as np
import torch
from torch import Tensor

from spatialmem.errors import ShapeError, StorageError


class VideoWriter:
    """Writes images to an MP4 file one at a time; use it in a `with` block.

    Args:
        path: the file; replaced if it is there.
        height, width: of the images; an odd size is cropped by one pixel, which H.264 4:2:0 demands.
        rate: frames a second.

    Raises:
        StorageError: the file cannot be written.
    """

    def __init__(self, path: Path | str, height: int, width: int, *, rate: int = 15) -> None:
        self._height, self._width = even_size(height, width)
        self._shape = (height, width, 3)
        try:  # left to itself, av opens the file with the first packet
            self._target = Path(path).open("wb")  # noqa: SIM115 (closed by __exit__)
        except OSError as error:
            raise StorageError(f"{path}: cannot be written ({error.strerror}); choose another place") from None
        self._file = av.open(self._target, "w", format="mp4")
        self._stream = self._file.add_stream("libx264", rate=Fraction(rate), options={"crf": "18", "preset": "fast"})
        self._stream.height, self._stream.width = self._height, self._width
        self._stream.pix_fmt = "yuv420p"

    def write(self, rgb: Tensor) -> None:
        """Append images `[T, H, W, 3]` float32 0..1. Raises ShapeError if they have another size."""
        if rgb.ndim != 4 or tuple(rgb.shape[1:]) != self._shape:
            raise ShapeError(f"video: expected images [T, {', '.join(map(str, self._shape))}], got {list(rgb.shape)}")
        for image in to_bytes(rgb)[:, : self._height, : self._width]:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
            self._file.mux(self._stream.encode(frame))

    def __enter__(self) -> VideoWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        with self._target:
            if kind is None:
                self._file.mux(self._stream.encode(None))
            self._file.close()


def even_size(height: int, width: int) -> tuple[int, int]:
    """The largest even (height, width) within an image.

    Raises:
        ShapeError: a side is shorter than two pixels.
    """
    if min(height, width) < 2:
        raise ShapeError(f"video: needs at least 2x2 pixels, got {width}x{height}; choose a larger size")
    return height // 2 * 2, width // 2 * 2


def to_bytes(rgb: Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Images as uint8, rounded: `[..., H, W, 3]` float32 0..1."""
    values: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
    values = (rgb.detach().cpu().clamp(0, 1) * 255).round().to(torch.uint8).numpy()
    return values
