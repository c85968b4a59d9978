"""Layers 0 to 2: rigid transforms, cameras, Gaussians, frames and the values of the two roles."""

import math
from dataclasses import fields, replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from spatialmem.camera import Cameras, pinhole, project, unproject
from spatialmem.errors import GenerationError, InvalidValueError, ShapeError, SpatialMemError
from spatialmem.frames import Frames, Recall
from spatialmem.poses import (
    check_rigid,
    interpolate,
    invert,
    look_at,
    matrix_from_quat,
    quat_from_matrix,
    rotation_angle,
    transform,
)
from spatialmem.protocols import Request, check_frames, check_sizes, empty_recall, provenance, restore
from spatialmem.splats import FIELDS, Splats

laws = settings(deadline=None, max_examples=40)

HALF_TURNS = [(0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0), (0.0, 0.0, 0.0, 1.0), (0.0, 0.6, 0.8, 0.0),
              (0.0, -0.48, 0.6, 0.64), (1e-9, 0.6, 0.0, -0.8)]

seeds = st.integers(0, 2**32 - 1)


def random_poses(seed: int, count: int, reach: float = 10.0) -> Tensor:
    """`[count, 4, 4]` float64 poses: any rotation, positions within `reach` metres."""
    random = torch.Generator().manual_seed(seed)
    T = torch.eye(4, dtype=torch.float64).repeat(count, 1, 1)
    T[:, :3, :3] = matrix_from_quat(torch.randn(count, 4, generator=random, dtype=torch.float64))
    T[:, :3, 3] = reach * (2 * torch.rand(count, 3, generator=random, dtype=torch.float64) - 1)
    return T


def random_cameras(seed: int, count: int = 2, height: int = 6, width: int = 8) -> Cameras:
    """Cameras anywhere, with unequal focal lengths and principal points off the centre."""
    random = torch.Generator().manual_seed(seed)
    K = torch.eye(3, dtype=torch.float64).repeat(count, 1, 1)
    K[:, 0, 0], K[:, 1, 1] = width * (0.4 + torch.rand(2, count, generator=random, dtype=torch.float64))
    K[:, 0, 2], K[:, 1, 2] = width * 0.4, height * 0.7
    return Cameras(K, random_poses(seed, count), height, width)


def random_splats(seed: int, count: int) -> Splats:
    """Gaussians whose every field differs from row to row."""
    random = torch.Generator().manual_seed(seed)
    return Splats(
        means=torch.randn(count, 3, generator=random), quats=torch.randn(count, 4, generator=random),
        scales=0.01 + torch.rand(count, 3, generator=random), opacities=torch.rand(count, generator=random),
        colors=torch.randn(count, 3, generator=random), clip=torch.arange(count, dtype=torch.int32),
        seen=torch.arange(count, dtype=torch.int32) + 5, confidence=torch.rand(count, generator=random),
        generated=torch.rand(count, generator=random) < 0.5, labels=torch.arange(count, dtype=torch.int32) % 40)


def full_frames(seed: int, count: int = 3) -> Frames:
    """Frames that have every layer."""
    random = torch.Generator().manual_seed(seed)
    cameras = random_cameras(seed, count)
    size = (count, cameras.height, cameras.width)

    def draw() -> Tensor:
        return torch.rand(size, generator=random)

    return Frames(torch.rand(*size, 3, generator=random), cameras, depth=9 * draw(), alpha=draw(),
                  confidence=draw(), dynamic=draw() < 0.5, labels=(100 * draw()).to(torch.int32))


def equal(a: object, b: object) -> bool:
    """Whether two values are of one class and bit-identical in every field."""
    if type(a) is not type(b):
        return False
    if isinstance(a, Tensor):
        return a.dtype == b.dtype and torch.equal(a, b)  # type: ignore[attr-defined]
    if isinstance(a, Cameras | Frames | Splats):
        return all(equal(getattr(a, f.name), getattr(b, f.name)) for f in fields(a))
    return a == b


# --- poses ---------------------------------------------------------------------------------------


