"""A route's footage to its numbers: the gate first, then every pair, then the whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from spatialmem.frames import Frames
from spatialmem.revisit.camera_error import camera_error
from spatialmem.revisit.drift import drift
from spatialmem.revisit.footage import Footage
from spatialmem.revisit.gate import judge
from spatialmem.revisit.geometry import seen_before
from spatialmem.revisit.learned import Learned
from spatialmem.revisit.pair import measure_pair
from spatialmem.revisit.records import Gate, PairRecord, RouteRecord
from spatialmem.revisit.route import Pair

_EVERY = 4
"""Of the frames before a view, every so many-th is asked whether it showed a surface."""

_FEATURES = 4
"""Of the pairs, on every so many-th features are found again: that takes as long as all else, and neighbours agree."""

Shown = Callable[[PairRecord, Frames, Frames], None]
"""What is told of each pair: its record, the first frame, the one that came again."""


@dataclass(frozen=True, eq=False)
class Returns:
    """What a route's pairs compare, in the pairs' order, where it is not the footage itself.

    Attributes:
        first: the frames that the others should look like; None = the footage's own of the first visit.
        again: what came; None = the footage's own.
    """

    first: Frames | None = None
    again: Frames | None = None


OWN = Returns()


def score_route(name: str, scale: float, footage: Footage, pairs: Sequence[Pair], *, returns: Returns = OWN,
                gate: Gate | None = None, learned: Sequence[Learned] = (), shown: Shown | None = None) -> RouteRecord:
    """The record of one route.

    Args:
        name, scale: of the route as it was placed.
        footage: what the camera saw along it.
        pairs: which frames to compare.
        returns: what to compare in their place.
        gate: a verdict that stands already; None = judge the footage.
        learned: measures by networks that are installed.
        shown: is told of each pair as it is measured.
    """
    records = []
    for i, pair in enumerate(pairs):
        first = footage.frames([pair.first]) if returns.first is None else returns.first[[i]]
        again = footage.frames([pair.again]) if returns.again is None else returns.again[[i]]
        seen = None if returns.first is None else _seen(footage, pair.again, first)
        record = PairRecord(first=pair.first, again=pair.again, gap=pair.gap,
                            measures=measure_pair(first, again, learned=learned, seen=seen,
                                                  features=i % _FEATURES == 0))
        records.append(record)
        if shown is not None:
            shown(record, first, again)
    whole = {**drift(footage), **(camera_error(footage, pairs) if returns.first is None else {})}
    return RouteRecord(route=name, scale=scale, gate=gate or judge(footage, pairs), pairs=tuple(records), whole=whole)


def standstill(seen: Footage) -> Footage:
    """Footage whose first frame stays for ever, whatever the camera does."""
    depth = None if seen.depth is None else seen.depth[:1].expand_as(seen.depth)
    return replace(seen, rgb=seen.rgb[:1].expand_as(seen.rgb), depth=depth)


def _seen(footage: Footage, frame: int, view: Frames) -> Tensor | None:
    """The pixels of `view` whose surface the footage showed before `frame`."""
    if footage.depth is None or view.depth is None:
        return None
    earlier = range(0, frame, _EVERY)
    return seen_before(footage.frames(list(earlier)), view) if earlier else torch.zeros_like(view.depth).bool()
