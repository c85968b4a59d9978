"""The blockout: coarse, true to the painted rendering, anchored to the world."""

from functools import cache

import numpy as np
import pytest
import torch
from worlds_scene import Place, camera, world

from spatialmem.camera import Cameras, pixel_index, project, unproject
from spatialmem.generators.worlds.attributes import KINDS, Attributes, Kind
from spatialmem.generators.worlds.blockout import LIGHT_TERMS, PHASES, Blockout, blockout
from spatialmem.generators.worlds.grow import Grown
from spatialmem.generators.worlds.lights import LightBuilder
from spatialmem.generators.worlds.materials import MATERIALS, Pattern
from spatialmem.generators.worlds.paint import paint
from spatialmem.generators.worlds.skies import sky_of
from spatialmem.generators.worlds.solids import SolidBuilder
from spatialmem.generators.worlds.window import FixedBlocks
from spatialmem.labels import SemanticClass

DAY = sky_of("day", azimuth=-1.9)
VIEWS = (((9.25, 14.5, 1.5), (3.5, 5.5, 1.0)), ((14.5, -14.5, 1.625), (5, -2, 1.25)),
         ((18, 14.5, 1.625), (25, 3, 2.25)))


@cache
def place() -> FixedBlocks:
    return world()


def light(view: Blockout, term: str) -> np.ndarray:
    return view.light[..., LIGHT_TERMS.index(term)]


def ground_with(builder: SolidBuilder, lights: LightBuilder | None = None) -> FixedBlocks:
    builder.box((0, 0, -0.3), (16, 16, 0), material="brick", cls=SemanticClass.ROAD, instance=1)
    return FixedBlocks({(0, 0): Place(builder.solids(), (lights or LightBuilder()).lights())})


@pytest.mark.parametrize("number", range(3))
def test_it_agrees_with_what_is_painted(number: int) -> None:
    cameras = camera(*VIEWS[number], 96, 128)
    coarse, painted = blockout(place(), cameras, DAY), paint(place(), cameras, DAY, samples=1)
    assert (coarse.classes == painted.classes).mean() > 0.97
    assert (np.abs(coarse.depth - painted.depth) < 0.1).mean() > 0.95


@cache
def patch(kind: Kind) -> tuple[FixedBlocks, Cameras]:
    """Nine blocks of a grown world, and views from random places in the rooms of the middle one."""
    grown, random = Grown(5, Attributes(place=kind, light="day", weather="clear")), np.random.default_rng(7)
    blocks = {(i, j): grown.block(i, j) for i in (0, 1, 2) for j in (0, 1, 2)}
    views = []
    for _ in range(8):
        room = blocks[1, 1].rooms[random.integers(len(blocks[1, 1].rooms))]
        x, y = (16 + random.uniform(a + 0.25 * (b - a), b - 0.25 * (b - a))
                for a, b in zip(room.low, room.high, strict=True))
        turn = random.uniform(0, 2 * np.pi)
        views.append(camera((x, y, 1.5), (x + np.cos(turn), y + np.sin(turn), 1.4), 48, 64))
    return FixedBlocks(blocks), Cameras.concat(views)


@pytest.mark.parametrize("kind", KINDS)
def test_it_agrees_with_what_is_painted_in_every_kind_of_place(kind: Kind) -> None:
    world_, cameras = patch(kind)
    coarse, painted = blockout(world_, cameras, DAY), paint(world_, cameras, DAY, samples=1)
    assert (coarse.classes == painted.classes).mean() >= 0.97
    assert (np.abs(coarse.depth - painted.depth) < 0.1).mean() >= 0.95


