"""What several continuations of one world found, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from spatialmem.errors import InvalidValueError
from spatialmem.export.contact_sheet import contact_sheet
from spatialmem.memory.bank import Bank
from spatialmem.settings import Settings

FRAMES = 6
"""Frames that are shown of each."""


def hypotheses_sheet(worlds: Sequence[Path], file: Path) -> Path:
    """The written PNG: a row for each world with frames from where it went on to where it stands.

    Raises:
        InvalidValueError: a world went on from no other, or they have no frames of their own in common.
        ShapeError: they walked with images of different sizes.
        StorageError: the file cannot be written.
    """
    own = [range(_began(world), _done(world)) for world in worlds]
    common = range(max(frames.start for frames in own), min(frames.stop for frames in own))
    if not common:
        raise InvalidValueError(f"{', '.join(map(str, worlds))}: have no frames of their own in common")
    count = min(FRAMES, len(common))
    shown = sorted({common[round(k * (len(common) - 1) / max(1, count - 1))] for k in range(count)})
    rows = {}
    for world in worlds:
        with Bank.open(world) as bank:
            rows[world.name] = bank.load_keyframes(torch.tensor(shown)).rgb
    return contact_sheet(rows, [f"frame {number}" for number in shown], file)


def _done(world: Path) -> int:
    with Bank.open(world) as bank:
        return bank.frames_done


def _began(world: Path) -> int:
    """The first frame that a world did not get from the one that it began as."""
    with Bank.open(world) as bank:
        plan, clips = bank.plan, bank.clips()
    since = 0 if plan is None else Settings.from_record(plan.record).since
    return sum(clip.frames for clip in clips[:since])
