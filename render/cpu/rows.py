"""Which pixels of a tile a Gaussian may change: an interval per row, in vectors of eight pixels.

An interval is where the Gaussian's alpha reaches 1/255, clipped to the span of the row's pixels that are
not finished. It is cut into vectors, and the vectors of all rows are kept as bits of one number: a loop over
bits runs long, where a loop in each row would end after one or two vectors and be guessed wrong.
"""

from __future__ import annotations

import numpy as np

from spatialmem.render.cpu.falloff import PER_NAT
from spatialmem.render.cpu.jit import bare_inlined
from spatialmem.render.cpu.layout import (
    F32,
    FLOOR,
    I32,
    PER_REACH,
    QB,
    QC,
    REACH_Y,
    RECORD,
    SHEAR,
    SQUARED_WIDTH,
    STRIDE,
    TILE,
    U,
    V,
)
from spatialmem.render.cpu.simd import (
    HALF,
    LANES,
    ONE,
    ZERO,
    Vector,
    greater,
    maximum,
    minimum,
    ramp,
    splat,
    square_root,
)
from spatialmem.render.cpu.simd_bits import bits, index_at, length, lowest, store_indices, truncated
from spatialmem.render.cpu.simd_memory import load, scalar, store

BATCH = 16
"""Records that are cut before they are drawn, so that the loops over pixels need not wait for their bits."""
_LONGEST_WAIT = 8
"""Batches, at most, until living pixels are looked for again."""
DX, DY, SLOPE, LEVEL = 0, 2 * TILE, 3 * TILE, 4 * TILE
"""Where the fields of rows begin among the `SHAPE` floats of a record: distance from the centre in x of a row's first
pixel, and `TILE` further on of its second vector's; distance of the row in y; the exponent's slope in dx and value at
dx = 0."""
SHAPE = 5 * TILE
STARTS = 2 * TILE
"""Positions in a plane per record: of a row's first vector, and `TILE` further on of its second."""
ROWS = TILE + LANES
LOW, HIGH = 0, ROWS
"""Where the first and past-last living pixels of rows begin in the `SPANS` floats of a tile. Rows that a vector which
starts in the tile may reach have room; those below the tile have nothing alive."""
SPANS = 2 * ROWS

_SIDE, _STRIDE, _NEXT = np.float32(TILE), np.float32(STRIDE), np.float32(LANES)
_TWO, _THREE = np.float32(2 * LANES), np.float32(3 * LANES)
_ALMOST_ONE = np.float32(0.99999)


@bare_inlined
def cut(records: F32, p: int, spans: F32, shape: F32, starts: I32, k: int) -> tuple[int, int]:
    """Cut the pixels that record `p` may change into vectors.

    Half the width of row dy is √(w² (1 − (dy / reach)²)), with w² the squared half width of the middle row.

    Args:
        spans: of the tile's living pixels.
        shape, starts: scratch of a batch, whose `k`-th part is written.

    Returns:
        The vectors as bits: bit r of the first number is the first vector of the r-th row that the record reaches, bit
        `TILE` + r its second; the second number holds third and fourth vectors alike.
    """
    at = p * RECORD
    u, v = scalar(records, at + U), scalar(records, at + V)
    slope, curve = scalar(records, at + QB) * PER_NAT, scalar(records, at + QC) * PER_NAT
    level = scalar(records, at + FLOOR) * PER_NAT
    squared, shear = scalar(records, at + SQUARED_WIDTH), scalar(records, at + SHEAR)
    reach, thin = scalar(records, at + REACH_Y), scalar(records, at + PER_REACH)
    # Casting to int floors here, as nothing is negative.
    y0 = int(max(v - reach - HALF, ZERO) + _ALMOST_ONE)
    y1 = int(max(min(v + reach + HALF, _SIDE), ZERO))
    near, far = 0, 0
    for r in range(0, y1 - y0, LANES):
        y = ramp() + np.float32(y0 + r)
        dy = y + (HALF - v)
        across = dy * thin
        half = square_root(maximum((ONE - across * across) * squared, splat(ZERO)))
        middle = dy * shear + u
        left = maximum(middle - half - HALF, load(spans, LOW + y0 + r))
        low = truncated(minimum(left + _ALMOST_ONE, splat(_SIDE)))
        high = truncated(maximum(minimum(middle + half + HALF, load(spans, HIGH + y0 + r)), splat(ZERO)))
        dx, start = low + (HALF - u), y * _STRIDE + low
        store(shape, k * SHAPE + DX + r, dx)
        store(shape, k * SHAPE + DX + TILE + r, dx + _NEXT)
        store(shape, k * SHAPE + DY + r, dy)
        store(shape, k * SHAPE + SLOPE + r, dy * slope)
        store(shape, k * SHAPE + LEVEL + r, dy * dy * curve + level)
        store_indices(starts, k * STARTS + r, start)
        store_indices(starts, k * STARTS + TILE + r, start + _NEXT)
        width = high - low
        near |= (bits(greater(width, splat(ZERO))) | bits(greater(width, splat(_NEXT))) << TILE) << r
        far |= (bits(greater(width, splat(_TWO))) | bits(greater(width, splat(_THREE))) << TILE) << r
    return near, far


@bare_inlined
def pixels(shapes: F32, starts: I32, k: int, bit: int, place: int, lanes: Vector,
           qa: Vector) -> tuple[int, Vector, np.float32, np.float32, Vector]:
    """The vector that `bit` stands for in the `k`-th record of a batch, `place` pixels further on.

    Args:
        lanes: 0, 1, … 7, and `place` added.
        qa: of the record, as a power of two.

    Returns:
        Its position in a plane; its distances from the centre in x and y; in its row the slope of the power of two in
        dx at dx = 0; and the power, `falloff.two_to` of which is the opacity.
    """
    row, base = bit & (TILE - 1), k * SHAPE
    dx, dy = lanes + scalar(shapes, base + DX + bit), scalar(shapes, base + DY + row)
    slope = scalar(shapes, base + SLOPE + row)
    return (index_at(starts, k * STARTS + bit) + place, dx, dy, slope,
            dx * (qa * dx + slope) + scalar(shapes, base + LEVEL + row))


@bare_inlined
def begin_rows(spans: F32) -> None:
    """Clear the scratch for a tile: nothing lives below its last row."""
    spans[:] = ZERO


@bare_inlined
def watch_living(planes: F32, spans: F32, living: int, wait: int, due: int) -> tuple[int, int, int]:
    """Look for living pixels before a batch: each time while some finish, and less and less often while none do.

    Call it with what it returned last, at first with 0, 1, 0.

    Returns:
        How many pixels lie within the spans, 0 where none lives; batches between two looks; and until the next.
    """
    if due > 0:
        return living, wait, due - 1
    found = _find_living(planes, spans)
    wait = min(2 * wait, _LONGEST_WAIT) if found == living else 1
    return found, wait, wait - 1


@bare_inlined
def _find_living(planes: F32, spans: F32) -> int:
    """Set the fields LOW and HIGH from the first plane, positive where a pixel lives; how many pixels lie between."""
    found = 0
    for y in range(TILE):
        living = 0
        for x in range(0, TILE, LANES):
            living |= bits(greater(load(planes, y * STRIDE + x), splat(ZERO))) << x
        spans[LOW + y], spans[HIGH + y] = _SIDE, ZERO
        if living != 0:
            first, past_last = lowest(living), length(living)
            spans[LOW + y], spans[HIGH + y] = np.float32(first), np.float32(past_last)
            found += past_last - first
    return found
