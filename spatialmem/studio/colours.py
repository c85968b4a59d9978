"""Legends that say what a colour means."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from spatialmem.export.colours import Bytes, colour_map

PAPER, INK = (36, 36, 36), (201, 201, 201)
"""Of the panel that legends lie on."""

_WIDTH, _BAR, _TEXT = 520, 26, 21


def bar_legend(ticks: Sequence[tuple[float, str]]) -> Bytes:
    """A picture `[h, w, 3]` of the colour map with `ticks`: place along the bar 0..1, and its label."""
    bar = colour_map(np.broadcast_to(np.linspace(0, 1, _WIDTH), (_BAR, _WIDTH)))
    sheet, draw, font = _sheet(_BAR + _TEXT + 8)
    sheet.paste(Image.fromarray(bar), (0, 0))
    for place, label in ticks:
        x = place * (_WIDTH - 1)
        anchor = "la" if place < 0.08 else "ra" if place > 0.92 else "ma"
        draw.line([(x, _BAR), (x, _BAR + 4)], fill=INK, width=2)
        draw.text((x, _BAR + 5), label, font=font, fill=INK, anchor=anchor)
    return np.asarray(sheet)


def patch_legend(patches: Sequence[tuple[tuple[int, int, int], str]]) -> Bytes:
    """A picture `[h, w, 3]` of coloured patches with a label each, two a row."""
    rows = (len(patches) + 1) // 2
    sheet, draw, font = _sheet(rows * (_TEXT + 10))
    for i, (colour, label) in enumerate(patches):
        x, y = (i % 2) * _WIDTH // 2, (i // 2) * (_TEXT + 10)
        draw.rectangle([x, y + 2, x + _TEXT + 8, y + _TEXT + 4], fill=colour, outline=INK)
        draw.text((x + _TEXT + 18, y + 3 + _TEXT / 2), label, font=font, fill=INK, anchor="lm")
    return np.asarray(sheet)


def blank() -> Bytes:
    """A picture of nothing, for a place that has none yet."""
    return np.full((1, 1, 3), PAPER, dtype=np.uint8)


def _sheet(height: int) -> tuple[Image.Image, ImageDraw.ImageDraw, ImageFont.FreeTypeFont | ImageFont.ImageFont]:
    sheet = Image.new("RGB", (_WIDTH, height), PAPER)
    return sheet, ImageDraw.Draw(sheet), ImageFont.load_default(size=_TEXT)
