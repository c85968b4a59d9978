"""Columns of numbers as one zstd frame of byte planes, and back within a size known before."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import zstandard
from numpy.typing import NDArray

from spatialmem.errors import InvalidValueError

Columns = dict[str, NDArray[Any]]
"""Name -> `[N, …]`, row-aligned."""

_LEVEL = 3
_LARGEST_WINDOW = 8 << 20


class Column(NamedTuple):
    """Type of a column as numpy writes it, little-endian, and its shape after N."""

    dtype: str
    tail: tuple[int, ...] = ()

    @property
    def bytes_per_row(self) -> int:
        """Bytes that one row takes before compression."""
        return np.dtype(self.dtype).itemsize * math.prod(self.tail)


def compress(columns: Columns) -> bytes:
    """One zstd frame of all columns in order, each as planes: the first byte of every row, then the second, ...

    Bytes of one significance resemble each other: signs and exponents all but vanish, and the noise of the last
    digits does not hide them. Each plane ends a block, so that it is coded by its own statistics.
    """
    coder = zstandard.ZstdCompressor(level=_LEVEL).compressobj(size=sum(values.nbytes for values in columns.values()))
    parts = []
    for values in columns.values():
        rows = np.ascontiguousarray(values).view(np.uint8).reshape(len(values), -1)
        for plane in np.ascontiguousarray(rows.T):
            parts += [coder.compress(plane.tobytes()), coder.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)]
    return b"".join([*parts, coder.flush()])


def expand(blob: bytes, layout: Mapping[str, Column], count: int) -> Columns:
    """The columns of `count` rows in a frame made by `compress`; never makes more bytes than they take.

    Raises:
        InvalidValueError: damaged, or more or less than that.
    """
    size = count * sum(column.bytes_per_row for column in layout.values())
    try:
        # A frame may claim any size, and whatever it claims is allocated: so the claim is judged first.
        if zstandard.frame_content_size(blob) != size:
            raise InvalidValueError(f"its rows must expand to the {size} bytes that {count} Gaussians take")
        content = zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW).decompress(blob, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise InvalidValueError(f"its rows cannot be expanded ({error})") from None
    planes, columns = np.frombuffer(content, np.uint8).reshape(-1, count), Columns()
    for name, column in layout.items():
        own, planes = planes[:column.bytes_per_row], planes[column.bytes_per_row:]
        columns[name] = np.ascontiguousarray(own.T).view(column.dtype).reshape(count, *column.tail)
    return columns
