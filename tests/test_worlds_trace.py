"""Rays and shapes: closed answers, and the column tracer against every solid tried in turn."""

import math
from dataclasses import dataclass, field

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from worlds_scene import camera, world

from spatialmem.camera import Cameras, pinhole, unproject
from spatialmem.errors import InvalidValueError
from spatialmem.generators.worlds.lights import LightBuilder, Lights
from spatialmem.generators.worlds.paint import Painted, paint
from spatialmem.generators.worlds.skies import sky_of
from spatialmem.generators.worlds.solids import Shape, SolidBuilder, Solids
from spatialmem.generators.worlds.window import FixedBlocks, Window, block_at
from spatialmem.labels import SemanticClass
from spatialmem.poses import look_at

SKY = sky_of("day")
FAR = 48.0


@dataclass(frozen=True)
class Place:
    """A block of solids without lamps."""

    solids: Solids
    lights: Lights = field(default_factory=lambda: LightBuilder().lights())


def seen(builder: SolidBuilder, cameras: Cameras) -> Painted:
    return paint(FixedBlocks({(0, 0): Place(builder.solids())}), cameras, SKY, samples=1)


def one_pixel(eye: tuple, target: tuple) -> Cameras:
    """A camera whose only pixel looks from `eye` at `target`."""
    return camera(eye, target, 1, 1, fov=40.0)


def add(builder: SolidBuilder, shape: str, **change: float) -> None:
    rest = {"material": "paint", "cls": SemanticClass.BOX, "instance": 1, **change}
    if shape == "box":
        builder.box((6, 6, 0), (10, 10, 4), **rest)
    elif shape == "cylinder":
        builder.cylinder((8, 8, 0), 2.0, 4.0, **rest)
    elif shape == "ellipsoid":
        builder.ellipsoid((8, 8, 2), (2, 2, 2), **rest)
    else:
        builder.gable((6, 6, 0), (10, 10, 4), "x", **rest)


CLOSED = [
    # shape, eye, target, distance, normal
    ("box", (0, 8, 1), (8, 8, 1), 6.0, (-1, 0, 0)),
    ("box", (8, 15, 3), (8, 8, 3), 5.0, (0, 1, 0)),
    ("box", (7, 7.5, 9), (7, 7.5001, 0), 5.0, (0, 0, 1)),
    ("cylinder", (0, 8, 1), (8, 8, 1), 6.0, (-1, 0, 0)),
    ("cylinder", (8, 8.5, 9), (8, 8.5001, 0), 5.0, (0, 0, 1)),
    ("cylinder", (2, 2, 1), (8, 8, 1), 6 * math.sqrt(2) - 2, (-math.sqrt(0.5), -math.sqrt(0.5), 0)),
    ("ellipsoid", (0, 8, 2), (8, 8, 2), 6.0, (-1, 0, 0)),
    ("ellipsoid", (8, 8, 12), (8, 8.0001, 0), 8.0, (0, 0, 1)),
    ("gable", (8, 0, 2), (8, 8, 2), 7.0, (0, -2 / math.sqrt(5), 1 / math.sqrt(5))),
    ("gable", (0, 8, 2), (8, 8, 2), 6.0, (-1, 0, 0)),
    ("gable", (8, 7, -3), (8, 7.0001, 1), 3.0, (0, 0, -1)),
]


@pytest.mark.parametrize("shape, eye, target, distance, normal", CLOSED)
def test_a_ray_enters_where_geometry_says(shape, eye, target, distance, normal) -> None:  # type: ignore[no-untyped-def]
    builder = SolidBuilder()
    add(builder, shape)
    view = seen(builder, one_pixel(eye, target))
    assert float(view.depth[0, 0, 0]) == pytest.approx(distance, abs=2e-4)
    np.testing.assert_allclose(view.normals[0, 0, 0], normal, atol=1e-3)
    assert view.classes[0, 0, 0] == SemanticClass.BOX


def test_a_turned_box_is_met_on_its_edge() -> None:
    builder = SolidBuilder()
    add(builder, "box", yaw=math.pi / 4)
    view = seen(builder, one_pixel((0, 8.01, 1), (8, 8.01, 1)))
    assert float(view.depth[0, 0, 0]) == pytest.approx(8 - 2 * math.sqrt(2) + 0.01, abs=1e-4)
    np.testing.assert_allclose(view.normals[0, 0, 0], [-math.sqrt(0.5), math.sqrt(0.5), 0], atol=1e-6)


@pytest.mark.parametrize("shape", ["box", "cylinder", "ellipsoid", "gable"])
def test_who_stands_inside_a_solid_looks_out_of_it(shape: str) -> None:
    builder = SolidBuilder()
    add(builder, shape)
    view = seen(builder, one_pixel((8, 8, 1), (15, 8, 1)))
    assert view.depth.max() == 0
    assert view.classes.max() == SemanticClass.SKY
    assert view.instances.max() == 0


