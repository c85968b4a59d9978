"""`measure_pair`: everything that is measured on a frame of the first visit and the one of the return."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from spatialmem.errors import ShapeError
from spatialmem.frames import Frames
from spatialmem.metrics import SSIM_SIDE, flip, ms_ssim, psnr, ssim
from spatialmem.poses import rotation_angle
from spatialmem.revisit.align import Alignment, align
from spatialmem.revisit.geometry import SAME_DEPTH, depth_differences
from spatialmem.revisit.learned import Learned
from spatialmem.revisit.measures import CEILING_DB, MEASURES
from spatialmem.revisit.pyramid import smoothed
from spatialmem.revisit.tracks import sighted
from spatialmem.serial import serial_torch

BLOCK = 8
MOVED = 0.1
"""A block has changed if a channel of its mean colour moved by more: ten times what 8 bits and resampling do."""
STATIC_SHARE = 0.75
SAME_PIXELS = 0.1
"""Requested poses that move the picture by less are the same; else pixel cannot be compared with pixel."""


@serial_torch()
def measure_pair(first: Frames, again: Frames, *, learned: Sequence[Learned] = (), seen: Tensor | None = None,
                 features: bool = True) -> dict[str, float | None]:
    """Every pair measure of `MEASURES` by name; None where one does not apply.

    Args:
        first: one frame of the first visit, or of the truth.
        again: one frame of the return, labelled with the pose that was asked for; of the same size.
        learned: measures that need weights: see `learned.installed`.
        seen: `[1, H, W]` bool, pixels whose surface was shown before (`geometry.seen_before`); None = not told apart.
        features: False leaves out what features tell, which takes as long as the rest together.

    Raises:
        ShapeError: there is not one frame each of one size, or `seen` has another.
    """
    if len(first) != 1 or first.rgb.shape != again.rgb.shape:
        raise ShapeError("measure_pair: needs one frame each, of one size, "
                         f"got {list(first.rgb.shape[:3])} and {list(again.rgb.shape[:3])}")
    aligned = align(first, again)
    found: dict[str, float | None] = dict.fromkeys(name for name, m in MEASURES.items() if not m.whole)
    found |= _aligned(aligned)
    if same := _same_view(first, again):
        found |= _requested(first, again)
    if first.depth is not None:
        # without depth the distance has no unit, and turning looks like moving sideways; a picture of something else
        # says nothing of where it was taken
        found["camera_told"] = 100.0 * aligned.told
        found |= {"camera_cm": 100 * aligned.metres, "camera_degrees": aligned.degrees} if aligned.told else {}
    if seen is not None and same:
        found |= {"psnr_seen": _psnr(first.rgb, again.rgb, seen), "psnr_unseen": _psnr(first.rgb, again.rgb, ~seen)}
    if len(differences := depth_differences(first, again)):
        known = int((first.depth > 0).sum()) if first.depth is not None else 0
        found |= {"depth_error": 100 * float(differences.median()),
                  "depth_agreement": 100 * float((differences <= SAME_DEPTH).sum()) / max(known, 1)}
    if features:
        seen_again = sighted(first, again)
        found |= {"reprojection": seen_again.error, "features_kept": _percent(seen_again.kept)}
    return found | ({measure.name: measure(first, again) for measure in learned} if same else {})


def _same_view(first: Frames, again: Frames) -> bool:
    """Whether the poses that were asked for show the same thing in the same pixels."""
    T_first_again = torch.linalg.inv(first.cameras.T_world_cam[0]) @ again.cameras.T_world_cam[0]
    turned = float(rotation_angle(torch.eye(4, dtype=torch.float64), T_first_again))
    known = None if first.depth is None else first.depth[first.depth > 0]
    near = float(known.median()) if known is not None and len(known) else 1.0
    moved = float(T_first_again[:3, 3].norm()) / near
    return (turned + moved) * float(first.cameras.K[0, 0, 0]) <= SAME_PIXELS


def _requested(first: Frames, again: Frames) -> dict[str, float | None]:
    soft = [torch.from_numpy(smoothed(frames.rgb[0].numpy()))[None] for frames in (again, first)]
    found = {"psnr": _decibels(psnr(again.rgb, first.rgb)), "psnr_unaligned": _decibels(psnr(*soft)),
             "flip": float(flip(again.rgb, first.rgb))}
    if min(first.rgb.shape[1:3]) >= SSIM_SIDE:
        found |= {"ssim": float(ssim(again.rgb, first.rgb)), "ms_ssim": float(ms_ssim(again.rgb, first.rgb))}
    return found


def _aligned(aligned: Alignment) -> dict[str, float | None]:
    first, again, valid = aligned.first[None], aligned.again[None], aligned.valid[None]
    found = {"psnr_aligned": _psnr(first, again, valid), "covered": 100 * float(valid.double().mean())}
    if min(first.shape[1:3]) >= SSIM_SIDE:
        # what the return frame does not show is neither right nor wrong: windows see the first frame there
        patched = torch.where(valid[..., None], again, first)
        found["ssim_aligned"] = _number(ssim(patched, first, valid))
    return found | _blockwise(aligned)


def _blockwise(aligned: Alignment) -> dict[str, float | None]:
    """The changed share and the static score, over blocks of which the return frame shows at least half."""
    height, width = (side // BLOCK for side in aligned.valid.shape)

    def blocks(values: Tensor) -> Tensor:
        """Sums `[height * width, C]` over blocks of the valid pixels of `[H, W, C]`."""
        known = torch.where(aligned.valid[..., None], values, 0)[: height * BLOCK, : width * BLOCK]
        return known.reshape(height, BLOCK, width, BLOCK, -1).sum(dim=(1, 3)).flatten(0, 1)

    difference = (aligned.again - aligned.first).double()
    count = blocks(torch.ones_like(difference[..., :1]))[:, 0]
    told = count >= BLOCK * BLOCK / 2
    if not bool(told.any()):
        return {"changed": None, "psnr_static": None}
    moved = (blocks(difference)[told].abs().amax(1) / count[told]) > MOVED
    squares = blocks(difference**2)[told].mean(1)
    order = (squares / count[told]).argsort()[: math.ceil(STATIC_SHARE * int(told.sum()))]
    error = squares[order].sum() / count[told][order].sum()
    return {"changed": 100 * float(moved.double().mean()),
            "psnr_static": _decibels(-10 * torch.log10(error.clamp(min=1e-10)))}


def _psnr(image: Tensor, truth: Tensor, where: Tensor) -> float | None:
    return _decibels(psnr(image, truth, where))


def _decibels(ratio: Tensor) -> float | None:
    """A ratio as it counts; None for NaN."""
    return _number(ratio.clamp(max=CEILING_DB))


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _number(value: Tensor) -> float | None:
    """The one value in it; None for NaN, which a mean over nothing is."""
    number = float(value)
    return None if math.isnan(number) else number