@laws
@given(seeds)
def test_poses_are_a_group_that_acts_on_points(seed: int):
    A, B, C = random_poses(seed, 3)
    identity = torch.eye(4, dtype=torch.float64)
    torch.testing.assert_close(invert(A) @ A, identity)
    torch.testing.assert_close(A @ invert(A), identity)
    torch.testing.assert_close(invert(invert(A)), A)
    torch.testing.assert_close((A @ B) @ C, A @ (B @ C))
    torch.testing.assert_close(invert(A @ B), invert(B) @ invert(A))
    check_rigid(A @ B @ C)
    points = torch.randn(5, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    torch.testing.assert_close(transform(A @ B, points), transform(A, transform(B, points)))
    torch.testing.assert_close(transform(invert(A), transform(A, points)), points)


@laws
@given(seeds)
def test_a_quaternion_and_its_matrix_say_the_same(seed: int):
    R = random_poses(seed, 4)[:, :3, :3]
    q = quat_from_matrix(R)
    assert bool((q[:, 0] >= 0).all())
    torch.testing.assert_close(q.norm(dim=-1), torch.ones(4, dtype=torch.float64))
    torch.testing.assert_close(matrix_from_quat(q), R)
    torch.testing.assert_close(matrix_from_quat(-3 * q), R)  # any length, either sign


@pytest.mark.parametrize("half_turn", HALF_TURNS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_half_turns_have_no_singular_quaternion(half_turn: tuple[float, ...], dtype: torch.dtype):
    R = matrix_from_quat(torch.tensor(half_turn, dtype=dtype))
    again = quat_from_matrix(R)
    torch.testing.assert_close(matrix_from_quat(again), R)
    assert abs(float(again @ torch.tensor(half_turn, dtype=dtype))) == pytest.approx(1, abs=1e-6)


@laws
@given(seeds)
def test_a_camera_that_looks_at_a_target_sees_it_in_the_middle_and_up_upwards(seed: int):
    random = torch.Generator().manual_seed(seed)
    eye, target, up = torch.randn(3, 7, 3, generator=random, dtype=torch.float64)
    T = look_at(eye, target, up)
    check_rigid(T)
    torch.testing.assert_close(T[:, :3, 3], eye)
    local = transform(invert(T), target[:, None])[:, 0]
    torch.testing.assert_close(local[:, :2], torch.zeros(7, 2, dtype=torch.float64), atol=1e-9, rtol=0)
    torch.testing.assert_close(local[:, 2], (target - eye).norm(dim=-1))
    up_local = (up[:, None] @ T[:, :3, :3])[:, 0]
    torch.testing.assert_close(up_local[:, 0], torch.zeros(7, dtype=torch.float64), atol=1e-9, rtol=0)
    assert bool((up_local[:, 1] < 0).all())  # image y points down


@pytest.mark.parametrize("length", [1e-12, 1e-3, 1e9])
def test_the_length_of_up_does_not_matter(length: float):
    eye, target, up = torch.eye(3, dtype=torch.float64)
    torch.testing.assert_close(look_at(eye, target, length * up), look_at(eye, target, up))


@pytest.mark.parametrize(("target", "up"), [
    ((0, 0, 0), (0, 0, 1)), ((0, 0, 5), (0, 0, 1)), ((0, 0, -2), (0, 0, 1)), ((1, 0, 0), (0, 0, 0)),
    ((float("nan"), 0, 0), (0, 0, 1))])
def test_a_view_without_a_vertical_is_refused(target: tuple[float, ...], up: tuple[float, ...]):
    eye = torch.zeros(3, dtype=torch.float64)
    with pytest.raises(InvalidValueError, match="zero or parallel to up"):
        look_at(eye, torch.tensor(target, dtype=torch.float64), torch.tensor(up, dtype=torch.float64))


@laws
@given(seeds, st.floats(0, 1))
def test_interpolation_runs_evenly_from_one_pose_to_the_other(seed: int, s: float):
    A, B = random_poses(seed, 2)
    fractions = torch.tensor([0.0, s, 1.0], dtype=torch.float64)
    T = interpolate(A, B, fractions)
    check_rigid(T)
    torch.testing.assert_close(T[0], A)
    torch.testing.assert_close(T[2], B)
    torch.testing.assert_close(T[1, :3, 3], (1 - s) * A[:3, 3] + s * B[:3, 3])
    whole = rotation_angle(A, B)
    torch.testing.assert_close(rotation_angle(A, T[1]), s * whole, atol=1e-7, rtol=0)
    torch.testing.assert_close(rotation_angle(T[1], B), (1 - s) * whole, atol=1e-7, rtol=0)
    torch.testing.assert_close(interpolate(B, A, 1 - fractions), T, atol=1e-7, rtol=1e-7)


def test_interpolation_between_nearly_equal_poses_is_finite():
    A = random_poses(1, 1)[0]
    B = A.clone()
    B[:3, :3] = A[:3, :3] @ matrix_from_quat(torch.tensor([1, 1e-9, 0, 0], dtype=torch.float64))
    torch.testing.assert_close(interpolate(A, B, torch.tensor([0.5], dtype=torch.float64))[0], A)


@pytest.mark.parametrize("angle", [0.0, 1e-8, 1e-3, 1.0, math.pi - 1e-6, math.pi])
def test_the_angle_between_poses_is_exact_at_both_ends(angle: float):
    T = torch.eye(4, dtype=torch.float64)
    half = torch.tensor([math.cos(angle / 2), 0, math.sin(angle / 2), 0], dtype=torch.float64)
    T[:3, :3] = matrix_from_quat(half)
    assert float(rotation_angle(torch.eye(4, dtype=torch.float64), T)) == pytest.approx(angle, abs=1e-12)


@pytest.mark.parametrize(("change", "why"), [
    ((0, 0, float("nan")), "NaN or infinite"),
    ((1, 3, float("inf")), "NaN or infinite"),
    ((0, 0, -1.0), "mirrored"),
    ((0, 0, 1.01), "not a rotation"),
    ((0, 1, 0.02), "not a rotation"),
    ((3, 0, 1.0), "last row .* transposed"),
    ((3, 3, 2.0), "last row .* transposed"),
])
def test_a_pose_that_is_not_rigid_is_refused_by_its_place(change: tuple[int, int, float], why: str):
    T = torch.eye(4, dtype=torch.float64).repeat(3, 1, 1)
    T[2, change[0], change[1]] = change[2]
    with pytest.raises(InvalidValueError, match=rf"poses\[2\].*{why}"):
        check_rigid(T, "poses")


def test_a_pose_must_be_four_by_four():
    with pytest.raises(ShapeError, match=r"expected \[\.\.\., 4, 4\], got \[3, 4\]"):
        check_rigid(torch.eye(4)[:3])


# --- cameras -------------------------------------------------------------------------------------


@laws
@given(seeds)
def test_projection_undoes_unprojection_at_half_integer_pixels(seed: int):
    cameras = random_cameras(seed, 2)
    random = torch.Generator().manual_seed(seed)
    depth = 0.5 + 5 * torch.rand(2, 6, 8, generator=random, dtype=torch.float64)
    points = unproject(depth, cameras)
    v, u = torch.meshgrid(torch.arange(6) + 0.5, torch.arange(8) + 0.5, indexing="ij")
    for i in range(2):
        pixels, z = project(points[i].reshape(-1, 3), cameras[i : i + 1])
        torch.testing.assert_close(z[0].reshape(6, 8), depth[i])
        torch.testing.assert_close(pixels[0].reshape(6, 8, 2), torch.stack([u, v], -1).double())


def test_one_pixel_looks_where_it_should():
    camera = Cameras(torch.tensor([[[4.0, 0, 4], [0, 2, 3], [0, 0, 1]]]), torch.eye(4)[None], 6, 8)
    point = unproject(torch.full((1, 6, 8), 2.0), camera)[0, 5, 7]
    torch.testing.assert_close(point, torch.tensor([2 * 3.5 / 4, 2 * 2.5 / 2, 2.0]))
    assert float(project(torch.tensor([[0.0, 0, -1]]), camera)[1]) == -1


@laws
@given(seeds, st.integers(1, 40), st.integers(1, 40))
def test_resized_cameras_keep_every_view(seed: int, height: int, width: int):
    cameras = random_cameras(seed, 2)
    other = cameras.resized(height, width)
    points = torch.randn(9, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    before, after = project(points, cameras), project(points, other)
    torch.testing.assert_close(after[1], before[1])
    larger = torch.tensor([width / 8, height / 6], dtype=torch.float64)
    torch.testing.assert_close(after[0], before[0] * larger)
    assert equal(other.resized(6, 8).T_world_cam, cameras.T_world_cam)
    torch.testing.assert_close(other.resized(6, 8).K, cameras.K)


@laws
@given(st.floats(0.05, 3.1), st.integers(1, 64), st.integers(1, 64))
def test_a_pinhole_spans_its_field_of_view(fov: float, height: int, width: int):
    K = pinhole(fov, height, width)
    assert 2 * math.atan(width / 2 / float(K[0, 0])) == pytest.approx(fov)
    assert float(K[0, 0]) == float(K[1, 1])
    assert (float(K[0, 2]), float(K[1, 2])) == (width / 2, height / 2)


@pytest.mark.parametrize("fov", [0.0, -1.0, math.pi, float("nan")])
def test_an_impossible_field_of_view_is_refused(fov: float):
    with pytest.raises(InvalidValueError, match="between 0 and pi"):
        pinhole(fov, 6, 8)


def test_a_pose_far_from_the_origin_keeps_its_digits():
    T = torch.eye(4, dtype=torch.float64)[None].clone()
    T[0, 0, 3] = 1e6 + 0.125e-3
    cameras = Cameras(pinhole(1.0, 6, 8)[None].float(), T, 6, 8)
    assert float(cameras.centres[0, 0]) == 1e6 + 0.125e-3
    assert cameras.K.dtype == torch.float64
    assert cameras.viewmats.dtype == cameras.Ks.dtype == torch.float32
    torch.testing.assert_close(cameras.viewmats[0], torch.linalg.inv(T[0]).float())


@laws
@given(seeds)
def test_cameras_and_frames_can_be_taken_apart_and_put_together(seed: int):
    frames = full_frames(seed, 4)
    for whole in (frames, frames.cameras):
        parts = [whole[i : i + 1] for i in range(4)]
        concat = Frames.concat if isinstance(whole, Frames) else Cameras.concat
        assert equal(concat(parts), whole)
        assert equal(whole[[3, 0]], concat([parts[3], parts[0]]))
        assert equal(whole[torch.tensor([True, False, True, False])], whole[::2])
        assert len(whole[:0]) == 0
        assert equal(whole.to("cpu"), whole)
    assert all(equal(one, frames.cameras[i : i + 1]) for i, one in enumerate(frames.cameras))


def test_an_integer_would_lose_the_leading_axis_and_is_refused():
    frames = full_frames(0)
    with pytest.raises(TypeError, match=r"cameras\[i:i\+1\]"):
        frames.cameras[1]  # type: ignore[index]
    with pytest.raises(TypeError, match=r"cameras\[i:i\+1\]"):
        frames[1]  # type: ignore[index]


def _intrinsics(row: int, column: int, value: float) -> Tensor:
    K = pinhole(1.0, 6, 8)[None].clone()
    K[0, row, column] = value
    return K


@pytest.mark.parametrize(("K", "T", "size", "error", "why"), [
    (pinhole(1, 6, 8)[None], torch.eye(4), (6, 8), ShapeError, r"T_world_cam: expected \[T, 4, 4\]"),
    (pinhole(1, 6, 8), torch.eye(4)[None], (6, 8), ShapeError, r"K: expected \[1, 3, 3\]"),
    (pinhole(1, 6, 8)[None], -torch.eye(4)[None], (6, 8), InvalidValueError, "mirrored"),
    (_intrinsics(0, 0, float("nan")), torch.eye(4)[None], (6, 8), InvalidValueError, "NaN or infinite"),
    (_intrinsics(1, 1, 0.0), torch.eye(4)[None], (6, 8), InvalidValueError, "focal lengths"),
    (_intrinsics(0, 0, -8.0), torch.eye(4)[None], (6, 8), InvalidValueError, "focal lengths"),
    (_intrinsics(0, 1, 0.5), torch.eye(4)[None], (6, 8), InvalidValueError, "transposed or normalised"),
    (pinhole(1, 6, 8).T[None], torch.eye(4)[None], (6, 8), InvalidValueError, "transposed or normalised"),
    (_intrinsics(0, 2, 17.0), torch.eye(4)[None], (6, 8), InvalidValueError, "far outside the 8x6 image"),
    (pinhole(1, 6, 8)[None], torch.eye(4)[None], (0, 8), InvalidValueError, "image size 8x0"),
    (pinhole(1, 6, 8)[None], torch.eye(4)[None], (6, 40_000), InvalidValueError, "image size 40000x6"),
])
def test_cameras_refuse_what_is_no_camera(K: Tensor, T: Tensor, size: tuple[int, int], error: type[Exception],
                                          why: str):
    with pytest.raises(error, match=why):
        Cameras(K, T, *size)


def test_cameras_of_two_sizes_cannot_be_joined():
    cameras = random_cameras(0)
    with pytest.raises(ShapeError, match="one image size"):
        Cameras.concat([cameras, cameras.resized(3, 4)])
    with pytest.raises(ShapeError, match="one image size"):
        Cameras.concat([])


def test_depth_of_another_size_cannot_be_unprojected():
    with pytest.raises(ShapeError, match=r"depth: expected \[2, 6, 8\], got \[2, 8, 6\]"):
        unproject(torch.ones(2, 8, 6), random_cameras(0))


# --- splats --------------------------------------------------------------------------------------


@laws
@given(seeds, st.integers(0, 9), st.integers(0, 9))
def test_gaussians_can_be_taken_apart_and_put_together(seed: int, count: int, cut: int):
    splats = random_splats(seed, count)
    assert equal(Splats.concat([splats[:cut], splats[cut:]]), splats)
    assert equal(Splats.concat([splats, Splats.empty()]), splats)
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
    assert equal(splats[order][order.argsort()], splats)
    chosen = splats.opacities > 0.5
    assert len(splats[chosen]) + len(splats[~chosen]) == len(splats) == count
    assert equal(splats.to("cpu"), splats)
    # normalising once is enough: stored rows come back bit for bit
    assert equal(Splats(**{name: getattr(splats, name) for name in FIELDS}), splats)


def test_no_parts_make_an_empty_set():
    assert equal(Splats.concat([]), Splats.empty())
    assert len(Splats.empty()) == 0


def test_quaternions_are_normalised_and_only_they():
    splats = random_splats(3, 5)
    scaled = replace(splats, quats=7 * splats.quats)
    torch.testing.assert_close(scaled.quats, splats.quats)
    torch.testing.assert_close(scaled.quats.norm(dim=-1), torch.ones(5))
    assert equal(replace(scaled, quats=splats.quats), splats)


@pytest.mark.parametrize(("name", "value", "error", "why"), [
    ("means", torch.zeros(4, 3), ShapeError, "Splats"),
    ("quats", torch.ones(3, 3), ShapeError, r"Splats.quats: expected \[3, 4\]"),
    ("scales", torch.ones(3), ShapeError, r"Splats.scales: expected \[3, 3\]"),
    ("opacities", torch.ones(3, 1), ShapeError, r"Splats.opacities: expected \[3\]"),
    ("means", torch.zeros(3, 3, dtype=torch.float64), ShapeError, "Splats.means: expected .* torch.float32"),
    ("clip", torch.zeros(3, dtype=torch.int64), ShapeError, "Splats.clip: expected .* torch.int32"),
    ("generated", torch.zeros(3), ShapeError, "Splats.generated: expected .* torch.bool"),
    ("means", torch.full((3, 3), float("nan")), InvalidValueError, "Splats.means has NaN"),
    ("colors", torch.full((3, 3), float("inf")), InvalidValueError, "Splats.colors has NaN or infinite"),
    ("quats", torch.zeros(3, 4), InvalidValueError, "zero quaternion"),
    ("scales", torch.zeros(3, 3), InvalidValueError, "Splats.scales must lie in"),
    ("scales", torch.full((3, 3), 2e4), InvalidValueError, "Splats.scales must lie in"),
    ("means", torch.full((3, 3), 2e7), InvalidValueError, "within 1e.07 metres"),
    ("opacities", torch.full((3,), 1.001), InvalidValueError, "Splats.opacities must lie in 0..1"),
    ("confidence", torch.full((3,), -0.001), InvalidValueError, "Splats.confidence must lie in 0..1"),
])
def test_gaussians_refuse_what_is_none(name: str, value: Tensor, error: type[Exception], why: str):
    with pytest.raises(error, match=why):
        replace(random_splats(0, 3), **{name: value})


# --- frames and recall ---------------------------------------------------------------------------


def test_joining_keeps_a_layer_only_where_all_have_it():
    frames = full_frames(0)
    joined = Frames.concat([frames, replace(frames, alpha=None, labels=None)])
    assert joined.alpha is None
    assert joined.labels is None
    assert joined.depth is not None
    assert joined.dynamic is not None
    assert len(joined) == 6
    assert equal(Frames.concat([Frames.empty(6, 8), frames]).depth, frames.depth)


@pytest.mark.parametrize(("name", "value", "error", "why"), [
    ("rgb", torch.zeros(3, 8, 6, 3), ShapeError, r"Frames.rgb: expected \[3, 6, 8, 3\]"),
    ("rgb", torch.zeros(3, 3, 6, 8), ShapeError, "Frames.rgb: expected"),
    ("rgb", torch.zeros(2, 6, 8, 3), ShapeError, "to match the cameras"),
    ("rgb", torch.zeros(3, 6, 8, 3, dtype=torch.uint8), ShapeError, "float32"),
    ("rgb", torch.full((3, 6, 8, 3), 1.01), InvalidValueError, r"Frames.rgb .* lie in 0\.\.1"),
    ("rgb", torch.full((3, 6, 8, 3), -0.01), InvalidValueError, "Frames.rgb must be finite"),
    ("depth", torch.zeros(3, 6, 8, 1), ShapeError, r"Frames.depth: expected \[3, 6, 8\]"),
    ("depth", torch.zeros(3, 6, 8, dtype=torch.float64), ShapeError, "torch.float32"),
    ("depth", torch.full((3, 6, 8), -1.0), InvalidValueError, "Frames.depth must be finite"),
    ("depth", torch.full((3, 6, 8), float("inf")), InvalidValueError, "Frames.depth must be finite"),
    ("alpha", torch.full((3, 6, 8), 1.5), InvalidValueError, "Frames.alpha"),
    ("confidence", torch.full((3, 6, 8), -0.5), InvalidValueError, "Frames.confidence"),
    ("dynamic", torch.zeros(3, 6, 8), ShapeError, "Frames.dynamic: expected .* torch.bool"),
    ("labels", torch.zeros(3, 6, 8), ShapeError, "Frames.labels"),
])
def test_frames_refuse_what_is_no_image(name: str, value: Tensor, error: type[Exception], why: str):
    with pytest.raises(error, match=why):
        replace(full_frames(0), **{name: value})


@pytest.mark.parametrize("layer", ["rgb", "depth", "alpha", "confidence"])
def test_one_nan_is_found_wherever_it_is(layer: str):
    frames = full_frames(2)
    value = getattr(frames, layer).clone()
    value.view(-1)[37] = float("nan")
    with pytest.raises(InvalidValueError, match=f"Frames.{layer} must be finite"):
        replace(frames, **{layer: value})


def test_the_known_share_counts_trusted_pixels_only():
    frames = full_frames(0)
    trust = torch.zeros(3, 6, 8, dtype=torch.uint8)
    trust[1, :3], trust[1, 3:], trust[2] = 2, 1, 2
    assert Recall(frames, trust, Frames.empty(6, 8)).known.tolist() == [0.0, 0.5, 1.0]


def test_a_recall_needs_depth_alpha_and_three_levels_of_trust():
    frames, none = full_frames(0), Frames.empty(6, 8)
    trust = torch.zeros(3, 6, 8, dtype=torch.uint8)
    for layer in ("depth", "alpha"):
        with pytest.raises(ShapeError, match="needs depth and alpha"):
            Recall(replace(frames, **{layer: None}), trust, none)
    with pytest.raises(ShapeError, match=r"Recall.trust: expected \[3, 6, 8\] uint8"):
        Recall(frames, trust[:2], none)
    with pytest.raises(ShapeError, match="uint8"):
        Recall(frames, trust.long(), none)
    with pytest.raises(InvalidValueError, match="above 2"):
        Recall(frames, trust + 3, none)


def test_an_empty_memory_knows_nothing():
    recall = empty_recall(random_cameras(0, 3))
    assert recall.known.tolist() == [0, 0, 0]
    assert len(recall.references) == 0
    assert float(recall.view.rgb.max()) == 0


# --- roles ---------------------------------------------------------------------------------------


class Plain:
    """The least that a generator can be."""

    clip: int | None = None
    size_multiple = 4

    def generate(self, request: Request) -> Frames:
        raise NotImplementedError

    def state(self) -> dict[str, int]:
        return {}


class Named(Plain):
    """One that says where its pixels come from and can be resumed."""

    name, version, given = "camera", "7", True

    def __init__(self) -> None:
        self.place = 0

    def restore(self, state: dict[str, int]) -> None:
        self.place = state["place"]


def test_answers_are_compared_with_the_request():
    frames = full_frames(0)
    request = Request(frames.cameras, empty_recall(frames.cameras), "", 0)
    check_frames(frames, request)
    with pytest.raises(GenerationError, match=r"\[2, 6, 8\], the request asked for \[3, 6, 8\]"):
        check_frames(frames[:2], request)
    with pytest.raises(GenerationError, match="no depth"):
        check_frames(replace(frames, depth=None), request)
    with pytest.raises(GenerationError, match="must return spatialmem Frames, got Tensor"):
        check_frames(frames.rgb, request)  # type: ignore[arg-type]


def test_sizes_must_suit_the_generator():
    check_sizes(Plain(), random_cameras(0).resized(8, 12))  # type: ignore[arg-type]
    with pytest.raises(ShapeError, match="divide by 4, got 8x6"):
        check_sizes(Plain(), random_cameras(0))  # type: ignore[arg-type]


def test_provenance_and_resuming_are_optional():
    plain, named = Plain(), Named()
    assert provenance(plain) == {"generator": "Plain", "version": "", "provenance": "generated"}  # type: ignore[arg-type]
    assert provenance(named) == {"generator": "camera", "version": "7", "provenance": "given"}  # type: ignore[arg-type]
    restore(plain, {"place": 3})  # type: ignore[arg-type]
    restore(named, {"place": 3})  # type: ignore[arg-type]
    assert named.place == 3


def test_every_error_is_also_the_builtin_that_callers_expect():
    for error in (ShapeError, InvalidValueError):
        assert issubclass(error, SpatialMemError)
        assert issubclass(error, ValueError)
    assert issubclass(GenerationError, RuntimeError)


def test_joined_frames_keep_masks_that_only_some_have():
    cameras = Cameras(torch.tensor([[[20.0, 0, 3], [0, 20, 2], [0, 0, 1]]]), torch.eye(4)[None], 4, 6)
    plain = Frames(torch.zeros(1, 4, 6, 3), cameras)
    moving = Frames(torch.zeros(1, 4, 6, 3), cameras, dynamic=torch.ones(1, 4, 6, dtype=torch.bool),
                    confidence=torch.zeros(1, 4, 6), alpha=torch.ones(1, 4, 6))
    both = Frames.concat([plain, moving])
    assert both.dynamic is not None and both.dynamic.tolist() == [[[False] * 6] * 4, [[True] * 6] * 4]
    assert both.confidence is not None and both.confidence[:, 0, 0].tolist() == [1, 0]
    assert both.alpha is None and both.depth is None


@pytest.mark.parametrize("clip", [0, -1, 2.5, True])
def test_a_clip_length_that_is_none_is_refused(clip: object):
    class Odd:
        size_multiple = 1

        def __init__(self) -> None:
            self.clip = clip

    cameras = Cameras(torch.tensor([[[20.0, 0, 3], [0, 20, 2], [0, 0, 1]]]), torch.eye(4)[None], 4, 6)
    with pytest.raises(GenerationError, match="clip must be None or a number of frames"):
        check_sizes(Odd(), cameras)  # type: ignore[arg-type]
