"""How cameras, projected Gaussians, tiles and gradients lie in memory: shared by all kernels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
I16 = npt.NDArray[np.int16]
I32 = npt.NDArray[np.int32]
U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
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
exponent A dx² + B dx dy + C dy² − ln(opacity); −ln(opacity); four channels; half extents in x, y; the rest
of u, v; the squared half width of the middle row, and how far middles of rows shift in x per row.
One float32 for u would be off by 1e-5 pixels, and the exponent with it, which moves the edge of
small Gaussians across pixel centres. In a tile's list the channels are the first four of the image; in
the geometry of all Gaussians they are compensation, two of padding and depth."""
U, V, QA, QB, QC, FLOOR, C0, C1, C2, C3, REACH_X, REACH_Y, U_REST, V_REST, SQUARED_WIDTH, SHEAR = range(RECORD)
COMPENSATION, DEPTH = C0, C3
PER_REACH = REACH_X
"""In a tile's list, where u and v count from the tile's corner and are whole and rest in one: one over the half extent
in y."""
CHANNELS = 4
"""Channels in a record and in a gradient; further ones lie apart."""

GRADIENT = 16
"""Floats per (tile, Gaussian) gradient: four channels, then the moments of dL/d(exponent) 1, dx, dy, dx², dx dy,
dy², then the sums of |dL/du|, |dL/dv| over pixels; the rest is padding."""
M, MX, MY, MXX, MXY, MYY, ABSOLUTE_U, ABSOLUTE_V = range(4, 12)

MIN_ALPHA = np.float32(1 / 255)
MAX_ALPHA = np.float32(0.999)
MIN_TRANSMITTANCE = np.float32(1e-4)
MIN_COVERAGE = np.float32(1e-10)
"""Alpha from which on an expected depth is divided by it."""

CAMERA = 35
"""Floats per camera: rotation row by row, translation, fx, fy, cx, cy, the items below, and from COFACTORS on the
rotation's cofactors (the rotation again, as far as it is one)."""
FX, FY, CX, CY, X_LOW, X_HIGH, Y_LOW, Y_HIGH, WIDTH, HEIGHT, NEAR, FAR, EPS2D, RADIUS_CLIP, COFACTORS = range(12, 27)


class Gaussians(NamedTuple):
    """What decides where Gaussians lie in images, as contiguous float32 arrays."""

    means: F32
    quats: F32
    scales: F32
    opacities: F32


class Projected(NamedTuple):
    """Gaussians seen by one camera, in input order.

    `depths` is 0 where a Gaussian is not visible (its other rows are then meaningless); `spans` are
    the tiles touched: first column, past-last column, first row, past-last row, empty where it is visible
    but between pixel centres.
    """

    records: F32
    depths: F32
    spans: I16


class Rows(NamedTuple):
    """One camera's visible Gaussians as the graph knows them, in the rows that `row_of` `[N]` says, -1 if not visible.

    Compensations, and ids of cameras and Gaussians, have no rows where they are not wanted.
    """

    row_of: I32
    means2d: F32
    conics: F32
    depths: F32
    radii: I32
    compensations: F32
    camera_ids: I64
    gaussian_ids: I64


class Touching(NamedTuple):
    """What projecting leaves for the tile lists; by blocks of Gaussians, so that blocks need not know of each other.

    `first` `[N + 1]` are the entries of a block before each Gaussian. A block's `keys` `[N]` begin where its Gaussians
    do: for each that touches tiles the bits of its depth, which order like the depth, above its number.
    `tallies` `[6, blocks]` are, per block, entries, visible Gaussians (-1 where an input is not finite), where its
    keys begin and end, and the bits of the least and greatest depth.
    """

    first: I32
    keys: U64
    tallies: I64


ENTRIES, VISIBLE, BEGIN, END, NEAREST, FARTHEST = range(6)
TALLIES = 6


class TileLists(NamedTuple):
    """Which Gaussians each tile draws; an entry is one (Gaussian, tile) pair.

    Entries are numbered by Gaussian (`first` `[N + 1]`), tile after tile; the lists are laid out by tile
    (`offsets`), each in depth order: the numbers of `gaussians` and of `entries`, and the Gaussians' `records`, if
    they are kept; the first `drawn` of a tile were needed.
    """

    offsets: I64
    first: I32
    gaussians: I32
    entries: I32
    records: F32
    drawn: I64


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
    camera[NEAR:COFACTORS] = limits
    a, b, c = viewmat[:3, :3].tolist()
    camera[COFACTORS:] = (*_cross(b, c), *_cross(c, a), *_cross(a, b))
    return camera


def _cross(a: list[float], b: list[float]) -> tuple[float, float, float]:
    """The vector product, in float64; NumPy's takes longer than all else here."""
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]
