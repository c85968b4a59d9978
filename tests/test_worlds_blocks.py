"""Edges between blocks, attributes, and how rooms tile a block."""

from dataclasses import replace
from itertools import product

import pytest

from spatialmem.errors import InvalidValueError
from spatialmem.generators.worlds.attributes import KINDS, Attributes
from spatialmem.generators.worlds.blocks import LANES, OUTDOORS, SIDES, edge_between
from spatialmem.generators.worlds.dice import Dice
from spatialmem.generators.worlds.grow import Grown
from spatialmem.generators.worlds.places.partition import contacts, partition
from spatialmem.generators.worlds.places.rooms import Rect
from spatialmem.generators.worlds.solids import BLOCK

ROBOT = 0.5


@pytest.mark.parametrize("below, above", list(product(KINDS, KINDS)))
def test_every_edge_has_a_way_that_a_robot_fits(below: str, above: str) -> None:
    for number in range(12):
        edge = edge_between(below, above, Dice("edge", number), LANES[number % 4])  # type: ignore[arg-type]
        assert edge.openings
        assert edge.walled == (not {below, above} <= OUTDOORS)
        ends = [0.3, *(end for way in edge.openings for end in (way.low, way.high)), BLOCK - 0.3]
        assert ends == sorted(ends)
        assert all(way.high - way.low >= ROBOT + 0.5 and way.height >= 2.05 for way in edge.openings)


@pytest.mark.parametrize("seed", range(12))
def test_rooms_tile_their_block_and_hang_together(seed: int) -> None:
    site = Grown(seed, Attributes(place="home")).site(seed, -seed)
    rooms = partition(Rect(0.0, 0.0, BLOCK, BLOCK), site, Dice(seed), (10.0, 20.0, 30.0))
    assert sum(room.area for room in rooms) == pytest.approx(BLOCK**2)
    assert not any(a.overlaps(b) for k, a in enumerate(rooms) for b in rooms[:k])
    assert min(min(room.width, room.depth) for room in rooms) >= 2.3 - 1e-6
    reached, walls = {0}, [wall for wall in contacts(rooms) if wall.length > 1.4]
    for _ in rooms:
        reached |= {b for wall in walls for a, b in ((wall.first, wall.second), (wall.second, wall.first))
                    if a in reached}
    assert reached == set(range(len(rooms)))
    for side in SIDES:
        for way in site.edges[side].openings:
            for room in rooms:
                border = 0.0 if side in {"west", "south"} else BLOCK
                if room.at(side) == border:
                    low, high = room.along(side)
                    assert not way.low - 0.3 < low < way.high + 0.3
                    assert not way.low - 0.3 < high < way.high + 0.3


def test_a_rectangle_around_a_hole() -> None:
    whole, hole = Rect(0.0, 0.0, 6.0, 4.0), Rect(2.0, 1.0, 3.0, 4.0)
    parts = whole.around(hole)
    assert sum(part.area for part in parts) == pytest.approx(whole.area - hole.area)
    assert not any(part.overlaps(hole) for part in parts)
    assert whole.around(None) == [whole]


@pytest.mark.parametrize("field, word", [
    ("place", "castle"), ("palette", "loud"), ("wall", "cheese"), ("floor", "lava"), ("ground", "snow"),
    ("light", "noon"), ("weather", "hail"), ("wall_colour", "blurple")])
def test_words_outside_the_vocabulary_are_refused(field: str, word: str) -> None:
    with pytest.raises(InvalidValueError, match=f"attribute {field}: expected one of .*; got '{word}'"):
        replace(Attributes(), **{field: word})


def test_numbers_that_are_none_are_refused() -> None:
    with pytest.raises(InvalidValueError, match="style_seed: expected a whole number"):
        Attributes(style_seed=1.5)  # type: ignore[arg-type]
    with pytest.raises(InvalidValueError, match="world seed: expected a whole number, got '3'"):
        Grown("3")  # type: ignore[arg-type]
