"""Pictures of a mesh: exact depth, textures the right way round, light that ignores the camera."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
import trimesh
from PIL import Image
from scene_room import SIZE, psnr, quad, texture, walk, write_room

from spatialmem.camera import Cameras, pinhole, project, unproject
from spatialmem.generators.colour import to_linear, to_srgb
from spatialmem.generators.light import Light
from spatialmem.generators.scene.generator import Scene
from spatialmem.generators.scene.texture import TextureAtlas
from spatialmem.poses import look_at, transform

UP = torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64)


def _camera(eye: list[float], target: list[float], height: int = 60, width: int = 80,
            fov: float = 1.2) -> Cameras:
    T = look_at(torch.tensor(eye, dtype=torch.float64), torch.tensor(target, dtype=torch.float64), UP)
    return Cameras(pinhole(fov, height, width)[None], T[None], height, width)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return Scene(write_room(tmp_path_factory.mktemp("room") / "room.glb"))


def test_depth_is_the_distance_to_the_wall_at_pixel_centres(room: Scene) -> None:
    frames = room.truth(_camera([1.0, 3.0, 1.3], [5.0, 3.0, 1.3]))
    assert frames.depth is not None
    inside = unproject(frames.depth, frames.cameras)[0].reshape(-1, 3).numpy()
    # every point seen lies on a wall, the floor, the ceiling, or the pillar
    to_room = np.minimum(np.abs(inside), np.abs(inside - SIZE)).min(1)
    pillar = np.abs((inside - [3.8, 1.2, 1.0]) / [0.2, 0.2, 1.0]).max(1)
    assert np.minimum(to_room, np.abs(pillar - 1)).max() < 1e-5
    assert frames.depth[0, 30, 40] == pytest.approx(4.0, abs=1e-5)


def test_a_texture_is_seen_upright_and_not_mirrored(tmp_path: Path) -> None:
    red, green, blue, white = [255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]
    image = Image.fromarray(np.kron(np.uint8([[red, green], [blue, white]]), np.ones((32, 32, 1), np.uint8)))
    # a poster on the wall x = 2, seen from the origin: its left edge is at larger y
    corners = np.array([[2, 1, -1], [2, -1, -1], [2, -1, 1], [2, 1, 1]], float)
    (tmp_path / "poster.glb").write_bytes(trimesh.Scene(quad(corners, image)).export(file_type="glb"))
    rgb = Scene(tmp_path / "poster.glb").truth(_camera([0, 0, 0], [1, 0, 0], fov=1.0)).rgb[0]
    seen = [rgb[15, 20], rgb[15, 60], rgb[45, 20], rgb[45, 60]]
    for colour, expected in zip(seen, ([1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]), strict=True):
        hue = colour / colour.max()
        torch.testing.assert_close(hue, torch.tensor(expected).float(), atol=0.02, rtol=0)


def test_colours_of_a_surface_do_not_depend_on_the_camera(room: Scene) -> None:
    point = torch.tensor([[5.0, 2.0, 1.3]]).double()
    colours = []
    for eye in ([2.0, 2.0, 1.3], [2.5, 2.8, 1.0], [2.5, 3.4, 1.9]):
        frames = room.truth(_camera(eye, [5.0, 2.0, 1.3], 241, 321, 0.3))
        uv, _ = project(point, frames.cameras)
        colours.append(frames.rgb[0, int(uv[0, 0, 1]), int(uv[0, 0, 0])])
    assert torch.stack(colours).std(0).max() < 0.02


def test_background_is_a_function_of_world_direction(tmp_path: Path) -> None:
    corners = np.array([[0, 0, -50], [1, 0, -50], [1, 1, -50], [0, 1, -50]], float)
    (tmp_path / "far.glb").write_bytes(trimesh.Scene(quad(corners, texture(0))).export(file_type="glb"))
    scene = Scene(tmp_path / "far.glb")
    near, far = (scene.truth(_camera([x, 0, 0], [x + 1, 0, 0.5])) for x in (0.0, 9.0))
    assert torch.equal(near.rgb, far.rgb)
    assert near.depth is not None and not near.depth.any()
    assert near.rgb[0, 0, 0, 2] > near.rgb[0, 0, 0, 0]


def test_cut_out_texels_let_rays_through(tmp_path: Path) -> None:
    leaf = np.full((16, 16, 4), 255, np.uint8)
    leaf[:, 8:, 3] = 0
    front = quad(np.array([[1, 1, -1], [1, -1, -1], [1, -1, 1], [1, 1, 1]], float), Image.fromarray(leaf))
    front.visual.material.alphaMode = "MASK"
    back = quad(np.array([[3, 9, -9], [3, -9, -9], [3, -9, 9], [3, 9, 9]], float), texture(1))
    (tmp_path / "leaf.glb").write_bytes(trimesh.Scene([front, back]).export(file_type="glb"))
    depth = Scene(tmp_path / "leaf.glb").truth(_camera([0, 0, 0], [1, 0, 0], fov=1.0)).depth
    assert depth is not None
    torch.testing.assert_close(depth[0, :, :38], torch.full((60, 38), 1.0), atol=1e-4, rtol=0)
    torch.testing.assert_close(depth[0, :, 42:], torch.full((60, 38), 3.0), atol=1e-4, rtol=0)


def test_minified_textures_are_averaged_not_sampled(tmp_path: Path) -> None:
    checker = np.uint8(np.indices((256, 256)).sum(0) % 2 * 255)
    floor = quad(np.array([[-50, -50, 0], [50, -50, 0], [50, 50, 0], [-50, 50, 0]], float),
                 Image.fromarray(np.repeat(checker[..., None], 3, 2)), repeat=20)
    (tmp_path / "floor.glb").write_bytes(trimesh.Scene(floor).export(file_type="glb"))
    scene = Scene(tmp_path / "floor.glb")
    a, b = (scene.truth(_camera([x, 0, 2], [x + 10, 0, 0])).rgb for x in (0.0, 0.013))
    assert a[0, 20:].std() < 0.05
    assert (a - b)[0, 20:].abs().max() < 0.06


def test_mip_levels_average_light_not_code_values() -> None:
    image = np.zeros((4, 6, 4), np.uint8)
    image[:, ::2] = 255
    atlas = TextureAtlas.build([image])
    assert atlas.levels.tolist() == [4]
    offset, height, width = atlas.table[0, 1]
    assert (height, width) == (2, 3)
    # half of the light is sRGB 188, not 128
    assert atlas.texels[offset : offset + 6, 0].tolist() == [188] * 6
    assert TextureAtlas.build([]).texels.shape == (1, 4)


def test_light_is_brighter_from_above_and_positive_everywhere() -> None:
    normals = np.float32(np.random.default_rng(0).standard_normal((500, 3)))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    strength = Light().strength(normals)
    assert strength.min() > 0.25
    assert Light().strength(np.float32([0, 0, 1])) > Light().strength(np.float32([0, 0, -1]))


def test_a_world_far_from_the_origin_keeps_its_millimetres(tmp_path: Path) -> None:
    here = Scene(write_room(tmp_path / "room.glb"))
    (tmp_path / "far.obj").write_text("\n".join(
        [f"v {5000 + x} {70000 + y} {z}" for x in (0, 4) for y in (0, 4) for z in (0, 4)]
        + ["f 1 2 4", "f 1 4 3", "f 5 6 8", "f 5 8 7"]))
    far = Scene(tmp_path / "far.obj")
    depth = far.truth(_camera([5001.001, 70002, 2], [5004, 70002, 2], fov=0.5)).depth
    assert depth is not None
    assert float(depth[0, 30, 40]) == pytest.approx(2.999, abs=2e-5)
    assert here.up == far.up == "+Z"


def test_more_pixels_show_the_same_picture(room: Scene) -> None:
    camera = walk(1, 48, 64)
    fine = to_linear(room.truth(camera.resized(192, 256)).rgb.numpy())
    light = fine.reshape(48, 4, 64, 4, 3).mean((1, 3))
    assert psnr(torch.from_numpy(to_srgb(light)), room.truth(camera).rgb[0]) > 32


def test_the_start_pose_is_a_level_place_to_stand(room: Scene) -> None:
    T = room.start_pose()
    assert torch.equal(T, room.start_pose())
    assert T[2, 3] == pytest.approx(1.5, abs=1e-4)
    assert (T[:2, 3] > 0.45).all() and (T[:2, 3] < torch.tensor([4.55, 3.55])).all()
    torch.testing.assert_close(transform(T, torch.tensor([[0.0, 1, 0]]).double())[0] - T[:3, 3], -UP)
    depth = room.truth(Cameras(pinhole(1.2, 24, 32)[None], T[None], 24, 32)).depth
    assert depth is not None and depth.max() > 2.5


def test_an_object_is_looked_at_from_outside(tmp_path: Path) -> None:
    trimesh.creation.icosphere(radius=0.1).export(tmp_path / "ball.ply")
    scene = Scene(tmp_path / "ball.ply")
    depth = scene.truth(Cameras(pinhole(1.0, 24, 32)[None], scene.start_pose()[None], 24, 32)).depth
    assert depth is not None and depth[0, 12, 16] > 0 and depth[0, 0, 0] == 0


def test_the_house_lies_as_its_patrol_says(shared_data: Path) -> None:
    house = shared_data / "aws_small_house" / "small_house.glb"
    if not house.is_file():
        pytest.skip(f"{house} is not here")
    scene = Scene(house)
    # two patrol poses, Gazebo axes: at eye height there is room around them, and floor below
    for x, y, yaw in ((5.184, 1.497, 1.327), (2.749, -1.840, 3.151)):
        eye = [x, y, 1.4]
        frames = scene.truth(_camera(eye, [x + math.cos(yaw), y + math.sin(yaw), 1.2], 24, 32))
        assert frames.depth is not None and frames.depth.min() > 0.2
        at = torch.tensor(eye, dtype=torch.float64)
        down = look_at(at, at - UP, torch.tensor([1.0, 0, 0], dtype=torch.float64))
        below = scene.truth(Cameras(pinhole(0.1, 3, 3)[None], down[None], 3, 3)).depth
        assert below is not None and float(below[0, 1, 1]) == pytest.approx(1.4, abs=0.02)
    assert float(scene.start_pose()[2, 3]) == pytest.approx(1.5, abs=0.02)
