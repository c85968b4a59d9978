"""A picture of what changed: both moments where they differ most, and which Gaussians are behind it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.errors import WorldFormatError
from spatialmem.export.contact_sheet import contact_sheet
from spatialmem.history.changes import common_past, unchanged
from spatialmem.memory.bank import Bank
from spatialmem.render import render_splats
from spatialmem.world import World

_ASKED, _SHOWN = 32, 4
"""Keyframes that are rendered small to find where the moments differ, and how many of them are shown."""
_SMALL = 64
_WIDE = 320
_TIMES = 4.0
_CHANGED, _ADDED, _REMOVED = (1.0, 0.62, 0.1), (0.2, 0.8, 0.35), (0.95, 0.25, 0.25)
_GREY, _VEIL = 0.7, 0.6


def write_picture(before: World, after: World, out: Path) -> Path:
    """A contact sheet of up to four views in which two moments of a world differ most.

    Rows: before, after, four times their difference, and what changed: Gaussians that a clip after the common past saw
    first are green, those that look otherwise than before orange, the rest grey; red lies over what only the
    earlier moment's own clips saw.

    Raises:
        WorldFormatError: neither moment has a frame, or an object is damaged.
        StorageError: the file cannot be written.
    """
    numbers, cameras = _telling(before, after)
    a, b = before.render(cameras), after.render(cameras)
    rows = {"before": a.rgb, "after": b.rgb, f"difference x {_TIMES:g}": ((a.rgb - b.rgb).abs() * _TIMES).clamp(0, 1),
            "what changed": _painted(before.bank, after.bank, cameras)}
    return contact_sheet(rows, [f"frame {number}" for number in numbers], out)


def _telling(before: World, after: World) -> tuple[list[int], Cameras]:
    """The frames of the longer moment at whose cameras the two differ most, each from another part of the path."""
    longer = after if after.frames_done >= before.frames_done else before
    if longer.frames_done == 0:
        raise WorldFormatError(f"{longer.bank.path}: has no frames at either commit; there is nothing to show")
    table = longer.bank.keyframes
    alike = ((table.height == table.height[-1]) & (table.width == table.width[-1])).nonzero()[:, 0]
    asked = alike[torch.linspace(0, len(alike) - 1, min(_ASKED, len(alike))).round().long()]
    small = _across(table.cameras(asked), _SMALL)
    apart = (before.render(small).rgb - after.render(small).rgb).abs().mean(dim=(1, 2, 3))
    # one of each part of the path: neighbours would all show the same spot
    parts = torch.arange(len(asked)).tensor_split(min(_SHOWN, len(asked)))
    chosen = asked[torch.stack([part[apart[part].argmax()] for part in parts])]
    return chosen.tolist(), _across(table.cameras(chosen), _WIDE)


def _across(cameras: Cameras, width: int) -> Cameras:
    """The cameras, at most so many pixels wide."""
    width = min(width, cameras.width)
    return cameras.resized(max(round(cameras.height * width / cameras.width), 1), width)


def _painted(before: Bank, after: Bank, cameras: Cameras) -> Tensor:
    """`[T, H, W, 3]`: the later moment in colours that say what became of each Gaussian."""
    a, b = (bank.splats(bank.cells_in_view(cameras)) for bank in (before, after))
    common = common_past(before, after)
    grey = _GREY * b.colors.mean(dim=1, keepdim=True).expand(-1, 3)
    fresh = torch.where((b.clip > common)[:, None], torch.tensor(_ADDED), torch.tensor(_CHANGED))
    shown = render_splats(replace(b, colors=torch.where(unchanged(b, a)[:, None], grey, fresh)), cameras)
    gone = render_splats(a[a.clip > common], cameras)
    over = _VEIL * torch.as_tensor(gone.alpha)[..., None]
    return shown.rgb * (1 - over) + over * torch.tensor(_REMOVED)
