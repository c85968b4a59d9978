"""`paint`: what cameras see in a world, with all its ground truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spatialmem.camera import Cameras
from spatialmem.errors import InvalidValueError
from spatialmem.generators.worlds.cpu.beam import beams_for
from spatialmem.generators.worlds.cpu.edges import smooth_edges
from spatialmem.generators.worlds.cpu.hits import describe, find
from spatialmem.generators.worlds.cpu.paint import colour
from spatialmem.generators.worlds.looks import looks_of
from spatialmem.generators.worlds.skies import Sky
from spatialmem.generators.worlds.views import views
from spatialmem.generators.worlds.window import Surroundings
from spatialmem.render.cpu.threads import parallel_region


@dataclass(frozen=True, eq=False)
class Painted:
    """`T` pictures of a world and the truth about every pixel's centre.

    Attributes:
        rgb: `[T, H, W, 3]` float32 sRGB 0..1.
        depth: `[T, H, W]` float32 z-depth, metres; 0 = sky.
        classes: `[T, H, W]` uint8, a `SemanticClass`.
        instances: `[T, H, W]` int64, number of the thing in the whole world; 0 = sky.
        normals: `[T, H, W, 3]` float32, outward unit normal in the world frame; 0 = sky.
    """

    rgb: NDArray[np.float32]
    depth: NDArray[np.float32]
    classes: NDArray[np.uint8]
    instances: NDArray[np.int64]
    normals: NDArray[np.float32]


def paint(world: Surroundings, cameras: Cameras, sky: Sky, *, samples: int = 4) -> Painted:
    """Pictures of `world` under `sky` along `cameras` (world frame +Z up, metres).

    What lies more than 48 m from a camera counts as sky.

    Args:
        samples: rays for the colour of a pixel at an edge, 1 or 4; depth, class and the rest are
            always those of the pixel's centre.

    Raises:
        InvalidValueError: `samples` is another number, or a camera stands out of any world's range.
    """
    if samples not in {1, 4}:
        raise InvalidValueError(f"samples: must be 1 or 4 rays a pixel, got {samples}")
    shape = (len(cameras), cameras.height, cameras.width)
    out = Painted(np.empty((*shape, 3), np.float32), np.empty(shape, np.float32), np.empty(shape, np.uint8),
                  np.empty(shape, np.int64), np.empty((*shape, 3), np.float32))
    marks, centres = np.empty(shape[1:], np.int32), np.empty((*shape[1:], 3), np.float32)
    beams = beams_for(cameras.height, cameras.width)
    for k, window, picture in views(world, cameras):
        columns, around, looks = window.columns, window.around, looks_of(window, sky)
        with parallel_region:
            find(columns, looks, beams, picture, False, out.depth[k], marks)
            describe(columns, looks.tags, window.numbers, picture, out.depth[k], marks, out.classes[k],
                     out.instances[k], out.normals[k])
            colour(columns, around, looks, picture, out.depth[k], marks, out.rgb[k] if samples == 1 else centres)
            if samples > 1:
                smooth_edges(columns, around, looks, beams, picture, marks, centres, out.rgb[k])
    return out
