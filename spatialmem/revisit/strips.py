"""Strips: a first visit and its return, kept as small pictures while a run measures them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from spatialmem.errors import WorldFormatError
from spatialmem.export.contact_sheet import contact_sheet
from spatialmem.export.pictures import difference
from spatialmem.export.video import to_bytes
from spatialmem.frames import Frames
from spatialmem.memory.storage import storage_errors
from spatialmem.revisit.records import PairRecord, Report, RouteRecord

FOLDER = "strips"
WIDEST = 256
"""Pixels across a kept picture at most."""

TIMES = 4
"""How many times over a difference is shown."""

_NOTHING = 0.15
"""The grey of a picture that a sheet lacks."""


@dataclass(frozen=True, eq=False)
class Strip:
    """A pair as pictures `[H, W, 3]` float32 0..1, both of one size."""

    pair: PairRecord
    first: Tensor
    again: Tensor

    @property
    def difference(self) -> Tensor:
        """`TIMES` over."""
        return difference(self.first, self.again, times=TIMES)


def save_strip(folder: Path, row: str, route: str,  # noqa: PLR0917 (bound to a row and route, then told of pairs)
               pair: PairRecord, first: Frames, again: Frames) -> None:
    """Keep one pair of a row and route under `folder/strips`, one frame each; the last of each gap stays.

    Raises:
        StorageError: the picture cannot be written.
    """
    file = _file(folder, row, route, pair.gap)
    both = Image.fromarray(to_bytes(torch.cat([first.rgb[0], again.rgb[0]], dim=1)))
    if (width := both.width // 2) > WIDEST:
        both = both.resize((2 * WIDEST, max(1, round(both.height * WIDEST / width))), Image.Resampling.BOX)
    with storage_errors(folder):
        file.parent.mkdir(parents=True, exist_ok=True)
        both.save(file, "PNG", compress_level=6)


def read_strip(folder: Path, row: str, route: RouteRecord) -> Strip | None:
    """The kept pair of a route after its longest gap, or None if none was kept.

    Raises:
        WorldFormatError: the picture is damaged.
    """
    pair = _longest(route)
    if pair is None or not (file := _file(folder, row, route.route, pair.gap)).is_file():
        return None
    try:
        with Image.open(file, formats=["PNG"]) as image:
            pixels = torch.from_numpy(np.array(image.convert("RGB"))).float() / 255
    except (OSError, SyntaxError, ValueError) as error:
        raise WorldFormatError(f"{file}: cannot be read ({error}); remove it, and the report leaves it out") from None
    width = pixels.shape[1] // 2
    return Strip(pair, pixels[:, :width], pixels[:, width : 2 * width])


def shown_routes(folder: Path, report: Report, most: int) -> list[str]:
    """At most `most` of the routes that have a strip, evenly over the protocol's order."""
    known = {route.route for row in report.rows for route in row.routes
             if (pair := _longest(route)) and _file(folder, row.name, route.route, pair.gap).is_file()}
    kept = [name for name in report.protocol.routes if name in known]
    chosen = np.unique(np.linspace(0, len(kept) - 1, min(most, len(kept))).round().astype(int)) if kept else ()
    return [kept[i] for i in chosen]


def write_sheet(folder: Path, report: Report, routes: Sequence[str]) -> Path | None:
    """The written `contact_sheet.png`: every row on some routes, or None without strips.

    Raises:
        StorageError: it cannot be written.
        WorldFormatError: a strip is damaged.
    """
    strips = {row.name: [_of(folder, row.name, row.routes, name) for name in routes] for row in report.rows}
    known = next((strip for line in strips.values() for strip in line if strip is not None), None)
    if known is None:
        return None
    nothing = torch.full_like(known.first, _NOTHING)
    rows = {name: torch.stack([picture for strip in line for picture in
                               ((strip.first, strip.again, strip.difference) if strip else (nothing,) * 3)])
            for name, line in strips.items()}
    letters = known.first.shape[1] // 8  # that fit over a picture
    captions = [text for name in routes for text in (name[:letters], "return", f"difference x{TIMES}")]
    return contact_sheet(rows, captions, folder / "contact_sheet.png")


def _of(folder: Path, row: str, routes: Sequence[RouteRecord], name: str) -> Strip | None:
    return next((read_strip(folder, row, route) for route in routes if route.route == name), None)


def _longest(route: RouteRecord) -> PairRecord | None:
    """The last pair of the longest gap: the one whose picture stayed."""
    return max(reversed(route.pairs), key=lambda pair: pair.gap, default=None)


def _file(folder: Path, row: str, route: str, gap: int) -> Path:
    # quoted, so that no name leads out of the folder and no two names meet
    return folder / FOLDER / f"{quote(row, safe='')}+{quote(route, safe='')}+{gap}.png"
