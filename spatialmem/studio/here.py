"""What memory recalls at a viewer's place, as pictures with a caption each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from spatialmem.export.colours import trust_image
from spatialmem.frames import TRUSTED, UNKNOWN, Frames, Recall
from spatialmem.memory.keyframes import KeyframeTable
from spatialmem.studio.colours import INK, PAPER

Bytes = NDArray[np.uint8]

PIXELS = 64_000
"""Of the view that is recalled: enough to judge it, and quick on two cores."""

_WIDTH, _GAP, _TEXT = 250, 8, 17


@dataclass(frozen=True, eq=False)
class Answer:
    """A recall to look at.

    Attributes:
        render: `[H, W, 3]` what memory shows.
        trust: `[H, W, 3]` how far it trusts that, in the trust layer's colours.
        references: `[h, w, 3]` the keyframes it would hand to a generator, best first, or None.
        summary: shares of the view, in a sentence.
    """

    render: Bytes
    trust: Bytes
    references: Bytes | None
    summary: str


def answer(recall: Recall, table: KeyframeTable) -> Answer:
    """`recall` of one view, whose references are rows of `table`."""
    trusted = float((recall.trust == TRUSTED).float().mean())
    unknown = float((recall.trust == UNKNOWN).float().mean())
    summary = (f"{trusted:.0%} of this view is trusted, {1 - trusted - unknown:.0%} is to be revised, "
               f"{unknown:.0%} is unknown.")
    return Answer(to_bytes(recall.view.rgb[0]), trust_image(recall.trust[0]), _gallery(recall.references, table),
                  summary)


def to_bytes(image: torch.Tensor) -> Bytes:
    """`[H, W, 3]` float 0..1 as bytes."""
    return np.asarray((image.clamp(0, 1) * 255).round().to(torch.uint8).numpy())


def frame_numbers(references: Frames, table: KeyframeTable) -> list[int]:
    """The rows of `table` that the references are, told by their poses."""
    away = (references.cameras.T_world_cam[:, None] - table.T_world_cam[None]).abs().amax(dim=(2, 3))
    return [int(row) for row in away.argmin(dim=1)]


def _gallery(references: Frames, table: KeyframeTable) -> Bytes | None:
    """The references, two a row, each in its own shape, with its number and clip below."""
    if len(references) == 0:
        return None
    numbers = frame_numbers(references, table)
    tiles = [_tile(references, i, number, int(table.clip[number])) for i, number in enumerate(numbers)]
    rows = [tiles[i : i + 2] for i in range(0, len(tiles), 2)]
    heights = [max(tile.height for tile in row) for row in rows]
    sheet = Image.new("RGB", (2 * _WIDTH + _GAP, sum(heights) + _GAP * (len(rows) - 1)), PAPER)
    for r, row in enumerate(rows):
        for c, tile in enumerate(row):
            sheet.paste(tile, (c * (_WIDTH + _GAP), sum(heights[:r]) + r * _GAP))
    return np.asarray(sheet)


def _tile(references: Frames, i: int, number: int, clip: int) -> Image.Image:
    # A recall resizes its references to the view asked for; their focal lengths tell the shape they had.
    K, height, width = references.cameras.K[i], references.cameras.height, references.cameras.width
    aspect = width / height * float(K[1, 1] / K[0, 0])
    tall = max(round(_WIDTH / aspect), 1)
    tile = Image.new("RGB", (_WIDTH, tall + _TEXT + 6), PAPER)
    tile.paste(Image.fromarray(to_bytes(references.rgb[i])).resize((_WIDTH, tall)), (0, 0))
    ImageDraw.Draw(tile).text((0, tall + 3), f"frame {number}, clip {clip}", fill=INK,
                              font=ImageFont.load_default(size=_TEXT))
    return tile
