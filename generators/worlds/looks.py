"""Materials and light as the kernels read them, for one window under one sky."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spatialmem.generators.colour import to_linear
from spatialmem.generators.worlds.cpu.layout import (
    COLOUR_A,
    COLOUR_B,
    CONTRAST,
    EMISSION,
    F32,
    GLOSS,
    PATTERN,
    UNITS,
    Looks,
)
from spatialmem.generators.worlds.lights import Lights
from spatialmem.generators.worlds.materials import TILE_M, Material
from spatialmem.generators.worlds.skies import Sky
from spatialmem.generators.worlds.window import Window

_BOUNCES = 1.5
"""Light that walls give back in all, as a multiple of what falls on them first: half of it, and again half …"""


class KnownLooks:
    """The looks of windows under one sky, each made once as long as a trajectory stays in its block."""

    def __init__(self, sky: Sky) -> None:
        self._sky = sky
        self._last: tuple[Window, Looks] | None = None

    def of(self, window: Window) -> Looks:
        """What the solids of `window` look like."""
        if self._last is None or self._last[0] is not window:
            self._last = window, looks_of(window, self._sky)
        return self._last[1]


def looks_of(window: Window, sky: Sky) -> Looks:
    """What the solids of `window` look like under `sky`."""
    solids = window.solids
    tags = np.column_stack([solids.material, solids.cls, solids.instance, window.blocks]).astype(np.int32)
    return Looks(tags, material_table(solids.materials), sky.numbers(), room_light(window.lights, sky))


def material_table(materials: tuple[Material, ...]) -> F32:
    """`[M, 11]` numbers of materials, colours linear; one row even where there is none."""
    table = np.zeros((max(len(materials), 1), EMISSION + 1), np.float32)
    for row, material in zip(table, materials, strict=False):
        row[PATTERN], row[UNITS], row[CONTRAST] = material.pattern, round(TILE_M / material.scale_m), material.contrast
        row[GLOSS], row[EMISSION] = material.gloss, material.emission
        row[COLOUR_A : COLOUR_A + 3] = to_linear(np.array(material.colour_a, np.float32))
        row[COLOUR_B : COLOUR_B + 3] = to_linear(np.array(material.colour_b, np.float32))
    return table


def room_light(lights: Lights, sky: Sky) -> F32:
    """Indirect light in each room, `[R, 3]` linear: what lamps and openings send in, spread over its walls.

    A room is taken as an integrating sphere: light that comes in, times what walls give back in all,
    over their area (Goebel 1967).
    """
    low, high = lights.rooms[:, 0].astype(np.float64), lights.rooms[:, 1].astype(np.float64)
    x, y, z = (high - low).T
    area = 2 * (x * y + x * z + y * z)
    outside = sky.ambient * (0.3 * np.array(sky.zenith) + 0.7 * np.array(sky.horizon))
    light = np.empty((len(low), 3))
    for room in range(len(low)):
        lamps = _held(lights.lamps[:, :3], low[room], high[room])
        power = sky.lamps * lights.lamps[lamps, 3:6].astype(np.float64).sum(0)
        windows = (lights.opening_boxes == lights.rooms[room]).all((1, 2))
        half = np.sort(lights.openings[windows, 3:6].astype(np.float64), 1)[:, 1:]
        glass = float((4 * half.prod(1) * lights.openings[windows, 9]).sum())
        light[room] = 0.015 + _BOUNCES * (16 * power + 11 * glass * outside) / area[room]
    return light.astype(np.float32)


def _held(points: F32, low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.bool_]:
    held: NDArray[np.bool_] = np.logical_and.reduce((points >= low) & (points <= high), axis=1)
    return held
