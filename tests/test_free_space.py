"""The free floor of grown worlds: against brute force, across seams, in any order; its places and first views."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from spatialmem.errors import InvalidValueError
from spatialmem.generators.worlds.attributes import Attributes
from spatialmem.generators.worlds.blocks import Block, BlockBuilder, Room
from spatialmem.generators.worlds.free_space import SIDE, WorldFreeSpace
from spatialmem.generators.worlds.grow import Grown
from spatialmem.generators.worlds.solids import BLOCK, Shape, Solids
from spatialmem.labels import SemanticClass as C

EMPTY = BlockBuilder().block()
Build = Callable[[BlockBuilder], None]


def nothing(builder: BlockBuilder) -> None:
    """Bare ground."""


def grounded(build: Build = nothing, *rooms: Room) -> Block:
    builder = BlockBuilder(rooms=list(rooms))
    builder.solids.box((0, 0, -0.3), (BLOCK, BLOCK, 0), material="grass", cls=C.GRASS, instance=builder.thing())
    build(builder)
    return builder.block()


def block_of(low: tuple[float, ...], high: tuple[float, ...], yaw: float = 0.0) -> Build:
    return lambda builder: builder.solids.box(low, high, material="wood", cls=C.BOX, instance=builder.thing(), yaw=yaw)


def space_of(blocks: dict[tuple[int, int], Block], elsewhere: Block = EMPTY) -> WorldFreeSpace:
    return WorldFreeSpace(lambda i, j: blocks.get((i, j), elsewhere))


def to_solid(solids: Solids, row: int, x: NDArray, y: NDArray) -> NDArray:
    """Distance to a footprint by its own formula: a turned rectangle, or a disc."""
    cos, sin = float(solids.yaw_cos[row]), float(solids.yaw_sin[row])
    dx, dy = x - float(solids.center[row, 0]), y - float(solids.center[row, 1])
    if solids.shape[row] in {Shape.CYLINDER, Shape.ELLIPSOID} and solids.half[row, 0] == solids.half[row, 1]:
        return np.hypot(dx, dy) - float(solids.half[row, 0])
    u, v = np.abs(cos * dx + sin * dy), np.abs(cos * dy - sin * dx)
    return np.hypot(np.maximum(u - solids.half[row, 0], 0), np.maximum(v - solids.half[row, 1], 0))


def distances(block: Callable[[int, int], Block], i: int, j: int) -> NDArray:
    """`[SIDE, SIDE]` metres from the middle of each cell of a block to the nearest solid in the way, all tried."""
    at = (np.arange(SIDE) + 0.5) * 0.1
    found = np.full((SIDE, SIDE), np.inf)
    for di, dj in [(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1)]:
        solids = block(i + di, j + dj).solids
        x, y = at[None, :] - BLOCK * di, at[:, None] - BLOCK * dj
        low, high = solids.bounds[:, 0], solids.bounds[:, 1]
        near = ((high[:, :2] > (x.min() - 0.3, y.min() - 0.3)) & (low[:, :2] < (x.max() + 0.3, y.max() + 0.3))).all(1)
        for row in np.flatnonzero(near & (low[:, 2] < 1.8) & (high[:, 2] > 0.1)):
            found = np.minimum(found, to_solid(solids, int(row), x, y))
    return found


@pytest.mark.parametrize("place", ["home", "street", "gallery"])
def test_free_is_what_brute_force_finds_free(place: str) -> None:
    world = Grown(2, Attributes(place=place))  # type: ignore[arg-type]
    distance = distances(world.block, 0, 1)
    free = world.free_space.free((0, SIDE), (SIDE, 2 * SIDE))
    certain = np.abs(distance - 0.25) > 1e-4
    np.testing.assert_array_equal(free[certain], (distance > 0.25)[certain])
    assert 0.2 < free.mean() < 0.95


@pytest.fixture(scope="module")
def scattered() -> dict[tuple[int, int], Block]:
    """Nine blocks with boxes and pillars that lie across their seams."""
    chance = np.random.default_rng(5)

    def scatter(builder: BlockBuilder) -> None:
        for _ in range(6):
            x, y = chance.uniform(-1, BLOCK + 1, 2)
            builder.solids.box((x, y, 0.2), (x + 1.3, y + 0.4, 1.0), material="wood", cls=C.BOX, instance=1,
                               yaw=chance.uniform(0, 3))
            x, y = chance.uniform(-1, BLOCK + 1, 2)
            builder.solids.cylinder((x, y, 0), 0.6, 1.0, material="wood", cls=C.COLUMN, instance=2)

    return {(i, j): grounded(scatter) for i in (-1, 0, 1) for j in (-1, 0, 1)}


@settings(deadline=None, max_examples=30)
@given(st.tuples(*[st.integers(-SIDE, 2 * SIDE)] * 4), st.floats(0, 1), st.floats(0, 1))
def test_a_range_is_the_same_in_pieces_and_in_any_order(scattered, ends, share_x, share_y):
    low, high = tuple(map(min, ends[:2], ends[2:])), tuple(map(max, ends[:2], ends[2:]))
    cut = tuple(a + int(share * (b - a)) for a, b, share in zip(low, high, (share_x, share_y), strict=True))
    whole = space_of(scattered).free(low, high)
    other = space_of(scattered)
    corners = [((cut[0], cut[1]), high), ((low[0], cut[1]), (cut[0], high[1])), ((cut[0], low[1]), (high[0], cut[1])),
               (low, cut)]
    north_east, north_west, south_east, south_west = (other.free(*corner) for corner in corners)
    np.testing.assert_array_equal(whole, np.block([[south_west, south_east], [north_west, north_east]]))


def test_nothing_changes_across_a_seam() -> None:
    """The same solids, shifted by half a block into their neighbours, leave the same floor free."""
    def put(x: float) -> Build:
        return lambda builder: (builder.solids.cylinder((x, 8.03, 0), 0.7, 1, material="wood", cls=C.BOX, instance=1),
                                block_of((x + 1, 2, 0.5), (x + 4, 2.3, 0.9), 0.4)(builder))[0]

    inside, across = space_of({(0, 0): grounded(put(4.01))}, grounded()), space_of({(0, 0): grounded(put(12.01))},
                                                                                 grounded())
    np.testing.assert_array_equal(inside.free((0, 0), (SIDE, SIDE)), across.free((80, 0), (80 + SIDE, SIDE)))


@pytest.mark.parametrize(("low", "high", "blocked"), [
    (0, 1, True), (1.75, 3, True), (1.85, 3, False), (-0.1, 0.08, False)])
def test_only_what_a_body_would_touch_is_in_the_way(low, high, blocked) -> None:
    space = space_of({(0, 0): grounded(block_of((4.06, 4.06, low), (4.94, 4.94, high)))})
    free = space.free((0, 0), (SIDE, SIDE))
    wanted = np.ones((SIDE, SIDE), bool)
    if blocked:  # 0.25 m around, with round corners
        wanted[38:52, 38:52] = False
        wanted[[38, 38, 51, 51], [38, 51, 38, 51]] = True
    np.testing.assert_array_equal(free, wanted)


def test_where_there_is_no_ground_nobody_stands() -> None:
    space = space_of({(0, 0): grounded()})
    free = space.free((-5, -5), (SIDE + 5, SIDE + 5))
    assert free[5:-5, 5:-5].all()
    assert free.sum() == SIDE**2
    assert space.free((3, 3), (3, 9)).shape == (6, 0)


def test_the_floor_is_the_highest_ground() -> None:
    def road(builder: BlockBuilder) -> None:
        builder.solids.box((0, 0, -0.3), (BLOCK, 4, 0.05), material="paving", cls=C.SIDEWALK, instance=1)
        builder.solids.box((0, 0, 0), (2, 2, 0.6), material="wood", cls=C.BOX, instance=2)

    space = space_of({(-1, 0): grounded(road)})
    heights = [space.floor(x, y) for x, y in ((-8.0, 5.0), (-8.0, 1.0), (-15.5, 0.5), (-8.0, 3.96), (99.0, 99.0))]
    assert heights == pytest.approx([0.0, 0.05, 0.05, 0.05, 0.0])


def test_places_are_free_and_roomy() -> None:
    table = block_of((3, 3, 0), (5, 5, 0.8))
    rooms = (Room("dining room", (2, 2), (8, 6), 2.5), Room("cupboard", (3.2, 3.2), (4.8, 4.8), 2.5),
             Room("yard", (10, 10), (14, 14), 0))
    space = space_of({(1, -1): grounded(table, *rooms)})
    dining, yard = space.places((SIDE, -SIDE), (2 * SIDE, 0))
    assert (dining.name, yard.name) == ("dining room", "yard")
    assert (yard.x, yard.y) == pytest.approx((BLOCK + 12, -BLOCK + 12), abs=0.1)
    assert 6.0 <= dining.x - BLOCK <= 7.5 and 3 <= dining.y + BLOCK <= 5
    assert space.places((SIDE, -SIDE), (SIDE + 90, 0)) == (dining,)


def test_the_first_view_looks_down_the_room() -> None:
    def walls(builder: BlockBuilder) -> None:
        for low, high in (((1, 1, 0), (12, 1.2, 3)), ((1, 3.8, 0), (12, 4, 3)), ((1, 1, 0), (1.2, 4, 3)),
                          ((11.8, 1, 0), (12, 4, 3))):
            builder.solids.box(low, high, material="brick", cls=C.WALL, instance=1)

    space = space_of({(0, 0): grounded(walls, Room("corridor", (1.2, 1.2), (4, 3.8), 3))})
    x, y, heading = space.first_view(8.0, 8.0)
    assert 1.5 < x < 4 and 2 < y < 3
    assert abs(math.remainder(heading, 2 * math.pi)) < 0.3
    assert space.first_view(60.0, -30.0) == (x, y, heading)
    with pytest.raises(InvalidValueError, match="no free place within 8 blocks"):
        space_of({}, grounded()).first_view()


def test_starts_are_free_and_the_same_for_a_seed() -> None:
    for seed in (1, 2):
        one, same = (Grown(seed, Attributes(place="hall")) for _ in range(2))
        same.block(3, 3)
        x, y, heading = one.start()
        assert same.start() == (x, y, heading)
        i, j = math.floor(x / 0.1), math.floor(y / 0.1)
        assert one.free_space.free((i, j), (i + 1, j + 1)).all()
