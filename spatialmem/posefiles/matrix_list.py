"""Bare matrices, a camera each, in a `.npy` or a text file: how they are meant is not in the file.

Numbers alone do not tell camera to world from world to camera, nor OpenCV from OpenGL axes; a reading
(`readings.READINGS`) must be named, or settled by `settle`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import torch
from torch import Tensor

from spatialmem.errors import RecordingError
from spatialmem.posefiles.arrays import npy_bytes, read_npy
from spatialmem.posefiles.poses import Poses
from spatialmem.posefiles.readings import Reading, decode, encode
from spatialmem.posefiles.strictfiles import naming, read_text

_BOTTOM = [0.0, 0.0, 0.0, 1.0]
_HUGE = 1e300


def read_matrices(path: Path) -> Tensor:
    """`[T, 4, 4]` float64 as they stand in the file.

    Reads a `.npy` of shape (T, 4, 4), (T, 3, 4), (T, 16) or (T, 12), and text with a matrix a line (12 or
    16 numbers, or a JSON list of rows) or a row of four a line.

    Raises:
        RecordingError: the file holds something else.
    """
    numbers = read_npy(path) if path.suffix.lower() == ".npy" else _text_matrices(path)
    shape = tuple(numbers.shape)
    if shape in ((3, 4), (4, 4)):
        numbers = numbers[None]
    elif len(shape) == 2 and shape[1] in (12, 16):
        numbers = numbers.reshape(len(numbers), -1, 4)
    if numbers.ndim != 3 or not len(numbers) or tuple(numbers.shape[1:]) not in ((4, 4), (3, 4)):
        raise RecordingError(f"{path}: camera poses have shape (T, 4, 4), (T, 3, 4), (T, 16) or (T, 12), got {shape}")
    if numbers.shape[1] == 4:
        return numbers
    return torch.cat([numbers, torch.tensor(_BOTTOM, dtype=torch.float64).expand(len(numbers), 1, 4)], dim=1)


def read_as(reading: Reading, path: Path) -> Poses:
    """The poses of a file of matrices in a reading. Raises RecordingError."""
    with naming(path):
        return Poses(reading, decode(read_matrices(path), reading))


def files_as(reading: Reading, poses: Poses, name: str) -> dict[str, bytes]:
    """The content of the file `name`: float32 (T, 4, 4) if it ends in `.npy`, else 16 numbers a line."""
    matrices = encode(poses.T_world_cam, reading)
    if name.lower().endswith(".npy"):
        return {name: npy_bytes(matrices)}
    return {name: "".join(" ".join(map(repr, m)) + "\n" for m in matrices.reshape(-1, 16).tolist()).encode()}


def _text_matrices(path: Path) -> Tensor:
    rows = []
    for line, text in enumerate(read_text(path).splitlines(), start=1):
        if text.strip() and not text.lstrip().startswith("#"):
            parse = _json_matrix if text.lstrip().startswith("[") else _row
            rows.append(parse(text, f"{path}: line {line}"))
    if not rows:
        raise RecordingError(f"{path}: holds no poses")
    widths = {len(row) for row in rows}
    if len(widths) != 1:
        raise RecordingError(f"{path}: lines hold {sorted(widths)} numbers; matrices have 12 or 16 a line, or rows "
                             "of 4")
    values = torch.tensor(rows, dtype=torch.float64)
    if widths == {4}:
        if len(rows) % 4:
            raise RecordingError(f"{path}: {len(rows)} rows of four; a 4x4 matrix has four")
        values = values.reshape(-1, 4, 4)
    return values


def _json_matrix(text: str, where: str) -> list[float]:
    """The 12 or 16 numbers of a matrix written as a JSON list of rows of four.

    Raises:
        RecordingError: the text is something else.
    """
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError):
        rows = None
    if isinstance(rows, list) and len(rows) in (3, 4) and all(_is_row(row) for row in rows):
        return [float(value) for row in rows for value in row]
    raise RecordingError(f"{where}: must be a JSON matrix of 3 or 4 rows of four numbers, got {text[:40]!r}")


def _is_row(row: object) -> bool:
    return isinstance(row, list) and len(row) == 4 and all(type(v) in (int, float) and abs(v) < _HUGE for v in row)


def _row(text: str, where: str) -> list[float]:
    try:
        return [float(word) for word in re.split(r"[\s,]+", text.strip().strip(","))]
    except ValueError as error:
        raise RecordingError(f"{where}: holds no numbers ({error}); repair it") from error
