"""`Beam`: the solids that the rays through one tile of a picture may meet, in order of distance, found as needed.

Rays of neighbouring pixels walk through the same columns. A beam walks there once for all of them, slab
of columns by slab of columns along its main axis, and keeps the bounding boxes that its pyramid touches
(beam tracing, Heckbert and Hanrahan 1984, to find candidates only). Each ray then looks at these few. What
is found is what `trace.nearest` finds, which takes over where a beam does not do: straight up and down, and
where there are more solids than it holds.
"""

from __future__ import annotations

from math import floor, sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from spatialmem.generators.worlds.cpu.bodies import enter
from spatialmem.generators.worlds.cpu.lanes import bits, lane, lowest
from spatialmem.generators.worlds.cpu.layout import (
    ALIGNED,
    BLOCK_CELLS,
    BLOCKS,
    BOUNDS,
    CELL,
    CODE_BITS,
    CODE_MASK,
    F32,
    I32,
    LANES,
    LOW,
    SIDE,
    Columns,
    Picture,
    Triple,
)
from spatialmem.generators.worlds.cpu.trace import CLOSEST, inverse, near_far, nearer, nearest
from spatialmem.render.cpu.jit import bare_inlined, bare_kernel, inlined
from spatialmem.render.cpu.simd import Vector, both, less, less_equal, splat
from spatialmem.render.cpu.simd_memory import load

TILE = 8
"""Pixels along the side of a tile."""

HELD = 64
"""Groups of eight solids that a beam holds."""

_BEYOND = 1e30
_MARGIN = 0.01
"""Pixels by which a beam is wider than its tile."""
_SKIN = 1e-3
"""Metres that a box may lie beside a beam: float32 rounds less."""

# numbers of `Beam.walk`: origin, slope of the beam along the minor axis (least, most) and along z, step per depth of
# the main axis, metres walked, distance up to which all solids are known; from _PLANES four planes (normal)
_ORIGIN, _SLOPE, _RISE, _PACE, _WALKED, _KNOWN, _PLANES, WALK = 0, 3, 5, 6, 7, 8, 9, 21
# `Beam.counts`: groups held, main axis, its direction, slab that comes next (-1: none), last solid that shaded a point
_GROUPS, _AXIS, _WAY, _SLAB, SHADE, COUNTS = 0, 1, 2, 3, 4, 5


class Beam(NamedTuple):
    """Room for the beam of one tile.

    Attributes:
        groups: `[HELD * BOUNDS]` bounding boxes. members: `[HELD * 8]` like those of `Columns`.
        begins: `[HELD]` depth in front of which nothing of a group lies.
        walk: `[WALK]` and counts: `[COUNTS]`, where it stands.
    """

    groups: F32
    members: I32
    begins: F32
    walk: npt.NDArray[np.float64]
    counts: npt.NDArray[np.int64]


@inlined
def room_for_beam() -> Beam:
    """A beam that is aimed nowhere yet."""
    return Beam(np.empty(HELD * BOUNDS, np.float32), np.empty(HELD * LANES, np.int32), np.empty(HELD, np.float32),
                np.empty(WALK, np.float64), np.full(COUNTS, -1, np.int64))


@bare_inlined
def direction(picture: Picture, x: float, y: float) -> Triple:
    """Ray through image position (x, y), in window axes, of depth 1."""
    a, b = (x - picture.lens[2]) / picture.lens[0], (y - picture.lens[3]) / picture.lens[1]
    p = picture.pose
    return (p[0, 0] * a + p[0, 1] * b + p[0, 2], p[1, 0] * a + p[1, 1] * b + p[1, 2],
            p[2, 0] * a + p[2, 1] * b + p[2, 2])


