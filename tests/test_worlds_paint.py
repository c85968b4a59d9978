"""The painted rendering: the same pixels from anywhere, believable light, truthful labels."""

import math
from functools import cache

import numba
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from worlds_scene import Place, camera, house, world

from spatialmem.camera import Cameras
from spatialmem.errors import InvalidValueError
from spatialmem.generators.worlds.lights import LightBuilder
from spatialmem.generators.worlds.paint import Painted, paint
from spatialmem.generators.worlds.skies import Sky, sky_of
from spatialmem.generators.worlds.solids import SolidBuilder
from spatialmem.generators.worlds.window import FixedBlocks, Window
from spatialmem.labels import SemanticClass

DAY = sky_of("day", azimuth=-1.9)
VIEWS = (((9.25, 14.5, 1.5), (3.5, 5.5, 1.0)), ((14.5, -14.5, 1.625), (5, -2, 1.25)),
         ((18, 14.5, 1.625), (25, 3, 2.25)))


@cache
def place() -> FixedBlocks:
    return world()


def view(number: int, height: int = 48, width: int = 64) -> Cameras:
    return camera(*VIEWS[number], height, width)


def shifted(cameras: Cameras, x: float, y: float) -> Cameras:
    pose = cameras.T_world_cam.clone()
    pose[:, :2, 3] += torch.tensor([x, y], dtype=pose.dtype)
    return Cameras(cameras.K, pose, cameras.height, cameras.width)


def same(a: Painted, b: Painted) -> None:
    np.testing.assert_array_equal(a.rgb, b.rgb)
    np.testing.assert_array_equal(a.depth, b.depth)
    np.testing.assert_array_equal(a.classes, b.classes)
    np.testing.assert_array_equal(a.normals, b.normals)


@pytest.mark.parametrize("i, j", [(1, 0), (-3, 5), (60000, -41000)])
def test_a_world_moved_by_whole_blocks_gives_the_same_pixels(i: int, j: int) -> None:
    here = place()
    there = FixedBlocks({(a + i, b + j): block for (a, b), block in here.blocks.items()})
    for number in range(3):
        cameras = view(number)
        a, b = paint(here, cameras, DAY), paint(there, shifted(cameras, 16 * i, 16 * j), DAY)
        same(a, b)
        known = a.instances > 0
        assert len(np.unique((b.instances - a.instances)[known])) == 1


def test_any_number_of_threads_gives_the_same_pixels() -> None:
    before = numba.get_num_threads()
    views = []
    try:
        for threads in sorted({1, min(2, numba.config.NUMBA_NUM_THREADS), numba.config.NUMBA_NUM_THREADS}):
            numba.set_num_threads(threads)
            views.append(paint(place(), view(1), DAY))
    finally:
        numba.set_num_threads(before)
    for other in views[1:]:
        same(views[0], other)


def test_a_frame_does_not_depend_on_the_frames_around_it() -> None:
    together = paint(place(), Cameras.concat([view(n) for n in range(3)]), DAY)
    alone = paint(place(), view(2), DAY)
    np.testing.assert_array_equal(together.rgb[2], alone.rgb[0])
    np.testing.assert_array_equal(together.instances[2], alone.instances[0])


def test_nothing_jumps_where_a_camera_enters_the_next_block() -> None:
    eyes = [camera((x, 14.5, 1.625), (x + 7, 3, 2.25), 48, 64) for x in (16 - 1e-6, 16 + 1e-6)]
    a, b = (paint(place(), cameras, DAY, samples=1) for cameras in eyes)
    assert (np.abs(a.rgb - b.rgb).max(-1) > 0.02).mean() < 0.01
    assert (a.instances != b.instances).mean() < 0.01


def test_a_thing_has_one_number_wherever_it_is_seen_from() -> None:
    # a car stands in block (1, -1); one camera is in the block beside it, one in the house's garden
    near = paint(place(), camera((18, 14.5, 1.6), (23, 6, 0.8)), DAY, samples=1)
    far = paint(place(), camera((14.5, -6, 1.6), (23, 6, 0.8)), DAY, samples=1)
    cars = [set(np.unique(p.instances[p.classes == SemanticClass.CAR]).tolist()) for p in (near, far)]
    assert cars[1] and cars[1] <= cars[0]


@pytest.mark.parametrize("light", ["day", "dusk", "night", "lamps"])
@pytest.mark.parametrize("weather", ["clear", "fog", "snow"])
def test_pictures_are_neither_clipped_nor_mud(light: str, weather: str) -> None:
    sky = sky_of(light, weather, azimuth=-1.9)  # type: ignore[arg-type]
    rgb = np.concatenate([paint(place(), view(n, 24, 32), sky).rgb for n in range(3)])
    assert np.isfinite(rgb).all() and rgb.min() >= 0 and rgb.max() <= 1
    assert 0.08 < rgb.mean() < 0.85
    assert (rgb.min(-1) > 0.985).mean() < 0.02
    assert (rgb.max(-1) < 0.02).mean() < 0.10


