"""Tile lists: every (Gaussian, tile) pair, grouped by tile and then sorted by depth.

Blocks of Gaussians count their entries per tile while projecting; prefix sums over (tile, block) then
tell each block where to write, so lists are built in parallel and come out in input order whatever the
number of blocks. A stable radix sort per tile keeps that order among equal depths.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from spatialmem.render.cpu.jit import kernel, parallel_kernel
from spatialmem.render.cpu.layout import I32, I64, U32, Projected, TileLists
from spatialmem.render.cpu.project import block_limits
from spatialmem.render.cpu.simd import ZERO
from spatialmem.render.cpu.simd_memory import take_next

DIGITS = 2048
"""Values of a radix digit; three digits of 11 bits cover a float32."""
_SHIFT, _LOW = np.uint32(11), np.uint32(DIGITS - 1)
_FEW = 40


@kernel
def place(counts: I32, block_entries: I64, offsets: I64) -> None:
    """Turn counts into positions: `counts[block, tile]` and `block_entries[block]` become starts."""
    blocks, tiles = counts.shape
    position = 0
    for tile in range(tiles):
        offsets[tile] = position
        for block in range(blocks):
            count = counts[block, tile]
            counts[block, tile] = position
            position += count
    offsets[tiles] = position
    entry = 0
    for block in range(blocks):
        count = block_entries[block]
        block_entries[block] = entry
        entry += count


@parallel_kernel
def fill(projected: Projected, columns: int, cursors: I32, block_entries: I64, lists: TileLists, keys: U32,
         unsorted: I32, workers: int, counter: I64) -> None:
    """Write the entries of all Gaussians: owners, and per tile the depth keys and entry numbers."""
    blocks, rows = cursors.shape[0], projected.depths.shape[0]
    lists.first[rows] = lists.owners.shape[0]
    for _ in prange(workers):
        while True:
            block: int = take_next(counter)
            if block >= blocks:
                break
            begin, end = block_limits(block, blocks, rows)
            _fill_block(projected, begin, end, columns, block_entries[block], cursors[block], lists, keys,
                        unsorted)


@kernel
def sort_tile(begin: int, end: int, keys: U32, entries: I32, keys_out: U32, entries_out: I32,
              histogram: I32) -> None:
    """Sort positions begin..end by key, stably, into `entries_out`; `histogram` is scratch `[3, DIGITS]`.

    A positive float32 orders like its bits. `keys` and `entries` are used as scratch.
    """
    if end - begin <= _FEW:
        _insertion_sort(begin, end, keys, entries, entries_out)
        return
    histogram[:] = 0
    for p in range(begin, end):
        key = keys[p]
        histogram[0, key & _LOW] += 1
        histogram[1, (key >> _SHIFT) & _LOW] += 1
        histogram[2, key >> (_SHIFT + _SHIFT)] += 1
    for digit in range(3):
        position = begin
        for value in range(DIGITS):
            count = histogram[digit, value]
            histogram[digit, value] = position
            position += count
    _scatter(begin, end, np.uint32(0), keys, entries, keys_out, entries_out, histogram[0])
    _scatter(begin, end, _SHIFT, keys_out, entries_out, keys, entries, histogram[1])
    _scatter(begin, end, _SHIFT + _SHIFT, keys, entries, keys_out, entries_out, histogram[2])


@kernel
def _fill_block(projected: Projected, begin: int, end: int, columns: int, entry: int, cursors: I32,
                lists: TileLists, keys: U32, unsorted: I32) -> None:
    depth_bits = projected.depths.view(np.uint32)
    for i in range(begin, end):
        lists.first[i] = entry
        if projected.depths[i] == ZERO:
            continue
        key = depth_bits[i]
        for row in range(projected.spans[i, 2], projected.spans[i, 3]):
            for column in range(projected.spans[i, 0], projected.spans[i, 1]):
                tile = row * columns + column
                position = cursors[tile]
                cursors[tile] = position + 1
                keys[position] = key
                unsorted[position] = entry
                lists.owners[entry] = i
                entry += 1


@kernel
def _scatter(begin: int, end: int, shift: np.uint32, keys: U32, entries: I32, keys_out: U32, entries_out: I32,
             starts: I32) -> None:
    for p in range(begin, end):
        key = keys[p]
        digit = (key >> shift) & _LOW
        position = starts[digit]
        starts[digit] = position + 1
        keys_out[position] = key
        entries_out[position] = entries[p]


@kernel
def _insertion_sort(begin: int, end: int, keys: U32, entries: I32, entries_out: I32) -> None:
    for p in range(begin, end):
        key, entry, hole = keys[p], entries[p], p
        while hole > begin and keys[hole - 1] > key:
            keys[hole] = keys[hole - 1]
            entries_out[hole] = entries_out[hole - 1]
            hole -= 1
        keys[hole] = key
        entries_out[hole] = entry
