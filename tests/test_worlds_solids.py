"""Materials, solids and lights: what builders make, and what they refuse."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialmem.errors import InvalidValueError, ShapeError
from spatialmem.generators.worlds.lights import LightBuilder
from spatialmem.generators.worlds.materials import MATERIALS, Material, Pattern
from spatialmem.generators.worlds.solids import Shape, SolidBuilder, Solids
from spatialmem.labels import DISPLAY_COLOURS, SemanticClass, class_colours

WALL = {"material": "brick", "cls": SemanticClass.WALL, "instance": 1}


def test_every_class_has_a_colour_of_its_own() -> None:
    assert set(DISPLAY_COLOURS) == set(SemanticClass)
    assert len(set(DISPLAY_COLOURS.values())) == len(SemanticClass)
    assert SemanticClass.SKY == 0
    assert class_colours()[SemanticClass.SKY].tolist() == [0x9E, 0xCB, 0xF0]


def test_class_numbers_never_change() -> None:
    # these numbers stand in stored worlds
    assert [SemanticClass.WALL, SemanticClass.PICTURE, SemanticClass.GRASS, SemanticClass.OTHER] == [1, 8, 19, 41]


def test_every_pattern_has_a_material() -> None:
    assert {material.pattern for material in MATERIALS.values()} == set(Pattern)
    assert all(name == material.name for name, material in MATERIALS.items())


def test_a_tint_changes_the_main_colour_and_keeps_the_contrast_of_the_other() -> None:
    brick = MATERIALS["brick"].tinted((0.2, 0.5, 0.3))
    assert brick.colour_a == (0.2, 0.5, 0.3)
    assert brick.pattern == Pattern.BRICK
    assert brick.colour_b[1] == pytest.approx(min(1, 0.5 * (0xBF / 255 + 0.02) / (0x55 / 255 + 0.02)))


@pytest.mark.parametrize("change, message", [
    ({"scale_m": 0.3}, "16 m divided by a whole number"),
    ({"scale_m": 0.0}, "16 m divided by a whole number"),
    ({"scale_m": math.nan}, "16 m divided by a whole number"),
    ({"colour_a": (1.2, 0, 0)}, "sRGB"),
    ({"contrast": -0.1}, "contrast and gloss"),
    ({"emission": math.inf}, "emission"),
])
def test_materials_refuse(change: dict, message: str) -> None:
    with pytest.raises(InvalidValueError, match=message):
        Material(**{"name": "x", "pattern": Pattern.BRICK, "colour_a": (0, 0, 0), "colour_b": (1, 1, 1), **change})


def test_bodies_are_what_was_asked_for() -> None:
    builder = SolidBuilder()
    builder.box((1, 2, 0), (3, 8, 2.5), **WALL)
    builder.cylinder((4, 5, 0.5), 0.25, 2.0, material="bark", cls=SemanticClass.TRUNK, instance=7, fine=True)
    builder.ellipsoid((6, 6, 3), (1, 2, 0.5), material="foliage", cls=SemanticClass.FOLIAGE, instance=8)
    solids = builder.solids()
    assert len(solids) == len(builder) == 3
    assert solids.shape.tolist() == [Shape.BOX, Shape.CYLINDER, Shape.ELLIPSOID]
    assert solids.bounds[0].tolist() == [[1, 2, 0], [3, 8, 2.5]]
    assert solids.bounds[1].tolist() == [[3.75, 4.75, 0.5], [4.25, 5.25, 2.5]]
    assert solids.bounds[2].tolist() == [[5, 4, 2.5], [7, 8, 3.5]]
    assert solids.fine.tolist() == [False, True, False]
    assert [solids.materials[row].name for row in solids.material] == ["brick", "bark", "foliage"]


@pytest.mark.parametrize("ridge", ["x", "y"])
def test_a_gable_covers_its_rectangle_whatever_its_ridge(ridge: str) -> None:
    builder = SolidBuilder()
    builder.gable((2, 3, 5), (10, 7, 8), ridge, material="slate", cls=SemanticClass.ROOF, instance=1)
    np.testing.assert_allclose(builder.solids().bounds[0], [[2, 3, 5], [10, 7, 8]], atol=1e-6)


@settings(deadline=None, max_examples=40)
@given(st.floats(-7, 7), st.floats(0.1, 2), st.floats(0.1, 2))
def test_bounds_hold_the_corners_of_turned_boxes(yaw: float, width: float, depth: float) -> None:
    builder = SolidBuilder()
    builder.box((8 - width, 8 - depth, 0), (8 + width, 8 + depth, 1), yaw=yaw, **WALL)
    bounds = builder.solids().bounds[0].astype(np.float64)
    x = [8 + sx * width * math.cos(yaw) - sy * depth * math.sin(yaw) for sx in (-1, 1) for sy in (-1, 1)]
    y = [8 + sx * width * math.sin(yaw) + sy * depth * math.cos(yaw) for sx in (-1, 1) for sy in (-1, 1)]
    np.testing.assert_allclose(bounds[:, :2], [[min(x), min(y)], [max(x), max(y)]], atol=1e-5)


def test_a_box_turned_by_a_quarter_stays_aligned() -> None:
    builder = SolidBuilder()
    builder.box((6, 7, 0), (10, 9, 1), yaw=math.pi / 2, **WALL)
    solids = builder.solids()
    assert solids.bounds[0].tolist() == [[7, 6, 0], [9, 10, 1]]
    assert solids.yaw_cos.tolist() == [1.0]


def test_no_solids_are_solids() -> None:
    assert len(SolidBuilder().solids()) == 0


@pytest.mark.parametrize("low, high, change, message", [
    ((0, 0, 0), (0, 1, 1), {}, "extent must be positive"),
    ((0, 0, 0), (1, 1, math.nan), {}, "finite"),
    ((0, 0, 0), (1, 25, 1), {}, "within its block"),
    ((0, 0, 0), (1, 1, 300), {}, "of the ground"),
    ((0, 0, 0), (1, 1, 1), {"instance": 0}, "instance numbers"),
    ((0, 0, 0), (1, 1, 1), {"instance": 70000}, "instance numbers"),
    ((0, 0, 0), (1, 1, 1), {"material": "cheese"}, "unknown material 'cheese'"),
    ((0, 0), (1, 1, 1), {}, "three numbers"),
])
def test_boxes_are_refused(low: tuple, high: tuple, change: dict, message: str) -> None:
    with pytest.raises(InvalidValueError, match=message):
        SolidBuilder().box(low, high, **{**WALL, **change})


def test_a_ridge_along_z_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="ridge_axis"):
        SolidBuilder().gable((0, 0, 0), (1, 1, 1), "z", **WALL)  # type: ignore[arg-type]


def test_solids_refuse_arrays_that_do_not_match() -> None:
    builder = SolidBuilder()
    builder.box((0, 0, 0), (1, 1, 1), **WALL)
    good = vars(builder.solids())
    with pytest.raises(ShapeError, match="solids half"):
        Solids(**{**good, "half": np.zeros((2, 3), np.float32)})
    with pytest.raises(ShapeError, match="solids fine"):
        Solids(**{**good, "fine": np.zeros(1, np.uint8)})


def test_lamps_and_openings_light_the_room_they_belong_to() -> None:
    builder = LightBuilder()
    builder.room((0, 0, 0), (5, 5, 2.5))
    builder.room((5.1, 0, 0), (9, 5, 2.5))
    builder.lamp((2, 2, 2))
    builder.lamp((12, 2, 4), power=2, colour=(1, 0.5, 0.25), reach=9)
    builder.opening((5.0, 1, 0), (5.1, 2, 2.1))
    builder.opening((1, -0.1, 1), (3, 0.0, 2))
    lights = builder.lights()
    assert lights.lamp_boxes[0].tolist() == [[0, 0, 0], [5, 5, 2.5]]
    assert lights.lamp_boxes[1, 0].max() < -1000
    assert lights.lamps[1].tolist() == [12, 2, 4, 2, 1, 0.5, 9]
    # the inner door lights both rooms, the window only the one behind it
    assert lights.openings[:, 6:9].tolist() == [[-1, 0, 0], [1, 0, 0], [0, 1, 0]]
    assert lights.opening_boxes[:, 0, 0].tolist() == pytest.approx([0, 5.1, 0])


@pytest.mark.parametrize("call, message", [
    (lambda b: b.room((0, 0, 0), (1, 1, 0)), "low corner"),
    (lambda b: b.lamp((0, 0, math.inf)), "finite"),
    (lambda b: b.lamp((0, 0, 1), power=0), "power and reach"),
    (lambda b: b.opening((0, 0, 0), (1, 1, 1)), "thick"),
    (lambda b: b.opening((0, 0, 0), (0.1, 1, 1), daylight=-1), "daylight"),
])
def test_lights_refuse(call, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InvalidValueError, match=message):
        call(LightBuilder())
