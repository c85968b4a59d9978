"""`blockout`: the coarse structure of a world along cameras, as a generator is told what to make."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from spatialmem.camera import Cameras
from spatialmem.generators.worlds.cpu.beam import beams_for
from spatialmem.generators.worlds.cpu.blockout import lay_out
from spatialmem.generators.worlds.cpu.hits import describe, find
from spatialmem.generators.worlds.looks import looks_of
from spatialmem.generators.worlds.skies import Sky
from spatialmem.generators.worlds.views import views
from spatialmem.generators.worlds.window import Surroundings
from spatialmem.render.cpu.threads import parallel_region

LIGHT_TERMS = ("lamps", "around", "sun", "openness", "shadow", "glow")
"""The last axis of `Blockout.light`, each 0..1: light of lamps and openings, of all that is around
(sky or room), of the sun (0 in shadow), how open the place is, 1 in shadow or turned away, own light."""

PHASES = ("sin u 2 m", "cos u 2 m", "sin v 2 m", "cos v 2 m",
          "sin u 0.5 m", "cos u 0.5 m", "sin v 0.5 m", "cos v 0.5 m",
          "sin u 2 units", "cos u 2 units", "sin v 2 units", "cos v 2 units")
"""The last axis of `Blockout.phases`: u runs level and v upwards along a surface, or along Y on level ones.

The last four count in the repeating unit of the material's own pattern: the length of a brick along u and the height
of its course along v, a tile, a board's width; of pictures and rugs it is the whole face, and boards and grain run
along its longer side. Two units, for every other course is shifted.
"""


@dataclass(frozen=True, eq=False)
class Blockout:
    """`T` views of the coarse solids of a world (those that are not `fine`).

    Attributes:
        depth: `[T, H, W]` float32 z-depth, metres; 0 = sky.
        classes: `[T, H, W]` uint8, a `SemanticClass`.
        materials: `[T, H, W]` uint8, a `Pattern` (0 also for the sky: tell it by its class).
        palette: `[T, H, W, 3]` float32 0..1, mean colour of the material in white light, or of the sky.
        normals: `[T, H, W, 3]` float32, outward unit normal in the world frame; 0 = sky.
        phases: `[T, H, W, 12]` float32 -1..1, `PHASES`: where on its surface a pixel lies, the same from
            every view; each fades to 0 as a pixel comes to span half its period.
        light: `[T, H, W, 6]` float32 0..1, `LIGHT_TERMS`; what is brighter than white is compressed.
    """

    depth: NDArray[np.float32]
    classes: NDArray[np.uint8]
    materials: NDArray[np.uint8]
    palette: NDArray[np.float32]
    normals: NDArray[np.float32]
    phases: NDArray[np.float32]
    light: NDArray[np.float32]

    def frames(self, rows: list[int]) -> Blockout:
        """Only some of the views."""
        return Blockout(**{field.name: getattr(self, field.name)[rows] for field in fields(Blockout)})


def blockout(world: Surroundings, cameras: Cameras, sky: Sky) -> Blockout:
    """The coarse structure of `world` under `sky` along `cameras` (world frame +Z up, metres).

    Raises:
        InvalidValueError: a camera stands out of any world's range.
    """
    shape = (len(cameras), cameras.height, cameras.width)
    out = Blockout(np.empty(shape, np.float32), np.empty(shape, np.uint8), np.empty(shape, np.uint8),
                   np.empty((*shape, 3), np.float32), np.empty((*shape, 3), np.float32),
                   np.empty((*shape, len(PHASES)), np.float32), np.empty((*shape, len(LIGHT_TERMS)), np.float32))
    marks, no_instances = np.empty(shape[1:], np.int32), np.empty((0, cameras.width), np.int64)
    beams = beams_for(cameras.height, cameras.width)
    for k, window, picture in views(world, cameras):
        columns, around, looks = window.columns, window.around, looks_of(window, sky)
        with parallel_region:
            find(columns, looks, beams, picture, True, out.depth[k], marks)
            describe(columns, looks.tags, window.numbers, picture, out.depth[k], marks, out.classes[k], no_instances,
                     out.normals[k])
            lay_out(columns, around, looks, picture, out.depth[k], marks, out.materials[k], out.palette[k],
                    out.phases[k], out.light[k])
    return out
