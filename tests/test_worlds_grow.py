"""Growing: the same world whatever the order of visiting, without contradiction, and every place of it reachable."""

import pickle
from typing import get_args

import numpy as np
import pytest
from scipy import ndimage

from spatialmem.generators.worlds import grow
from spatialmem.generators.worlds.attributes import KINDS, Attributes
from spatialmem.generators.worlds.blocks import SIDES, Block
from spatialmem.generators.worlds.grow import Grown
from spatialmem.generators.worlds.skies import LightName
from tests.worlds_floor import RADIUS, free_floor, gaps, is_closed, strip, touching

INDOORS = ("home", "corridor", "maze", "hall", "gallery")
SIDE = 4


@pytest.fixture(scope="module")
def worlds() -> dict[str, Grown]:
    return {place: Grown(number, Attributes(place=place, weather="clear"))  # type: ignore[arg-type]
            for number, place in enumerate(INDOORS)}


def arrays(block: Block) -> bytes:
    return pickle.dumps([vars(block.solids), vars(block.lights), block.rooms])


@pytest.mark.parametrize("place", INDOORS)
def test_the_order_of_visiting_does_not_matter(place: str) -> None:
    there = [(5, -3), (-2, 7), (5, -2), (6, -3)]
    first, second = (Grown(11, Attributes(place=place)) for _ in range(2))  # type: ignore[arg-type]
    ahead = {key: arrays(first.block(*key)) for key in there}
    back = {key: arrays(second.block(*key)) for key in reversed(there)}
    assert ahead == back


@pytest.mark.parametrize("place", INDOORS)
def test_style_paints_the_same_layout(place: str) -> None:
    plain, other = (Grown(4, Attributes(place=place, light="day", weather="clear", **words))  # type: ignore[arg-type]
                    for words in ({}, {"style_seed": 9, "palette": "retro", "wall": "plaster", "floor": "checker"}))
    if place == "maze" and "hedge" in {m.name for m in plain.block(0, 0).solids.materials}:
        other = Grown(4, Attributes(place="maze", light="day", weather="clear", style_seed=9, palette="retro"))
    a, b = plain.block(0, 0), other.block(0, 0)
    for name in ("shape", "center", "half", "yaw_cos", "cls", "instance", "fine"):
        assert np.array_equal(getattr(a.solids, name), getattr(b.solids, name)), name
    assert np.array_equal(a.lights.lamps, b.lights.lamps)
    assert a.solids.materials != b.solids.materials


@pytest.mark.parametrize("place", INDOORS)
def test_all_of_the_floor_is_one_piece(worlds: dict[str, Grown], place: str) -> None:
    world = worlds[place]
    free = free_floor(world, SIDE)
    yards = np.zeros_like(free)
    for i in range(SIDE):
        for j in range(SIDE):
            if world.kind(i, j) not in INDOORS:
                yards[160 * i:160 * (i + 1), 160 * j:160 * (j + 1)] = True
    pieces, count = ndimage.label(free)
    largest = 1 + int(np.argmax(np.bincount(pieces.ravel())[1:]))
    astray = free & (pieces != largest) & ~yards
    assert np.argwhere(astray).tolist() == []
    assert count >= 1
    assert free[~yards].mean() > 0.3
    for i in range(SIDE):
        for j in range(SIDE):
            part = pieces[160 * i:160 * (i + 1), 160 * j:160 * (j + 1)] == largest
            assert part.any(), "a block that nobody can enter"


@pytest.mark.parametrize("place", INDOORS)
def test_both_sides_of_an_edge_agree(worlds: dict[str, Grown], place: str) -> None:
    world = worlds[place]
    for i in range(SIDE):
        for j in range(SIDE):
            if world.kind(i, j) not in INDOORS:
                continue
            block, site = world.block(i, j), world.site(i, j)
            for side, (di, dj) in SIDES.items():
                beyond = world.site(i + di, j + dj)
                back = {"west": "east", "east": "west", "south": "north", "north": "south"}[side]
                assert site.edges[side] == beyond.edges[back]  # type: ignore[index]
                for way in site.edges[side].openings:
                    clear = strip(side, (way.low + 0.04, way.high - 0.04), RADIUS, (0.01, 1.9))
                    assert touching(block, *clear) == set(), (i, j, side)
                    assert way.high - way.low - 0.08 >= 0.9
                for at in gaps(site.edges[side]):
                    assert is_closed(block, side, at) or site.outdoors(side), (i, j, side, at)


def test_blocks_that_were_dropped_come_back_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grow, "KEPT", 3)
    world = Grown(2, Attributes(place="maze"))
    before = arrays(world.block(0, 0))
    kept = world.block(0, 0)
    for number in range(1, 5):
        world.block(number, 100)
    assert world.block(0, 0) is not kept
    assert world.block(0, 0) is world.block(0, 0)
    assert arrays(world.block(0, 0)) == before


def test_homes_look_at_a_yard_on_some_side() -> None:
    world = Grown(8, Attributes(place="home"))
    for i in range(-6, 6):
        for j in range(-6, 6):
            around = {world.kind(i + di, j + dj) for di, dj in SIDES.values()}
            assert "garden" in {world.kind(i, j), *around}


def test_open_words_are_settled_by_the_seed_alone() -> None:
    first, second = Grown(21), Grown(21, Attributes(style_seed=5))
    assert first.attributes.place == second.attributes.place != "any"
    assert first.attributes.weather == second.attributes.weather
    assert {Grown(seed).attributes.place for seed in range(60)} == set(KINDS)
    mixed = Grown(1, Attributes(place="mixed"))
    assert len({mixed.kind(3 * i, 3 * j) for i in range(6) for j in range(6)}) == len(KINDS)


@pytest.mark.parametrize("light", get_args(LightName))
def test_an_overcast_sky_has_no_sun(light: LightName) -> None:
    clear, grey = Grown(0, Attributes(light=light, weather="clear")).sky, Grown(0, Attributes(light=light,
                                                                                              weather="overcast")).sky
    assert (max(grey.sun), grey.disc, grey.clouds) == (0.0, 0.0, 1.0)
    assert grey.ambient > clear.ambient
    assert np.ptp(grey.zenith) < np.ptp(clear.zenith)


def test_far_away_is_no_different() -> None:
    world = Grown(3, Attributes(place="maze"))
    block = world.block(4_000_000, -4_000_000)
    assert np.isfinite(block.solids.center).all()
