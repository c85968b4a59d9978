"""How cameras, projected Gaussians, tiles and gradients lie in memory: shared by all kernels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

F32 = npt.NDArray[np.float32]
I16 = npt.NDArray[np.int16]
I32 = npt.NDArray[np.int32]
U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]

TILE_BITS = 5
TILE = 1 << TILE_BITS
"""Side of a square tile in pixels."""
STRIDE = TILE + 8
"""Floats per tile row: a vector that starts at the last column may write past the tile."""
PLANE = TILE * STRIDE + 24
"""Floats per plane of a tile; the 24 keep planes from lying 4096 bytes apart, where they would share
cache sets and stall loads behind stores."""

RECORD = 16
"""Floats per projected Gaussian, one cache line: centre u, v rounded to whole pixels; A, B, C of the
exponent A dx² + B dx dy + C dy² − ln(opacity); −ln(opacity); red, green, blue; depth; half extents in
x, y; the rest of u, v. One float32 for u would be off by 1e-5 pixels, and the exponent with it, which
moves the edge of small Gaussians across pixel centres."""
U, V, QA, QB, QC, FLOOR, RED, GREEN, BLUE, DEPTH, REACH_X, REACH_Y, U_REST, V_REST = range(14)

GRADIENT = 16
"""Floats per (tile, Gaussian) gradient: red, green, blue, depth, then the moments of dL/d(exponent)
1, dx, dy, dx² | dx dy, dy²; the rest is padding."""

LOG_255 = np.float32(5.541263545158426)
"""−ln of the smallest alpha that is drawn, 1/255."""
MAX_ALPHA = np.float32(0.999)
MIN_TRANSMITTANCE = np.float32(1e-4)
MIN_COVERAGE = np.float32(1e-10)
"""Alpha from which on an expected depth is divided by it."""

CAMERA = 26
"""Floats per camera: rotation row by row, translation, fx, fy, cx, cy, then the items below."""
FX, FY, CX, CY, X_LOW, X_HIGH, Y_LOW, Y_HIGH, WIDTH, HEIGHT, NEAR, FAR, EPS2D, RADIUS_CLIP = range(12, 26)


class Gaussians(NamedTuple):
    """The inputs as contiguous float32 arrays; `log_opacities` is NaN or −inf where not positive."""

    means: F32
    quats: F32
    scales: F32
    opacities: F32
    log_opacities: F32
    colors: F32


class Projected(NamedTuple):
    """Gaussians seen by one camera, in input order.

    `depths` is 0 where a Gaussian is not visible (its other rows are then meaningless); `spans` are
    the tiles touched: first column, past-last column, first row, past-last row.
    """

    records: F32
    depths: F32
    radii: I32
    spans: I16


class TileLists(NamedTuple):
    """Which Gaussians each tile draws; an entry is one (Gaussian, tile) pair.

    Entries are numbered by Gaussian (`owners`, and `first` per Gaussian); the lists are laid out by
    tile (`offsets`), each sorted by depth: `entries` and the Gaussians' `records`, of which the first
    `drawn` per tile were needed.
    """

    offsets: I64
    first: I32
    owners: I32
    entries: I32
    records: F32
    drawn: I64


class Channels(NamedTuple):
    """Which of red, green, blue, depth an image holds, and whether depth is divided by alpha."""

    first: int
    number: int
    expected: bool


def pack_camera(viewmat: F32, K: F32, width: int, height: int,
                limits: tuple[float, float, float, float]) -> F32:
    """One camera as the kernels read it; `limits` are near, far (metres), eps2d (px²), radius_clip (px).

    The slopes x/z and y/z at which the projection is linearised are clamped 0.3 half-images outside
    the view, as gsplat does, because the Jacobian explodes there.
    """
    camera = np.empty(CAMERA, np.float32)
    camera[:9] = viewmat[:3, :3].reshape(9)
    camera[9:12] = viewmat[:3, 3]
    fx, fy, cx, cy = (float(value) for value in (K[0, 0], K[1, 1], K[0, 2], K[1, 2]))
    camera[FX : CY + 1] = fx, fy, cx, cy
    camera[X_LOW : Y_HIGH + 1] = (-(cx + 0.15 * width) / fx, (1.15 * width - cx) / fx,
                                  -(cy + 0.15 * height) / fy, (1.15 * height - cy) / fy)
    camera[WIDTH : HEIGHT + 1] = width, height
    camera[NEAR:] = limits
    return camera