def test_four_samples_come_closer_to_a_large_picture() -> None:
    cameras = view(2, 48, 64)
    large = paint(place(), cameras.resized(192, 256), DAY).rgb[0]
    truth = large.reshape(48, 4, 64, 4, 3).mean((1, 3))
    one, four = (float(((paint(place(), cameras, DAY, samples=n).rgb[0] - truth) ** 2).mean()) for n in (1, 4))
    assert four < 0.6 * one


def test_samples_change_colour_only() -> None:
    one, four = (paint(place(), view(0), DAY, samples=n) for n in (1, 4))
    np.testing.assert_array_equal(one.depth, four.depth)
    np.testing.assert_array_equal(one.instances, four.instances)
    assert 0.02 < (one.rgb != four.rgb).any(-1).mean() < 0.7


def test_a_small_step_of_the_camera_changes_little() -> None:
    cameras = view(1, 96, 128)
    a, b = (paint(place(), c, DAY).rgb for c in (cameras, shifted(cameras, 0.004, 0.0)))
    assert np.abs(a - b).mean() < 0.012


class Room:
    """A bare room of 6 by 6 m with a hole of 2 m in its south wall; what is built into it is up to the test."""

    def __init__(self, *, hole: bool = True, lamp: bool = False) -> None:
        self.solids, self.lights = SolidBuilder(), LightBuilder()
        rest = {"material": "paint", "cls": SemanticClass.WALL, "instance": 1}
        self.solids.box((0, 0, -0.3), (16, 16, 0), **{**rest, "cls": SemanticClass.FLOOR})
        self.solids.box((4, 4, 2.6), (10.2, 10.2, 2.8), **rest)
        for low, high in (((4, 4.2, 0), (4.2, 10, 2.6)), ((10, 4.2, 0), (10.2, 10, 2.6)),
                          ((4, 10, 0), (10.2, 10.2, 2.6))):
            self.solids.box(low, high, **rest)
        edges = [(4, 6, 0, 2.6), (8, 10.2, 0, 2.6), (6, 8, 0, 0.5), (6, 8, 2.0, 2.6)] if hole else [(4, 10.2, 0, 2.6)]
        for x0, x1, z0, z1 in edges:
            self.solids.box((x0, 4, z0), (x1, 4.2, z1), **rest)
        self.lights.room((4.1, 4.1, 0), (10.1, 10.1, 2.6))
        if hole:
            self.lights.opening((6, 4, 0.5), (8, 4.2, 2.0))
        if lamp:
            self.lights.lamp((7, 7, 2.2))

    def brightness(self, sky: Sky, x: float, y: float) -> float:
        """Mean colour of a spot of floor, seen from above at a slant."""
        block = Place(self.solids.solids(), self.lights.lights())
        cameras = camera((x, y - 0.05, 1.4), (x, y, 0), 5, 5, fov=4)
        return float(paint(FixedBlocks({(0, 0): block}), cameras, sky).rgb.mean())


def test_the_sun_shines_through_a_window_onto_the_floor() -> None:
    sky = sky_of("day", azimuth=-math.pi / 2)
    # its rays fall by tan(elevation) a metre: the patch lies between these distances from the wall
    near, far = (4.2 + z / math.tan(sky.elevation) for z in (0.5, 2.0))
    room = Room()
    middle = (near + far) / 2
    lit, beside, behind = (room.brightness(sky, x, y) for x, y in ((7, middle), (9, middle), (7, 9)))
    assert lit > beside + 0.15
    assert lit > behind + 0.15
    # up to the very edge
    assert room.brightness(sky, 7, near + 0.03) > lit - 0.08
    assert room.brightness(sky, 7, far + 0.15) < lit - 0.12


def test_a_window_lights_a_room_and_less_so_at_its_back() -> None:
    sky = sky_of("day", azimuth=math.pi / 2)
    front, back, closed = (Room(hole=hole).brightness(sky, 7, y) for hole, y in ((True, 5), (True, 9), (False, 5)))
    assert front > back + 0.05 > closed + 0.1


def test_lamps_light_their_own_room_only() -> None:
    night = sky_of("night")
    assert Room(hole=False, lamp=True).brightness(night, 6, 6) > Room(hole=False).brightness(night, 6, 6) + 0.3
    # outside the wall its light is not to be seen
    assert Room(hole=False, lamp=True).brightness(night, 3, 7) == Room(hole=False).brightness(night, 3, 7)


