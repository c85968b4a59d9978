"""Materials and light as the kernels read them, for one window under one sky."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from spatialmem.generators.colour import to_linear
from spatialmem.generators.worlds.cpu.layout import COLOUR_A, COLOUR_B, EMISSION, F32, Looks
from spatialmem.generators.worlds.lights import Lights
from spatialmem.generators.worlds.materials import TILE_M, Material
from spatialmem.generators.worlds.skies import Sky
from spatialmem.generators.worlds.window import Window

_BOUNCES = 1.5
"""Light that walls give back in all, as a multiple of what falls on them first: half of it, and again half …"""


@lru_cache(maxsize=8)
def looks_of(window: Window, sky: Sky) -> Looks:
    """What the solids of `window` look like under `sky`; kept for the last few windows."""
    solids = window.solids
    tags = np.column_stack([solids.material, solids.cls, solids.instance, window.blocks]).astype(np.int32)
    return Looks(tags, material_table(solids.materials), sky.numbers(), room_light(window.lights, sky))


def material_table(materials: tuple[Material, ...]) -> F32:
    """`[M, 11]` numbers of materials, colours linear; one row even where there is none."""
    table = np.zeros((max(len(materials), 1), EMISSION + 1), np.float32)
    rows = [(m.pattern, *m.colour_a, *m.colour_b, round(TILE_M / m.scale_m), m.contrast, m.gloss, m.emission)
            for m in materials]
    table[: len(rows)] = np.array(rows, np.float32).reshape(-1, EMISSION + 1)
    table[:, COLOUR_A : COLOUR_B + 3] = to_linear(table[:, COLOUR_A : COLOUR_B + 3])
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
    lamps, colours = lights.lamps[:, :3].astype(np.float64), sky.lamps * lights.lamps[:, 3:6].astype(np.float64)
    half = np.sort(lights.openings[:, 3:6].astype(np.float64), 1)[:, 1:]
    panes = 4 * half.prod(1) * lights.openings[:, 9]
    owners = _rows_of(lights.opening_boxes, lights.rooms)
    glass = np.bincount(owners[owners >= 0], panes[owners >= 0], len(low))
    power = _held(low, high, lamps) @ colours
    return np.asarray(0.015 + _BOUNCES * (16 * power + 11 * glass[:, None] * outside) / area[:, None], np.float32)


def _held(low: NDArray[np.float64], high: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """`[R, N]` 1 where a box holds a point, else 0."""
    held = np.ones((len(low), len(points)), np.bool_)
    for axis in range(3):
        held &= (points[:, axis] >= low[:, axis, None]) & (points[:, axis] <= high[:, axis, None])
    return held.astype(np.float64)


def _rows_of(boxes: F32, rooms: F32) -> NDArray[np.int64]:
    """`[N]` row of the room that each box is, -1 where it is none."""
    rows = {room.tobytes(): row for row, room in reversed(list(enumerate(rooms)))}
    return np.array([rows.get(box.tobytes(), -1) for box in boxes], np.int64)
