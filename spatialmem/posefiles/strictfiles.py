"""Bounded, strict reading of the text files of a recording: paths, JSON, rows of numbers."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import torch
from torch import Tensor

from spatialmem.errors import InvalidValueError, RecordingError, ShapeError
from spatialmem.protocols import Json

MAX_TEXT_BYTES = 256 * 2**20
_CHUNK_BYTES = 1 << 20


def file_inside(root: Path, relative: str | Path, named_by: Path) -> Path:
    """The existing file `root / relative`, which must lie in `root` once all links are followed.

    Raises:
        RecordingError: it is missing, no regular file, or outside `root`.
    """
    try:
        path = (root / relative).resolve()
        exists = path.is_file()
    except (OSError, ValueError, RuntimeError) as error:  # a name with NUL, too long, or a circle of links
        raise RecordingError(f"{named_by}: cannot use the file name {str(relative)!r} ({error})") from error
    if not path.is_relative_to(root.resolve()):
        raise RecordingError(f"{named_by}: {str(relative)!r} leads out of {root}; "
                             "copy the file into the folder")
    if not exists:
        raise RecordingError(f"{root / relative}: file is missing, but {named_by} needs it; "
                             "restore it or drop its frame")
    return root / relative


def read_bytes(path: Path) -> bytes:
    """The content of a file of at most 256 MiB. Raises RecordingError when it is larger or cannot be read."""
    content = bytearray()
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK_BYTES):  # asking for the limit at once would allocate it
                content += chunk
                if len(content) > MAX_TEXT_BYTES:
                    raise RecordingError(f"{path}: larger than {MAX_TEXT_BYTES >> 20} MiB; split the recording")
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read ({error.strerror}); check that it exists and its "
                             "permissions") from error
    return bytes(content)


def read_text(path: Path) -> str:
    """The UTF-8 text of a file of at most 256 MiB.

    Raises:
        RecordingError: the file cannot be read, is too large or is no text.
    """
    try:
        return read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RecordingError(f"{path}: is not UTF-8 text; is it another file under this name?") from error


def read_json(path: Path) -> Mapping[str, Json]:
    """The object in a strict JSON file: no NaN or Infinity, no number beyond float64.

    Raises:
        RecordingError: the file cannot be read or is not such JSON.
    """
    text = read_text(path)
    try:
        value = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        reason = "nested too deep" if isinstance(error, RecursionError) else str(error)
        raise RecordingError(f"{path}: is not strict JSON ({reason}); write it again") from error
    if not isinstance(value, dict):
        raise RecordingError(f"{path}: must hold a JSON object, got {type(value).__name__}")
    return value


def number(fields: Mapping[str, Json], key: str, where: str) -> float:
    """The finite number `fields[key]`.

    Raises:
        RecordingError: it is absent or no number; `where` names file and frame.
    """
    value = fields.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) > 1e300:
        raise RecordingError(f"{where}: {key!r} must be a number, got {_brief(value)}")
    return float(value)


def whole(fields: Mapping[str, Json], key: str, where: str) -> int:
    """The whole number `fields[key]`. Raises RecordingError when it is not one."""
    value = number(fields, key, where)
    if value != int(value):
        raise RecordingError(f"{where}: {key!r} must be a whole number, got {value}")
    return int(value)


def matrix(value: Json, shape: tuple[int, ...], where: str) -> Tensor:
    """A float64 tensor of `shape` from nested JSON lists of numbers.

    Raises:
        RecordingError: the nesting or an entry differs.
    """
    def flatten(item: Json, sizes: Sequence[int]) -> Iterator[float]:
        if not sizes:
            yield number({"entry": item}, "entry", where)
        elif isinstance(item, list) and len(item) == sizes[0]:
            for part in item:
                yield from flatten(part, sizes[1:])
        else:
            wanted = "x".join(map(str, shape))
            raise RecordingError(f"{where}: expected {wanted} numbers, got {_brief(item)}")

    return torch.tensor(list(flatten(value, shape)), dtype=torch.float64).reshape(shape)


def read_rows(path: Path, columns: int) -> Tensor:
    """`[N, columns]` float64: the first numbers of each line, without blank and `#` lines.

    NaN is let through for the caller to name the pose. Raises RecordingError on any other line.
    """
    rows = []
    for line, words in split_lines(path):
        try:
            rows.append([float(word) for word in words[:columns]])
        except ValueError as error:
            raise RecordingError(f"{path}: line {line} holds no numbers ({error}); repair it") from error
        if len(words) < columns:
            raise RecordingError(f"{path}: line {line} has {len(words)} values, needs {columns}; repair it")
    return torch.tensor(rows, dtype=torch.float64).reshape(-1, columns)


def split_lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Line numbers (from 1) and the words of each line that is not blank or a `#` comment."""
    for line, text in enumerate(read_text(path).splitlines(), start=1):
        words = text.replace(",", " ").split()
        if words and not words[0].startswith("#"):
            yield line, words


@contextmanager
def naming(path: Path | str) -> Iterator[None]:
    """Turns the values' own errors into RecordingErrors that name `path`."""
    try:
        yield
    except (ShapeError, InvalidValueError) as error:
        raise RecordingError(f"{path}: {error}") from error


def natural(name: str) -> list[tuple[int, int, str]]:
    """Sort key that counts: `frame2` before `frame10`."""
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", name)]


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not allowed")


def _finite(word: str) -> float:
    value = float(word)
    if not math.isfinite(value):
        raise ValueError(f"{word[:20]} is beyond the range of numbers")
    return value


def _brief(value: Json) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
