"""Normals of depth images and the Gaussians that new pixels become."""

from dataclasses import replace

import pytest
import torch
from box_room import HEIGHT, WIDTH, room_frames, room_walk
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from spatialmem.camera import Cameras, pinhole, project, unproject
from spatialmem.frames import Frames
from spatialmem.poses import look_at, matrix_from_quat
from spatialmem.reconstruction.config import FusionConfig
from spatialmem.reconstruction.normals import surface_normals
from spatialmem.reconstruction.seed import contradicted, seed, unexplained
from spatialmem.render import render_splats

CONFIG = FusionConfig()
EVERYWHERE = torch.ones(1, HEIGHT, WIDTH, dtype=torch.bool)


def view(frame: Frames, depth: Tensor | float, alpha: float = 1.0) -> Frames:
    """A render of memory that shows a surface at `depth` in the colours of `frame`."""
    whole = torch.full((1, HEIGHT, WIDTH), 0.0) + depth
    return Frames(frame.rgb, frame.cameras, depth=whole, alpha=torch.full((1, HEIGHT, WIDTH), alpha))


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_normals_of_a_plane_are_the_planes(number: int):
    random = torch.Generator().manual_seed(number)
    normal = torch.randn(3, generator=random, dtype=torch.float64)
    normal = normal / normal.norm()
    eye = 3 * normal + torch.randn(3, generator=random, dtype=torch.float64)
    eye = eye + normal * max(0.0, 0.5 - float(eye @ normal))  # in front of the plane through the origin
    up = torch.randn(3, generator=random, dtype=torch.float64)
    cameras = Cameras(pinhole(0.5, 9, 11)[None], look_at(eye, -0.2 * eye, up)[None], 9, 11)
    rays = unproject(torch.ones(1, 9, 11, dtype=torch.float64), cameras) - cameras.centres
    depth = -float(eye @ normal) / (rays @ normal)
    sees = (depth > 0) & (depth < 100)
    if not bool(sees.all()):
        return  # the plane's horizon is in the image
    found = surface_normals(depth, cameras)
    torch.testing.assert_close(found, normal.expand_as(found), atol=1e-6, rtol=0)


def test_normals_of_the_room_face_the_camera_and_stay_on_their_wall():
    frames = room_frames(room_walk(3))
    assert frames.depth is not None
    points = unproject(frames.depth.double(), frames.cameras)
    normals = surface_normals(frames.depth.double(), frames.cameras)
    towards = frames.cameras.centres[:, None, None] - points
    assert bool(((normals * towards).sum(-1) > 0).all())
    # away from the edges between walls the normals are axes
    assert float((normals.abs().amax(dim=-1) > 0.999).double().mean()) > 0.85


def test_a_depth_step_does_not_tilt_the_normals_beside_it():
    cameras = Cameras(pinhole(1.0, 8, 10)[None], torch.eye(4)[None], 8, 10)
    depth = torch.full((1, 8, 10), 2.0)
    depth[:, :, 5:] = 6.0
    depth[:, 4:, :3] = 3.0
    straight = torch.tensor([0.0, 0, -1]).expand(1, 8, 10, 3)
    torch.testing.assert_close(surface_normals(depth, cameras), straight, atol=1e-5, rtol=0)


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (7, 1)])
def test_an_image_without_neighbours_has_normals_towards_the_camera(size: tuple[int, int]):
    cameras = Cameras(pinhole(1.0, *size)[None], torch.eye(4)[None], *size)
    depth = torch.full((1, *size), 2.0)
    normals = surface_normals(depth, cameras)
    towards = -torch.nn.functional.normalize(unproject(depth, cameras), dim=-1)
    torch.testing.assert_close(normals, towards)


def test_unknown_depth_everywhere_gives_finite_normals():
    frames = room_frames(room_walk(1))
    normals = surface_normals(torch.zeros(1, HEIGHT, WIDTH), frames.cameras)
    assert bool(torch.isfinite(normals).all())


def test_a_new_gaussian_stands_on_its_pixel_and_faces_the_camera():
    frame = room_frames(room_walk(1, start=4))
    assert frame.depth is not None
    splats = seed(frame, EVERYWHERE, config=CONFIG)
    assert len(splats) == HEIGHT * WIDTH
    pixels, z = project(splats.means, frame.cameras)
    v, u = torch.meshgrid(torch.arange(HEIGHT) + 0.5, torch.arange(WIDTH) + 0.5, indexing="ij")
    torch.testing.assert_close(pixels[0], torch.stack([u, v], -1).reshape(-1, 2), atol=2e-3, rtol=0)
    torch.testing.assert_close(z[0], frame.depth.reshape(-1), atol=1e-5, rtol=1e-5)
    assert torch.equal(splats.colors, frame.rgb.reshape(-1, 3))
    axes = matrix_from_quat(splats.quats)
    thin = axes.gather(2, splats.scales.argmin(dim=-1)[:, None, None].expand(-1, 3, 1))[..., 0]
    normals = surface_normals(frame.depth, frame.cameras).reshape(-1, 3)
    torch.testing.assert_close((thin * normals).sum(-1).abs(), torch.ones(len(splats)), atol=1e-4, rtol=0)


