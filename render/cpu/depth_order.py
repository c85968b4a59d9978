"""The order of Gaussians by depth, in two steps that any number of threads share: parts, and order within the parts.

All blocks of keys count the highest digit, prefix sums over (digit, block) tell each where its keys go, and what then
lies between two edges is sorted by one thread. Keys with equal digits keep their order everywhere, so the result does
not depend on threads, and equal depths stay in input order.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import prange

from spatialmem.render.cpu.jit import bare_inlined, bare_kernel, parallel_kernel
from spatialmem.render.cpu.layout import BEGIN, END, FARTHEST, I64, NEAREST, U32, U64, Touching
from spatialmem.render.cpu.project import far_apart
from spatialmem.render.cpu.simd_memory import take_next
from spatialmem.render.cpu.threads import new_counter, worker_count
from spatialmem.render.cpu.workspace import Workspace

_DIGIT_BITS = 11
"""At most; where digits begin must fit the first cache."""
_PART_BITS = 9
"""Of the digit by which keys are parted: each block has its own counts, which one thread sums up."""
_DEPTH = np.uint64(32)


class Parts(NamedTuple):
    """Keys `[N]` such that those between two `edges` `[blocks + 1]` are no deeper than those after.

    `scratch` `[N]` and `digits` `[blocks, digits]` are for sorting them.
    """

    keys: U64
    edges: I64
    scratch: U64
    digits: U32


def depth_parts(space: Workspace, touching: Touching) -> Parts:
    """The keys of all blocks, cut by depth into as many parts of about one size; call it in `parallel_region`.

    Keys with one digit are not cut apart: where most Gaussians lie at one depth, parts are not alike.
    """
    tallies, keys = touching.tallies, touching.keys
    blocks, begins, ends = tallies.shape[1], tallies[BEGIN], tallies[END]
    count, nearest = int((ends - begins).sum()), int(tallies[NEAREST].min())
    bits = max(int(tallies[FARTHEST].max()) - nearest, 1).bit_length()
    digit = np.array([nearest << 32, 32 + max(bits - _PART_BITS, 0)], np.uint64)
    counts = space.array("counts of digits", (blocks, 1 << _PART_BITS), np.uint32)
    starts = space.array("starts of digits", ((1 << _PART_BITS) + 1,), np.int64)
    parted = space.array("keys in parts", (keys.shape[0],), np.uint64)
    for move in (False, True):
        _part(move, keys, parted, digit, begins, ends, counts, worker_count(), new_counter())
        if not move:
            place(counts, starts)
    edges = starts[np.searchsorted(starts, count * np.arange(blocks + 1) // blocks)]
    digits = space.array("digits", (blocks, 1 << _DIGIT_BITS), np.uint32)
    return Parts(parted, edges, keys, digits)


@bare_kernel
def sort_part(begin: int, end: int, keys: U64, scratch: U64, digits: U32) -> None:
    """Sort keys begin..end by depth, from the lowest digit up; only bits in which they differ are looked at."""
    least, greatest = keys[begin], keys[begin]
    for p in range(begin, end):
        key = keys[p]
        least = key if key < least else least
        greatest = key if key > greatest else greatest
    least = (least >> _DEPTH) << _DEPTH
    bits = 0
    while (greatest - least) >> (_DEPTH + np.uint64(bits)) > 0:
        bits += 1
    passes = (bits + _DIGIT_BITS - 1) // _DIGIT_BITS
    source, target = keys, scratch
    for k in range(passes):
        low, high = bits * k // passes, bits * (k + 1) // passes
        shift, values = _DEPTH + np.uint64(low), digits[: 1 << (high - low)]
        _count(begin, end, source, least, shift, values)
        position = np.uint32(begin)
        for digit in range(values.shape[0]):
            following = position + values[digit]
            values[digit] = position
            position = np.uint32(following)
        _move(begin, end, source, target, least, shift, values)
        source, target = target, source
    if passes % 2 == 1:
        for p in range(begin, end):
            keys[p] = scratch[p]


@bare_kernel
def place(counts: U32, starts: I64) -> None:
    """Turn `counts[block, bin]` into positions: bin after bin, in each block after block.

    The bins are as many as `starts` `[bins + 1]` has; rows of `counts` may be longer.
    """
    blocks, bins = counts.shape[0], starts.shape[0] - 1
    starts[:] = 0
    for block in range(blocks):
        for b in range(bins):
            count = counts[block, b]
            counts[block, b] = starts[b]
            starts[b] += count
    position = 0
    for b in range(bins):
        count = starts[b]
        starts[b] = position
        position += count
    starts[bins] = position
    for block in range(blocks):
        for b in range(bins):
            counts[block, b] += starts[b]


@parallel_kernel
def _part(move: bool, keys: U64, out: U64, digit: U64, begins: I64, ends: I64, counts: U32, workers: int,
          counter: I64) -> None:
    """Count the digits of all blocks, or else `move` their keys to where `counts` says.

    Args:
        digit: what to subtract from keys, and how far to shift them.
        counter: one zero.
    """
    blocks = begins.shape[0]
    for _ in prange(workers):
        while True:
            block = far_apart(take_next(counter), blocks, workers)
            if block >= blocks:
                break
            if block < 0:
                continue
            if move:
                _move(begins[block], ends[block], keys, out, digit[0], digit[1], counts[block])
            else:
                _count(begins[block], ends[block], keys, digit[0], digit[1], counts[block])


@bare_kernel
def _count(begin: int, end: int, keys: U64, least: np.uint64, shift: np.uint64, counts: U32) -> None:
    counts[:] = 0
    for p in range(begin, end):
        counts[_digit(keys[p], least, shift, counts)] += 1


@bare_kernel
def _move(begin: int, end: int, keys: U64, out: U64, least: np.uint64, shift: np.uint64, positions: U32) -> None:
    for p in range(begin, end):
        digit = _digit(keys[p], least, shift, positions)
        position = positions[digit]
        positions[digit] = position + 1
        out[position] = keys[p]


@bare_inlined
def _digit(key: np.uint64, least: np.uint64, shift: np.uint64, counts: U32) -> np.uint64:
    return ((key - least) >> shift) & np.uint64(counts.shape[0] - 1)
