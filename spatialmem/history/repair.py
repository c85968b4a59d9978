"""Mending a world: what Gaussians were damaged is fused again from the keyframes that saw them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import torch

from spatialmem.frames import Frames
from spatialmem.memory.bank import Bank
from spatialmem.memory.cells import CellKey, locate
from spatialmem.memory.rows import CellVersion
from spatialmem.progress import Progress
from spatialmem.reconstruction.fuse import GaussianFusion
from spatialmem.splats import Splats
from spatialmem.world import REPLAYED

WITNESSES = 64
"""Keyframes that are fused, at most: those that saw most of what is lost."""

@dataclass(frozen=True)
class Repaired:
    """What became of damaged cells.

    Attributes:
        mended: cells that were fused again.
        lost: cells that no stored frame shows; they stay damaged.
    """

    mended: tuple[CellKey, ...]
    lost: tuple[CellKey, ...]


def repair(path: Path | str, *, device: torch.device | str = "cpu", progress: Progress | None = None) -> Repaired:
    """Fuses the damaged cells of a world again; their objects are moved to quarantine/.

    Only what is live is mended. The clips that saw a damaged cell are fused in their order, beside what is sound
    around it, and what then lies in the cell takes its place, with the commit that had made it.

    Args:
        path: a world that nobody else writes to.
        device: where Gaussians are optimised.
        progress: called with (clips done, clips in all).

    Raises:
        WorldFormatError: no world, its database is damaged (see `rebuild`), or a clip that is needed is.
        WorldLockedError: another process writes to it.
        StorageError: the disk refused; what was mended before stays mended.
    """
    with Bank.open(path, write=True) as bank:
        damaged = bank.damaged()
        if not damaged:
            return Repaired((), ())
        made = _fused(bank, damaged, device, progress)
        mended = [version for version in damaged if version.key in made]
        for version in mended:
            bank.mend(version, made[version.key])
        lost = tuple(version.key for version in damaged if version.key not in made)
        return Repaired(tuple(version.key for version in mended), lost)


def _fused(bank: Bank, damaged: Sequence[CellVersion], device: torch.device | str,
           progress: Progress | None) -> dict[CellKey, Splats]:
    """New content of the damaged cells, where there is any."""
    keys = {version.key for version in damaged}
    frames = sorted(bank.witnesses(list(keys), WITNESSES))
    if not frames:
        return {}
    of_clip = {number: list(group) for number, group in groupby(frames, key=bank.keyframes.clip.tolist().__getitem__)}
    views = [bank.load_keyframes(group) for group in of_clip.values()]
    sound = {key: None for view in views for key in bank.cells_in_view(view.cameras) if key not in keys}
    local, fusion = bank.splats(list(sound)).to(device), GaussianFusion()
    for done, (number, view) in enumerate(zip(of_clip, views, strict=True), start=1):
        alike = [other for other in views[: done - 1] if other.rgb.shape[1:] == view.rgb.shape[1:]]
        replayed = Frames.concat(alike)[-REPLAYED:] if alike else view[:0]
        local = fusion.fuse(local, view.to(device), replayed.to(device)).splats
        given = bank.clip_origin(number).provenance == "given"
        fresh = local.clip < 0
        local = replace(local, clip=torch.where(fresh, number, local.clip).to(torch.int32),
                        generated=torch.where(fresh, not given, local.generated))
        if progress is not None:
            progress(done, len(of_clip))
    return _by_cell(local.to("cpu"), damaged, bank.manifest.cell_edge)


def _by_cell(splats: Splats, damaged: Sequence[CellVersion], edge: float) -> dict[CellKey, Splats]:
    """What lies in each damaged cell; empty ones are left out."""
    found = {}
    for version in damaged:
        inside = (locate(splats.means, version.key.level, edge) == version.key[1:]).all(axis=1)
        content = splats[torch.from_numpy(inside)]
        if len(content):
            # a later clip may have helped, but this is what the cell was after its commit
            found[version.key] = replace(content, clip=content.clip.clamp(max=version.begun))
    return found
