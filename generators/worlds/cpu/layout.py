"""What kernels read: arrays and the meaning of their columns."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

F32 = npt.NDArray[np.float32]
I32 = npt.NDArray[np.int32]

RADIUS = 3
"""Blocks that a window holds on every side of the camera's."""

CELL = 2.0
"""Metres, side of a column: wide enough that a step finds about eight solids, narrow enough to leave most out."""

BLOCK_BITS = 3
BLOCK_CELLS = 1 << BLOCK_BITS
"""Columns along each side of a block."""
BLOCKS = 2 * RADIUS + 1
SIDE = BLOCKS * BLOCK_CELLS
"""Columns along each side of a window."""

LOW = -RADIUS * BLOCK_CELLS * CELL
"""Coordinate of the window's low corner, metres from that of the camera's block."""

FAR = RADIUS * BLOCK_CELLS * CELL
"""Metres that a camera sees: it stands anywhere in its block, so that much is in the window on every side."""

LANES = 8
BOUNDS = 6 * LANES
"""Floats of a group of eight bounding boxes: lows and highs, eight x, eight y, eight z each."""

BODIES = 9 * LANES
"""Floats of a group of eight rounded boxes: centre, half extents, cosine, sine, rounding."""

CODE_BITS = 3
CODE_MASK = (1 << CODE_BITS) - 1
"""A member is its solid's row, shifted by these bits, and its code: which test follows that of its bounds."""

LAMPS = 13 * LANES
"""Floats of a group of eight lamps: position, colour, 1 / reach², low and high corner of what they light."""

OPENINGS = 17 * LANES
"""Floats of a group of eight openings: centre, half extents, inward normal, area, share of daylight, and the
low and high corner of the room they light."""

ALIGNED, TURNED, CYLINDER, ELLIPSOID, GABLE = range(5)


class Columns(NamedTuple):
    """Solids sorted by place, eight to a group, coarse ones before fine ones.

    Attributes:
        groups: `[G * BOUNDS]` bounding boxes. members: `[G * 8]` rows of solids and codes, -1 = none.
        first: `[SIDE² + 1]` the first group of each column, row by row (y, then x); fine: `[SIDE²]` the
            first of its fine solids.
        block_first, block_fine: `[BLOCKS² + 1]`, `[BLOCKS²]` the same of wide solids, by block.
        top: `[SIDE²]` height below which a column has anything that is not wide.
        ceiling: `[1]` the highest of all.
        table: `[N, 8]` centre, half extents, cosine and sine of the yaw. codes: `[N]` ALIGNED, TURNED …
    """

    groups: F32
    members: I32
    first: I32
    fine: I32
    block_first: I32
    block_fine: I32
    top: F32
    ceiling: F32
    table: F32
    codes: I32


class Around(NamedTuple):
    """What darkens and lights a point, by column.

    Attributes:
        bodies: `[G * BODIES]` coarse solids near the column, as rounded boxes; first: `[SIDE² + 1]` the
            first group of each column.
        lamps, openings: `[G * LAMPS]`, `[G * OPENINGS]`; lamp_first, opening_first: likewise.
        rooms: `[R, 6]` low and high corners; room_rows, room_first: those of each column.
    """

    bodies: F32
    first: I32
    lamps: F32
    lamp_first: I32
    openings: F32
    opening_first: I32
    rooms: F32
    room_rows: I32
    room_first: I32


class Looks(NamedTuple):
    """What solids look like.

    Attributes:
        tags: `[N, 4]` material row, class, instance within the block, row of the block in the window.
        materials: `[M, 11]` pattern, colours (linear), units per 16 m (whole, so float32 keeps
            them exactly), contrast, gloss, emission: columns below.
        sky: `[20]` the numbers of a `Sky`. ambient: `[R, 3]` indirect light in each room, linear.
    """

    tags: I32
    materials: F32
    sky: F32
    ambient: F32


class Picture(NamedTuple):
    """One camera in window coordinates.

    Attributes:
        pose: `[3, 4]` camera to window. lens: `[4]` fx, fy, cx, cy in pixels.
    """

    pose: npt.NDArray[np.float64]
    lens: npt.NDArray[np.float64]


Triple = tuple[float, float, float]

# columns of `Looks.materials`
PATTERN, COLOUR_A, COLOUR_B, UNITS, CONTRAST, GLOSS, EMISSION = 0, 1, 4, 7, 8, 9, 10
