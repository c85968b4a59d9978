"""Which class a pixel of memory shows: the one that most of its light comes from."""

from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from box_room import brief_fusion, room_frames, room_walk
from memory_worlds import fresh

from spatialmem.camera import Cameras, pinhole
from spatialmem.errors import InvalidValueError
from spatialmem.frames import Frames
from spatialmem.render import rasterization, render_labels
from spatialmem.render.splats import MIN_COVERAGE
from spatialmem.splats import Splats

HEIGHT, WIDTH = 24, 32


def straight_ahead() -> Cameras:
    return Cameras(pinhole(1.2, HEIGHT, WIDTH)[None], torch.eye(4)[None], HEIGHT, WIDTH)


def sheet(z: float, label: int, low: float, high: float, opacity: float) -> Splats:
    """A dense wall at depth `z` from x = low to x = high."""
    y, x = torch.meshgrid(torch.linspace(-2, 2, 81), torch.linspace(low, high, 81), indexing="ij")
    splats = fresh(torch.stack([x, y, torch.full_like(x, z)], dim=-1).reshape(-1, 3))
    return replace(splats, scales=torch.full((len(splats), 3), 0.04), opacities=torch.full((len(splats),), opacity),
                   labels=torch.full((len(splats),), label, dtype=torch.int32))


def test_a_pixel_shows_the_class_in_front_and_nothing_where_little_is_known() -> None:
    splats = Splats.concat([sheet(2.0, 9, -2.0, -0.05, 0.9), sheet(3.0, 4, -3.0, 1.0, 0.9)])
    labels = render_labels(splats, straight_ahead())[0]
    assert labels.dtype == torch.int32
    row = labels[HEIGHT // 2].tolist()
    assert row[:14] == [9] * 14, "the nearer wall hides the farther"
    assert set(row[18:22]) == {4}
    assert row[-1] == 0, "nothing is there"


def test_faint_things_do_not_name_a_pixel() -> None:
    veil, wall = sheet(1.0, 5, -2.0, 2.0, 0.02), sheet(3.0, 4, -4.0, 4.0, 0.9)
    assert set(render_labels(Splats.concat([veil, wall]), straight_ahead()).flatten().tolist()) == {4}
    assert set(render_labels(veil, straight_ahead()).flatten().tolist()) == {0}


@pytest.mark.parametrize("classes", [1, 3, 4, 8])
def test_any_number_of_classes_is_told_apart(classes: int) -> None:
    edges = torch.linspace(-2, 2, classes + 1).tolist()
    stripes = [sheet(2.0, 100 * k, low, high, 0.9) for k, (low, high) in enumerate(pairwise(edges))]
    labels = render_labels(Splats.concat(stripes), straight_ahead())[0]
    columns = [int((pinhole(1.2, HEIGHT, WIDTH)[0, 0] * (low + high) / 4) + WIDTH / 2)
               for low, high in pairwise(edges)]
    seen = [(100 * k, column) for k, column in enumerate(columns) if 0 <= column < WIDTH]
    assert [int(labels[HEIGHT // 2, column]) for _, column in seen] == [label for label, _ in seen]


def test_more_classes_than_one_pass_draws() -> None:
    """The label of a pixel is that of the largest of all shares, each drawn alone."""
    splats = sheet(2.0, 0, -2.0, 2.0, 0.4)[::9]
    random = torch.Generator().manual_seed(0)
    splats = replace(splats, scales=splats.scales * 4,
                     labels=torch.randint(0, 70, (len(splats),), generator=random, dtype=torch.int32))
    cameras = straight_ahead()
    drawn = [rasterization(splats.means, splats.quats, splats.scales, splats.opacities,
                           (splats.labels == label).float()[:, None], cameras.viewmats, cameras.Ks, WIDTH, HEIGHT)
             for label in range(70)]
    shares = torch.cat([share for share, _, _ in drawn], -1)
    labels = render_labels(splats, cameras)
    covered = drawn[0][1][..., 0] >= MIN_COVERAGE
    assert not labels[~covered].any()
    assert len(labels[covered].unique()) > 32
    chosen = shares.gather(-1, labels.long()[..., None])[..., 0]
    torch.testing.assert_close(chosen[covered], shares.amax(-1)[covered])


def test_nothing_has_no_label() -> None:
    assert not render_labels(Splats.empty(), straight_ahead()).any()


def test_a_label_out_of_range_is_refused() -> None:
    with pytest.raises(InvalidValueError, match=r"labels must lie in 0..65535"):
        replace(fresh(torch.zeros(1, 3)), labels=torch.tensor([-1], dtype=torch.int32))


def labelled(cameras: Cameras) -> Frames:
    """The box room with a class for each half of space."""
    frames = room_frames(cameras)
    split = (frames.rgb[..., 0] > frames.rgb[..., 2]).to(torch.int32)
    return replace(frames, labels=3 + 4 * split)


def test_fusion_carries_labels_onto_the_gaussians() -> None:
    walk = room_walk(5)
    nothing = Frames.empty(walk.height, walk.width)
    fused = brief_fusion(12).fuse(Splats.empty(), labelled(walk[[0, 4]]), nothing).splats
    between = walk[[2]]
    shown, truth = render_labels(fused, between), labelled(between).labels
    assert truth is not None and set(fused.labels.tolist()) == {3, 7}
    assert float((shown == truth).float().mean()) > 0.9


def test_frames_without_labels_give_gaussians_without() -> None:
    walk = room_walk(2)
    fused = brief_fusion(2).fuse(Splats.empty(), room_frames(walk), Frames.empty(walk.height, walk.width)).splats
    assert len(fused) and not fused.labels.any()