def test_corners_are_darker_than_the_middle() -> None:
    sky = sky_of("day", "fog")
    room = Room(hole=False, lamp=True)
    assert room.brightness(sky, 4.25, 4.3) < room.brightness(sky, 5.0, 5.0) - 0.05


def outdoors(material: str, cls: SemanticClass) -> FixedBlocks:
    solids = SolidBuilder()
    solids.box((0, 0, -0.3), (16, 16, 0), material=material, cls=cls, instance=1)
    solids.box((10, 10, 3), (13, 13, 3.2), material=material, cls=cls, instance=2)
    blocks = {(i, j): Place(solids.solids(), LightBuilder().lights()) for i in range(-3, 4) for j in range(-3, 4)}
    return FixedBlocks(blocks)


def test_snow_covers_open_ground_but_not_what_is_roofed() -> None:
    ground = outdoors("grass", SemanticClass.GRASS)
    snow, clear = (sky_of("day", weather) for weather in ("snow", "clear"))  # type: ignore[arg-type]
    spots = [camera((x, y - 0.1, 1.5), (x, y, 0), 8, 8, fov=8) for x, y in ((5.0, 5.0), (11.5, 11.5))]
    (open_snow, roofed_snow), (open_clear, roofed_clear) = [
        [paint(ground, spot, sky).rgb.mean((0, 1, 2)) for spot in spots] for sky in (snow, clear)]
    assert open_snow.min() > 0.6
    assert saturation(open_snow) < 0.2 < saturation(open_clear)
    assert saturation(roofed_snow) > 0.2 < saturation(roofed_clear)


def saturation(rgb: NDArray[np.float32]) -> float:
    return float((rgb.max() - rgb.min()) / rgb.max())


def test_fog_hides_what_is_far() -> None:
    ground = outdoors("asphalt", SemanticClass.ROAD)
    cameras = camera((8, 8, 1.6), (8, 40, 0.9), 48, 64, fov=40)
    for weather, least in (("clear", 0.1), ("fog", 0.0)):
        rgb = paint(ground, cameras, sky_of("day", weather, azimuth=1.0)).rgb[0]  # type: ignore[arg-type]
        # row by row the ground comes closer to the colour of the horizon
        gap = np.abs(rgb[40, 32] - rgb[2, 32]).mean(), np.abs(rgb[20, 32] - rgb[2, 32]).mean()
        assert gap[0] > gap[1] >= 0
        assert gap[0] > least


def test_some_panes_are_lit_at_night_and_none_by_day() -> None:
    solids = SolidBuilder()
    for number in range(24):
        x, z = 1 + 1.2 * (number % 12), 1 + 2 * (number // 12)
        solids.box((x, 10, z), (x + 0.8, 10.1, z + 1), material="glass", cls=SemanticClass.WINDOW, instance=number + 1)
    block = FixedBlocks({(0, 0): Place(solids.solids(), LightBuilder().lights())})
    cameras = camera((8, 1, 2.5), (8, 10, 2.5), 96, 128)
    for light, share in (("night", 0.4), ("day", 0.0)):
        view_ = paint(block, cameras, sky_of(light), samples=1)  # type: ignore[arg-type]
        warm = view_.rgb[..., 0] > view_.rgb[..., 2] + 0.1
        panes = [warm[view_.instances == n].mean() for n in np.unique(view_.instances)[1:]]
        assert len(panes) == 24
        lit = np.mean(np.array(panes) > 0.5)
        assert lit == pytest.approx(share, abs=0.2)
        assert (lit > 0.1) == (share > 0)


def test_materials_of_all_blocks_stand_once_in_a_window() -> None:
    window = Window.of((0, 0), {(0, 0): house(), (1, 0): house()})
    assert len(window.solids.materials) == len(set(window.solids.materials))
    assert len(window.solids) == 2 * len(house().solids)
    names = {window.solids.materials[row].name for row in window.solids.material}
    assert {"brick", "parquet", "books", "rug"} <= names


@pytest.mark.parametrize("change, message", [
    ({"light": "noon"}, "unknown light 'noon'"),
    ({"weather": "hail"}, "unknown weather 'hail'"),
    ({"azimuth": math.nan}, "finite"),
])
def test_skies_are_refused(change: dict, message: str) -> None:
    with pytest.raises(InvalidValueError, match=message):
        sky_of(**{"light": "day", **change})


def test_a_sky_keeps_to_its_ranges() -> None:
    good = vars(DAY)
    for name, value, message in (("lit", 1.5, "lit"), ("elevation", 0.0, "elevation"),
                                 ("ambient", -1.0, "not negative")):
        with pytest.raises(InvalidValueError, match=message):
            Sky(**{**good, name: value})
