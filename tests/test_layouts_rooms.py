"""Rooms, boxes and lights that a layout lists: distances and classes at known places."""

import math
from pathlib import Path

import numpy as np
import pytest
from layout_files import EXAMPLES, TWO_ROOMS, painted, seen, write

from spatialmem.camera import Cameras, pinhole
from spatialmem.generators.worlds.attributes import Attributes
from spatialmem.generators.worlds.layouts.open import draw, open_layout
from spatialmem.generators.worlds.layouts.walls import OUTSIDE, FloorGrid
from spatialmem.generators.worlds.worded import worded
from spatialmem.labels import SemanticClass as C
from spatialmem.protocols import Request, empty_recall

HALF = 0.08
EYE = (2.0, 2.0, 1.5)


def test_what_is_seen_in_a_room_of_two(tmp_path: Path) -> None:
    world = open_layout(write(tmp_path, **TWO_ROOMS, height=2.6, wall_thickness=0.16,
                              windows=[{"at": [2, 4], "width": 1.0, "sill": 1.0, "top": 2.0}]))
    out = seen(world, EYE, (0, 2, 1.5), (2, 0, 1.5), (8, 2, 1.5), (4, 2, 2.6), (2, 2.001, 0), (2, 3.5, 2.6),
               (1.7, 4, 1.7), (1.7, 4, 2.4), (1.7, 4, 0.3))
    wall = 2 - HALF
    lintel = wall * math.hypot(1, 1.1 / 2)
    expected = [(wall, C.WALL), (wall, C.WALL), (6 - HALF, C.WALL), (lintel, C.WALL), (1.5, C.FLOOR),
                (math.hypot(1.5, 1.1), C.CEILING), (0.0, C.SKY), (None, C.WALL), (None, C.WALL)]
    for depth, cls, (far, what) in zip(out.depth[:, 0, 0], out.classes[:, 0, 0], expected, strict=True):
        assert cls == what
        if far is not None:
            assert depth == pytest.approx(far, abs=0.003)


def test_a_window_above_a_door(tmp_path: Path) -> None:
    above = {"at": [4, 2], "width": 0.9, "sill": 2.3, "top": 2.55}
    world = open_layout(write(tmp_path, **TWO_ROOMS, height=2.8, windows=[above]))
    out = seen(world, EYE, (8, 2, 1.5), (8, 2, 1.3), (4, 2, 2.42), (4, 2, 2.25), (4, 2, 2.7), (8, 5, 1.5))
    through = out.depth[:, 0, 0] > 2.5
    assert through.tolist() == [True, True, True, False, False, False]


def test_an_outline_may_have_needless_corners(tmp_path: Path) -> None:
    outline = [[0, 0], [1, 0], [2, 0], [2, 3], [1, 3], [1, 4], [0, 4], [0, 2]]
    drawn = draw(write(tmp_path, rooms=[{"name": "a", "outline": outline}], doors=[{"at": [0, 1]}]))
    assert drawn.findings == ()
    assert drawn.draft.spaces[0].area == pytest.approx(7.0)


def test_the_facade_the_roof_and_the_ground(tmp_path: Path) -> None:
    world = open_layout(write(tmp_path, **TWO_ROOMS))
    out = seen(world, (-3.0, 2.0, 1.5), (0, 2, 1.5), (-3, 2.001, 0), (0, 2, 30))
    assert out.classes[:, 0, 0].tolist() == [C.BUILDING, C.GRASS, C.SKY]
    np.testing.assert_allclose(out.depth[:2, 0, 0], [3 - HALF, 1.52], atol=0.003)
    assert seen(world, (2.0, 2.0, 9.0), (2, 2.001, 0)).classes[0, 0, 0] == C.ROOF
    bare = open_layout(write(tmp_path, **TWO_ROOMS, ground=None))
    assert seen(bare, (-3.0, 2.0, 1.5), (-3, 2.001, 0)).classes[0, 0, 0] == C.SKY


