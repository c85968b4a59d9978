"""Whether poses are read as they are meant, by the pictures alone: features must move as the cameras say.

The share of features that land where the cameras let them is some 95 % in the right reading of a pose file and a
few percent in the others, where the camera turns and moves at all.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.errors import RecordingError
from spatialmem.posefiles.conventions import CONVENTIONS
from spatialmem.posefiles.readings import READINGS, decode, encode
from spatialmem.revisit.epipolar import Sighting, off_course, sightings
from spatialmem.revisit.footage import Footage

FITS = 0.5
"""Share of features that must land right for a reading to be the one."""
CLEARLY = 1.5
"""How many times the share of the next best that must be."""
WITHIN = 2.0
"""Pixels of a picture 256 wide, of which features may miss; more in a larger one."""
LEAST = 48
"""Features that must have moved by more than twice that, or nothing is said."""
_STARTS = 10

logger = logging.getLogger(__name__)


def agreement(footage: Footage, readings: Mapping[str, Tensor]) -> dict[str, float] | None:
    """Share of features, 0..1, that move as the cameras do, by reading; None where too few move.

    Args:
        footage: the pictures; of its cameras only the intrinsics count.
        readings: `T_world_cam` `[T, 4, 4]` by name.
    """
    within = WITHIN * max(1.0, footage.cameras.width / 256)
    found = sightings(footage, _STARTS)
    moved = [sighting.moved > 2 * within for sighting in found]
    if sum(int(some.sum()) for some in moved) < LEAST:
        return None
    return {name: _share(found, moved, T, footage.cameras, within) for name, T in readings.items()}


def settle(file: Path, footage: Footage, candidates: Mapping[str, Tensor]) -> str:
    """The one of several conventions of a pose file that the pictures speak for.

    Raises:
        RecordingError: they speak for none, or cannot tell.
    """
    shares = agreement(footage, candidates)
    known = ", ".join(candidates)
    if shares is None:
        raise RecordingError(f"{file}: the numbers do not say how they are meant, and the pictures show too few "
                             f"features that move; name the convention: {known}")
    ranked = sorted(shares, key=lambda name: -shares[name])
    if shares[ranked[0]] < FITS or _equal(shares[ranked[0]], shares[ranked[1]]):
        raise RecordingError(f"{file}: the numbers do not say how they are meant, and the pictures do not tell "
                             f"(features that move so: {_said(shares)}); name the convention: {known}")
    return ranked[0]


def confirm(file: Path, footage: Footage, convention: str) -> str:
    """See that the pictures do not speak against the footage's cameras; what cannot be told is said, and logged.

    Args:
        file: the pose file, for messages.
        footage: with its cameras read by `convention`.
        convention: a name of `conventions.CONVENTIONS`.

    Raises:
        RecordingError: another reading of the same numbers fits clearly better.
    """
    own = CONVENTIONS[convention].reading
    matrices = encode(footage.cameras.T_world_cam, own)
    shares = agreement(footage, {reading: decode(matrices, reading) for reading in READINGS})
    if shares is None:
        return _unchecked(file, "the pictures show too few features that move")
    best = max(shares, key=lambda name: shares[name])
    if shares[best] >= FITS and not _equal(shares[best], shares[own]):
        raise RecordingError(f"{file}: read as {convention} ({own}) only {shares[own]:.0%} of the features move as the "
                             f"cameras do, read as {best} {shares[best]:.0%} do; name the convention {best}, or repair "
                             "the file")
    if shares[own] < FITS:
        return _unchecked(file, "the pictures follow the cameras in no reading (features that move so: "
                                f"{_said(shares)})")
    return ""


def _unchecked(file: Path, why: str) -> str:
    logger.warning("%s: %s, so its convention is not checked", file, why)
    return f"{file.name}: {why}, so its convention is not checked"


def _equal(best: float, other: float) -> bool:
    return best < CLEARLY * other


def _share(found: list[Sighting], moved: list[Tensor], T_world_cam: Tensor, cameras: Cameras, within: float) -> float:
    cameras = Cameras(cameras.K, T_world_cam, cameras.height, cameras.width)
    misses = torch.cat([off_course(sighting, cameras)[some] for sighting, some in zip(found, moved, strict=True)])
    return float((misses <= within).to(torch.float64).mean())


def _said(shares: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
