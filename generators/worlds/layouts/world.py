"""`LayoutWorld`: a checked layout as a world that can be looked at and walked in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b

import numpy as np

from spatialmem.generators.worlds.attributes import Attributes
from spatialmem.generators.worlds.blocks import Block
from spatialmem.generators.worlds.layouts.draft import Finding
from spatialmem.generators.worlds.layouts.standing import Laid, Standing
from spatialmem.generators.worlds.skies import Sky
from spatialmem.generators.worlds.window import Window, Windows


@dataclass(frozen=True, eq=False)
class LayoutWorld:
    """A `Territory` that a user drew.

    Attributes:
        sky: the light it stands in.
        attributes: the words that chose materials and light; light and weather are settled.
        free_space: where one can walk: what is reached from the start.
        findings: what is doubtful about it.
        laid: its blocks.
    """

    sky: Sky
    attributes: Attributes
    free_space: Standing
    first_view: tuple[float, float, float]
    findings: tuple[Finding, ...]
    laid: Laid

    def block(self, i: int, j: int) -> Block:
        """Block `(i, j)`, which covers x of `16 i..16 i + 16` and y of `16 j..16 j + 16`."""
        return self.laid.block(i, j)

    def window(self, x: float, y: float) -> Window:
        """The blocks around the one that holds the world position (x, y), metres."""
        return self._windows.at(x, y)

    @cached_property
    def _windows(self) -> Windows:
        return Windows(self.laid.block)

    @cached_property
    def edition(self) -> str:
        """Eight hex digits that change when its solids do, by more than a millimetre or in their materials."""
        digest = blake2b(digest_size=4)
        for key, block in sorted(self.laid.blocks.items()):
            solids = block.solids
            digest.update(repr((key, solids.materials)).encode())
            for column in (solids.center, solids.half, solids.yaw_cos, solids.yaw_sin):
                # off the halves, where what is round in millimetres would fall to either side
                digest.update(np.floor(column.astype(np.float64) * 1e3 + 0.37).astype("<i8").tobytes())
            for number in (solids.shape, solids.material, solids.cls):
                digest.update(number.astype("<i8").tobytes())
        return digest.hexdigest()

    def start(self) -> tuple[float, float, float]:
        """A good first view: x, y (metres) and heading (radians about +Z from +X)."""
        return self.first_view

