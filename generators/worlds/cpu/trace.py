"""Nearest hit and shadow: a ray's way through the columns of a window, eight bounding boxes at a time.

A ray visits the columns in order (Amanatides and Woo 1987) and leaves out those whose highest
solid it passes above. Bounding boxes are met by the slab test (Kay and Kajiya 1986).
"""

from __future__ import annotations

from math import floor

import numpy as np

from spatialmem.generators.worlds.cpu.bodies import enter
from spatialmem.generators.worlds.cpu.lanes import lane
from spatialmem.generators.worlds.cpu.layout import (
    ALIGNED,
    BLOCK_BITS,
    BLOCKS,
    BOUNDS,
    CELL,
    CODE_BITS,
    CODE_MASK,
    F32,
    FAR,
    LANES,
    LOW,
    SIDE,
    Columns,
)
from spatialmem.render.cpu.jit import bare_inlined
from spatialmem.render.cpu.simd import Vector, both, less, less_equal, maximum, minimum, splat
from spatialmem.render.cpu.simd_bits import bits, lowest
from spatialmem.render.cpu.simd_memory import load

CLOSEST = np.float32(1e-4)
"""A ray enters nothing nearer than this: what it starts on is behind it."""
_BEYOND = 1e30


@bare_inlined
def inverse(step: float) -> float:
    """1 / step, finite."""
    return 1.0 / (step if abs(step) > 1e-9 else 1e-9)


@bare_inlined
def _edge(position: float, inverse: float) -> float:
    """Distance at which a ray leaves the window along one axis; a millimetre early, so that no step can."""
    return ((LOW + SIDE * CELL - 1e-3 if inverse > 0 else LOW + 1e-3) - position) * inverse


@bare_inlined
def near_far(groups: F32, base: int, ox: Vector, oy: Vector, oz: Vector, rx: Vector, ry: Vector,
              rz: Vector) -> tuple[Vector, Vector]:
    """Where the ray enters and leaves each of eight boxes."""
    a, b = (load(groups, base) - ox) * rx, (load(groups, base + 3 * LANES) - ox) * rx
    near, far = minimum(a, b), maximum(a, b)
    a, b = (load(groups, base + LANES) - oy) * ry, (load(groups, base + 4 * LANES) - oy) * ry
    near, far = maximum(near, minimum(a, b)), minimum(far, maximum(a, b))
    a, b = (load(groups, base + 2 * LANES) - oz) * rz, (load(groups, base + 5 * LANES) - oz) * rz
    return maximum(near, minimum(a, b)), minimum(far, maximum(a, b))


@bare_inlined
def nearer(t: float, item: int, best: float, found: int) -> bool:
    """Whether a hit comes before the best one so far; of faces in one plane the same one wins on all ways."""
    return t < best or (t == best and item < found)


@bare_inlined
def nearest(columns: Columns, ox: float, oy: float, oz: float, dx: float, dy: float, dz: float, limit: float,
            coarse: bool, first_only: bool) -> tuple[float, int]:
    """Distance, in units of d, and row of the solid that the ray from o along d enters first; -1 = none.

    Args:
        limit: distance at which to give up.
        coarse: leave out fine solids.
        first_only: any solid will do, as for a shadow.
    """
    rx, ry, rz = inverse(dx), inverse(dy), inverse(dz)
    vox, voy, voz = splat(np.float32(ox)), splat(np.float32(oy)), splat(np.float32(oz))
    vrx, vry, vrz = splat(np.float32(rx)), splat(np.float32(ry)), splat(np.float32(rz))
    x, y = floor((ox - LOW) * (1 / CELL)), floor((oy - LOW) * (1 / CELL))
    step_x, step_y = (1 if rx > 0 else -1), (1 if ry > 0 else -1)
    next_x, next_y = (LOW + CELL * (x + (rx > 0)) - ox) * rx, (LOW + CELL * (y + (ry > 0)) - oy) * ry
    size_x, size_y = CELL * abs(rx), CELL * abs(ry)
    ceiling = columns.ceiling[0]
    best, found, entered, block = limit, -1, 0.0, -1
    if x < 0 or x >= SIDE or y < 0 or y >= SIDE:
        return best, -1
    best = min(best, _edge(ox, rx), _edge(oy, ry))
    while True:
        leave = min(next_x, next_y)
        lowest_z = min(oz + entered * dz, oz + leave * dz)
        if lowest_z > ceiling and dz >= 0:
            break
        begin, end = 0, 0
        here = (y >> BLOCK_BITS) * BLOCKS + (x >> BLOCK_BITS)
        entering = here != block
        if entering:
            # what is wide stands in no column but in its block, and is looked at once
            begin, end, block = columns.block_first[here], columns.block_first[here + 1], here
            if coarse:
                end = columns.block_fine[here]
        elif lowest_z <= columns.top[y * SIDE + x]:
            cell = y * SIDE + x
            begin, end = columns.first[cell], (columns.fine[cell] if coarse else columns.first[cell + 1])
        for group in range(begin, end):
            near, far = near_far(columns.groups, group * BOUNDS, vox, voy, voz, vrx, vry, vrz)
            hits = bits(both(both(less_equal(near, far), less(splat(CLOSEST), far)),
                             less_equal(near, splat(np.float32(best)))))
            while hits != 0:
                k = lowest(hits)
                hits &= hits - 1
                member = int(columns.members[group * LANES + k])
                t = float(lane(near, k))
                if member & CODE_MASK != ALIGNED:
                    t = enter(member & CODE_MASK, columns.table, member >> CODE_BITS, ox, oy, oz, dx, dy, dz)
                if t > CLOSEST and nearer(t, member >> CODE_BITS, best, found):
                    best, found = t, member >> CODE_BITS
        if found >= 0 and first_only:
            break
        if entering:
            continue
        if best <= leave:
            break
        entered = leave
        # without branches: which way a ray goes next is beyond any branch predictor
        go_x = next_x < next_y
        x, y = x + (step_x if go_x else 0), y + (0 if go_x else step_y)
        next_x, next_y = next_x + (size_x if go_x else 0.0), next_y + (0.0 if go_x else size_y)
    return best, found


@bare_inlined
def shade_of(columns: Columns, px: float, py: float, pz: float, sx: float, sy: float, sz: float, coarse: bool,
             guess: int) -> int:
    """Row of a solid that stands between the point p and the light in the unit direction s; -1 if none does.

    `guess` is looked at first: what shades a point mostly shades the next one too.
    """
    if guess >= 0:
        t = enter(int(columns.codes[guess]), columns.table, guess, px, py, pz, sx, sy, sz)
        if CLOSEST < t < FAR:
            return guess
    _, found = nearest(columns, px, py, pz, sx, sy, sz, FAR, coarse, True)
    return found
