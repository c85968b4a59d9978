"""`TextureAtlas`: all textures and their mip levels in one flat array, as the shading kernel reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit  # type: ignore[import-untyped, unused-ignore]
from numpy.typing import NDArray

from spatialmem.generators.colour import DECODE, ENCODE

MAX_LEVELS = 15


@dataclass(frozen=True, eq=False)
class TextureAtlas:
    """Mip pyramids of all textures.

    Attributes:
        texels: `[M, 4]` uint8 RGBA, sRGB; every level of every texture, row by row.
        table: `[textures, MAX_LEVELS, 3]` int64: offset into `texels`, height, width.
        levels: `[textures]` int64, number of levels of each.
    """

    texels: NDArray[np.uint8]
    table: NDArray[np.int64]
    levels: NDArray[np.int64]

    @staticmethod
    def build(textures: Sequence[NDArray[np.uint8]]) -> TextureAtlas:
        """The atlas of RGBA images `[h, w, 4]` of any size; averaged in linear light."""
        table = np.zeros((max(len(textures), 1), MAX_LEVELS, 3), np.int64)
        levels = np.zeros(max(len(textures), 1), np.int64)
        parts: list[NDArray[np.uint8]] = []
        offset = 0
        for index, image in enumerate(textures):
            for level, picture in enumerate(_pyramid(image)):
                table[index, level] = offset, picture.shape[0], picture.shape[1]
                levels[index] = level + 1
                parts.append(picture.reshape(-1, 4))
                offset += picture.shape[0] * picture.shape[1]
        # one texel even where there is no texture: kernels must never see an empty array
        return TextureAtlas(np.concatenate(parts or [np.full((1, 4), 255, np.uint8)]), table, levels)


def _pyramid(image: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    levels = [np.ascontiguousarray(image)]
    while max(levels[-1].shape[:2]) > 1 and len(levels) < MAX_LEVELS:
        height, width = levels[-1].shape[:2]
        smaller = np.empty(((height + 1) // 2, (width + 1) // 2, 4), np.uint8)
        _halve(levels[-1], smaller, DECODE, ENCODE)
        levels.append(smaller)
    return levels


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _halve(source: NDArray[np.uint8], out: NDArray[np.uint8], decode: NDArray[np.float32],
           encode: NDArray[np.uint8]) -> None:
    """Averages 2x2 blocks; the last row and column of an odd size are used twice."""
    last_row, last_column = source.shape[0] - 1, source.shape[1] - 1
    for y in range(out.shape[0]):
        y0, y1 = 2 * y, min(2 * y + 1, last_row)
        for x in range(out.shape[1]):
            x0, x1 = 2 * x, min(2 * x + 1, last_column)
            for c in range(3):
                light = (decode[source[y0, x0, c]] + decode[source[y0, x1, c]]
                         + decode[source[y1, x0, c]] + decode[source[y1, x1, c]])
                out[y, x, c] = encode[int(light / 4 * 4095 + 0.5)]
            total = (int(source[y0, x0, 3]) + int(source[y0, x1, 3])
                     + int(source[y1, x0, 3]) + int(source[y1, x1, 3]))
            out[y, x, 3] = (total + 2) // 4
