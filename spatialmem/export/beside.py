"""Videos of one moment seen in several ways, side by side under their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from spatialmem.errors import ShapeError
from spatialmem.export.video import VideoWriter

TITLE = 28
"""Height of the strip with the names, pixels."""

_PAPER, _INDENT, _TEXT = (24, 26, 30), 8, 16


def write_beside(path: Path, panels: Mapping[str, Tensor], *, notes: Mapping[str, Sequence[str]] | None = None,
                 rate: int = 10) -> None:
    """An MP4 of clips side by side.

    Args:
        path: the file.
        panels: clips `[T, H, W, 3]` float32 0..1 by their names, from left to right.
        notes: for some panels what is said beside the name, a text for each frame.
        rate: frames a second.

    Raises:
        ShapeError: the clips differ in size, or notes in number.
        StorageError: the file cannot be written.
    """
    shapes, notes = {tuple(clip.shape) for clip in panels.values()}, notes or {}
    count, height, width, _ = next(iter(shapes), (0, 0, 0, 0))
    if len(shapes) != 1 or any(len(texts) != count for texts in notes.values()):
        raise ShapeError(f"write_beside: clips and notes must match, got clips {sorted(shapes)} and "
                         f"{ {name: len(texts) for name, texts in notes.items()} } notes")
    with VideoWriter(path, height + TITLE, len(panels) * width, rate=rate) as video:
        for i in range(count):
            titles = [f"{name}, {notes[name][i]}" if name in notes else name for name in panels]
            picture = torch.cat([clip[i] for clip in panels.values()], dim=1)
            video.write(torch.cat([_strip(titles, width), picture])[None])


def _strip(titles: Sequence[str], width: int) -> Tensor:
    """`[TITLE, width * len(titles), 3]` with a title above each panel."""
    strip = Image.new("RGB", (width * len(titles), TITLE), _PAPER)
    ink, font = ImageDraw.Draw(strip), ImageFont.load_default(size=_TEXT)
    for number, title in enumerate(titles):
        ink.text((number * width + _INDENT, TITLE // 2), title, font=font, anchor="lm")
    return torch.from_numpy(np.array(strip)) / 255