def test_beyond_48_metres_there_is_sky() -> None:
    builder = SolidBuilder()
    builder.box((8, 0, 0), (9, 16, 4), material="paint", cls=SemanticClass.WALL, instance=1)
    blocks = FixedBlocks({(3, 0): Place(builder.solids())})
    near = paint(blocks, one_pixel((9.0, 8, 1), (56, 8, 1)), SKY)
    far = paint(blocks, one_pixel((7.9, 8, 1), (56, 8, 1)), SKY)
    assert float(near.depth[0, 0, 0]) == pytest.approx(47.0, abs=1e-4)
    assert float(far.depth[0, 0, 0]) == 0.0


def scattered(rng: np.random.Generator, count: int) -> Solids:
    """Solids of every shape, turned any way, that may overlap and leave their block."""
    builder = SolidBuilder()
    builder.box((0, 0, -0.3), (16, 16, 0), material="grass", cls=SemanticClass.GRASS, instance=1)
    for number in range(count):
        x, y, z = rng.uniform(-3, 19), rng.uniform(-3, 19), rng.uniform(0, 4)
        a, b, c = rng.uniform(0.05, 1.5, 3)
        rest = {"material": "paint", "cls": SemanticClass(int(rng.integers(1, 40))), "instance": number + 2,
                "fine": bool(rng.random() < 0.3)}
        low, high, yaw = (x - a, y - b, z - c), (x + a, y + b, z + c), float(rng.uniform(-4, 4))
        kind = number % 5
        if kind == 0:
            builder.box(low, high, **rest)
        elif kind == 1:
            builder.box(low, high, yaw=yaw, **rest)
        elif kind == 2:
            builder.cylinder((x, y, z), a, b, **rest)
        elif kind == 3:
            builder.ellipsoid((x, y, z), (a, b, c), yaw=yaw, **rest)
        else:
            builder.gable(low, high, "y" if rng.random() < 0.5 else "x", yaw=yaw, **rest)
    return builder.solids()


