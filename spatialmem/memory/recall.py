"""What memory answers when asked for a view: a render, how far to trust it, and keyframes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as nn
from torch import Tensor

import spatialmem.render
from spatialmem.camera import Cameras
from spatialmem.errors import InvalidValueError
from spatialmem.frames import Frames, Recall
from spatialmem.memory.bank import Bank
from spatialmem.memory.kinds import HYBRID, MemoryKind, fuses, memory_kind, refers
from spatialmem.memory.points import PointMemory
from spatialmem.memory.references import Survey, survey, witnesses_of
from spatialmem.memory.sightings import Witnesses
from spatialmem.memory.trust import trust_levels
from spatialmem.protocols import empty_recall
from spatialmem.serial import serial_torch

MOST_REFERENCES, REFERENCES = 7, 4

BUDGET = 2_000_000
"""Gaussians that one recall renders at most: some 140 MB, far more than eight small images can show."""

CONFIRMING, WITNESSES = 4, 16
"""Keyframes whose colours, and whose depth, are asked how far to trust a view."""


@dataclass(frozen=True, eq=False)
class Heard:
    """What memory shows of a view, and the keyframes that have something to say of it.

    Attributes:
        kind: which part of memory was asked.
        view: the render: rgb, depth, alpha.
        keyframes: those that together show all of it, best first, of the view's image size.
        chosen: their numbers.
        witnesses: those that say whether its surfaces stand where they are shown.
    """

    kind: MemoryKind
    view: Frames
    keyframes: Frames
    chosen: tuple[int, ...]
    witnesses: Sequence[Witnesses]

    def recall(self, references: int = REFERENCES) -> Recall:
        """What is handed to a generator, with at most so many references, as far as the kind refers to any."""
        handed = self.keyframes[: references if refers(self.kind) else 0]
        return Recall(self.view, trust_levels(self.view, self.witnesses, self.keyframes), handed)


@serial_torch()
def recall(bank: Bank, cameras: Cameras, *, kind: MemoryKind = HYBRID, references: int = REFERENCES,
           budget: int = BUDGET, device: torch.device | str = "cpu", points: PointMemory | None = None) -> Recall:
    """What `bank` knows of the views of `cameras`, as CPU tensors.

    Args:
        bank: the memory.
        cameras: target cameras.
        kind: which part of it answers (see `MemoryKind`).
        references: how many keyframes to hand out, 0..7; fewer come when fewer add anything.
        budget: most Gaussians that are rendered; beyond it, cells that appear smallest are left out whole.
        device: where the Gaussians are rendered.
        points: the bank's points, if they are at hand: making them anew takes a look at every keyframe.

    Raises:
        InvalidValueError: `references` is out of range, or `kind` unknown.
        WorldFormatError: an object that is needed is damaged.
    """
    heard = listen(bank, cameras, kind=kind, references=references, budget=budget, device=device, points=points)
    return heard.recall(references)


def listen(bank: Bank, cameras: Cameras, *, kind: MemoryKind = HYBRID, references: int = REFERENCES,
           budget: int = BUDGET, device: torch.device | str = "cpu", points: PointMemory | None = None) -> Heard:
    """What `recall` judges: arguments and errors are the same.

    Keyframes are looked for with every kind but none, for they say what is true of a view, and at least
    `CONFIRMING` of them; which are handed out depends on the kind.
    """
    if not 0 <= references <= MOST_REFERENCES:
        raise InvalidValueError(f"references: expected 0..{MOST_REFERENCES}, got {references}")
    nothing = Heard(memory_kind(kind), empty_recall(cameras).view, Frames.empty(cameras.height, cameras.width), (), ())
    if kind == "none" or len(cameras) == 0:
        return nothing
    if fuses(kind):
        cells = bank.cells_in_view(cameras, budget=budget)
        if not cells:
            return nothing
        view = spatialmem.render.render_splats(bank.splats(cells).to(device), cameras.to(device)).to("cpu")
        asked = survey(bank, view, cells)
    else:
        view, source = (PointMemory(bank) if points is None else points).look(cameras)
        asked = survey(bank, view, [], witnesses=_most_seen(source))
    return _heard(bank, kind, view, asked, max(references, CONFIRMING))


def _heard(bank: Bank, kind: MemoryKind, view: Frames, asked: Survey, count: int) -> Heard:
    chosen = asked.references(count)
    keyframes = _load(bank, chosen, view.cameras)
    if kind == "keyframes":
        return Heard(kind, empty_recall(view.cameras).view, keyframes, tuple(chosen), ())
    return Heard(kind, view, keyframes, tuple(chosen), witnesses_of(bank, asked.witnesses(WITNESSES)))


def _most_seen(source: Tensor) -> list[int]:
    """The frames that pixels come from, `source` `[T, H, W]` with -1 = none, those of most pixels first."""
    frames, count = torch.unique(source[source >= 0], return_counts=True)
    return [int(frame) for frame in frames[count.argsort(descending=True, stable=True)]]


def _load(bank: Bank, chosen: Sequence[int], cameras: Cameras) -> Frames:
    if not chosen:
        return Frames.empty(cameras.height, cameras.width)
    return Frames.concat(_resized(bank.load_keyframes([index]), cameras.height, cameras.width)
                         for index in chosen)


def _resized(frames: Frames, height: int, width: int) -> Frames:
    """`frames` at another size: colour averaged or interpolated, depth sampled. Other layers go."""
    depth = frames.depth
    if depth is None or (frames.cameras.height, frames.cameras.width) == (height, width):
        return Frames(frames.rgb, frames.cameras, depth)
    rgb = nn.interpolate(frames.rgb.permute(0, 3, 1, 2), (height, width), mode="bilinear", antialias=True)
    depth = nn.interpolate(depth[:, None], (height, width), mode="nearest-exact")[:, 0]
    rgb = rgb.permute(0, 2, 3, 1).clamp(0, 1).contiguous()
    return Frames(rgb, frames.cameras.resized(height, width), depth)
