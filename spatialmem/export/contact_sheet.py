"""Contact sheets: rows of images with labels, to judge a world at a glance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from spatialmem.errors import ShapeError, StorageError
from spatialmem.export.video import to_bytes

_MARGIN, _TEXT = 6, 15
_PAPER, _INK = (24, 26, 30), (222, 224, 228)


def contact_sheet(rows: Mapping[str, Tensor], captions: Sequence[str], path: Path | str, *,
                  legend: Sequence[tuple[tuple[int, int, int], str]] = ()) -> Path:
    """The written PNG: one row per name, images `[T, H, W, 3]` float32 0..1, captions above the columns.

    A `legend` of colours and what they mean goes below.

    Raises:
        ShapeError: rows or captions differ in number or size.
        StorageError: the file cannot be written.
    """
    shapes = {tuple(images.shape) for images in rows.values()}
    shape = next(iter(shapes), ())
    if len(shapes) != 1 or len(shape) != 4 or shape[0] != len(captions):
        raise ShapeError(f"contact_sheet: rows and captions must match, got {sorted(shapes)} and {len(captions)}")
    count, height, width, _ = shape
    font = ImageFont.load_default(size=_TEXT)
    left = _MARGIN + max(int(font.getlength(name)) for name in rows) + _MARGIN
    top = _TEXT + 2 * _MARGIN
    bottom = top + len(rows) * (height + _MARGIN)
    meanings = [int(font.getlength(text)) + 2 * _TEXT + _MARGIN for _, text in legend]
    size = (max(left + count * (width + _MARGIN), left + sum(meanings)), bottom + (top if legend else 0))
    sheet = Image.new("RGB", size, _PAPER)
    draw = ImageDraw.Draw(sheet)
    for column, caption in enumerate(captions):
        draw.text((left + column * (width + _MARGIN), _MARGIN), caption, font=font, fill=_INK)
    for row, (name, images) in enumerate(rows.items()):
        y = top + row * (height + _MARGIN)
        draw.text((_MARGIN, y + height // 2), name, font=font, fill=_INK, anchor="lm")
        for column, image in enumerate(to_bytes(images)):
            sheet.paste(Image.fromarray(image), (left + column * (width + _MARGIN), y))
    for (colour, text), x in zip(legend, accumulate(meanings, initial=left), strict=False):
        draw.rectangle([x, bottom + _MARGIN, x + _TEXT, bottom + _MARGIN + _TEXT], fill=colour)
        draw.text((x + _TEXT + _MARGIN, bottom + _MARGIN), text, font=font, fill=_INK)
    path = Path(path)
    try:
        sheet.save(path, "PNG")
    except OSError as error:
        raise StorageError(f"{path}: cannot be written ({error.strerror}); choose another place") from None
    return path

