"""What changed between two moments of a world, or between two of its branches."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import takewhile

import torch
from scipy.spatial import KDTree
from torch import Tensor

from spatialmem.errors import InvalidValueError
from spatialmem.memory.bank import Bank
from spatialmem.memory.cells import CellKey
from spatialmem.protocols import Json
from spatialmem.splats import Splats

_NEIGHBOURS = 4
_NEAR, _COLOUR, _OPACITY = 0.1, 4 / 255, 0.05
"""Within which two Gaussians look the same: every fusion nudges all that is in view, mostly by less than one sees."""


@dataclass(frozen=True, kw_only=True)
class Changes:
    """From one moment of a world to another.

    Attributes:
        before, after: numbers of the two commits.
        common: the last commit that both have; a branch goes its own way after it.
        keyframes_added, keyframes_removed: frames that only the later one has, and only the earlier one.
        cells: whose content differs.
        kept: Gaussians that look the same (see `unchanged`).
        changed: Gaussians of the common past that the later one has in another form.
        added: Gaussians of the later one that a clip after the common past saw first.
        removed: Gaussians of the earlier one that the later one has in no form.
    """

    before: int
    after: int
    common: int
    keyframes_added: int
    keyframes_removed: int
    cells: int
    kept: int
    changed: int
    added: int
    removed: int

    def record(self) -> dict[str, Json]:
        """As strict JSON."""
        return asdict(self)


def changes(before: Bank, after: Bank) -> Changes:
    """What differs between two moments of one world, or of worlds that branched from each other.

    Only cells that differ are read. A Gaussian has no name, so one that was moved or recoloured is told from one that
    was removed by count: of those that are not the same any more, as many were changed as there are new forms of them.

    Raises:
        InvalidValueError: the worlds have nothing to do with each other.
        WorldFormatError: an object is damaged.
    """
    if before.manifest.world != after.manifest.world:
        raise InvalidValueError(f"{after.path}: is no branch of {before.path}; compare a world with itself at another "
                                "commit, or with its branch")
    common = common_past(before, after)
    shared = int((before.keyframes.clip <= common).sum())
    old, new = differing_cells(before, after)
    a, b = before.splats(old), after.splats(new)
    same = unchanged(b, a)
    changed = int((~same & (b.clip <= common)).sum())
    kept_here = int(same.sum())
    untouched = sum(version.gaussians for version in after.versions) - len(b)
    return Changes(before=before.head, after=after.head, common=common,
                   keyframes_added=len(after.keyframes) - shared, keyframes_removed=len(before.keyframes) - shared,
                   cells=len({*old, *new}), kept=untouched + kept_here, changed=changed,
                   added=int((~same & (b.clip > common)).sum()), removed=max(len(a) - kept_here - changed, 0))


def common_past(before: Bank, after: Bank) -> int:
    """The last commit that both have."""
    pairs = zip(before.names, after.names, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def differing_cells(before: Bank, after: Bank) -> tuple[list[CellKey], list[CellKey]]:
    """The cells of each that the other does not have in the same version."""
    old = {version.key: version.name for version in before.versions}
    new = {version.key: version.name for version in after.versions}
    return ([key for key, name in old.items() if new.get(key) != name],
            [key for key, name in new.items() if old.get(key) != name])


def unchanged(splats: Splats, among: Splats) -> Tensor:
    """`[N]` bool: which of `splats` have one among the others that looks the same.

    That is: its centre within a tenth of its largest standard deviation, each of these within a tenth, colour within
    4/255, opacity within 0.05, and the same clip saw it first.
    """
    if not len(splats) or not len(among):
        return torch.zeros(len(splats), dtype=torch.bool)
    places = KDTree(among.means.numpy())
    reach = _NEAR * splats.scales.amax(dim=1)
    distance, rows = places.query(splats.means.numpy(), k=min(_NEIGHBOURS, len(among)), workers=1)
    near = torch.from_numpy(distance.reshape(len(splats), -1)) <= reach[:, None]
    other = torch.from_numpy(rows.reshape(len(splats), -1)).clamp(max=len(among) - 1)
    alike = near & (among.clip[other] == splats.clip[:, None])
    alike &= ((among.scales[other] / splats.scales[:, None] - 1).abs() <= _NEAR).all(dim=2)
    alike &= ((among.colors[other] - splats.colors[:, None]).abs() <= _COLOUR).all(dim=2)
    alike &= (among.opacities[other] - splats.opacities[:, None]).abs() <= _OPACITY
    return alike.any(dim=1)