def test_boxes_stand_where_they_are_drawn(tmp_path: Path) -> None:
    boxes = [{"class": "table", "center": [1, 0, 0.5], "size": [1, 1, 1]},
             {"class": "sofa", "center": [0, 3, 0.5], "size": [1, 4, 1], "yaw": 90},
             {"class": "rock", "center": [-3, 0, 0.5], "size": [math.sqrt(2), math.sqrt(2), 1], "yaw": 45},
             {"class": "car", "low": [-0.5, -4, 0], "high": [0.5, -3, 1.2], "colour": "#ff0000"}]
    world = open_layout(write(tmp_path, boxes=boxes, start={"at": [-1, -1]}))
    eye = (0.0, 0.0, 0.5)
    out = seen(world, eye, (1, 0, 0.5), (0, 9, 0.5), (-9, 0, 0.5), (0, -9, 0.5))
    assert out.classes[:, 0, 0].tolist() == [C.TABLE, C.SOFA, C.ROCK, C.CAR]
    np.testing.assert_allclose(out.depth[:, 0, 0], [0.5, 2.5, 2.0, 3.0], atol=0.002)


def test_a_floor_longer_than_blocks_has_no_seam(tmp_path: Path) -> None:
    world = open_layout(write(tmp_path, rooms=[{"name": "long", "low": [-21.3, -1], "high": [37.7, 40.2]}]))
    assert len(world.laid.blocks) > 6
    rng = np.random.default_rng(0)
    for x, y in zip(rng.uniform(-20, 36, 12), rng.uniform(0, 39, 12), strict=True):
        lines = [(16.0 * round(x / 16), y), (x, 8.0 * round(y / 8)), (x + 3, y)]
        out = seen(world, (x + 0.01, y + 0.01, 1.0), *((a, b, 0.0) for a, b in lines))
        assert set(out.classes[:, 0, 0].tolist()) <= {C.FLOOR, C.WALL, C.SKY}
        down = seen(world, (lines[0][0], y, 1.0), (lines[0][0], y + 0.001, 0.0))
        assert down.depth[0, 0, 0] == pytest.approx(1.0, abs=1e-3)


def test_turned_boxes_longer_than_blocks_stay_whole(tmp_path: Path) -> None:
    box = {"class": "fence", "center": [3, 3, 0.5], "size": [40, 0.2, 1], "yaw": 45}
    world = open_layout(write(tmp_path, boxes=[box], start={"at": [3, -3]}))
    for along in (-13.1, -12.0, -4.0, 0.0, 4.0, 7.77, 12.0, 13.0):
        x = 3 + along * math.sqrt(0.5)
        out = seen(world, (x, x, 6.0), (x, x + 0.001, 1.0))
        assert out.classes[0, 0, 0] == C.FENCE
        assert out.depth[0, 0, 0] == pytest.approx(5.0, abs=2e-3)


def test_a_door_is_as_wide_as_it_says(tmp_path: Path) -> None:
    world = open_layout(write(tmp_path, **{**TWO_ROOMS, "doors": [{"at": [4, 2.3], "width": 1.2, "height": 2.0}]}))
    for y, open_ in ((1.71, True), (2.89, True), (1.69, False), (2.91, False)):
        out = seen(world, (2.0, y, 1.2), (4.0, y, 1.2))
        assert (out.depth[0, 0, 0] > 3) == open_
        assert (out.classes[0, 0, 0] == C.DOORFRAME) != open_


def test_one_walks_through_doors_and_not_through_walls(tmp_path: Path) -> None:
    world = open_layout(write(tmp_path, **TWO_ROOMS))
    free = world.free_space
    names = {place.name for place in free.places((-100, -100), (200, 200))}
    assert names == {"west", "east"}
    assert free.reaches(4.0, 2.0)
    assert not free.reaches(4.0, 3.0)
    assert not free.reaches(-2.0, 2.0), "the lawn has no door"
    low, high = (-30, -30), (110, 70)
    inside = free.free(low, high)
    assert inside.shape == (100, 140)
    assert (free.world.free(low, high) | ~inside).all()
    # each room, 25 cm from its walls (34 cells), and the doorway of 0.9 m less twice that (4 x 6 cells, and corners)
    assert inside.sum() == pytest.approx(2 * 34 * 34 + 4 * 6, abs=6)
    assert free.free((5000, 5000), (5010, 5010)).sum() == 0
    x, y, heading = world.start()
    assert (x, y, heading) == (2, 2, 0)


def test_an_outdoor_door_leads_onto_the_ground(tmp_path: Path) -> None:
    world = open_layout(write(tmp_path, **{**TWO_ROOMS, "doors": [{"between": ["west", "east"]}, {"at": [0, 2]}]}))
    assert world.free_space.reaches(-2.0, 2.0)
    assert not world.free_space.reaches(-20.0, 2.0), "the ground goes on, but the walk ends near the layout"