def test_new_gaussians_are_unstamped_unseen_and_hardly_trusted():
    splats = seed(room_frames(room_walk(1)), EVERYWHERE, config=CONFIG)
    assert set(splats.clip.tolist()) == {-1}
    assert set(splats.seen.tolist()) == {0}
    assert float(splats.confidence.min()) == float(splats.confidence.max()) > 0
    assert not bool(splats.generated.any())


def test_a_pixel_twice_as_far_gets_a_gaussian_twice_as_large():
    cameras = Cameras(pinhole(1.0, HEIGHT, WIDTH)[None], torch.eye(4)[None], HEIGHT, WIDTH)
    grey = torch.full((1, HEIGHT, WIDTH, 3), 0.5)
    frames = [Frames(grey, cameras, depth=torch.full((1, HEIGHT, WIDTH), d)) for d in (1.5, 3.0)]
    near, far = (seed(frame, EVERYWHERE, config=CONFIG) for frame in frames)
    torch.testing.assert_close(far.scales, 2 * near.scales, rtol=1e-3, atol=0)
    torch.testing.assert_close(far.means, 2 * near.means)


def test_what_is_seeded_looks_like_what_was_seen():
    frame = room_frames(room_walk(1))
    assert frame.depth is not None
    shown = render_splats(seed(frame, EVERYWHERE, config=CONFIG), frame.cameras)
    assert shown.alpha is not None
    assert shown.depth is not None
    middle = (slice(None), slice(3, -3), slice(3, -3))
    assert float(shown.alpha[middle].min()) > 0.8
    assert float((shown.rgb - frame.rgb)[middle].abs().mean()) < 0.06
    assert float(((shown.depth - frame.depth).abs() / frame.depth)[middle].median()) < 0.02


def test_unknown_depth_becomes_a_backdrop_that_nobody_trusts():
    frame = room_frames(room_walk(1))
    assert frame.depth is not None
    hole = torch.zeros_like(EVERYWHERE)
    hole[:, 10:20, 5:30] = True
    frame = replace(frame, depth=torch.where(hole, 0.0, frame.depth))
    splats = seed(frame, EVERYWHERE, config=CONFIG)
    behind = hole.reshape(-1)
    assert bool((splats.confidence[behind] == 0).all())
    assert bool((splats.confidence[~behind] > 0).all())
    _, z = project(splats.means, frame.cameras)
    assert frame.depth is not None
    assert float(z[0][behind].min()) > float(frame.depth.max())


def test_a_frame_without_any_depth_is_all_backdrop():
    frame = room_frames(room_walk(1))
    for depth in (None, torch.zeros(1, HEIGHT, WIDTH)):
        splats = seed(Frames(frame.rgb, frame.cameras, depth=depth), EVERYWHERE, config=CONFIG)
        assert len(splats) == HEIGHT * WIDTH
        assert float(splats.confidence.max()) == 0


def test_no_new_pixels_make_no_gaussians():
    assert len(seed(room_frames(room_walk(1)), ~EVERYWHERE, config=CONFIG)) == 0


def test_only_the_chosen_pixels_are_seeded():
    frame = room_frames(room_walk(1))
    chosen = torch.rand(1, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(0)) < 0.3
    some, everything = seed(frame, chosen, config=CONFIG), seed(frame, EVERYWHERE, config=CONFIG)
    assert torch.equal(some.means, everything.means[chosen.reshape(-1)])
    assert torch.equal(some.quats, everything.quats[chosen.reshape(-1)])


def test_what_memory_explains_is_not_new():
    frame = room_frames(room_walk(1))
    assert frame.depth is not None
    agreeing = view(frame, frame.depth * (1 + 0.5 * CONFIG.depth_tolerance))
    assert not bool(unexplained(frame, agreeing, CONFIG).any())
    assert not bool(contradicted(frame, agreeing, CONFIG).any())


def test_what_memory_does_not_cover_or_shows_behind_is_new():
    frame = room_frames(room_walk(1))
    assert frame.depth is not None
    assert bool(unexplained(frame, view(frame, frame.depth, alpha=0.0), CONFIG).all())
    assert bool(unexplained(frame, view(frame, 2 * frame.depth), CONFIG).all())
    assert not bool(contradicted(frame, view(frame, 2 * frame.depth), CONFIG).any())


def test_a_surface_in_free_space_contradicts_and_is_not_seeded_over():
    frame = room_frames(room_walk(1))
    assert frame.depth is not None
    floater = view(frame, 0.5 * frame.depth)
    assert bool(contradicted(frame, floater, CONFIG).all())
    assert not bool(unexplained(frame, floater, CONFIG).any())


def test_unknown_depth_is_new_only_where_nothing_is_remembered():
    frame = replace(room_frames(room_walk(1)), depth=torch.zeros(1, HEIGHT, WIDTH))
    assert not bool(unexplained(frame, view(frame, 2.0), CONFIG).any())
    assert not bool(contradicted(frame, view(frame, 2.0), CONFIG).any())
    assert bool(unexplained(frame, view(frame, 0.0, alpha=0.0), CONFIG).all())


def test_moving_content_is_never_new():
    frame = room_frames(room_walk(1))
    moving = torch.zeros_like(EVERYWHERE)
    moving[:, :, 20:] = True
    new = unexplained(replace(frame, dynamic=moving), view(frame, 0.0, alpha=0.0), CONFIG)
    assert torch.equal(new, ~moving)
