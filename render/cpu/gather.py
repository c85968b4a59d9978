"""Sums over the tiles of a Gaussian: from gradients per entry to those of what the tile loops were given.

An entry holds dL/d of its channels and the moments of g = dL/d(exponent) over pixels at distance (dx, dy) from the
centre. The exponent is (xx dx² + yy dy²) / 2 + xy dx dy − ln(opacity · compensation), with xx, xy, yy the conic. So
dL/d(centre x) = −(xx Σ g dx + xy Σ g dy), dL/d(xx) = Σ g dx² / 2, dL/d(xy) = Σ g dx dy, and
dL/d(opacity) = −Σ g / opacity.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import prange

from spatialmem.render.cpu.jit import bare_inlined, bare_kernel, parallel_kernel
from spatialmem.render.cpu.layout import (
    ABSOLUTE_U,
    ABSOLUTE_V,
    CHANNELS,
    F32,
    GRADIENT,
    I32,
    I64,
    MX,
    MXX,
    MXY,
    MY,
    MYY,
    U8,
    M,
)
from spatialmem.render.cpu.project import block_limits
from spatialmem.render.cpu.simd import HALF, LANES, ZERO, splat
from spatialmem.render.cpu.simd_memory import load, prefetch, scalar, store, take_next

_AHEAD = 24
"""Entries between asking for memory and using it."""
SCRATCH = GRADIENT
"""Floats of scratch per worker."""


class RowGradients(NamedTuple):
    """dL/d of the rows of visible Gaussians; an array without rows is not wanted."""

    means2d: F32
    conics: F32
    depths: F32
    compensations: F32
    absolute: F32


class GaussianGradients(NamedTuple):
    """dL/d of colours `[N, D]` and opacities `[N]`; an array without rows is not wanted."""

    colors: F32
    opacities: F32


@parallel_kernel
def gather(first: I32, row_of: I32, entries: F32, used: U8, more_entries: F32, conics: F32, compensations: F32,
           opacities: F32, channels: int, with_depth: bool, add: bool, rows: RowGradients, out: GaussianGradients,
           blocks: int, scratch: F32, counter: I64) -> None:
    """Sum the entries of one camera, in their order, into `rows` and `out`.

    Rows and Gaussians without entries get 0.

    Args:
        first: `[N + 1]`, the first entry of each Gaussian.
        row_of: `[N]`, -1 where not visible.
        entries: `[entries, GRADIENT]`, of which some are `used`.
        more_entries: `[entries, D' - CHANNELS]`, of channels beyond four.
        conics, compensations: by row; no compensations unless antialiased.
        opacities: `[N]`.
        channels: D, of colours; depth is the channel after them `with_depth`.
        add: to what `out` holds, instead of writing it.
        scratch: `[workers, SCRATCH]`.
        counter: one zero.
    """
    for worker in prange(scratch.shape[0]):
        while True:
            block: int = take_next(counter)
            if block >= blocks:
                break
            begin, end = block_limits(block, blocks, opacities.shape[0])
            _gather_block(begin, end, first, row_of, entries, used, more_entries, conics, compensations, opacities,
                          channels, with_depth, add, rows, out, scratch[worker])


@bare_kernel
def _gather_block(begin: int, end: int, first: I32, row_of: I32, entries: F32, used: U8, more_entries: F32, conics: F32,
                  compensations: F32, opacities: F32, channels: int, with_depth: bool, add: bool, rows: RowGradients,
                  out: GaussianGradients, sums: F32) -> None:
    """Gaussians begin..end."""
    for i in range(begin, end):
        row = row_of[i]
        if row < 0:
            if not add:
                _write_nothing(i, channels, out)
            continue
        prefetch(entries, (first[i] + _AHEAD) * GRADIENT)
        prefetch(entries, (first[i] + _AHEAD + 1) * GRADIENT)
        _sum(first[i], first[i + 1], entries, used, sums)
        if out.colors.shape[0] > 0:
            for k in range(channels):
                before = out.colors[i, k] if add else ZERO
                out.colors[i, k] = _added(before, k, first[i], first[i + 1], used, sums, more_entries)
        if out.opacities.shape[0] > 0:
            before = out.opacities[i] if add else ZERO
            out.opacities[i] = before - sums[M] / opacities[i]
        _write_row(row, conics, sums, rows)
        if rows.compensations.shape[0] > 0:
            rows.compensations[row] = -sums[M] / compensations[row]
        if with_depth:
            rows.depths[row] = _added(ZERO, channels, first[i], first[i + 1], used, sums, more_entries)


@bare_inlined
def _sum(begin: int, end: int, entries: F32, used: U8, sums: F32) -> None:
    head, tail = splat(ZERO), splat(ZERO)
    for e in range(begin, end):
        if used[e] != 0:
            head = head + load(entries, int(e) * GRADIENT)
            tail = tail + load(entries, int(e) * GRADIENT + LANES)
    store(sums, 0, head)
    store(sums, LANES, tail)


@bare_inlined
def _added(value: np.float32, k: int, begin: int, end: int, used: U8, sums: F32, more_entries: F32) -> np.float32:
    """`value` and the gradients of channel `k`; those of the first channels are summed up already."""
    if k < CHANNELS:
        value += sums[k]
        return value
    for e in range(begin, end):
        if used[e] != 0:
            value += more_entries[e, k - CHANNELS]
    return value


@bare_inlined
def _write_nothing(i: int, channels: int, out: GaussianGradients) -> None:
    if out.colors.shape[0] > 0:
        for k in range(channels):
            out.colors[i, k] = ZERO
    if out.opacities.shape[0] > 0:
        out.opacities[i] = ZERO


@bare_inlined
def _write_row(row: int, conics: F32, sums: F32, rows: RowGradients) -> None:
    xx, xy, yy = scalar(conics, 3 * row), scalar(conics, 3 * row + 1), scalar(conics, 3 * row + 2)
    rows.means2d[row, 0] = -(xx * sums[MX] + xy * sums[MY])
    rows.means2d[row, 1] = -(xy * sums[MX] + yy * sums[MY])
    rows.conics[row, 0], rows.conics[row, 1] = HALF * sums[MXX], sums[MXY]
    rows.conics[row, 2] = HALF * sums[MYY]
    if rows.absolute.shape[0] > 0:
        rows.absolute[row, 0], rows.absolute[row, 1] = sums[ABSOLUTE_U], sums[ABSOLUTE_V]
