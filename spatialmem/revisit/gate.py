"""The gate: whether a route's footage may be scored at all.

A clip that never leaves, never comes back, stands still or repeats itself would win a revisit benchmark. So the
path is asked first (it left, it came back), then the pictures: they must not be copies, and must move as the
cameras do. Nothing here asks whether they are good.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.poses import rotation_angle
from spatialmem.revisit.footage import Footage
from spatialmem.revisit.pictures import not_following, repeated
from spatialmem.revisit.records import Gate
from spatialmem.revisit.route import Pair

DEPARTED_SHARE = 0.10
"""Of the scene's scale: having moved so far, the camera has left. As in published protocols, like the next three."""
DEPARTED_DEGREES = 45.0
RETURNED_SHARE = 0.12
"""Of the farthest departure: being that near again, the camera is back."""
RETURNED_DEGREES = 8.0
LAST = 0.15
"""Share of the frames, the last ones, in which a path without named returns must be back."""
_ON_THE_SPOT = 1e-6
_REST = 0.02
"""Of the scene's scale: nearer than that is back even where the camera only turned."""


@dataclass(frozen=True, eq=False)
class _Distance:
    """How far frames are from one of them: `metres` and `degrees` `[N]`."""

    metres: Tensor
    degrees: Tensor

    def __getitem__(self, frames: slice) -> _Distance:
        return _Distance(self.metres[frames], self.degrees[frames])

    def departed(self, scale: float) -> Tensor:
        """`[N]` bool."""
        return (self.metres >= DEPARTED_SHARE * scale) | (self.degrees >= DEPARTED_DEGREES)

    def returned(self, farthest: float, scale: float) -> Tensor:
        """`[N]` bool."""
        near = max(RETURNED_SHARE * farthest, _REST * scale)
        return (self.metres <= near) & (self.degrees <= RETURNED_DEGREES)

    def said(self) -> str:
        return f"{float(self.metres.max()):.2f} m and {float(self.degrees.max()):.0f} degrees"


def judge(footage: Footage, pairs: Sequence[Pair]) -> Gate:
    """Whether footage may be scored, and why not.

    Lengths count in shares of the scene's scale: the median depth of the first frame, or the extent of the path where
    no depth is known.

    Args:
        footage: at least one frame.
        pairs: what is compared; those with `first` and `again` apart must be returns. Without any, the path must
            be back at its first view in the last 15 % of its frames.
    """
    scale = scene_scale(footage)
    start = _from(footage.cameras, 0)
    reasons = _path(footage.cameras, pairs, scale)
    away = start.departed(scale).nonzero()[:, 0].tolist()
    # copies do not follow either, and what fails already need not be followed: that takes seconds
    copies = repeated(footage, away, scale=DEPARTED_SHARE * scale)
    astray = None if copies or reasons else not_following(footage)
    reasons += [reason for reason in (copies, astray) if reason]
    return Gate(passed=not reasons, reasons=tuple(reasons), departed_metres=float(start.metres.max()),
                departed_degrees=float(start.degrees.max()), followed=None if astray is None else not astray)


def scene_scale(footage: Footage) -> float:
    """Median known depth of the first frame in metres; without depth, how far the path gets from its first camera."""
    known = None if footage.depth is None else footage.depth[0][footage.depth[0] > 0]
    if known is not None and len(known):
        return float(known.median())
    extent = float(_from(footage.cameras, 0).metres.max())
    return extent if extent > _ON_THE_SPOT else 1.0


def returns(footage: Footage, pairs: Sequence[Pair]) -> list[Pair]:
    """Those of some pairs that leave and come back as the gate asks for."""
    scale = scene_scale(footage)
    return [pair for pair in pairs if not _return(footage.cameras, pair, scale)]


def _path(cameras: Cameras, pairs: Sequence[Pair], scale: float) -> list[str]:
    """What speaks against the path."""
    returns = [pair for pair in pairs if pair.first != pair.again]
    found = [_return(cameras, pair, scale) for pair in returns]
    if not returns:
        found = [_whole(cameras, scale, back=not pairs)]
    reasons = [reason for reason in found if reason]
    more = f" (and {len(reasons) - 1} more returns like this)" if len(reasons) > 1 else ""
    return [reasons[0] + more] if reasons else []


def _return(cameras: Cameras, pair: Pair, scale: float) -> str:
    """What speaks against one return; empty if nothing does."""
    since = max(pair.again - pair.gap, 0)
    away = _from(cameras, pair.again)[since : pair.again + 1]
    if not bool(away.departed(scale).any()):
        return (f"never leaves: between frames {since} and {pair.again} the camera gets only {away.said()} away from "
                f"the view it returns to, {_wanted(scale)} are required")
    low, high = sorted((pair.first, pair.again))
    first = _from(cameras, pair.first)
    farthest = float(first[low : high + 1].metres.max())
    off = first[pair.again : pair.again + 1]
    if not bool(off.returned(farthest, scale).all()):
        return (f"never returns: at frame {pair.again} the camera is {off.said()} from the view of frame {pair.first}, "
                f"at most {_allowed(farthest, scale)} are a return")
    return ""


def _whole(cameras: Cameras, scale: float, *, back: bool) -> str:
    """What speaks against a path without named returns; it must be `back` at the first view in the end."""
    start = _from(cameras, 0)
    if not bool(start.departed(scale).any()):
        return (f"never leaves: the camera gets only {start.said()} away from its first view, {_wanted(scale)} are "
                "required")
    begin = min(math.floor((1 - LAST) * len(cameras)), len(cameras) - 1)
    end, farthest = start[slice(begin, None)], float(start.metres.max())
    if not back or bool(end.returned(farthest, scale).any()):
        return ""
    nearest = int((end.metres / max(farthest, _REST * scale) + end.degrees / DEPARTED_DEGREES).argmin())
    off = end[nearest : nearest + 1].said()
    return (f"never returns: in the last {LAST:.0%} of the frames the camera stays {off} from its first view, "
            f"at most {_allowed(farthest, scale)} are a return")


def _from(cameras: Cameras, frame: int) -> _Distance:
    T = cameras.T_world_cam
    metres = (T[:, :3, 3] - T[frame, :3, 3]).norm(dim=1)
    return _Distance(metres, torch.rad2deg(rotation_angle(T, T[frame].expand_as(T))))


def _wanted(scale: float) -> str:
    return f"{DEPARTED_SHARE * scale:.2f} m ({DEPARTED_SHARE} of the scene's scale) or {DEPARTED_DEGREES:.0f} degrees"


def _allowed(farthest: float, scale: float) -> str:
    return f"{max(RETURNED_SHARE * farthest, _REST * scale):.2f} m and {RETURNED_DEGREES:.0f} degrees"
