"""What a beam touches, gathered slab of columns by slab as its rays ask for it, and the first hit of a ray among it.

What is found is what `trace.nearest` finds, which takes over where a beam does not do: straight up and down,
and where there are more solids than it holds.
"""

from __future__ import annotations

from math import floor

import numpy as np
import numpy.typing as npt

from spatialmem.generators.worlds.cpu.beam import (
    AXIS,
    BEYOND,
    GROUPS,
    HELD,
    KNOWN,
    ORIGIN,
    PACE,
    PLANES,
    RISE,
    SLAB,
    SLOPE,
    WALKED,
    WAY,
    Beam,
)
from spatialmem.generators.worlds.cpu.bodies import enter
from spatialmem.generators.worlds.cpu.lanes import lane
from spatialmem.generators.worlds.cpu.layout import (
    ALIGNED,
    BLOCK_CELLS,
    BLOCKS,
    BOUNDS,
    CELL,
    CODE_BITS,
    CODE_MASK,
    F32,
    LANES,
    LOW,
    SIDE,
    Columns,
    Triple,
)
from spatialmem.generators.worlds.cpu.trace import CLOSEST, inverse, near_far, nearer, nearest
from spatialmem.render.cpu.jit import bare_inlined, bare_kernel
from spatialmem.render.cpu.simd import Vector, both, less, less_equal, splat
from spatialmem.render.cpu.simd_bits import bits, lowest
from spatialmem.render.cpu.simd_memory import load

_SKIN = 1e-3
"""Metres that a box may lie beside a beam: float32 rounds less."""


@bare_inlined
def first_hit(beam: Beam, columns: Columns, o: Triple, d: Triple, after: float, limit: float,
              coarse: bool) -> tuple[float, int]:
    """Distance and row of the first solid that the ray from o, the beam's origin, along d enters beyond `after`.

    Distances are in units of d; `limit` and -1 where there is none up to there.
    """
    ox, oy, oz = splat(np.float32(o[0])), splat(np.float32(o[1])), splat(np.float32(o[2]))
    rx, ry, rz = (splat(np.float32(inverse(d[0]))), splat(np.float32(inverse(d[1]))), splat(np.float32(inverse(d[2]))))
    best, found, group = limit, -1, 0
    start = after + CLOSEST
    while True:
        if group == beam.counts[GROUPS]:
            if best <= beam.walk[KNOWN]:
                break
            if beam.counts[SLAB] < 0:
                return _beyond(columns, o, d, after, best, found, coarse)
            _walk_on(beam, columns, coarse)
            continue
        if beam.begins[group] > best:
            break
        near, far = near_far(beam.groups, group * BOUNDS, ox, oy, oz, rx, ry, rz)
        # `far`: who looks out of the bounding box of a turned body may still look at the body
        hits = bits(both(both(less_equal(near, far), less(splat(np.float32(start)), far)),
                         less_equal(near, splat(np.float32(best)))))
        while hits != 0:
            k = lowest(hits)
            hits &= hits - 1
            member = int(beam.members[group * LANES + k])
            t = float(lane(near, k))
            if member & CODE_MASK != ALIGNED:
                if t > best:
                    continue
                t = enter(member & CODE_MASK, columns.table, member >> CODE_BITS, o[0], o[1], o[2], d[0], d[1], d[2])
            if t > start and nearer(t, member >> CODE_BITS, best, found):
                best, found = t, member >> CODE_BITS
        group += 1
    return best, found


@bare_kernel
def _beyond(columns: Columns, o: Triple, d: Triple, after: float, best: float, found: int,
            coarse: bool) -> tuple[float, int]:
    """What the columns tell of a ray whose beam knows no more: the nearest hit before `best`, or the one found."""
    t, item = nearest(columns, o[0] + after * d[0], o[1] + after * d[1], o[2] + after * d[2], d[0], d[1], d[2],
                      best - after, coarse, False)
    return (after + t, item) if item >= 0 else (best, found)


@bare_inlined
def _plane(walk: npt.NDArray[np.float64], k: int) -> tuple[Vector, Vector, Vector, Vector, int, int, int]:
    """Side k of the pyramid: its normal, how far along it the inside begins, and where boxes keep their corner.

    The corner is that which lies farthest inwards: for each axis the low or the high end.
    """
    nx, ny, nz = walk[PLANES + 3 * k], walk[PLANES + 3 * k + 1], walk[PLANES + 3 * k + 2]
    begin = nx * walk[ORIGIN] + ny * walk[ORIGIN + 1] + nz * walk[ORIGIN + 2] - _SKIN
    return (splat(np.float32(nx)), splat(np.float32(ny)), splat(np.float32(nz)), splat(np.float32(begin)),
            (3 if nx > 0 else 0) * LANES, (4 if ny > 0 else 1) * LANES, (5 if nz > 0 else 2) * LANES)