@bare_kernel
def aim(beam: Beam, picture: Picture, x: int, y: int) -> None:
    """Sets the beam on the tile whose first pixel is (x, y); it holds nothing yet."""
    walk, counts = beam.walk, beam.counts
    low_x, high_x, low_y, high_y = x - _MARGIN, x + TILE + _MARGIN, y - _MARGIN, y + TILE + _MARGIN
    corners = (direction(picture, low_x, low_y), direction(picture, high_x, low_y),
               direction(picture, high_x, high_y), direction(picture, low_x, high_y))
    middle = direction(picture, x + TILE / 2, y + TILE / 2)
    for k in range(3):
        walk[_ORIGIN + k] = picture.pose[k, 3]
    _planes(walk, corners, middle)
    axis = 0 if abs(middle[0]) >= abs(middle[1]) else 1
    counts[_GROUPS], counts[_AXIS] = 0, axis
    counts[_WAY] = 1 if middle[axis] > 0 else -1
    walk[_WALKED] = walk[_KNOWN] = 0.0
    _slopes(walk, corners, axis, counts[_WAY])
    slab = floor((walk[_ORIGIN + axis] - LOW) * (1 / CELL))
    counts[_SLAB] = slab if walk[_PACE] > 0 and 0 <= slab < SIDE else -1


@bare_inlined
def _planes(walk: npt.NDArray[np.float64], corners: tuple[Triple, Triple, Triple, Triple], middle: Triple) -> None:
    """The four sides of the pyramid, as normals that point inwards."""
    for k in range(4):
        a, b = corners[k], corners[(k + 1) & 3]
        nx, ny, nz = a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]
        length = sqrt(nx * nx + ny * ny + nz * nz)
        if nx * middle[0] + ny * middle[1] + nz * middle[2] < 0:
            length = -length
        at = _PLANES + 3 * k
        walk[at], walk[at + 1], walk[at + 2] = nx / length, ny / length, nz / length


@bare_inlined
def _slopes(walk: npt.NDArray[np.float64], corners: tuple[Triple, Triple, Triple, Triple], axis: int,
            way: int) -> None:
    """How far the beam spreads to the side and falls for each metre along its main axis; pace 0: it has none."""
    least, most, fall, fastest, slowest = _BEYOND, -_BEYOND, _BEYOND, 0.0, _BEYOND
    for k in range(4):
        pace = corners[k][axis] * way
        slowest, fastest = min(slowest, pace), max(fastest, pace)
        if pace > 0:
            least, most = min(least, corners[k][1 - axis] / pace), max(most, corners[k][1 - axis] / pace)
            fall = min(fall, corners[k][2] / pace)
    walk[_SLOPE], walk[_SLOPE + 1], walk[_RISE] = least, most, fall
    walk[_PACE] = fastest if slowest > 0.05 else 0.0


@bare_inlined
def _touched(beam: Beam, groups: F32, base: int) -> Vector:
    """Which of eight boxes reach into the pyramid."""
    inside = less_equal(splat(np.float32(0)), splat(np.float32(0)))
    for k in range(4):
        at = _PLANES + 3 * k
        nx, ny, nz = np.float32(beam.walk[at]), np.float32(beam.walk[at + 1]), np.float32(beam.walk[at + 2])
        # of each box the corner that lies farthest inwards
        px = load(groups, base + (3 * LANES if nx > 0 else 0)) - np.float32(beam.walk[_ORIGIN])
        py = load(groups, base + LANES + (3 * LANES if ny > 0 else 0)) - np.float32(beam.walk[_ORIGIN + 1])
        pz = load(groups, base + 2 * LANES + (3 * LANES if nz > 0 else 0)) - np.float32(beam.walk[_ORIGIN + 2])
        inside = both(inside, less(splat(np.float32(-_SKIN)), px * nx + py * ny + pz * nz))
    return inside


@bare_inlined
def _holds(beam: Beam, member: int, slots: int) -> bool:
    """Whether one of the first slots has that member: a solid stands in several columns."""
    held = False
    for slot in range(min(slots, HELD * LANES)):
        held |= beam.members[slot] == member
    return held


