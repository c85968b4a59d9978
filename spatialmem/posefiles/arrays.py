"""NumPy files that are not trusted: nothing is unpickled, nothing is allocated on a header's word."""

from __future__ import annotations

import io
import math
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tokenize import TokenError

import numpy as np
import torch
from numpy.lib import format as npy_format
from torch import Tensor

from spatialmem.errors import RecordingError
from spatialmem.posefiles.strictfiles import read_bytes

MAX_DIRECTORY_BYTES = 1 << 20
"""Of an archive's table of contents: some ten thousand members."""
MAX_MEMBER_BYTES = 256 << 20
_DAMAGE = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError,
           struct.error)
_NO_HEADER = (ValueError, TypeError, SyntaxError, EOFError, struct.error, RecursionError, MemoryError, TokenError,
              Warning)


def read_npy(path: Path) -> Tensor:
    """The numbers of a `.npy` file of at most 256 MiB, as float64.

    Raises:
        RecordingError: it cannot be read, is damaged, or holds objects.
    """
    return parse_npy(read_bytes(path), str(path))


def parse_npy(content: bytes, where: str) -> Tensor:
    """The numbers in the bytes of a `.npy` file, as float64 of the stored shape.

    Raises:
        RecordingError: the header is damaged, claims another length than is there, or another kind
            than numbers; `where` names the file.
    """
    stream = io.BytesIO(content)
    try:
        shape, fortran, dtype = _header(stream)
    except _NO_HEADER as error:
        reason = str(error).splitlines()[0] if str(error) else "damaged"
        raise RecordingError(f"{where}: no header of a NumPy array ({reason[:100]}); save it again with numpy.save"
                             ) from error
    if dtype.kind not in "fiu" or dtype.itemsize > 8:
        raise RecordingError(f"{where}: holds {dtype}, not plain numbers; save it as float32 or float64 "
                             "(pickled objects are never loaded)")
    claimed, there = math.prod(shape) * dtype.itemsize, len(content) - stream.tell()
    if claimed != there or min(shape, default=0) < 0:
        raise RecordingError(f"{where}: its header claims shape {shape} ({claimed} bytes), {there} follow; "
                             "the file is cut short or damaged")
    flat = np.frombuffer(content, dtype, offset=stream.tell()).astype(np.float64)
    return torch.from_numpy(np.ascontiguousarray(flat.reshape(shape, order="F" if fortran else "C")))


def _header(stream: io.BytesIO) -> tuple[tuple[int, ...], bool, np.dtype[np.generic]]:
    """Shape, whether columns come first, and dtype."""
    version = npy_format.read_magic(stream)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"version {version[0]}.{version[1]}")
    read_header = npy_format.read_array_header_1_0 if version == (1, 0) else npy_format.read_array_header_2_0
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # NumPy repairs odd headers with a warning; here they are refused
        return read_header(stream)


def npy_bytes(array: Tensor, dtype: type[np.generic] = np.float32) -> bytes:
    """The bytes of a `.npy` file of `array`."""
    stream = io.BytesIO()
    np.save(stream, array.numpy().astype(dtype), allow_pickle=False)
    return stream.getvalue()


def npz_bytes(arrays: dict[str, bytes]) -> bytes:
    """The bytes of an `.npz` archive of `.npy` contents by name, the same for the same input."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in arrays.items():
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def npz_names(path: Path) -> frozenset[str]:
    """The names of the arrays in an `.npz` file. Raises RecordingError when it is damaged."""
    with _opened(path) as archive:
        return frozenset(name.removesuffix(".npy") for name in archive.namelist())


def read_npz(path: Path, names: tuple[str, ...]) -> dict[str, Tensor]:
    """The named arrays of an `.npz` file as float64; others are not looked at.

    Raises:
        RecordingError: the archive is damaged, an array is missing, too large or holds no numbers.
    """
    with _opened(path) as archive:
        members = {entry.filename: entry for entry in archive.infolist()}
        contents = {}
        for name in names:
            entry = members.get(f"{name}.npy")
            if entry is None:
                there = ", ".join(sorted(members))[:200]
                raise RecordingError(f"{path}: has no array {name!r} (there are: {there})")
            if entry.file_size > MAX_MEMBER_BYTES:
                raise RecordingError(f"{path}: array {name!r} claims {entry.file_size >> 20} MiB, at most "
                                     f"{MAX_MEMBER_BYTES >> 20} are read")
            with archive.open(entry) as stream:
                contents[name] = stream.read(entry.file_size + 1)  # as much as is asked for is unpacked
    return {name: parse_npy(content, f"{path}: {name!r}") for name, content in contents.items()}


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """The archive, once its table of contents is known to be small."""
    try:
        _check_directory(path)
        with zipfile.ZipFile(path) as archive:
            yield archive
    except RecordingError:
        raise
    except _DAMAGE as error:
        reason = (isinstance(error, OSError) and error.strerror) or str(error) or "cut short"
        raise RecordingError(f"{path}: cannot be read as .npz ({reason}); save it again with numpy.savez") from error


def _check_directory(path: Path) -> None:
    """Refuse an archive whose directory alone would fill the memory; zipfile reads it whole."""
    with path.open("rb") as stream:
        size = stream.seek(0, io.SEEK_END)
        stream.seek(max(0, size - (22 + 65535)))
        tail = stream.read()
    at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) < at + 22:
        raise zipfile.BadZipFile("no table of contents, cut short?")
    listed = int.from_bytes(tail[at + 12 : at + 16], "little")
    if listed > MAX_DIRECTORY_BYTES or tail[max(0, at - 20) :].startswith(b"PK\6\7"):  # or the place of a longer one
        raise RecordingError(f"{path}: has too many members for an .npz of camera poses")