def test_rooms_without_lamps_are_lit_and_an_l_is_lit_around_its_corner(tmp_path: Path) -> None:
    corner = [[0, 0], [6, 0], [6, 3], [3, 3], [3, 6], [0, 6]]
    drawn = draw(write(tmp_path, rooms=[{"name": "l", "outline": corner}, {"name": "rest", "low": [3, 3],
                                                                          "high": [6, 6]}],
                       doors=[{"between": ["l", "rest"]}], lamps=[{"at": [1.5, 1.5]}]))
    world = drawn.world()
    light = seen(world, (1.5, 3.0, 1.5), (1.5, 5, 0), (1.5, 2.9, 0)).light[:, 0, 0]
    assert (light[:, 0] > 0.01).all(), "lamps reach both arms"
    window = world.window(1, 1)
    assert len(window.lights.rooms) == 2
    assert len(window.lights.lamps) == 2, "each lamp once, for each row counts as a lamp"


def test_a_room_with_an_outline_is_as_bright_as_without(tmp_path: Path) -> None:
    door = [{"at": [0, 2]}]
    niches = [[0, 0], [6, 0], [6, 2], [6.2, 2], [6.2, 2.2], [6, 2.2], [6, 4], [3.2, 4], [3.2, 4.2], [3, 4.2], [3, 4],
              [0, 4]]
    light = []
    for room in ({"low": [0, 0], "high": [6, 4]}, {"outline": niches}):
        world = open_layout(write(tmp_path, rooms=[{"name": "a", **room}], doors=door))
        lights = world.window(1, 1).lights
        assert len(lights.rooms) == 1
        assert len({tuple(row) for row in lights.lamps.tolist()}) == len(lights.lamps)
        light.append(painted(world, (1.0, 1.0, 1.4), (5.0, 3.0, 1.0)))
    assert light[1] == pytest.approx(light[0], rel=0.25)


def test_a_place_of_the_words_is_told(tmp_path: Path) -> None:
    path = write(tmp_path, **TWO_ROOMS)
    assert worded("a snowy park at night", layout=path).remarks == (
        "prompt: a layout has its own place; 'park' is not used",)
    assert worded("brick walls, a wooden floor, dusk", layout=path).remarks == ()


def test_words_choose_what_the_file_leaves_open(tmp_path: Path) -> None:
    path = write(tmp_path, **TWO_ROOMS, look={"wall": "brick", "light": "dusk"})
    materials = {m.name for m in open_layout(path).window(1, 1).solids.materials}
    assert {"brick", "planks"} <= materials
    asked = Attributes(wall="stone", floor="marble", light="night", ground="gravel")
    world = open_layout(path, attributes=asked)
    assert {"stone", "marble", "gravel"} <= {m.name for m in world.window(1, 1).solids.materials}
    assert (world.attributes.light, world.attributes.weather) == ("night", "clear")
    other = open_layout(path, attributes=Attributes(style_seed=5))
    first, second = (w.window(1, 1).solids for w in (world, other))
    np.testing.assert_array_equal(first.center, second.center)


def test_walls_of_a_grid() -> None:
    square = ((0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0))
    grid = FloorGrid([square, tuple((x + 4, y) for x, y in square), tuple((x, y + 4) for x, y in square)])
    walls = {(w.across, w.at, w.low, w.high): {w.below, w.above} for w in grid.walls()}
    assert walls[0, 4.0, 0.0, 4.0] == {0, 1}
    assert walls[1, 4.0, 0.0, 4.0] == {0, 2}
    assert walls[1, 4.0, 4.0, 8.0] == {1, OUTSIDE}
    assert len(walls) == 10


def test_drawing_twice_gives_the_same_world(tmp_path: Path) -> None:
    path = write(tmp_path, **TWO_ROOMS)
    a, b = (open_layout(path).window(3, 3) for _ in range(2))
    np.testing.assert_array_equal(a.solids.center, b.solids.center)
    assert a.solids.materials == b.solids.materials


def test_a_layout_is_a_world_for_the_generator() -> None:
    generator = worded("dusk", layout=EXAMPLES / "small_flat.json")
    pose = generator.start_pose()
    cameras = Cameras(pinhole(math.radians(70), 24, 32)[None], pose[None], 24, 32)
    frames = generator.generate(Request(cameras, empty_recall(cameras), "", 0))
    assert frames.depth is not None
    assert frames.labels is not None
    assert (frames.depth > 0).float().mean() > 0.8
    assert {C.WALL, C.FLOOR} <= set(frames.labels.unique().tolist())