def brute_force(solids: Solids, origin: NDArray[np.float64],
                rays: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Distance along `rays` `[P, 3]` and row of the first solid entered; infinite and -1 = none."""
    best, found = np.full(len(rays), np.inf), np.full(len(rays), -1)
    for row in range(len(solids)):
        c, s = float(solids.yaw_cos[row]), float(solids.yaw_sin[row])
        turn = np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])
        half = solids.half[row].astype(np.float64)
        p, d = turn @ (origin - solids.center[row]), rays @ turn.T
        t = entered(Shape(int(solids.shape[row])), p, d, half)
        closer = (t > 1e-4) & (t < best)
        best[closer], found[closer] = t[closer], row
    return best, found


def entered(shape: Shape, p: NDArray[np.float64], d: NDArray[np.float64],
            half: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where rays enter a convex body, as the last of the half spaces and quadrics they come into."""
    planes = {Shape.BOX: [(k, 1) for k in range(3)], Shape.CYLINDER: [(2, 1)], Shape.GABLE: [(0, 1)]}
    near, far = np.full(len(d), -np.inf), np.full(len(d), np.inf)
    d = np.where(np.abs(d) < 1e-12, 1e-12, d)

    def cut(value: NDArray[np.float64] | float, slope: NDArray[np.float64]) -> None:
        # the half space value + t slope <= 0
        t = -value / slope
        np.copyto(near, np.maximum(near, t), where=slope < 0)
        np.copyto(far, np.minimum(far, t), where=slope > 0)

    for axis, _ in planes.get(shape, []):
        cut(p[axis] - half[axis], d[:, axis])
        cut(-p[axis] - half[axis], -d[:, axis])
    if shape == Shape.GABLE:
        cut(-p[2] - half[2], -d[:, 2])
        for side in (-1, 1):
            normal = np.array([0, side * 2 * half[2], half[1]])
            cut(normal @ p - half[1] * half[2], d @ normal)
    if shape in (Shape.CYLINDER, Shape.ELLIPSOID):
        scale = 1 / half if shape == Shape.ELLIPSOID else np.array([1 / half[0], 1 / half[0], 0])
        q, e = p * scale, d * scale
        a, b, c = (e * e).sum(1), e @ q, q @ q - 1
        root = np.sqrt(np.maximum(b * b - a * c, 0))
        np.copyto(near, np.where(b * b > a * c, np.maximum(near, (-b - root) / a), np.inf))
        np.copyto(far, np.minimum(far, (-b + root) / a))
    return np.where(near <= far, near, np.inf)


@pytest.mark.parametrize("seed", range(4))
def test_the_columns_find_what_trying_every_solid_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    blocks = {(i, j): Place(scattered(rng, 25)) for i in (-1, 0, 1) for j in (-1, 0)}
    eye = np.array([rng.uniform(0, 16), rng.uniform(0, 16), rng.uniform(0.5, 6)])
    aim = rng.uniform((-10, -10, -1), (26, 16, 5))
    cameras = camera(tuple(eye), tuple(aim), 60, 80, fov=95)
    view = paint(FixedBlocks(blocks), cameras, SKY, samples=1)
    rays = unproject(torch.ones(1, 60, 80, dtype=torch.float64), cameras).numpy().reshape(-1, 3) - eye
    solids = Window.of((0, 0), blocks).solids
    best, found = brute_force(solids, eye, rays)
    outside = best * np.linalg.norm(rays, axis=1) >= FAR
    best[outside], found[outside] = 0, -1
    classes = np.where(found < 0, 0, solids.cls[found])
    close = np.abs(view.depth.reshape(-1) - best) < 2e-3
    # rays along an edge may fall to either side in float32
    assert close.mean() > 0.999
    assert (view.classes.reshape(-1) == classes)[close].mean() > 0.999
    assert len(np.unique(found)) > 20


def test_depth_is_z_depth() -> None:
    builder = SolidBuilder()
    builder.box((0, 12, -4), (16, 13, 8), material="paint", cls=SemanticClass.WALL, instance=1)
    cameras = camera((8, 4, 1.5), (8, 12, 1.5), 30, 40, fov=80)
    view = seen(builder, cameras)
    # a wall that faces the camera has one z-depth all over
    np.testing.assert_allclose(view.depth, 8.0, atol=1e-4)
    points = unproject(torch.from_numpy(view.depth), cameras)
    np.testing.assert_allclose(points[..., 1].numpy(), 12.0, atol=1e-3)


def test_any_pinhole_camera_will_do() -> None:
    builder = SolidBuilder()
    add(builder, "box")
    K = torch.tensor([[90.0, 0, 11.5], [0, 60.0, 30.25], [0, 0, 1]])
    pose = look_at(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([8.0, 8.0, 2.0]), torch.tensor([0.0, 0.0, 1.0]))
    cameras = Cameras(K[None], pose[None], 50, 33)
    view = seen(builder, cameras)
    points = unproject(torch.from_numpy(view.depth), cameras)[0].numpy()[view.depth[0] > 0]
    assert len(points) > 100
    surface = np.abs(points - [8, 8, 2]).max(1)
    np.testing.assert_allclose(surface, 2.0, atol=1e-4)


def test_cameras_beyond_the_range_are_refused() -> None:
    with pytest.raises(InvalidValueError, match="must be finite and within"):
        block_at(math.nan, 0)
    with pytest.raises(InvalidValueError, match="must be finite and within"):
        paint(FixedBlocks({}), camera((1e9, 0, 1), (1e9 + 1, 0, 1), 2, 2), SKY)


def test_samples_are_one_or_four() -> None:
    with pytest.raises(InvalidValueError, match="samples"):
        paint(FixedBlocks({}), camera((0, 0, 1), (1, 0, 1), 2, 2), SKY, samples=2)


def test_an_empty_world_is_all_sky() -> None:
    view = paint(FixedBlocks({}), camera((0, 0, 1), (1, 0, 1.2), 12, 16), SKY)
    assert view.depth.max() == 0
    assert 0.2 < view.rgb.mean() < 1
    assert pinhole(1.0, 2, 2).shape == (3, 3)


@pytest.mark.parametrize("target", [(3.5, 5.5, 1.0), (9.3, 14.5, 0.0), (9.2, 14.4, 2.6), (15.0, 14.6, 1.5)])
def test_a_pixel_is_the_same_wherever_in_its_picture_it_lies(target: tuple[float, float, float]) -> None:
    # rays are traced tile by tile: a picture cut out of another one has its tiles elsewhere
    world_, whole = world(), camera((9.25, 14.5, 1.5), target, 41, 61, fov=90.0)
    K = whole.K.clone()
    K[:, 0, 2], K[:, 1, 2] = K[:, 0, 2] - 5, K[:, 1, 2] - 3
    a = paint(world_, whole, SKY, samples=1)
    b = paint(world_, Cameras(K, whole.T_world_cam, 33, 50), SKY, samples=1)
    np.testing.assert_array_equal(a.instances[:, 3:36, 5:55], b.instances)
    np.testing.assert_allclose(a.depth[:, 3:36, 5:55], b.depth, atol=1e-5)
    np.testing.assert_allclose(a.rgb[:, 3:36, 5:55], b.rgb, atol=1e-4)


def test_who_stands_within_the_bounds_of_a_turned_box_sees_it() -> None:
    builder = SolidBuilder()
    builder.box((5, 7.5, 0), (11, 8.5, 2), material="paint", cls=SemanticClass.SOFA, instance=1, yaw=math.pi / 4)
    view = seen(builder, one_pixel((10, 6, 1), (8, 8, 1)))
    assert view.classes.item() == SemanticClass.SOFA
    assert view.depth.item() == pytest.approx(math.dist((10, 6), (8, 8)) - 0.5, abs=1e-4)


def test_of_two_faces_in_one_plane_the_same_one_is_seen_from_everywhere() -> None:
    builder = SolidBuilder()
    for number, x in ((1, 4), (2, 7)):
        builder.box((x, 8, 0), (x + 5, 9, 3), material="paint", cls=SemanticClass.BOX, instance=number)
    shared = [seen(builder, camera((8, y, 1.5), (8, 8, 1.5), 9, 9, fov=8.0)).instances for y in (1, 3.3, 5)]
    assert all(len(np.unique(instances)) == 1 for instances in shared)
    assert len({int(instances[0, 0, 0]) for instances in shared}) == 1
