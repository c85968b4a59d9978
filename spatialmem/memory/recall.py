"""What memory answers when asked for a view: a render, how far to trust it, and keyframes."""

from __future__ import annotations

from dataclasses import replace

import torch
import torch.nn.functional as nn
from torch import Tensor

import spatialmem.render
from spatialmem.camera import Cameras, unproject
from spatialmem.errors import InvalidValueError
from spatialmem.frames import REVISE, TRUSTED, Frames, Recall
from spatialmem.memory.bank import Bank
from spatialmem.memory.coarse import coarse
from spatialmem.memory.kinds import HYBRID, MemoryKind, fuses, memory_kind, refers
from spatialmem.memory.points import PointMemory
from spatialmem.memory.references import choose_references, visible_detail
from spatialmem.protocols import empty_recall

MOST_REFERENCES = 7

BUDGET = 2_000_000
"""Gaussians that one recall renders at most: some 140 MB, far more than eight small images can show."""

FINE = 0.7
"""Share of a view's scale (pixels a metre) from which on a reference shows a surface closely."""


def recall(bank: Bank, cameras: Cameras, *, kind: MemoryKind = HYBRID, references: int = 4,
           budget: int = BUDGET, device: torch.device | str = "cpu", points: PointMemory | None = None) -> Recall:
    """What `bank` knows of the views of `cameras`, as CPU tensors.

    References are looked for with every kind but none, for they say how closely a surface was seen; what is
    handed out depends on the kind.

    Args:
        bank: the memory.
        cameras: target cameras.
        kind: which part of it answers (see `MemoryKind`).
        references: how many keyframes to look for, 0..7; fewer come when fewer add anything.
        budget: most Gaussians that are rendered; beyond it, cells that appear smallest are left out whole.
        device: where the Gaussians are rendered.
        points: the bank's points, if they are at hand: making them anew takes a look at every keyframe.

    Raises:
        InvalidValueError: `references` is out of range, or `kind` unknown.
        WorldFormatError: an object that is needed is damaged.
    """
    if not 0 <= references <= MOST_REFERENCES:
        raise InvalidValueError(f"references: expected 0..{MOST_REFERENCES}, got {references}")
    if memory_kind(kind) == "none" or len(cameras) == 0:
        return empty_recall(cameras)
    if fuses(kind):
        cells = bank.cells_in_view(cameras, budget=budget)
        if not cells:
            return empty_recall(cameras)
        view = spatialmem.render.render_splats(bank.splats(cells).to(device), cameras.to(device)).to("cpu")
        chosen = choose_references(bank, view, cells, references)
    else:
        view, source = (PointMemory(bank) if points is None else points).look(cameras)
        chosen = choose_references(bank, view, [], references, witnesses=_most_seen(source))
    found = _load(bank, chosen, cameras)
    if kind == "keyframes":
        return replace(empty_recall(cameras), references=found)
    trust = trust_levels(view, seen_closely(view, found))
    return Recall(view, trust, found if refers(kind) else found[:0])


def trust_levels(view: Frames, closely: Tensor) -> Tensor:
    """`[T, H, W]` uint8 trust in a render; `closely` `[T, H, W]` bool marks what was seen from near enough.

    Trusted where alpha is above 0.9 and the surface was seen closely, to be revised where alpha is
    above 0.1, else unknown. What was only seen from afar has a colour but lacks the detail that a
    closer view needs: a generator is to sharpen it, not to copy it.
    """
    if view.alpha is None:
        raise InvalidValueError("view: needs the alpha of a render to be trusted")
    levels = torch.zeros(view.alpha.shape, dtype=torch.uint8)
    levels[view.alpha > 0.1] = REVISE
    levels[(view.alpha > 0.9) & closely] = TRUSTED
    return levels


def seen_closely(view: Frames, references: Frames) -> Tensor:
    """`[T, H, W]` bool: False where the references show the view's surface from much farther away only.

    Looked up on a coarse grid of the view's depth; a reference shows a point where its own depth
    agrees within 3 %. A surface that no reference shows is given the benefit of the doubt.
    """
    if view.depth is None or references.depth is None or len(references) == 0:
        return torch.ones(view.rgb.shape[:3], dtype=torch.bool)
    depth, grid = coarse(view.depth, view.cameras)
    points = unproject(depth, grid).reshape(-1, 3)
    detail = (view.cameras.K[:, 0, 0, None, None] / depth.clamp(min=1e-6)).reshape(-1)
    shown = visible_detail(points, detail.to(points), coarse(references.depth, references.cameras)[0],
                           references.cameras).amax(dim=0)
    closely = ((shown == 0) | (shown >= FINE)).reshape(depth.shape)
    return nn.interpolate(closely[:, None].float(), view.depth.shape[1:], mode="nearest-exact")[:, 0] > 0.5


def _most_seen(source: Tensor) -> list[int]:
    """The frames that pixels come from, `source` `[T, H, W]` with -1 = none, those of most pixels first."""
    frames, count = torch.unique(source[source >= 0], return_counts=True)
    return [int(frame) for frame in frames[count.argsort(descending=True, stable=True)]]


def _load(bank: Bank, chosen: list[int], cameras: Cameras) -> Frames:
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
