"""Corridors, mazes, halls and galleries: what makes each the place that it is."""

import numpy as np
import pytest

from spatialmem.generators.worlds.attributes import Attributes
from spatialmem.generators.worlds.blocks import Block
from spatialmem.generators.worlds.dice import Dice
from spatialmem.generators.worlds.grow import Grown
from spatialmem.generators.worlds.places.lanes import CELLS, lanes_of
from spatialmem.labels import SemanticClass

PLACES = ("home", "corridor", "maze", "hall", "gallery")


def blocks(place: str, count: int, **words: str) -> list[Block]:
    """One block of the place from each of so many worlds."""
    found = []
    for seed in range(100, 100 + count):
        world = Grown(seed, Attributes(place=place, weather="clear", **words))  # type: ignore[arg-type]
        found.append(world.block(*next((i, 1) for i in range(9) if world.kind(i, 1) == place)))
    return found


def classes(block: Block) -> set[int]:
    return set(block.solids.cls.tolist())


@pytest.mark.parametrize("place", PLACES)
def test_blocks_are_sound(place: str) -> None:
    for block in blocks(place, 6):
        solids, bounds = block.solids, block.solids.bounds
        assert len(solids) < 6000
        assert bounds[:, 1, 2].max() < 15.0
        # the ground is closed: it reaches below zero and covers the whole block
        ground = (bounds[:, 0, 2] < -0.2) & (bounds[:, 1, 2] <= 1e-6)
        assert np.prod(bounds[ground, 1, :2] - bounds[ground, 0, :2], 1).sum() == pytest.approx(256.0, rel=1e-4)
        for room in block.rooms:
            assert room.high[0] - room.low[0] > 1.0
            assert room.high[1] - room.low[1] > 1.0
            inside = np.all((block.lights.lamps[:, :2] > room.low) & (block.lights.lamps[:, :2] < room.high), 1)
            assert place == "maze" or inside.any(), f"no lamp in a {room.name}"


@pytest.mark.parametrize("seed", range(10))
def test_lanes_join_all_cells(seed: int) -> None:
    lanes = lanes_of(Dice(seed))
    reached = {(0, 0)}
    for _ in range(CELLS**2):
        reached |= {b for pair in lanes.joined for a, b in (pair, pair[::-1]) if a in reached}
    assert len(reached) == CELLS**2
    assert CELLS**2 - 1 <= len(lanes.joined) < 1.35 * CELLS**2
    assert lanes.dead_ends()


def test_mazes_grow_as_hedges_or_stand_as_walls() -> None:
    kinds = [SemanticClass.HEDGE in classes(block) for block in blocks("maze", 16)]
    assert True in kinds
    assert False in kinds
    assert all(SemanticClass.HEDGE in classes(block) for block in blocks("maze", 3, wall="hedge"))
    bricks = blocks("maze", 3, wall="brick")
    assert all("brick" in {material.name for material in block.solids.materials} for block in bricks)


def test_halls_have_columns_and_galleries_pictures() -> None:
    for block in blocks("hall", 6):
        assert (block.solids.cls == SemanticClass.COLUMN).sum() > 20
        assert block.rooms[0].height > 4.5
        assert len(block.rooms) == 1
    for block in blocks("gallery", 6):
        pictures = np.unique(block.solids.instance[block.solids.cls == SemanticClass.PICTURE])
        assert len(pictures) > 12
    assert len({block.rooms[0].name for block in blocks("hall", 20)}) >= 4


def test_corridors_lead_to_rooms_of_one_theme() -> None:
    for block in blocks("corridor", 5):
        names = {room.name for room in block.rooms}
        assert "corridor" in names
        assert len({"office", "hotel room", "classroom"} & names) <= 1
        assert len(block.rooms) >= 8
    rooms = {room.name for block in blocks("corridor", 12) for room in block.rooms}
    assert {"office", "hotel room", "classroom"} <= rooms


@pytest.mark.parametrize("word, pattern", [("brick", "brick"), ("concrete", "concrete"), ("tiles", "wall_tiles")])
def test_walls_are_what_was_asked_for(word: str, pattern: str) -> None:
    for block in blocks("gallery", 2, wall=word):
        rows = block.solids.material[block.solids.cls == SemanticClass.WALL]
        names = [block.solids.materials[row].name for row in rows]
        assert names.count(pattern) > 0.3 * len(names)


def test_floors_are_what_was_asked_for() -> None:
    for place in ("home", "hall", "gallery"):
        for block in blocks(place, 2, floor="checker"):
            rows = block.solids.material[block.solids.cls == SemanticClass.FLOOR]
            assert {block.solids.materials[row].name for row in rows} == {"checker"}
