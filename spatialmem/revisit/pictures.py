"""What pictures alone tell of footage: that they are copies of each other, or do not move as the cameras do."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from spatialmem.camera import Cameras
from spatialmem.poses import rotation_angle
from spatialmem.revisit.epipolar import NEAREST, Sighting, off_course, sightings, turned
from spatialmem.revisit.footage import Footage

COPY = 0.1
"""Mean difference, in standard deviations of a picture, below which two are the same one: coding a video again
changes some 0.02, moving by a tenth of the scene's scale some 0.3 even under strong blur."""
STATIC_SHARE = 0.8
"""Of the frames away from the start: if so many look like the first one, the clip is a still."""
COPIED_SHARE = 1 / 3
"""The same for frames that look like any earlier one from elsewhere; a bare wall may look so now and then."""
OTHER_VIEW = 20.0
"""Degrees between views that must not look the same."""
ASTRAY = 0.5
"""Share of its own motion by which a feature may miss its course; one that ignores the camera misses it by all."""
_GRID = (24, 32)
_DULL = 0.01
"""Standard deviation of a picture that shows nothing."""
_ASKED = 64
_STARTS = 6
_STILL = 1e-6
_TELLS = 0.02
"""Share of the picture's width: two frames with less motion, found or asked for, tell nothing of it."""
_TOLD = 3


def repeated(footage: Footage, away: Sequence[int], *, scale: float) -> str:
    """What speaks for a still or a copy; empty if nothing does.

    Args:
        footage: the pictures; their brightness and colour cast are left out of account.
        away: frames whose cameras have left the first view.
        scale: metres between views that must not look the same.
    """
    asked = [away[int(i)] for i in torch.linspace(0, len(away) - 1, min(_ASKED, len(away)))] if away else []
    if not asked:
        return ""
    looks = _looks(footage)
    differences = torch.cdist(looks[asked], looks, p=1) / looks.shape[1]
    still = differences[:, 0] < COPY
    if float(still.float().mean()) >= STATIC_SHARE:
        return (f"static: {int(still.sum())} of {len(asked)} frames away from the start show the picture of the first "
                f"one (they differ by {float(differences[:, 0].median()):.2f} of its contrast, below {COPY} is a copy)")
    twins = torch.where(_earlier_elsewhere(footage, asked, scale), differences, torch.inf).amin(dim=1) < COPY
    if float(twins.float().mean()) >= COPIED_SHARE:
        example = asked[int(twins.nonzero()[0, 0])]
        source = int(differences[asked.index(example), :example].argmin())
        return (f"copies: {int(twins.sum())} of {len(asked)} frames away from the start show the picture of an earlier "
                f"frame that was taken elsewhere, such as frame {example} that of frame {source}")
    return ""


def not_following(footage: Footage) -> str | None:
    """What speaks for pictures that do not follow the cameras; empty if nothing does, None if too little tells."""
    nearest = _nearest(footage)
    asked = [_miss(sighting, footage.cameras, nearest) for sighting in sightings(footage, _STARTS)]
    misses = [miss for miss in asked if miss is not None]
    astray = sum(miss > ASTRAY for miss in misses)
    if len(misses) < _TOLD:
        return None
    if 2 * astray <= len(misses):
        return ""
    typical = sorted(misses)[len(misses) // 2]
    return (f"does not follow: in {astray} of {len(misses)} places features miss the course that the cameras set them "
            f"by more than {ASTRAY:.0%} of their motion (typically {typical:.0%})")


def _miss(sighting: Sighting, cameras: Cameras, nearest: float) -> float | None:
    """The mean share of their motion by which features miss their course, 1 at most; None where they hardly move."""
    motion = sighting.moved.clamp(min=max(turned(sighting, cameras), _STILL))
    if float(motion.median()) < _TELLS * cameras.width:
        return None
    return float((off_course(sighting, cameras, nearest=nearest) / motion).clamp(max=1).mean())


def _nearest(footage: Footage) -> float:
    """Depth before which there is hardly a surface."""
    if footage.depth is None:  # how large a unit of the poses is, nobody says
        centres = footage.cameras.centres
        return NEAREST * min(1.0, float((centres - centres[0]).norm(dim=1).max())) or NEAREST
    some = footage.depth[:: max(1, len(footage) // _STARTS)]
    known = some[some > 0]
    return float(known.sort().values[len(known) // 10]) / 2 if len(known) else NEAREST


def _looks(footage: Footage) -> Tensor:
    """`[T, N]` the pictures at 32x24, of mean 0 and deviation 1."""
    small = torch.cat([adaptive_avg_pool2d(part.permute(0, 3, 1, 2).to(torch.float32) / 255, _GRID)
                       for part in torch.split(footage.rgb, 16)])
    centred = small - small.mean(dim=(2, 3), keepdim=True)
    return (centred / (centred.std(dim=(1, 2, 3), keepdim=True) + _DULL)).flatten(1)


def _earlier_elsewhere(footage: Footage, asked: Sequence[int], scale: float) -> Tensor:
    """`[len(asked), T]` bool: the frames before each one that were taken at clearly other views."""
    T = footage.cameras.T_world_cam
    here = T[list(asked)]
    apart = torch.cdist(here[:, :3, 3], T[:, :3, 3])
    degrees = torch.rad2deg(rotation_angle(here[:, None], T[None].expand(len(here), -1, -1, -1)))
    earlier = torch.arange(len(T))[None] < torch.tensor(asked)[:, None]
    return earlier & ((apart >= scale) | (degrees >= OTHER_VIEW))
