"""Points as squares: what is seen is the nearest one, whatever the number of threads."""

import math

import numba
import pytest
import torch
from box_room import room_frames, room_walk
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from spatialmem.camera import Cameras, pinhole, project, unproject
from spatialmem.errors import InvalidValueError, ShapeError
from spatialmem.frames import Frames
from spatialmem.render import render_points
from spatialmem.render.points import nearest_points

HEIGHT, WIDTH = 12, 16


def ahead(count: int = 1) -> Cameras:
    """Cameras at the origin that look along +Z; one metre away a pixel is 1/16 m."""
    K = torch.tensor([[16.0, 0, 8], [0, 16, 6], [0, 0, 1]]).expand(count, 3, 3)
    return Cameras(K, torch.eye(4).expand(count, 4, 4), HEIGHT, WIDTH)


def cloud(count: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Points about the origin, some behind the cameras, with colours and sizes."""
    rng = torch.Generator().manual_seed(seed)
    points = torch.randn(count, 3, generator=rng) * torch.tensor([1.5, 1.5, 1.0]) + torch.tensor([0, 0, 1.5])
    return points, torch.rand(count, 3, generator=rng), 0.4 * torch.rand(count, generator=rng)


def drawn_plainly(points: Tensor, sizes: Tensor, cameras: Cameras) -> tuple[Tensor, Tensor]:
    """What `nearest_points` must give: every pixel centre against every square."""
    where, z = project(points.double(), cameras)
    focal = cameras.K[:, [0, 1], [0, 1]]
    half = (0.5 * sizes.double()[None, :, None] * focal[:, None] / z[..., None]).clamp(min=0.5)
    centres = torch.stack(torch.meshgrid(torch.arange(WIDTH) + 0.5, torch.arange(HEIGHT) + 0.5, indexing="xy"), -1)
    offset = centres[None, :, :, None] - where[:, None, None]
    inside = ((offset >= -half[:, None, None]) & (offset < half[:, None, None])).all(-1) & (z > 0.01)[:, None, None]
    depth, index = torch.where(inside, z.float()[:, None, None], torch.inf).min(dim=-1)
    return torch.where(depth < torch.inf, index, -1), torch.where(depth < torch.inf, depth, 0)


@given(count=st.integers(1, 60), seed=st.integers(0, 999))
@settings(deadline=None, max_examples=40)
def test_every_pixel_shows_the_nearest_square(count: int, seed: int) -> None:
    points, _, sizes = cloud(count, seed)
    cameras = Cameras.concat([ahead(), Cameras(ahead().K * torch.tensor([[1.3], [0.8], [1.0]]),
                                               room_walk(1).T_world_cam, HEIGHT, WIDTH)])
    index, depth = nearest_points(points, cameras, size=sizes)
    expected, distance = drawn_plainly(points, sizes, cameras)
    assert torch.equal(index, expected)
    torch.testing.assert_close(depth, distance)


def test_the_picture_does_not_depend_on_threads_or_on_company() -> None:
    points, colors, sizes = cloud(20_000, 7)
    cameras = ahead(5)
    most = numba.get_num_threads()
    pictures = []
    for threads in (1, most):
        numba.set_num_threads(threads)
        pictures.append(render_points(points, colors, cameras, size=sizes))
    alone = render_points(points, colors, cameras[2:3], size=sizes)
    assert torch.equal(pictures[0].rgb, pictures[1].rgb)
    assert torch.equal(pictures[0].rgb[2:3], alone.rgb)


def test_a_frames_own_pixels_give_it_back() -> None:
    true = room_frames(room_walk(1))
    assert true.depth is not None
    points = unproject(true.depth, true.cameras).reshape(-1, 3)
    shown = render_points(points, true.rgb.reshape(-1, 3), true.cameras, size=0.0)
    assert shown.depth is not None and shown.alpha is not None
    assert torch.equal(shown.rgb, true.rgb)
    assert bool((shown.alpha == 1).all())
    torch.testing.assert_close(shown.depth, true.depth, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("size", "pixels"), [(0.0, 1), (1 / 16, 1), (3 / 16, 9), (5 / 16, 25)])
def test_a_square_is_as_wide_as_its_size_and_at_least_a_pixel(size: float, pixels: int) -> None:
    middle = torch.tensor([[0.5 / 16, 0.5 / 16, 1.0]])  # the centre of pixel (6, 8)
    shown = render_points(middle, torch.ones(1, 3), ahead(), size=size)
    assert shown.alpha is not None
    assert int(shown.alpha.sum()) == pixels
    assert float(shown.alpha[0, 6, 8]) == 1
    farther = render_points(2 * middle, torch.ones(1, 3), ahead(), size=2 * size)
    assert torch.equal(shown.alpha, torch.as_tensor(farther.alpha))


def test_of_equally_near_points_the_first_is_seen_and_of_others_the_nearest() -> None:
    points = torch.tensor([[0.0, 0, 2], [0, 0, 1], [0, 0, 1], [0, 0, -1], [0, 0, 0.001]])
    index, depth = nearest_points(points, ahead(), size=0.1)
    assert set(index.unique().tolist()) == {-1, 1}
    assert set(depth.unique().tolist()) == {0, 1}


def test_nothing_is_black_and_unknown() -> None:
    none = torch.zeros(0, 3)
    shown = render_points(none, none, ahead(2), size=0.02)
    assert shown.depth is not None and shown.alpha is not None
    assert not shown.rgb.any() and not shown.depth.any() and not shown.alpha.any()
    assert len(render_points(*cloud(5, 0)[:2], ahead(2)[:0], size=0.02)) == 0


def test_far_from_the_origin_pixels_stay_where_they_are() -> None:
    away = torch.tensor([2000.0, -3000, 50], dtype=torch.float64)
    pose = torch.eye(4, dtype=torch.float64)
    pose[:3, 3] = away
    cameras = Cameras(pinhole(1.2, 24, 32)[None], pose[None], 24, 32)
    depth = torch.full((1, 24, 32), 3.0)
    points = unproject(depth, cameras).reshape(-1, 3)
    shown = render_points(points, torch.ones(len(points), 3), cameras, size=0.0)
    assert float(torch.as_tensor(shown.alpha).mean()) > 0.99


@pytest.mark.parametrize(("change", "error", "why"), [
    ({"points": torch.zeros(2, 2)}, ShapeError, r"points: expected \[N, 3\] float32"),
    ({"points": torch.zeros(3, 3).double()}, ShapeError, r"float32 as of the points|points: expected"),
    ({"colors": torch.zeros(2, 3)}, ShapeError, r"colors: expected \[3, 3\] float32"),
    ({"size": torch.zeros(2)}, ShapeError, r"size: expected a number or \[3\] float32"),
    ({"size": -1.0}, InvalidValueError, "size: must be finite metres, 0 or more"),
    ({"size": math.nan}, InvalidValueError, "size: must be finite metres, 0 or more"),
    ({"points": torch.full((3, 3), math.inf)}, InvalidValueError, "points have NaN or infinite entries"),
])
def test_what_cannot_be_drawn_is_refused(change: dict[str, object], error: type[ValueError], why: str) -> None:
    wanted = {"points": torch.zeros(3, 3), "colors": torch.zeros(3, 3), "size": 0.1, **change}
    if wanted["points"].shape[1] == 2:  # type: ignore[attr-defined]
        wanted["colors"] = torch.zeros(2, 2)
    with pytest.raises(error, match=why):
        render_points(wanted["points"], wanted["colors"], ahead(), size=wanted["size"])  # type: ignore[arg-type]


def test_the_answer_is_frames_like_any_other() -> None:
    shown = render_points(*cloud(50, 3)[:2], ahead(2), size=0.05)
    assert isinstance(shown, Frames)
    assert len(shown) == 2
