"""RealEstate10K's camera files: the video's address, then a line of 19 numbers for each frame.

`timestamp fx fy cx cy k1 k2` and a 3x4 world-to-camera matrix, row by row; OpenCV axes, the unit of length
of its reconstruction (not metres); timestamp in microseconds, intrinsics normalised by width and height, the
distortion k1 k2 zero in the published files (google.github.io/realestate10k/download.html).
"""

from __future__ import annotations

from pathlib import Path

import torch

from spatialmem.errors import RecordingError
from spatialmem.posefiles.intrinsics import matrices, numbers
from spatialmem.posefiles.poses import Poses
from spatialmem.posefiles.readings import decode, encode
from spatialmem.posefiles.strictfiles import naming, split_lines

COLUMNS = 19
_NO_SOURCE = "unknown"


def read_realestate10k(path: Path) -> Poses:
    """The cameras of the file; a first line that is no frame is its source.

    Raises:
        RecordingError: a line is damaged, or has distortion.
    """
    lines = list(split_lines(path))
    source = " ".join(lines.pop(0)[1]) if lines and len(lines[0][1]) != COLUMNS else None
    if not lines:
        raise RecordingError(f"{path}: holds no poses")
    rows = torch.tensor([_frame(words, f"{path}: line {line}") for line, words in lines], dtype=torch.float64)
    bent = rows[:, 5:7].ne(0).any(dim=1)
    if bool(bent.any()):
        raise RecordingError(f"{path}: line {lines[int(bent.nonzero()[0, 0])][0]} has lens distortion; "
                             "undistort the images first")
    w2c = torch.eye(4, dtype=torch.float64).repeat(len(rows), 1, 1)
    w2c[:, :3] = rows[:, 7:].reshape(-1, 3, 4)
    with naming(path):
        return Poses("realestate10k", decode(w2c, "w2c-opencv"), matrices(rows[:, 1:5]), normalised=True,
                     times=rows[:, 0] / 1e6, source=None if source == _NO_SOURCE else source)


def realestate10k_files(poses: Poses, name: str) -> dict[str, bytes]:
    """The content of the file `name`; frame numbers (as seconds) stand in for unknown times.

    Raises:
        RecordingError: no intrinsics.
        InvalidValueError: intrinsics in pixels of an unknown size.
    """
    K = poses.normalised_K()
    if K is None:
        raise RecordingError("realestate10k needs intrinsics")
    times = torch.arange(len(poses), dtype=torch.float64) if poses.times is None else poses.times
    w2c = encode(poses.T_world_cam, "w2c-opencv")[:, :3].reshape(-1, 12)
    lines = [" ".join([str(round(time * 1e6)), *map(repr, four), "0.0", "0.0", *map(repr, twelve)])
             for time, four, twelve in zip(times.tolist(), numbers(K).tolist(), w2c.tolist(), strict=True)]
    source = " ".join((poses.source or _NO_SOURCE).split())
    return {name: ("\n".join([source, *lines]) + "\n").encode()}


def _frame(words: list[str], where: str) -> list[float]:
    if len(words) != COLUMNS:
        raise RecordingError(f"{where} has {len(words)} values, a frame has {COLUMNS}")
    try:
        return [float(word) for word in words]
    except ValueError as error:
        raise RecordingError(f"{where} holds no numbers ({error}); repair it") from error