def test_fine_solids_are_left_out() -> None:
    builder = SolidBuilder()
    builder.box((7, 7, 0), (8, 8, 1), material="wood", cls=SemanticClass.BOX, instance=2)
    builder.box((8, 8, 0), (9, 9, 1), material="wood", cls=SemanticClass.HANDLE, instance=3, fine=True)
    world_ = ground_with(builder)
    cameras = camera((8, 2, 2), (8, 8, 0.3), 48, 64)
    assert (paint(world_, cameras, DAY).classes == SemanticClass.HANDLE).any()
    view = blockout(world_, cameras, DAY)
    assert not (view.classes == SemanticClass.HANDLE).any()
    assert (view.classes == SemanticClass.BOX).any()


def test_materials_and_palette_are_those_of_the_solids() -> None:
    view = blockout(ground_with(SolidBuilder()), camera((8, 8, 2), (8, 11, 0), 24, 32), DAY)
    road = view.classes == SemanticClass.ROAD
    assert set(np.unique(view.materials[road])) == {Pattern.BRICK}
    # a palette is one colour, whatever the pattern or the distance
    assert np.ptp(view.palette[road], 0).max() < 1e-4
    assert view.palette[road][0, 0] > view.palette[road][0, 2] + 0.1


def test_the_sky_has_colour_and_nothing_else() -> None:
    view = blockout(ground_with(SolidBuilder()), camera((8, 8, 2), (8, 10, 3), 24, 32), DAY)
    sky = view.classes == SemanticClass.SKY
    assert sky.any()
    assert view.depth[sky].max() == 0 and np.abs(view.phases[sky]).max() == 0 and np.abs(view.light[sky]).max() == 0
    assert view.palette[sky].min() > 0.2


def test_phases_are_the_sine_and_cosine_of_the_place_on_a_surface() -> None:
    cameras = camera((8, 8, 1.5), (8, 9, 0), 48, 64)
    view = blockout(ground_with(SolidBuilder()), cameras, DAY)
    points = unproject(torch.from_numpy(view.depth), cameras)[0].numpy().astype(np.float64)
    u, v = points[..., 0], points[..., 1]
    truth = [f(2 * np.pi * w / period) for period in (2.0, 0.5) for w in (u, v) for f in (np.sin, np.cos)]
    near = view.depth[0] < 2.0
    for k in range(8):
        np.testing.assert_allclose(view.phases[0, ..., k][near], truth[k][near], atol=2e-3)


def test_the_last_phases_count_bricks_and_courses() -> None:
    cameras = camera((8, 8, 1.0), (8, 8.4, 0), 48, 64)
    view = blockout(ground_with(SolidBuilder()), cameras, DAY)
    points = unproject(torch.from_numpy(view.depth), cameras)[0].numpy().astype(np.float64)
    brick = MATERIALS["brick"].scale_m
    assert len(PHASES) == view.phases.shape[-1] == 12
    for k, place, period in ((8, points[..., 0], 2 * brick), (10, points[..., 1], 2 * brick / 3)):
        strength = np.hypot(view.phases[0, ..., k], view.phases[0, ..., k + 1])
        assert strength.min() > 0.2, "a pixel spans less than a course"
        turn = 2 * np.pi * place / period
        np.testing.assert_allclose(view.phases[0, ..., k] / strength, np.sin(turn), atol=5e-3)
        np.testing.assert_allclose(view.phases[0, ..., k + 1] / strength, np.cos(turn), atol=5e-3)


def test_a_picture_is_one_unit_and_boards_run_along_the_longer_side() -> None:
    builder = SolidBuilder()
    builder.box((7, 10, 1), (9, 10.1, 2), material="painting", cls=SemanticClass.PICTURE, instance=2)
    builder.box((4, 10, 0), (4.3, 10.1, 3), material="planks", cls=SemanticClass.DOOR, instance=3)
    picture = blockout(ground_with(builder), camera((8, 8.5, 1.5), (8, 10, 1.5), 48, 64), DAY)
    shown = picture.classes[0] == SemanticClass.PICTURE
    angle = np.arctan2(picture.phases[0, ..., 8], picture.phases[0, ..., 9])[shown]
    assert angle.min() >= -1e-3 and angle.max() > 2.9, "from 0 on one side to half a turn on the other"
    board = blockout(ground_with(builder), camera((4.15, 9, 1.5), (4.15, 10, 1.5), 48, 64), DAY)
    rows = board.phases[0, :, :, 10:12][board.classes[0] == SemanticClass.DOOR]
    assert np.ptp(np.arctan2(rows[:, 0], rows[:, 1])) > 2, "boards lie side by side across the narrow face"


