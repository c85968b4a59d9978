"""Streets: they continue across seams, one walks everywhere, houses look like houses, styles only repaint."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds_ground import free_cells, free_region, ground_at, pieces, shape_of

from spatialmem.generators.worlds.attributes import Attributes
from spatialmem.generators.worlds.blocks import SIDES, Block
from spatialmem.generators.worlds.grow import Grown
from spatialmem.generators.worlds.places.street import role_of
from spatialmem.labels import SemanticClass

STYLES = (Attributes(place="street", weather="clear", style_seed=5),
          Attributes(place="street", weather="clear", palette="nordic", wall="wood", ground="gravel"),
          Attributes(place="street", weather="clear", wall="brick", wall_colour="red", light="night"))


@cache
def town(seed: int = 0) -> Grown:
    return Grown(seed, Attributes(place="street", weather="clear"))


def classes(blocks: list[Block]) -> set[SemanticClass]:
    return {SemanticClass(int(number)) for block in blocks for number in np.unique(block.solids.cls)}


def test_every_lot_lies_at_two_streets_and_every_street_goes_on() -> None:
    for i in range(-4, 5):
        for j in range(-4, 5):
            around = [role_of((i + di, j + dj)) for di, dj in SIDES.values()]
            if role_of((i, j)) == "lot":
                assert sum(role != "lot" for role in around) == 2
            elif role_of((i, j)) == "along x":
                assert {role_of((i - 1, j)), role_of((i + 1, j))} <= {"along x", "crossing"}


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(("key", "axis"), [((i, 1), 0) for i in range(3)] + [((1, j), 1) for j in range(3)])
def test_roadway_kerbs_and_sidewalks_join_at_the_seams(seed: int, key: tuple[int, int], axis: int) -> None:
    here, there = town(seed).block(*key), town(seed).block(key[0] + (axis == 0), key[1] + (axis == 1))
    road = 0
    for at in np.arange(0.05, 16, 0.1):
        one = (15.999, at) if axis == 0 else (at, 15.999)
        other = (0.001, at) if axis == 0 else (at, 0.001)
        (class_here, height_here), (class_there, height_there) = ground_at(here, *one), ground_at(there, *other)
        # a verge may be planted in one district and paved in the next
        soft = {SemanticClass.SIDEWALK, SemanticClass.GRASS}
        assert class_here == class_there or {class_here, class_there} == soft, at
        assert abs(height_here - height_there) < 0.011
        road += class_here == SemanticClass.ROAD
    assert road * 0.1 == pytest.approx(7.7, abs=0.4)


@settings(deadline=None, max_examples=12)
@given(st.integers(0, 500), st.integers(-3, 3), st.integers(-3, 3))
def test_the_free_ground_is_one_piece_and_joins_all_neighbours(seed: int, i: int, j: int) -> None:
    world = Grown(seed, Attributes(place="street", weather="clear"))
    free, lost = pieces(free_cells(world.block(i, j)))
    assert lost < 5
    edges = world.site(i, j).edges
    for side, border in (("west", free[0]), ("east", free[-1]), ("south", free[:, 0]), ("north", free[:, -1])):
        for opening in edges[side].openings:  # type: ignore[index]
            assert border[round(opening.low / 0.1) + 3:round(opening.high / 0.1) - 3].all()


def test_a_whole_town_is_one_piece() -> None:
    free = free_region({(i, j): town().block(i, j) for i in range(4) for j in range(4)})
    _, lost = pieces(free)
    assert lost < 60 and free.mean() > 0.5


def test_sidewalks_are_free() -> None:
    for key in ((0, 1), (2, 1), (3, 1)):
        free = free_cells(town().block(*key))
        assert free[:, 3:22].all() and free[:, -22:-3].all()


def test_a_town_has_what_towns_have() -> None:
    seen = classes([town().block(i, j) for i in range(3) for j in range(3)])
    names = ("ROAD", "SIDEWALK", "BUILDING", "ROOF", "WINDOW", "WINDOWFRAME", "DOOR", "DOORFRAME", "HANDLE", "CAR",
             "LAMP", "TRUNK", "FOLIAGE", "GRASS", "FENCE")
    assert {SemanticClass[name] for name in names} <= seen


@pytest.mark.parametrize("seed", range(4))
def test_houses_have_storeys_windows_and_a_door_to_the_street(seed: int) -> None:
    for key in ((0, 0), (2, 0), (0, 2), (2, 2)):
        solids = town(seed).block(*key).solids
        body = solids.bounds[solids.cls == SemanticClass.BUILDING]
        walls = body[:, 1, 2][body[:, 0, 2] < -0.2].max()
        assert 5.5 < walls < 12.5
        assert len(np.unique(solids.instance[solids.cls == SemanticClass.WINDOW])) >= 8
        doors = solids.center[(solids.cls == SemanticClass.DOOR) & ~solids.fine]
        to_street = [min(x if role_of((key[0] - 1, key[1])) != "lot" else 16 - x,
                         y if role_of((key[0], key[1] - 1)) != "lot" else 16 - y) for x, y, _ in doors]
        assert min(to_street) < 5


@pytest.mark.parametrize("style", STYLES)
def test_styles_repaint_one_layout(style: Attributes) -> None:
    painted = Grown(0, style)
    for i in range(3):
        for j in range(3):
            assert shape_of(painted.block(i, j)) == shape_of(town().block(i, j))
    one, other = town().block(0, 0).solids, painted.block(0, 0).solids
    assert [one.materials[k] for k in one.material] != [other.materials[k] for k in other.material]


def test_walls_are_of_what_was_asked_for() -> None:
    world = Grown(3, Attributes(place="street", weather="clear", wall="brick", wall_colour="red"))
    for key in ((0, 0), (2, 2)):
        solids = world.block(*key).solids
        body = np.flatnonzero(solids.cls == SemanticClass.BUILDING)
        biggest = body[np.argmax(solids.half[body].prod(1))]
        material = solids.materials[solids.material[biggest]]
        assert material.name == "brick"
        assert material.colour_a[0] > 1.5 * material.colour_a[2]


def test_streets_end_where_another_place_begins() -> None:
    world = Grown(0, Attributes(place="mixed", weather="clear"))
    roads = [(i, j) for i in range(-20, 20) for j in range(-20, 20)
             if world.kind(i, j) == "street" and role_of((i, j)) == "along x"]
    ends = [(*road, side) for road in roads for side in ("west", "east")
            if world.site(*road).neighbours[side] != "street"]
    assert ends
    for i, j, side in ends[:6]:
        x = 0.3 if side == "west" else 15.7
        assert all(ground_at(world.block(i, j), x, y)[0] == SemanticClass.SIDEWALK for y in np.arange(0.3, 16, 0.5))


def test_order_of_visits_does_not_matter() -> None:
    world = Grown(0, Attributes(place="street", weather="clear"))
    world.block(9, -4)
    assert shape_of(world.block(2, 2)) == shape_of(town().block(2, 2))
