"""Mesh files: axes, colours, instances, and everything that must be refused."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scene_room import SIZE, quad, texture, write_room

from spatialmem.errors import InvalidValueError, MeshError
from spatialmem.generators.colour import to_linear, to_srgb
from spatialmem.generators.scene.mesh_file import load_mesh, rotation_to_z_up


@pytest.mark.parametrize("up", ["+X", "-X", "+Y", "-Y", "+Z", "-Z"])
def test_the_up_axis_is_turned_to_z_by_a_proper_rotation(up: str) -> None:
    R = rotation_to_z_up(up)
    axis = np.zeros(3)
    axis["XYZ".index(up[1])] = 1 if up[0] == "+" else -1
    np.testing.assert_allclose(R @ axis, [0, 0, 1])
    np.testing.assert_allclose(R @ R.T, np.eye(3))
    assert np.linalg.det(R) == pytest.approx(1)


def test_y_up_becomes_z_up_as_gazebo_does_it() -> None:
    np.testing.assert_allclose(rotation_to_z_up("+Y") @ [1, 2, 3], [1, -3, 2])


@pytest.mark.parametrize("up", ["", "Q", "++Z", "up"])
def test_an_unknown_up_axis_is_refused(up: str) -> None:
    with pytest.raises(InvalidValueError, match="up must be one of"):
        rotation_to_z_up(up)


@given(st.lists(st.floats(0, 1, width=32), min_size=1, max_size=20))
@settings(deadline=None, max_examples=30)
def test_srgb_and_linear_light_are_inverse(values: list[float]) -> None:
    colours = np.array(values, np.float32)
    np.testing.assert_allclose(to_srgb(to_linear(colours)), colours, atol=2e-6)


def test_a_room_comes_back_where_it_was_made(tmp_path: Path) -> None:
    mesh = load_mesh(write_room(tmp_path / "room.glb"))
    np.testing.assert_allclose(mesh.bounds, [[0, 0, 0], SIZE], atol=1e-6)
    assert len(mesh.triangles) == 24
    assert len(mesh.textures) == 12
    assert not mesh.cutoffs.any()


def test_every_instance_of_a_part_is_placed(tmp_path: Path) -> None:
    scene = trimesh.Scene()
    part = trimesh.creation.box(extents=(1, 1, 1))
    scene.add_geometry(part, geom_name="box", node_name="a")
    there = trimesh.transformations.translation_matrix([10, 0, 0])
    scene.graph.update(frame_from=scene.graph.base_frame, frame_to="b", matrix=there, geometry="box")
    (tmp_path / "two.glb").write_bytes(scene.export(file_type="glb"))
    mesh = load_mesh(tmp_path / "two.glb")
    assert len(mesh.triangles) == 24
    np.testing.assert_allclose(mesh.bounds, [[-0.5] * 3, [10.5, 0.5, 0.5]], atol=1e-6)


def test_ply_vertex_colours_are_display_colours_and_z_is_up(tmp_path: Path) -> None:
    box = trimesh.creation.box(extents=(1, 2, 3))
    box.visual.vertex_colors = np.tile(np.uint8([188, 0, 255, 255]), (len(box.vertices), 1))
    (tmp_path / "box.ply").write_bytes(box.export(file_type="ply"))
    mesh = load_mesh(tmp_path / "box.ply")
    np.testing.assert_allclose(mesh.bounds[1], [0.5, 1, 1.5])
    np.testing.assert_allclose(mesh.colors[0, 0], [0.503, 0, 1], atol=2e-3)


def test_an_obj_file_loads_with_its_axis_turned(tmp_path: Path) -> None:
    (tmp_path / "a.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 2 0\nf 1 2 3\n")
    assert load_mesh(tmp_path / "a.obj").bounds[1].tolist() == [1, 2, 0]
    np.testing.assert_allclose(load_mesh(tmp_path / "a.obj", up="+Y").bounds[1], [1, 0, 2])


def test_masked_alpha_is_kept_as_a_cut_out(tmp_path: Path) -> None:
    leaf = np.full((8, 8, 4), 255, np.uint8)
    leaf[:, 4:, 3] = 0
    part = quad(np.array([[0, 0, 0], [1, 0, 0], [1, 0, 1], [0, 0, 1]], float), Image.fromarray(leaf))
    part.visual.material.alphaMode = "MASK"
    part.visual.material.alphaCutoff = 0.25
    (tmp_path / "leaf.glb").write_bytes(trimesh.Scene(part).export(file_type="glb"))
    assert load_mesh(tmp_path / "leaf.glb").cutoffs.tolist() == pytest.approx([0.25, 0.25])


def _glb(content: dict[str, object], binary: bytes = b"") -> bytes:
    text = json.dumps(content).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<II", len(text), 0x4E4F534A) + text
    if binary:
        chunks += struct.pack("<II", len(binary), 0x004E4942) + binary
    return b"glTF" + struct.pack("<II", 2, 12 + len(chunks)) + chunks


def _triangle(indices: list[int], corners: list[list[float]]) -> bytes:
    where = np.array(corners, np.float32).tobytes()
    which = np.array(indices, np.uint32).tobytes()
    return _glb({
        "asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": [0]}], "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
        "buffers": [{"byteLength": len(where) + len(which)}],
        "bufferViews": [{"buffer": 0, "byteLength": len(where)},
                        {"buffer": 0, "byteOffset": len(where), "byteLength": len(which)}],
        "accessors": [{"bufferView": 0, "componentType": 5126, "type": "VEC3", "count": len(corners)},
                      {"bufferView": 1, "componentType": 5125, "type": "SCALAR", "count": len(indices)}],
    }, where + which)


GOOD = [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]


def test_the_hand_made_triangle_is_good(tmp_path: Path) -> None:
    (tmp_path / "a.glb").write_bytes(_triangle([0, 1, 2], GOOD))
    assert len(load_mesh(tmp_path / "a.glb").triangles) == 1


@pytest.mark.parametrize(("name", "content", "match"), [
    ("a.stl", b"solid", "not supported"),
    ("a.glb", b"", "not a GLB"),
    ("a.glb", b"glTF" + struct.pack("<II", 1, 12), "version 1"),
    ("a.glb", _triangle([0, 1, 2], GOOD)[:-20], "truncated"),
    ("a.glb", b"glTF" + struct.pack("<IIII", 2, 20, 0xFFFFFFF0, 0x4E4F534A), "runs past the end"),
    ("a.glb", b"glTF" + struct.pack("<II", 2, 12), "no JSON chunk"),
    ("a.glb", _triangle([0, 1, 7], GOOD), "vertex 7 of 3"),
    ("a.glb", _triangle([0, 1, 2], [[float("nan")] * 3, *GOOD[1:]]), "NaN or infinite"),
    ("a.glb", _glb({"buffers": [{"byteLength": 1 << 60}]}, b"1234"), "promises"),
    ("a.glb", _glb({"buffers": [{"byteLength": 4}], "bufferViews": [{"buffer": 0, "byteLength": 9}]},
                   b"1234"), "bufferView runs past"),
    ("a.glb", _glb({"accessors": [{"count": 1 << 50, "componentType": 5126, "type": "VEC3"}]}),
     "no bufferView"),
    ("a.glb", _glb({"buffers": [{"byteLength": 4, "uri": "../secret.bin"}]}), "outside its own folder"),
    ("a.glb", _glb({"buffers": [{"byteLength": 4, "uri": "http://x/y"}]}), "outside its own folder"),
    ("a.glb", _glb({"images": [{"uri": "gone.png"}]}), "is not there"),
    ("a.glb", _glb({"images": [{"uri": "data:image/png;base64,AAAA"}]}), "image 0 cannot be read"),
    ("a.glb", _glb({"extensionsRequired": ["KHR_draco_mesh_compression"]}), "extension KHR_draco"),
    ("a.glb", _glb({"asset": {"version": "2.0"}, "scenes": [{"nodes": []}], "scene": 0}), "a.glb"),
    ("a.gltf", b"{", "cannot be read"),
    ("a.gltf", b"[]", "no object"),
    ("a.ply", b"hello", "not a PLY"),
    ("a.ply", b"ply\nformat ascii 1.0\nelement vertex 99999999999\nend_header\n", "promises"),
    ("a.obj", b"v 0 0 0\n", "a.obj"),
    ("a.obj", b"v 0 0 0\nv nan 0 0\nv 0 1 0\nf 1 2 3\n", "a.obj"),
])
def test_bad_files_are_refused_in_one_line(tmp_path: Path, name: str, content: bytes, match: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(MeshError, match=match) as caught:
        load_mesh(tmp_path / name)
    assert "\n" not in str(caught.value)
    assert str(tmp_path / name) in str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MeshError, match="no such file"):
        load_mesh(tmp_path / "none.glb")


def test_a_point_cloud_is_refused(tmp_path: Path) -> None:
    (tmp_path / "points.ply").write_bytes(trimesh.PointCloud(np.eye(3)).export(file_type="ply"))
    with pytest.raises(MeshError, match="no triangles"):
        load_mesh(tmp_path / "points.ply")


def test_cutting_a_file_anywhere_is_refused(tmp_path: Path) -> None:
    whole = write_room(tmp_path / "room.glb").read_bytes()
    for share in (0.001, 0.01, 0.2, 0.5, 0.9, 0.999):
        (tmp_path / "cut.glb").write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(MeshError):
            load_mesh(tmp_path / "cut.glb")


@given(st.integers(0, 10_000), st.integers(0, 255))
@settings(deadline=None, max_examples=60)
def test_a_changed_byte_loads_or_is_refused(tmp_path_factory: pytest.TempPathFactory, at: int,
                                            value: int) -> None:
    whole = bytearray(_triangle([0, 1, 2], GOOD))
    whole[at % len(whole)] = value
    path = tmp_path_factory.mktemp("fuzz") / "a.glb"
    path.write_bytes(whole)
    try:
        load_mesh(path)
    except MeshError as error:
        assert "\n" not in str(error)


def test_a_huge_texture_is_refused_unread(tmp_path: Path) -> None:
    part = quad(np.array([[0, 0, 0], [1, 0, 0], [1, 0, 1], [0, 0, 1]], float), Image.new("L", (9000, 1)))
    (tmp_path / "huge.glb").write_bytes(trimesh.Scene(part).export(file_type="glb"))
    with pytest.raises(MeshError, match="9000x1 pixels"):
        load_mesh(tmp_path / "huge.glb")


def test_one_texture_used_twice_is_kept_once(tmp_path: Path) -> None:
    image = texture(0, 32)
    corners = np.array([[0, 0, 0], [1, 0, 0], [1, 0, 1], [0, 0, 1]], float)
    scene = trimesh.Scene([quad(corners, image), quad(corners + 2, image)])
    (tmp_path / "twice.glb").write_bytes(scene.export(file_type="glb"))
    assert len(load_mesh(tmp_path / "twice.glb").textures) == 1