def test_phases_are_anchored_to_the_world() -> None:
    a, b = camera((8, 4, 1.5), (8, 8, 0), 96, 128), camera((12, 6, 1.8), (8, 8, 0), 96, 128)
    world_ = ground_with(SolidBuilder())
    first, second = (blockout(world_, cameras, DAY) for cameras in (a, b))
    points = unproject(torch.from_numpy(first.depth), a).reshape(-1, 3)
    pixels, z = project(points, b)
    row, column, inside = pixel_index(pixels[0], 96, 128)
    seen = second.depth[0, row, column]
    both = inside.numpy() & (first.depth.reshape(-1) > 0) & (np.abs(seen - z[0].numpy()) < 0.02) & (seen < 6)
    assert both.sum() > 500
    difference = first.phases.reshape(-1, 12)[both, :4] - second.phases[0, row, column][both, :4]
    assert np.abs(difference).mean() < 0.04


def test_phases_fade_where_pixels_blur_them() -> None:
    cameras = camera((8, 1, 1.5), (8, 14, 0.6), 48, 64)
    blocks = {(i, j): ground_with(SolidBuilder()).blocks[0, 0] for i in (-1, 0, 1) for j in (0, 1, 2)}
    view = blockout(FixedBlocks(blocks), cameras, DAY)
    strength = np.hypot(view.phases[0, ..., 6], view.phases[0, ..., 7])
    far, near = view.depth[0] > 15, (view.depth[0] > 0) & (view.depth[0] < 2.5)
    assert far.any() and near.any()
    assert strength[far].max() < 1e-6
    assert strength[near].min() > 0.9


def test_light_tells_sun_from_shadow_and_lamps_from_sky() -> None:
    builder, lights = SolidBuilder(), LightBuilder()
    builder.box((6, 6, 2), (10, 10, 2.1), material="wood", cls=SemanticClass.TABLE, instance=2)
    lights.lamp((4, 12, 1.5), reach=3)
    world_ = ground_with(builder, lights)
    sky = sky_of("day", azimuth=0.0)
    drop = 2.0 / np.tan(sky.elevation)

    def spot(x: float, y: float) -> dict[str, float]:
        view = blockout(world_, camera((x, y - 0.2, 1.0), (x, y, 0), 3, 3, fov=5), sky)
        return {term: float(light(view, term).mean()) for term in LIGHT_TERMS}

    shaded, open_, lit = spot(8 - drop, 8), spot(13, 4), spot(4, 12)
    assert shaded["sun"] == 0 and shaded["shadow"] == 1
    assert open_["sun"] > 0.5 and open_["shadow"] == 0 and open_["lamps"] == 0
    assert lit["lamps"] > 0.4
    assert open_["around"] == pytest.approx(lit["around"], abs=1e-6)
    assert open_["openness"] > 0.99 and open_["glow"] == 0


def test_what_shines_glows() -> None:
    builder = SolidBuilder()
    builder.ellipsoid((8, 8, 2), (0.5, 0.5, 0.5), material="lamp", cls=SemanticClass.LAMP, instance=2)
    view = blockout(ground_with(builder), camera((8, 5, 2), (8, 8, 2), 24, 32), DAY)
    lamp = view.classes == SemanticClass.LAMP
    assert light(view, "glow")[lamp].min() > 0.8
    assert light(view, "glow")[~lamp].max() == 0
    assert view.light.min() >= 0 and view.light.max() <= 1
