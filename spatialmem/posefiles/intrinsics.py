"""Intrinsics as they stand beside poses: four numbers or a matrix, for all frames or for each."""

from __future__ import annotations

import re
from pathlib import Path

import torch
from torch import Tensor

from spatialmem.errors import RecordingError
from spatialmem.posefiles.arrays import read_npy
from spatialmem.posefiles.strictfiles import read_text

_NORMALISED_BELOW = 2.0
"""A principal point below this is a share of the image: no image is four pixels wide."""


def matrices(values: Tensor) -> Tensor:
    """`[..., 3, 3]` from `fx fy cx cy` `[..., 4]`."""
    K = torch.zeros(*values.shape[:-1], 3, 3, dtype=torch.float64)
    K[..., 0, 0], K[..., 1, 1], K[..., 0, 2], K[..., 1, 2] = values.to(torch.float64).unbind(-1)
    K[..., 2, 2] = 1
    return K


def numbers(K: Tensor) -> Tensor:
    """`fx fy cx cy` `[..., 4]` of `[..., 3, 3]`."""
    return K[..., [0, 1, 0, 1], [0, 1, 2, 2]]


def per_frame(values: Tensor, count: int, where: str) -> Tensor:
    """`[count, 3, 3]` from an array of shape (4,), (count, 4), (3, 3) or (count, 3, 3).

    Raises:
        RecordingError: it has another shape; `where` names it.
    """
    shape = tuple(values.shape)
    if shape not in ((4,), (count, 4), (3, 3), (count, 3, 3)):
        raise RecordingError(f"{where}: intrinsics must have shape (4,), (3, 3), ({count}, 4) or ({count}, 3, 3) for "
                             f"{count} frames, got {shape}")
    K = matrices(values) if shape[-1] == 4 else values
    return (K if K.ndim == 3 else K[None]).expand(count, 3, 3).clone()


def read_intrinsics(source: Path | str, count: int) -> tuple[Tensor, bool]:
    """`K` `[count, 3, 3]` and whether it is normalised by the image size.

    Args:
        source: a `.npy` file of a shape that `per_frame` takes, a text file of four numbers (for all
            frames, or a line for each), or the four numbers themselves, `fx,fy,cx,cy`.
        count: how many frames.

    Raises:
        RecordingError: the file or the text is something else.
    """
    if Path(source).suffix.lower() == ".npy":
        K = per_frame(read_npy(Path(source)), count, str(source))
    else:
        typed = _four(str(source))
        lines = [typed] if typed else [_four(line) for line in read_text(Path(source)).splitlines() if line.strip()]
        if not lines or not all(lines):
            raise RecordingError(f"{source}: intrinsics must be four numbers 'fx fy cx cy', for all frames or a line "
                                 "for each")
        values = torch.tensor(lines, dtype=torch.float64)
        K = per_frame(values[0] if len(lines) == 1 else values, count, str(source))
    shares = K[:, :2, 2].abs() < _NORMALISED_BELOW
    if bool(shares.any()) and not bool(shares.all()):
        raise RecordingError(f"{source}: some principal points are in pixels and some are shares of the image")
    return K, bool(shares.all())


def _four(text: str) -> list[float]:
    """The four numbers in a text such as `[0.7 1.2 0.5 0.5]` or `525,525,320,240`, else nothing."""
    words = re.split(r"[\s,]+", text.strip().strip("[]()").strip())
    try:
        values = [float(word) for word in words]
    except ValueError:
        return []
    return values if len(values) == 4 else []
