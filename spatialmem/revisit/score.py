"""A route's footage to its numbers: the gate first, then every pair, then the whole."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from torch import Tensor

from spatialmem.frames import Frames
from spatialmem.revisit.drift import drift
from spatialmem.revisit.footage import Footage
from spatialmem.revisit.gate import judge
from spatialmem.revisit.learned import Learned
from spatialmem.revisit.pair import measure_pair
from spatialmem.revisit.records import Gate, PairRecord, RouteRecord
from spatialmem.revisit.route import Pair

_FEATURES = 4
"""Of the pairs after one gap, on every so many-th features are found again: that takes as long as all else, and
neighbours agree."""

Shown = Callable[[PairRecord, Frames, Frames], None]
"""What is told of each pair: its record, the first frame, the one that came again."""


@dataclass(frozen=True, eq=False)
class Returns:
    """What a route's pairs compare, in the pairs' order, where it is not the footage itself.

    Attributes:
        first: the frames that the others should look like; None = the footage's own of the first visit.
        again: what came; None = the footage's own. The whole footage is then not theirs, and not measured.
        seen: `[pairs, H, W]` bool, pixels of `first` whose surface was shown before; None = not told apart.
    """

    first: Frames | None = None
    again: Frames | None = None
    seen: Tensor | None = None


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
    of_gap: Counter[int] = Counter()
    for i, pair in enumerate(pairs):
        first = footage.frames([pair.first]) if returns.first is None else returns.first[[i]]
        again = footage.frames([pair.again]) if returns.again is None else returns.again[[i]]
        seen = None if returns.seen is None else returns.seen[i : i + 1]
        record = PairRecord(first=pair.first, again=pair.again, gap=pair.gap,
                            measures=measure_pair(first, again, learned=learned, seen=seen,
                                                  features=of_gap[pair.gap] % _FEATURES == 0))
        of_gap[pair.gap] += 1
        records.append(record)
        if shown is not None:
            shown(record, first, again)
    whole = {} if returns.again is not None else {**drift(footage, pairs), **_path(records)}
    return RouteRecord(route=name, scale=scale, gate=gate or judge(footage, pairs), pairs=tuple(records), whole=whole,
                       cameras=footage.fingerprint, content=footage.content)


def standstill(seen: Footage) -> Footage:
    """Footage whose first frame stays for ever, whatever the camera does."""
    depth = None if seen.depth is None else seen.depth[:1].expand_as(seen.depth)
    return replace(seen, rgb=seen.rgb[:1].expand_as(seen.rgb), depth=depth)


def _path(pairs: Sequence[PairRecord]) -> dict[str, float | None]:
    """Root mean squares of the camera's errors over the returns that tell of them."""
    found: dict[str, float | None] = {}
    for name, error in (("path_cm", "camera_cm"), ("path_degrees", "camera_degrees")):
        known = [value for pair in pairs if (value := pair.measures[error]) is not None]
        found[name] = math.sqrt(sum(value**2 for value in known) / len(known)) if known else None
    return found
