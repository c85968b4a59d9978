"""`Window`: the blocks around a camera as one set of solids, sorted into columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from math import floor
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from spatialmem.errors import InvalidValueError
from spatialmem.generators.worlds.columns import around_of, columns_of
from spatialmem.generators.worlds.cpu.layout import RADIUS, Around, Columns
from spatialmem.generators.worlds.lights import Lights
from spatialmem.generators.worlds.materials import Material
from spatialmem.generators.worlds.solids import BLOCK, MAX_INSTANCE, Solids

Key = tuple[int, int]
"""A block by its place: block (i, j) spans 16 i .. 16 (i + 1) along X and 16 j .. 16 (j + 1) along Y."""

_KEPT = 8
_MOST = 1 << 22


class Furnished(Protocol):
    """What a window takes of a block."""

    @property
    def solids(self) -> Solids: ...

    @property
    def lights(self) -> Lights: ...


class Surroundings(Protocol):
    """A world that can be looked at: it gives the window of any place."""

    def window(self, x: float, y: float) -> Window:
        """The window around the block that holds the world position (x, y)."""
        ...


@dataclass(frozen=True, eq=False)
class Window:
    """A block and those around it, in coordinates whose origin is the low corner of that block.

    Float32 coordinates keep their digits wherever in the world the block lies, and two places that look
    the same give the same pixels.

    Attributes:
        key: the block in the middle.
        solids: those of all blocks.
        lights: those of all blocks.
        blocks: `[N]` int32, row of `keys` for each solid.
        keys: `[B, 2]` int64, the blocks.
    """

    key: Key
    solids: Solids
    lights: Lights
    blocks: NDArray[np.int32]
    keys: NDArray[np.int64]

    @staticmethod
    def of(key: Key, blocks: Mapping[Key, Furnished]) -> Window:
        """The window around block `key`; blocks that are missing are empty, those farther away are left out."""
        near = [(i, j) for j in range(key[1] - RADIUS, key[1] + RADIUS + 1)
                for i in range(key[0] - RADIUS, key[0] + RADIUS + 1) if (i, j) in blocks]
        shifts = [np.array([BLOCK * (i - key[0]), BLOCK * (j - key[1]), 0.0], np.float32) for i, j in near]
        parts = [blocks[each] for each in near]
        counts = [len(part.solids) for part in parts]
        return Window(key, _solids([part.solids for part in parts], shifts),
                      _lights([part.lights for part in parts], shifts),
                      np.repeat(np.arange(len(near), dtype=np.int32), counts),
                      np.array(near, np.int64).reshape(-1, 2))

    @cached_property
    def numbers(self) -> NDArray[np.int64]:
        """`[B]` what to add to an instance of each block for its number in the whole world, the same for ever."""
        i, j = (self.keys + _MOST).T
        numbers: NDArray[np.int64] = (i * (2 * _MOST) + j) * (MAX_INSTANCE + 1)
        return numbers

    @cached_property
    def columns(self) -> Columns:
        """The solids as rays look for them."""
        return columns_of(self.solids)

    @cached_property
    def around(self) -> Around:
        """What occludes and lights a point, as shading looks for it."""
        return around_of(self.solids, self.lights)


class Windows:
    """The windows of a world, made where they are asked for; the last few are kept.

    Args:
        block: gives block `(i, j)`, always the same one.
    """

    def __init__(self, block: Callable[[int, int], Furnished]) -> None:
        self._block = block
        self._made = lru_cache(_KEPT)(self._make)

    def at(self, x: float, y: float) -> Window:
        """The window around the block that holds the world position (x, y), metres."""
        return self._made(block_at(x, y))

    def _make(self, key: Key) -> Window:
        near = [(i, j) for i in range(key[0] - RADIUS, key[0] + RADIUS + 1)
                for j in range(key[1] - RADIUS, key[1] + RADIUS + 1)]
        return Window.of(key, {each: self._block(*each) for each in near})


@dataclass(frozen=True, eq=False)
class FixedBlocks:
    """A world of given blocks, with nothing beyond them."""

    blocks: Mapping[Key, Furnished]
    _windows: dict[Key, Window] = field(default_factory=dict)

    def window(self, x: float, y: float) -> Window:
        """The window around the block that holds (x, y); each is made once."""
        key = block_at(x, y)
        if key not in self._windows:
            self._windows[key] = Window.of(key, self.blocks)
        return self._windows[key]


def block_at(x: float, y: float) -> Key:
    """The block that holds a world position.

    Raises:
        InvalidValueError: it is not finite, or farther than 2^22 blocks (67,000 km) from the origin.
    """
    if not (abs(x) < _MOST * BLOCK and abs(y) < _MOST * BLOCK):
        raise InvalidValueError(f"position ({x}, {y}): must be finite and within {_MOST * BLOCK:.0f} m of the origin")
    return floor(x / BLOCK), floor(y / BLOCK)


def _solids(parts: list[Solids], shifts: list[NDArray[np.float32]]) -> Solids:
    materials: dict[Material, int] = {}
    for part in parts:
        for material in part.materials:
            materials.setdefault(material, len(materials))
    rows = [np.array([materials[m] for m in part.materials], np.int32)[part.material] for part in parts]

    def joined(name: str, like: NDArray[Any]) -> NDArray[Any]:
        return np.concatenate([like, *(getattr(part, name) for part in parts)])

    flat, rows3 = np.zeros(0, np.float32), np.zeros((0, 3), np.float32)
    center = np.concatenate([rows3, *(part.center + shift for part, shift in zip(parts, shifts, strict=True))])
    return Solids(joined("shape", np.zeros(0, np.uint8)), center, joined("half", rows3), joined("yaw_cos", flat),
                  joined("yaw_sin", flat), np.concatenate([np.zeros(0, np.int32), *rows]),
                  joined("cls", np.zeros(0, np.uint8)), joined("instance", np.zeros(0, np.int32)),
                  joined("fine", np.zeros(0, np.bool_)), tuple(materials))


def _lights(parts: list[Lights], shifts: list[NDArray[np.float32]]) -> Lights:
    def moved(name: str, width: int) -> NDArray[np.float32]:
        pieces = [np.zeros((0, width), np.float32)]
        for part, shift in zip(parts, shifts, strict=True):
            piece = getattr(part, name).copy()
            piece[:, :3] += shift
            pieces.append(piece)
        return np.concatenate(pieces)

    def boxes(name: str) -> NDArray[np.float32]:
        pairs = [getattr(part, name) + shift for part, shift in zip(parts, shifts, strict=True)]
        return np.concatenate([np.zeros((0, 2, 3), np.float32), *pairs])

    return Lights(boxes("rooms"), moved("lamps", 7), boxes("lamp_boxes"), moved("openings", 10),
                  boxes("opening_boxes"))