@bare_kernel
def _gather(beam: Beam, columns: Columns, begin: int, end: int, slot: int, depth: float) -> int:
    """Adds what the pyramid touches of some groups, none of it nearer than `depth`; the slot that is free then."""
    for group in range(begin, end):
        found = bits(_touched(beam, columns.groups, group * BOUNDS))
        while found != 0:
            k = lowest(found)
            found &= found - 1
            member = columns.members[group * LANES + k]
            if member < 0 or _holds(beam, member, slot):
                continue
            if slot >= HELD * LANES:
                return slot + 1
            if slot % LANES == 0:
                beam.begins[slot // LANES] = np.float32(depth)
            to, source = slot // LANES * BOUNDS + slot % LANES, group * BOUNDS + k
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
            beam.groups[base + row * LANES] = np.float32(_BEYOND)
    beam.counts[_GROUPS] = end


@bare_inlined
def _spread(walk: npt.NDArray[np.float64], side: float, u0: float, u1: float, size: float) -> tuple[int, int]:
    """First and last square of `size` that the beam touches between u0 and u1 metres along its main axis."""
    low = side + min(u0 * walk[_SLOPE], u1 * walk[_SLOPE]) - _SKIN
    high = side + max(u0 * walk[_SLOPE + 1], u1 * walk[_SLOPE + 1]) + _SKIN
    return floor((low - LOW) / size), floor((high - LOW) / size)


@bare_kernel
def _walk_on(beam: Beam, columns: Columns, coarse: bool) -> None:
    """Gathers slab after slab until there is something new, or no slab left."""
    walk, counts = beam.walk, beam.counts
    axis, way, slab = counts[_AXIS], counts[_WAY], counts[_SLAB]
    main, side = walk[_ORIGIN + axis], walk[_ORIGIN + 1 - axis]
    held = counts[_GROUPS] * LANES
    slot = held
    while slab >= 0 and slot - held < LANES:
        u0, u1 = walk[_WALKED], (LOW + CELL * (slab + (way > 0)) - main) * way
        if u0 == 0 or slab % BLOCK_CELLS == (0 if way > 0 else BLOCK_CELLS - 1):
            # what is wide stands in no column but in its block
            long = slab // BLOCK_CELLS
            far = (LOW + CELL * BLOCK_CELLS * (long + (way > 0)) - main) * way
            first, last = _spread(walk, side, u0, far, CELL * BLOCK_CELLS)
            for other in range(max(first, 0), min(last, BLOCKS - 1) + 1):
                block = other * BLOCKS + long if axis == 0 else long * BLOCKS + other
                end = columns.block_fine[block] if coarse else columns.block_first[block + 1]
                slot = _gather(beam, columns, columns.block_first[block], end, slot, walk[_KNOWN])
        first, last = _spread(walk, side, u0, u1, CELL)
        lowest_z = walk[_ORIGIN + 2] + min(u0 * walk[_RISE], u1 * walk[_RISE]) - _SKIN
        for other in range(max(first, 0), min(last, SIDE - 1) + 1):
            cell = other * SIDE + slab if axis == 0 else slab * SIDE + other
            if lowest_z <= columns.top[cell]:
                end = columns.fine[cell] if coarse else columns.first[cell + 1]
                slot = _gather(beam, columns, columns.first[cell], end, slot, walk[_KNOWN])
        if slot > HELD * LANES:
            # too many: what the beam knows ends in front of this slab
            counts[_SLAB] = -1
            _close(beam, slot)
            return
        slab += way
        walk[_WALKED], walk[_KNOWN] = u1, u1 / walk[_PACE]
        if slab >= SIDE or slab < 0 or (lowest_z > columns.ceiling[0] and walk[_RISE] >= 0):
            slab, walk[_KNOWN] = -1, _BEYOND
    counts[_SLAB] = slab
    _close(beam, slot)


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
        if group == beam.counts[_GROUPS]:
            if best <= beam.walk[_KNOWN]:
                break
            if beam.counts[_SLAB] < 0:
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
