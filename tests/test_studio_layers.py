"""What the layers' colours mean, and the legends that say so."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_worlds import fresh, walk, wall_frames

from spatialmem.camera import Cameras, pinhole
from spatialmem.export.colours import TRUST_COLOURS, colour_map, trust_image
from spatialmem.frames import REVISE, TRUSTED, UNKNOWN, Frames, Recall
from spatialmem.labels import DISPLAY_COLOURS, SemanticClass, class_name
from spatialmem.poses import look_at
from spatialmem.splats import Splats
from spatialmem.studio.colours import bar_legend, patch_legend
from spatialmem.studio.layers import (
    ELSEWHERE,
    LAYERS,
    Lens,
    depth_range,
    labels_shown,
    paint,
)
from spatialmem.studio.legends import legend

DARKEST, BRIGHTEST = [68, 1, 84], [253, 231, 36]
AT_ORIGIN = torch.eye(4, dtype=torch.float64)


def in_a_row(depths: list[float]) -> Splats:
    return fresh(torch.tensor([[0.0, 0.0, z] for z in depths]))


@settings(deadline=None)
@given(st.lists(st.floats(-2, 3), min_size=2, max_size=20))
def test_a_colour_map_grows_ever_brighter(values: list[float]) -> None:
    colours = colour_map(np.array(sorted(values))).astype(float)
    bright = colours @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(bright) >= -1.5).all()  # eight bits a channel


def test_a_colour_map_ends_at_its_extremes() -> None:
    ends = colour_map(np.array([-1.0, 0.0, 1.0, 2.0]))
    assert ends.tolist() == [DARKEST, DARKEST, BRIGHTEST, BRIGHTEST]


def test_colours_are_those_remembered() -> None:
    splats = fresh(torch.rand(3, 3), torch.tensor([[0.0, 0.5, 1.0], [-0.2, 1.3, 0.2], [1.0, 1.0, 1.0]]))
    assert paint("colour", splats, Lens(AT_ORIGIN)).tolist() == [[0, 128, 255], [0, 255, 51], [255, 255, 255]]


def test_depth_is_told_along_the_view() -> None:
    splats = in_a_row([1.0, 2.0, 3.0])
    lens = Lens(AT_ORIGIN, nearest=1.0, farthest=3.0)
    assert paint("depth", splats, lens).tolist() == colour_map(np.array([0.0, 0.5, 1.0])).tolist()
    beside = look_at(torch.tensor([-2.0, 0.0, 2.0]), torch.tensor([0.0, 0.0, 2.0]), torch.tensor([0.0, -1.0, 0.0]))
    assert len(np.unique(paint("depth", splats, Lens(beside, farthest=4.0)), axis=0)) == 1


def test_the_depth_range_holds_what_is_in_view() -> None:
    camera = Cameras(pinhole(1.0, 48, 64)[None], AT_ORIGIN[None], 48, 64)
    splats = in_a_row([*np.linspace(2.0, 5.0, 101).tolist(), 900.0])
    splats.confidence[-1] = 0
    assert depth_range(splats, camera) == pytest.approx((2.03, 4.97), abs=0.02)
    assert depth_range(in_a_row([-1.0]), camera) == (0.0, 10.0)


@pytest.mark.parametrize("turn", ["kept", "flipped"])
def test_normals_face_the_viewer(turn: str) -> None:
    splats = in_a_row([2.0])
    splats.scales[:, 2] = 1e-4
    if turn == "flipped":
        splats.quats[:] = torch.tensor([0.0, 1.0, 0.0, 0.0])  # half a turn about x
    assert paint("normals", splats, Lens(AT_ORIGIN)).tolist() == [[128, 128, 255]]


def test_a_floor_faces_up() -> None:
    floor = fresh(torch.tensor([[0.0, 1.0, 2.0]]))  # +y is down for this camera
    floor.scales[:, 1] = 1e-4
    assert paint("normals", floor, Lens(AT_ORIGIN)).tolist() == [[128, 255, 128]]


def test_confidence_and_observations_follow_their_scales() -> None:
    splats = in_a_row([1.0, 2.0, 3.0])
    splats.confidence[:] = torch.tensor([0.0, 0.5, 1.0])
    splats.seen[:] = torch.tensor([1, 8, 64], dtype=torch.int32)
    thirds = colour_map(np.array([0.0, 0.5, 1.0])).tolist()
    assert paint("confidence", splats, Lens(AT_ORIGIN)).tolist() == thirds
    assert paint("observations", splats, Lens(AT_ORIGIN, most_seen=64)).tolist() == thirds


def test_trust_colours_what_the_view_shows() -> None:
    cameras = walk(0, 1)
    frames = wall_frames(cameras)
    trust = torch.full((1, cameras.height, cameras.width), TRUSTED, dtype=torch.uint8)
    trust[:, :, :16] = REVISE
    view = Frames(frames.rgb, cameras, depth=frames.depth, alpha=torch.ones_like(frames.rgb[..., 0]))
    recall = Recall(view, trust, Frames.empty(cameras.height, cameras.width))
    seen = [[1.0, 0.0, 4.0], [-0.9, 0.0, 4.0]]
    splats = fresh(torch.tensor([*seen, [0.0, 0.0, 6.0], [0.0, 0.0, -4.0], [40.0, 0.0, 4.0]]))
    colours = paint("trust", splats, Lens(cameras.T_world_cam[0], recall=recall))
    assert [tuple(row) for row in colours.tolist()] == [TRUST_COLOURS[TRUSTED], TRUST_COLOURS[REVISE],
                                                        ELSEWHERE, ELSEWHERE, ELSEWHERE]
    assert paint("trust", splats, Lens(AT_ORIGIN)).tolist() == [list(ELSEWHERE)] * 5


def test_a_trust_picture_has_a_colour_a_level() -> None:
    picture = trust_image(torch.tensor([[UNKNOWN, REVISE, TRUSTED]], dtype=torch.uint8))
    assert [tuple(pixel) for pixel in picture[0].tolist()] == [TRUST_COLOURS[i] for i in (UNKNOWN, REVISE, TRUSTED)]


@pytest.mark.parametrize("layer", LAYERS)
def test_every_layer_takes_no_gaussians_and_has_a_legend(layer: str) -> None:
    lens = Lens(AT_ORIGIN, farthest=7.3, most_seen=30)
    assert paint(layer, Splats.empty(), lens).shape == (0, 3)  # type: ignore[arg-type]
    caption, picture = legend(layer, lens)  # type: ignore[arg-type]
    assert caption
    assert (picture is None) == (layer in {"colour", "labels"})


def test_labels_have_the_colours_and_names_of_their_classes_and_others_are_told_apart() -> None:
    labels = torch.tensor([SemanticClass.SOFA, SemanticClass.WALL, SemanticClass.SOFA, 0, 300, 301], dtype=torch.int32)
    splats = replace(in_a_row([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), labels=labels)
    assert labels_shown(splats)[0] == SemanticClass.SOFA and set(labels_shown(splats)) == {11, 1, 300, 301}
    colours = paint("labels", splats, Lens(AT_ORIGIN))
    assert bytes(colours[0]).hex() == DISPLAY_COLOURS[SemanticClass.SOFA][1:]
    assert len(np.unique(colours, axis=0)) == 5
    caption, picture = legend("labels", Lens(AT_ORIGIN, labels=labels_shown(splats)))
    assert caption == "Semantic class" and picture is not None
    assert tuple(colours[0].tolist()) in {tuple(pixel) for row in picture.tolist() for pixel in row}
    assert [class_name(n) for n in (0, 11, 300)] == ["unknown or sky", "sofa", "label 300"]


@pytest.mark.parametrize("low, high", [(0.0, 10.0), (1.31, 2.62), (0.02, 0.021), (3.0, 3.0), (0.0, 4_000.0)])
def test_depth_legends_have_a_few_round_ticks(low: float, high: float) -> None:
    _, picture = legend("depth", Lens(AT_ORIGIN, nearest=low, farthest=high))
    assert picture is not None and picture.dtype == np.uint8


def test_legends_show_what_they_name() -> None:
    bar = bar_legend([(0.0, "0"), (1.0, "1")])
    assert bar[0, [0, -1]].tolist() == [DARKEST, BRIGHTEST]
    patches = patch_legend([((200, 10, 10), "one"), ((10, 200, 10), "two")])
    assert {(200, 10, 10), (10, 200, 10)} <= {tuple(pixel) for row in patches.tolist() for pixel in row}
