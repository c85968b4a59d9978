"""Gardens and parks: paths meet, one walks everywhere, house walls stay clear, trees are trees, snow bares them."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds_ground import free_cells, free_region, ground_at, pieces, shape_of

from spatialmem.generators.worlds.attributes import Attributes
from spatialmem.generators.worlds.blocks import SIDES, Site
from spatialmem.generators.worlds.dice import Dice
from spatialmem.generators.worlds.grow import Grown
from spatialmem.generators.worlds.materials import MATERIALS
from spatialmem.generators.worlds.nature.tree import CLEAR, Limb, Tree
from spatialmem.generators.worlds.nature.trees import HEIGHTS, SPECIES, plant
from spatialmem.generators.worlds.outdoors.ground import mouth
from spatialmem.generators.worlds.plot import GAP, Facing, Plot, around
from spatialmem.generators.worlds.solids import BLOCK, Solids
from spatialmem.labels import SemanticClass

places = st.sampled_from(["garden", "park"])


@cache
def grown(place: str, seed: int = 0, weather: str = "clear") -> Grown:
    return Grown(seed, Attributes(place=place, weather=weather))  # type: ignore[arg-type]


def site(place: str = "park", seed: int = 0, weather: str = "clear") -> Site:
    return grown(place, seed, weather).site(0, 0)


def lows(solids: Solids, cls: SemanticClass) -> np.ndarray:
    return solids.bounds[solids.cls == cls, 0, 2]


@settings(deadline=None, max_examples=16)
@given(places, st.integers(0, 500), st.integers(-3, 3), st.integers(-3, 3))
def test_the_free_ground_is_one_piece_and_joins_all_neighbours(place: str, seed: int, i: int, j: int) -> None:
    world = Grown(seed, Attributes(place=place, weather="clear"))  # type: ignore[arg-type]
    free, lost = pieces(free_cells(world.block(i, j)))
    assert lost < 5
    edges = world.site(i, j).edges
    for side, border in (("west", free[0]), ("east", free[-1]), ("south", free[:, 0]), ("north", free[:, -1])):
        for opening in edges[side].openings:  # type: ignore[index]
            assert border[round(opening.low / 0.1) + 3:round(opening.high / 0.1) - 3].all()


@pytest.mark.parametrize("place", ["garden", "park"])
def test_a_neighbourhood_is_one_piece(place: str) -> None:
    _, lost = pieces(free_region({(i, j): grown(place).block(i, j) for i in range(3) for j in range(3)}))
    assert lost < 30


@settings(deadline=None, max_examples=12)
@given(places, st.integers(0, 500), st.integers(-3, 3), st.integers(-3, 3))
def test_paths_meet_at_the_openings(place: str, seed: int, i: int, j: int) -> None:
    world = Grown(seed, Attributes(place=place, weather="clear"))  # type: ignore[arg-type]
    for side, (di, dj) in SIDES.items():
        if place == "park" and j % 3 == 1 and side in {"west", "east"}:
            continue    # avenues go straight on instead
        opening = world.site(i, j).edges[side].openings[0]
        x, y = mouth(side, opening.middle)
        here = ground_at(world.block(i, j), x - 0.01 * di, y - 0.01 * dj)
        there = ground_at(world.block(i + di, j + dj), x + 0.01 * di - BLOCK * di, y + 0.01 * dj - BLOCK * dj)
        assert here[0] == there[0] == SemanticClass.PATH
        assert here[1] == pytest.approx(there[1])


def test_avenues_go_on() -> None:
    for i in range(-2, 4):
        for y in (6.2, 8.0, 9.8):
            assert ground_at(grown("park").block(i, 1), 0.01, y)[0] == SemanticClass.PATH
            assert ground_at(grown("park").block(i, 1), 15.99, y)[0] == SemanticClass.PATH


@pytest.mark.parametrize("seed", range(3))
def test_a_metre_before_the_walls_of_houses_is_clear(seed: int) -> None:
    world, found = grown("home", seed), 0
    for i in range(-3, 4):
        for j in range(-3, 4):
            if world.kind(i, j) != "garden":
                continue
            free = free_cells(world.block(i, j))
            strips = {"west": free[:7], "east": free[-7:], "south": free[:, :7], "north": free[:, -7:]}
            for side in SIDES:
                if not world.site(i, j).outdoors(side):
                    found += 1
                    # hedges and fences along the other sides may run up to the wall
                    strip = strips[side] if side in {"west", "east"} else strips[side].T
                    assert strip[:, 8:-8].all()
    assert found > 10


@pytest.mark.parametrize("place", ["garden", "park", "street"])
@pytest.mark.parametrize("style", [{"style_seed": 3}, {"palette": "autumn"}, {"ground": "sand", "wall": "stone"}])
def test_styles_repaint_one_layout(place: str, style: dict[str, str]) -> None:
    painted = Grown(0, Attributes(place=place, weather="clear", **style))  # type: ignore[arg-type]
    for key in ((0, 0), (1, 1), (2, 0)):
        assert shape_of(painted.block(*key)) == shape_of(grown(place).block(*key))


def test_lamps_burn_from_dusk_on() -> None:
    lamps = {}
    for light in ("day", "dusk", "night"):
        world = Grown(0, Attributes(place="street", light=light))  # type: ignore[arg-type]
        lamps[light] = sum(len(world.block(i, 1).lights.lamps) for i in range(3))
    assert lamps["day"] == 0 < lamps["dusk"] == lamps["night"]


def test_paths_are_of_what_was_asked_for() -> None:
    solids = Grown(0, Attributes(place="park", ground="sand")).block(0, 0).solids
    names = {solids.materials[k].name for k in solids.material[solids.cls == SemanticClass.PATH]}
    assert "sand" in names and not names & {"gravel", "paving", "stone"}


@pytest.mark.parametrize("species", SPECIES)
def test_trees_stand_on_a_trunk_and_reach_their_height(species: str) -> None:
    for seed in range(4):
        plot = Plot(site(seed=seed))
        low, high = HEIGHTS[species]  # type: ignore[index]
        plant(plot, 8.0, 8.0, species, (low + high) / 2)  # type: ignore[arg-type]
        solids = plot.block().solids
        assert lows(solids, SemanticClass.TRUNK).min() <= 0
        crown = solids.bounds[solids.cls == SemanticClass.FOLIAGE]
        assert crown[:, 1, 2].max() == pytest.approx((low + high) / 2, rel=0.12)
        if species != "conifer":
            assert crown[:, 0, 2].min() > CLEAR - 0.15
        assert np.unique(solids.instance).size == 1


@pytest.mark.parametrize("species", SPECIES)
def test_snow_bares_the_trees_that_shed_their_leaves(species: str) -> None:
    plot = Plot(site(weather="snow"))
    plant(plot, 8.0, 8.0, species, 7.0)  # type: ignore[arg-type]
    solids = plot.block().solids
    assert (SemanticClass.FOLIAGE in solids.cls) == (species == "conifer")
    if species != "conifer":
        walked = (solids.bounds[:, 0, 2] < 1.8) & (np.hypot(*(solids.center[:, :2] - 8.0).T) > 0.3)
        assert not walked.any()


def test_a_branch_has_no_gaps_and_ends_where_it_should() -> None:
    plot = Plot(site())
    tree = Tree(plot.stand(8.0, 8.0, 0.0, SemanticClass.TRUNK), 7.0, Dice(1), MATERIALS["foliage"])
    branch = Limb((0.0, 0.0, 2.5), 0.7, 1.8, 2.4, 0.09)
    tree.limb(branch)
    solids = plot.block().solids
    for share in np.linspace(0, 1, 200):
        at = np.add(branch.at(float(share)), (8.0, 8.0, 0.0))
        turned = at - solids.center
        along = solids.yaw_cos * turned[:, 0] + solids.yaw_sin * turned[:, 1]
        beside = solids.yaw_cos * turned[:, 1] - solids.yaw_sin * turned[:, 0]
        local = np.column_stack([along, beside, turned[:, 2]])
        assert ((local / solids.half) ** 2).sum(1).min() < 1.0
    assert branch.at(1.0) == pytest.approx((1.8 * np.cos(0.7), 1.8 * np.sin(0.7), 4.9))


def test_parks_hold_what_parks_hold() -> None:
    world = grown("park")
    seen = {int(c) for i in range(6) for j in range(6) for c in np.unique(world.block(i, j).solids.cls)}
    for name in ("GRASS", "PATH", "TRUNK", "FOLIAGE", "BENCH", "LAMP", "WATER", "ROCK", "PLANT", "BOX", "ROOF"):
        assert SemanticClass[name] in seen, name


def test_rooms_are_free() -> None:
    for place in ("garden", "park", "street"):
        for i in range(3):
            for j in range(3):
                block = grown(place).block(i, j)
                free = free_cells(block)
                for room in block.rooms:
                    x, y = ((a + b) / 2 for a, b in zip(room.low, room.high, strict=True))
                    assert free[int(x / 0.1), int(y / 0.1)], (place, i, j, room)


def test_a_plot_gives_ground_only_once() -> None:
    plot = Plot(site())
    plot.keep_free((0.0, 7.0, 16.0, 9.0))
    assert plot.claim(around(4.0, 4.0, 1.0))
    assert not plot.claim(around(4.0, 4.0, 0.5))
    assert not plot.claim(around(5.5, 4.0, 0.5 + 1e-6))
    assert plot.claim(around(5.0 + GAP + 0.5, 4.0, 0.5))
    assert not plot.claim(around(12.0, 8.0, 0.2))
    assert not plot.claim(around(0.3, 4.0, 0.2))
    assert plot.spot(9.0, 9.0) is None


@pytest.mark.parametrize("side", SIDES)
def test_a_layout_faces_the_side_it_is_told(side: str) -> None:
    facing = Facing(side)  # type: ignore[arg-type]
    at = {"south": (5.0, 1.0), "north": (11.0, 15.0), "east": (15.0, 5.0), "west": (1.0, 11.0)}[side]
    assert facing.at(5.0, 1.0) == pytest.approx(at)
    assert facing.beyond("south") == side
    assert facing.rect((4.0, 0.0, 6.0, 2.0)) == pytest.approx(around(*at, 1.0))
