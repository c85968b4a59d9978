"""Tile lists: every (Gaussian, tile) pair, grouped by tile, in the order of depth.

Gaussians are sorted by depth once; parts of that order count their entries per tile, prefix sums over (tile, block)
tell them where to write, and lists come out in order whatever the number of threads.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from spatialmem.errors import InvalidValueError
from spatialmem.render.cpu.depth_order import Parts, depth_parts, place, sort_part
from spatialmem.render.cpu.jit import bare_inlined, bare_kernel, parallel_kernel
from spatialmem.render.cpu.layout import ENTRIES, I16, I32, I64, RECORD, TILE, U32, U64, TileLists, Touching
from spatialmem.render.cpu.project import block_limits, far_apart
from spatialmem.render.cpu.simd_memory import prefetch, take_next
from spatialmem.render.cpu.threads import new_counter, worker_count
from spatialmem.render.cpu.workspace import Workspace

_MAX_ENTRIES = 2**31 - 1
_NUMBER = np.uint64(2**32 - 1)
_AHEAD = 64
"""Gaussians between asking for memory and reading it: in the order of depth they lie anywhere."""


def tile_lists(space: Workspace, touching: Touching, spans: I16, columns: int, tiles: int,
               records: int | None) -> TileLists:
    """The lists of all tiles, with room for so many `records` or, if None, for all.

    Call it in `parallel_region`, once per projection.

    Raises:
        InvalidValueError: the Gaussians cover so many tiles that entries cannot be counted in int32.
    """
    block_entries = touching.tallies[ENTRIES]
    blocks, entries = block_entries.shape[0], int(block_entries.sum())
    if entries > _MAX_ENTRIES:
        raise InvalidValueError(f"the Gaussians cover {entries} tiles of {TILE} pixels in all, more than "
                                f"{_MAX_ENTRIES}: scales are too large or the image is")
    lists = TileLists(space.array("offsets", (tiles + 1,), np.int64), touching.first,
                      space.array("gaussians", (entries,), np.int32), space.array("entries", (entries,), np.int32),
                      space.array("tile records", (entries if records is None else records, RECORD), np.float32),
                      space.array("drawn", (tiles,), np.int64))
    lists.first[-1] = entries
    parts = depth_parts(space, touching)
    counts = space.array("counts", (blocks, (tiles // columns + 1) * (columns + 1)), np.uint32)
    ordered = space.array("spans in order", (spans.shape[0], 4), np.int16)
    before = np.cumsum(block_entries) - block_entries
    for write in (False, True):
        _list(write, parts, spans, ordered, columns, before, counts, lists.first, lists.gaussians, lists.entries,
              worker_count(), new_counter())
        if not write:
            place(counts, lists.offsets)
    return lists


@parallel_kernel
def _list(write: bool, parts: Parts, spans: I16, ordered: I16, columns: int, before: I64, counts: U32, first: I32,
          gaussians: I32, entries: I32, workers: int, counter: I64) -> None:
    """Sort the parts by depth and count their entries per tile, or else `write` them to where `counts` says.

    Args:
        ordered: `[N, 4]`, the spans in the order of depth, written while counting.
        before: `[blocks]`, entries before each block of the input, which are added to `first` while counting.
        counts: `[blocks, (rows + 1) * (columns + 1)]`, of which the first are those of the tiles.
        counter: one zero.
    """
    blocks = counts.shape[0]
    for _ in prange(workers):
        while True:
            block = far_apart(take_next(counter), blocks, workers)
            if block >= blocks:
                break
            if block < 0:
                continue
            begin, end = parts.edges[block], parts.edges[block + 1]
            if write:
                _write(begin, end, parts.keys, ordered, columns, counts[block], first, gaussians, entries)
            else:
                if begin < end:
                    sort_part(begin, end, parts.keys, parts.scratch, parts.digits[block])
                _count(begin, end, parts.keys, spans, ordered, columns, counts[block])
                begin, end = block_limits(block, blocks, spans.shape[0])
                first[begin:end] += np.int32(before[block])


@bare_kernel
def _count(begin: int, end: int, keys: U64, spans: I16, ordered: I16, columns: int, counts: U32) -> None:
    """Count by the corners of spans, without loops that end after one tile or two, which is hard to foresee."""
    counts[:] = 0
    wide, quads, out = columns + 1, spans.view(np.int64), ordered.view(np.int64)
    for p in range(begin, end):
        prefetch(spans, 4 * _gaussian(keys[min(p + _AHEAD, end - 1)]))
        i = _gaussian(keys[p])
        out[p, 0] = quads[i, 0]
        left, right, top, bottom = spans[i, 0], spans[i, 1], spans[i, 2] * wide, spans[i, 3] * wide
        counts[top + left] += 1
        counts[top + right] -= 1
        counts[bottom + left] -= 1
        counts[bottom + right] += 1
    _sum_corners(columns, counts)


@bare_inlined
def _sum_corners(columns: int, counts: U32) -> None:
    """Sum along rows and down columns, which leaves each tile's count, and close the gaps between rows."""
    wide = columns + 1
    for row in range(counts.shape[0] // wide - 1):
        along = np.uint32(0)
        for column in range(columns):
            along += counts[row * wide + column]
            tile = row * columns + column
            counts[tile] = along + (counts[tile - columns] if row > 0 else np.uint32(0))


@bare_kernel
def _write(begin: int, end: int, keys: U64, ordered: I16, columns: int, positions: U32, first: I32, gaussians: I32,
           entries: I32) -> None:
    for p in range(begin, end):
        prefetch(first, _gaussian(keys[min(p + _AHEAD, end - 1)]))
        i, width, column = _gaussian(keys[p]), int(ordered[p, 1] - ordered[p, 0]), 0
        tile, entry = ordered[p, 2] * columns + ordered[p, 0], first[i]
        # One loop over rows and columns: what ends after a few steps is hard to foresee.
        for k in range(width * (ordered[p, 3] - ordered[p, 2])):
            position = positions[tile]
            positions[tile] = position + 1
            gaussians[position], entries[position] = i, entry + k
            column += 1
            tile += columns - width + 1 if column == width else 1
            column = 0 if column == width else column


@bare_inlined
def _gaussian(key: np.uint64) -> int:
    return int(np.int64(key & _NUMBER))
