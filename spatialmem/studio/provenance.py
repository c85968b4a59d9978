"""Where a Gaussian came from, found by a ray and told in words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from spatialmem.labels import class_name
from spatialmem.memory.bank import Bank
from spatialmem.memory.cells import CellKey
from spatialmem.memory.clips import ClipOrigin
from spatialmem.splats import Splats
from spatialmem.studio.pick import boxes_hit, pick

_CELLS = 64
_PROMPT = 300


@dataclass(frozen=True, eq=False)
class Found:
    """One Gaussian: its row alone, the metres to it along the ray, and the clip that first saw it."""

    splat: Splats
    distance: float
    commit: int
    origin: ClipOrigin


def find(bank: Bank, origin: Tensor, direction: Tensor, *, backdrop: bool = True) -> Found | None:
    """The Gaussian of `bank` that a ray (`[3]` each, world frame) hits; see `pick`.

    Args:
        bank: the memory, all of it, however few of its Gaussians a page draws.
        backdrop: whether Gaussians of no confidence count.

    Raises:
        InvalidValueError: the ray is not finite or has no direction.
        WorldFormatError: an object is damaged.
    """
    versions = bank.versions
    if not versions:
        return None
    along = boxes_hit([version.extent for version in versions], origin.double().numpy(), direction.double().numpy())
    splats = _near_ray(bank, [versions[i].key for i in along[:_CELLS]], origin, direction)
    if not backdrop:
        splats = splats[splats.confidence > 0]
    hit = pick(splats, origin, direction)
    if hit is None:
        return None
    splat = splats[hit.row : hit.row + 1]
    commit = int(splat.clip[0])
    return Found(splat, hit.distance, commit, bank.clip_origin(commit))


def describe(found: Found) -> str:
    """What is known of a Gaussian, as Markdown."""
    splat, origin = found.splat, found.origin
    last = origin.start + origin.frames - 1
    version = f" {origin.version}" if origin.version else ""
    position = ", ".join(f"{x:.3f}" for x in splat.means[0].tolist())
    size = " × ".join(f"{1000 * s:.1f}" for s in sorted(splat.scales[0].tolist(), reverse=True))
    lines = {
        "First seen": f"clip {found.commit} (frames {origin.start}–{last})",
        "Made by": f"{plain(origin.generator + version)}, "
                   + ("generated" if bool(splat.generated[0]) else "given by a recording"),
        "Prompt": f"“{plain(origin.prompt[:_PROMPT])}”" if origin.prompt else "none",
        **({"Class": class_name(label)} if (label := int(splat.labels[0])) else {}),
        "Observed": f"in {int(splat.seen[0])} frames",
        "Confidence": f"{float(splat.confidence[0]):.2f}" + (" (backdrop)" if splat.confidence[0] == 0 else ""),
        "Opacity": f"{float(splat.opacities[0]):.2f}",
        "Position": f"{position} m",
        "Size (σ)": f"{size} mm",
        "Distance": f"{found.distance:.2f} m",
    }
    return "\n".join(["| | |", "|:--|:--|", *(f"| **{name}** | {value} |" for name, value in lines.items())])


def plain(text: str) -> str:
    """`text` on one line, so that Markdown and HTML within it stay letters."""
    return re.sub(r"([\\`*_{}\[\]()#+!|<>~&-])", r"\\\1", " ".join(text.split()))


def _near_ray(bank: Bank, cells: Sequence[CellKey], origin: Tensor, direction: Tensor) -> Splats:
    """The Gaussians of `cells` that the ray passes within four standard deviations."""
    start, course = origin.float(), torch.nn.functional.normalize(direction.float(), dim=0)
    parts = []
    for key in cells:
        splats = bank.splats([key])
        away = splats.means - start
        beside = torch.linalg.cross(away, course.expand_as(away)).norm(dim=1)
        parts.append(splats[beside <= 4 * splats.scales.amax(dim=1)])
    return Splats.concat(parts)