@bare_inlined
def _inside(groups: F32, base: int, plane: tuple[Vector, Vector, Vector, Vector, int, int, int]) -> Vector:
    """Which of eight boxes reach inside a plane."""
    nx, ny, nz, begin, x, y, z = plane
    return less(begin, load(groups, base + x) * nx + load(groups, base + y) * ny + load(groups, base + z) * nz)


@bare_inlined
def _holds(beam: Beam, member: int, slots: int) -> bool:
    """Whether one of the first slots has that member: a solid stands in several columns."""
    held = False
    for slot in range(min(slots, HELD * LANES)):
        held |= beam.members[slot] == member
    return held


@bare_inlined
def _gather(beam: Beam, columns: Columns, begin: int, end: int, slot: int, depth: float) -> int:
    """Adds what the pyramid touches of some groups, none of it nearer than `depth`; the slot that is free then."""
    left, right, above, below = _plane(beam.walk, 0), _plane(beam.walk, 1), _plane(beam.walk, 2), _plane(beam.walk, 3)
    for group in range(begin, end):
        base = group * BOUNDS
        found = bits(both(both(_inside(columns.groups, base, left), _inside(columns.groups, base, right)),
                          both(_inside(columns.groups, base, above), _inside(columns.groups, base, below))))
        while found != 0:
            k = lowest(found)
            found &= found - 1
            member = int(columns.members[group * LANES + k])
            if member < 0 or _holds(beam, member, slot):
                continue
            if slot >= HELD * LANES:
                return slot + 1
            if slot % LANES == 0:
                beam.begins[slot // LANES] = np.float32(depth)
            to, source = slot // LANES * BOUNDS + slot % LANES, base + k
            for row in range(6):
                beam.groups[to + row * LANES] = columns.groups[source + row * LANES]
            beam.members[slot] = member
            slot += 1
    return slot


@bare_inlined
def _close(beam: Beam, slot: int) -> None:
    """Fills up the last group with boxes that no ray can meet."""
    end = min(-(-slot // LANES), HELD)
    for free in range(slot, end * LANES):
        base = free // LANES * BOUNDS + free % LANES
        beam.members[free] = -1
        for row in range(6):
            beam.groups[base + row * LANES] = np.float32(BEYOND)
    beam.counts[GROUPS] = end


@bare_inlined
def _spread(walk: npt.NDArray[np.float64], side: float, u0: float, u1: float, size: float) -> tuple[int, int]:
    """First and last square of `size` that the beam touches between u0 and u1 metres along its main axis."""
    low = side + min(u0 * walk[SLOPE], u1 * walk[SLOPE]) - _SKIN
    high = side + max(u0 * walk[SLOPE + 1], u1 * walk[SLOPE + 1]) + _SKIN
    return floor((low - LOW) / size), floor((high - LOW) / size)


@bare_kernel
def _walk_on(beam: Beam, columns: Columns, coarse: bool) -> None:
    """Gathers slab after slab until there is something new, or no slab left."""
    walk, counts = beam.walk, beam.counts
    axis, way, slab = counts[AXIS], counts[WAY], counts[SLAB]
    main, side = float(walk[ORIGIN + axis]), float(walk[ORIGIN + 1 - axis])
    held = counts[GROUPS] * LANES
    slot = held
    while slab >= 0 and slot - held < LANES:
        u0, u1 = walk[WALKED], (LOW + CELL * (slab + (way > 0)) - main) * way
        if u0 == 0 or slab % BLOCK_CELLS == (0 if way > 0 else BLOCK_CELLS - 1):
            # what is wide stands in no column but in its block
            long = slab // BLOCK_CELLS
            far = (LOW + CELL * BLOCK_CELLS * (long + (way > 0)) - main) * way
            first, last = _spread(walk, side, u0, far, CELL * BLOCK_CELLS)
            for other in range(max(first, 0), min(last, BLOCKS - 1) + 1):
                block = other * BLOCKS + long if axis == 0 else long * BLOCKS + other
                end = columns.block_fine[block] if coarse else columns.block_first[block + 1]
                slot = _gather(beam, columns, columns.block_first[block], end, slot, walk[KNOWN])
        first, last = _spread(walk, side, u0, u1, CELL)
        lowest_z = walk[ORIGIN + 2] + min(u0 * walk[RISE], u1 * walk[RISE]) - _SKIN
        for other in range(max(first, 0), min(last, SIDE - 1) + 1):
            cell = other * SIDE + slab if axis == 0 else slab * SIDE + other
            if lowest_z <= columns.top[cell]:
                end = columns.fine[cell] if coarse else columns.first[cell + 1]
                slot = _gather(beam, columns, columns.first[cell], end, slot, walk[KNOWN])
        if slot > HELD * LANES:
            # too many: what the beam knows ends in front of this slab
            counts[SLAB] = -1
            _close(beam, slot)
            return
        slab += way
        walk[WALKED], walk[KNOWN] = u1, u1 / walk[PACE]
        if slab >= SIDE or slab < 0 or (lowest_z > columns.ceiling[0] and walk[RISE] >= 0):
            slab, walk[KNOWN] = -1, BEYOND
    counts[SLAB] = slab
    _close(beam, slot)
