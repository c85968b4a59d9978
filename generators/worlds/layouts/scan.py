"""What each pixel of a drawn or scanned floor plan means."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from spatialmem.errors import LayoutError
from spatialmem.generators.worlds.layouts.draft import Finding
from spatialmem.generators.worlds.layouts.legend import DOOR, FREE, WALL, WINDOW
from spatialmem.generators.worlds.layouts.spec import FARTHEST

LARGEST = 6000
"""Pixels a side of the largest plan that is read."""

NEAREST = 40.0
"""Distance (in 0..255 of red, green and blue) within which a pixel has a colour of the legend."""

_MOST_UNKNOWN = 0.02
"""Share of pixels that may have no colour of the legend and no neighbour that has one."""
_EDGE = 3.0
"""Pixels from a known one within which an unknown one is taken for a blurred edge."""

_LINES = frozenset((FREE, WALL, DOOR, WINDOW))
"""What may be drawn as thin as one likes."""
_FINEST = 0.01
"""Metres: finer pixels are joined."""
_UNREADABLE = (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError)


@dataclass(frozen=True, eq=False)
class Read:
    """The pixels of a floor plan.

    Attributes:
        meaning: `[H, W]` index into `names`.
        names: `FREE`, `WALL`, `DOOR`, `WINDOW` or a class.
        unknown: `[H, W]` pixels of a colour that means nothing; they count as what is next to them.
        colour: the commonest of the unknown colours, "#rrggbb"; "" without one.
    """

    meaning: NDArray[np.int16]
    names: tuple[str, ...]
    unknown: NDArray[np.bool_]
    colour: str


def pixels_of(path: Path, metres_per_pixel: float) -> tuple[NDArray[np.uint8], float]:
    """`[H, W, 3]` of a PNG and metres a pixel; what is transparent counts as white, and the finest pixels are joined.

    Raises:
        LayoutError: it is missing, damaged or too large.
    """
    try:
        with (warnings.catch_warnings(action="ignore", category=Image.DecompressionBombWarning),
              Image.open(path, formats=("PNG",)) as image):
            width, height = image.size
            if max(width, height) > LARGEST:
                raise LayoutError(f"{path}: {width}x{height} pixels are too many; reduce it to {LARGEST} a side")
            if max(width, height) * metres_per_pixel > FARTHEST:
                raise LayoutError(f"{path}: {width}x{height} pixels of {metres_per_pixel:g} m are "
                                  f"{width * metres_per_pixel:.0f} x {height * metres_per_pixel:.0f} m, at most "
                                  f"{FARTHEST:g} m a side are possible; give fewer metres per pixel")
            # Pillow would cut 16 bits of grey off at 255
            deep = image.mode.startswith("I")
            layer = (Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)) if deep else image).convert("RGBA")
    except LayoutError:
        raise
    except _UNREADABLE as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "damaged, or no PNG"
        raise LayoutError(f"{path}: cannot be read as a floor plan ({reason}); save it as PNG again") from None
    page = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
    factor = min(int(_FINEST / metres_per_pixel + 1e-6), width, height)
    if factor > 1:
        # whole pixels counted from the lower left corner, which is the origin
        page = page.crop((0, height % factor, width - width % factor, height)).reduce(factor)
    return np.asarray(page), metres_per_pixel * max(factor, 1)


def classify(rgb: NDArray[np.uint8], legend: Mapping[str, str]) -> Read:
    """What each pixel `[H, W, 3]` means by the nearest colour of the legend.

    Pixels between two colours (blurred edges of scans) mean what the nearest sure pixel means.
    """
    names = tuple(dict.fromkeys(legend.values()))
    colours = np.array([list(bytes.fromhex(colour[1:])) for colour in legend], np.float32)
    meanings = np.array([names.index(meaning) for meaning in legend.values()], np.int16)
    packed = (rgb[..., 0].astype(np.uint32) << 16) | (rgb[..., 1].astype(np.uint32) << 8) | rgb[..., 2]
    kinds, inverse = np.unique(packed, return_inverse=True)
    # scans have many colours, but far fewer than pixels
    each = np.stack([kinds >> 16, (kinds >> 8) & 255, kinds & 255], 1).astype(np.float32)
    distance, nearest = _nearest(each, colours)
    sure = (distance <= NEAREST)[inverse].reshape(packed.shape)
    meaning = meanings[nearest][inverse].reshape(packed.shape)
    sure &= ~_hairlines(meaning, [k for k, name in enumerate(names) if name not in _LINES])
    if not sure.any():
        return Read(meaning, names, ~sure, _commonest(packed[~sure]))
    at = np.asarray(ndimage.distance_transform_edt(~sure, return_distances=False, return_indices=True))
    rows, columns = np.indices(sure.shape)
    unknown = np.hypot(at[0] - rows, at[1] - columns) > _EDGE
    return Read(meaning[at[0], at[1]], names, unknown, _commonest(packed[unknown]))


def unknown_colours(read: Read, metres_per_pixel: float) -> Finding | None:
    """A finding if some pixels mean nothing; severe if they are so many that they must not be guessed."""
    share = float(read.unknown.mean())
    if share == 0:
        return None
    row, column = (int(at) for at in np.argwhere(read.unknown)[int(read.unknown.sum()) // 2])
    place = (column + 0.5) * metres_per_pixel, (len(read.unknown) - row - 0.5) * metres_per_pixel
    return Finding(share > _MOST_UNKNOWN, f"plan: {100 * share:.3g} % of the pixels have a colour that means nothing, "
                   f"most of them {read.colour}, such as at pixel ({column}, {row}); use the colours of "
                   "docs/layouts.md, or name it in plan.legend", place)


def _hairlines(meaning: NDArray[np.int16], solid: list[int]) -> NDArray[np.bool_]:
    """Pixels of furniture less than three wide: where black blurs into white, grey is no rock."""
    thin = np.zeros(meaning.shape, np.bool_)
    for k in solid:
        patch = meaning == k
        if patch.any():
            thin |= patch & ~np.asarray(ndimage.binary_opening(patch, np.ones((3, 3))), np.bool_)
    return thin


def _nearest(each: NDArray[np.float32], colours: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    best = np.full(len(each), np.inf, np.float32)
    index = np.zeros(len(each), np.intp)
    for k, colour in enumerate(colours):
        distance = np.sqrt(np.square(each - colour).sum(1))
        closer = distance < best
        best[closer], index[closer] = distance[closer], k
    return best, index


def _commonest(packed: NDArray[np.integer]) -> str:
    if not len(packed):
        return ""
    kinds, counts = np.unique(packed, return_counts=True)
    return f"#{int(kinds[counts.argmax()]):06x}"
