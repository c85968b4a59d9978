"""Meshes taken as boxes: their faces where the cubes allow, classes by name or by shape."""

from pathlib import Path

import numpy as np
import pytest
import trimesh
from layout_files import seen, write

from spatialmem.errors import LayoutError, MeshError
from spatialmem.generators.worlds.layouts.names import class_of
from spatialmem.generators.worlds.layouts.open import draw, open_layout
from spatialmem.labels import SemanticClass as C

ROOM_GLB = Path(__file__).resolve().parents[1] / "examples" / "data" / "room.glb"


def box_mesh(low: tuple[float, ...], high: tuple[float, ...], *, inward: bool = False) -> trimesh.Trimesh:
    mesh = trimesh.creation.box(bounds=(low, high))
    if inward:
        mesh.invert()
    return mesh


def write_hall(path: Path, *, lift: float = 0.0) -> Path:
    """A hall of 5 x 4 x 3 m that is seen from within, with a named table and something without a name."""
    scene = trimesh.Scene()
    for name, mesh in (("shell", box_mesh((0, 0, 0), (5, 4, 3), inward=True)),
                       ("oak_table_01", box_mesh((1, 1, 0), (2, 2, 0.8))), ("thing", box_mesh((4, 3, 0), (5, 4, 1)))):
        mesh.apply_translation((0, 0, lift))
        scene.add_geometry(mesh, node_name=name, geom_name=f"g{len(scene.geometry)}")
    # glTF counts +Y as up
    scene.apply_transform(trimesh.transformations.rotation_matrix(-np.pi / 2, (1, 0, 0)))
    path.write_bytes(scene.export(file_type="glb"))
    return path


@pytest.mark.parametrize("lift", [0.0, 1.33])
def test_faces_lie_where_the_mesh_has_them(tmp_path: Path, lift: float) -> None:
    world = open_layout(write_hall(tmp_path / "hall.glb", lift=lift))
    out = seen(world, (3, 1.5, 1.5), (0, 1.5, 1.5), (3, 0, 1.5), (3, 1.501, 0), (3, 3.0, 3), (1, 1.5, 0.4), (5, 4, 0.4))
    assert out.classes[:, 0, 0].tolist() == [C.WALL, C.WALL, C.FLOOR, C.CEILING, C.TABLE, C.OTHER]
    np.testing.assert_allclose(out.depth[:4, 0, 0], [3.0, 1.5, 1.5, np.hypot(1.5, 1.5)], atol=0.01)
    down = seen(world, (1.5, 1.5, 2.0), (1.5, 1.501, 0))
    assert down.depth[0, 0, 0] == pytest.approx(1.2, abs=0.01)


def test_walls_and_floors_of_their_own_thickness(tmp_path: Path) -> None:
    scene = trimesh.Scene()
    parts = {"floor": ((0, 0, -0.1), (5, 4, 0)), "wall_a": ((0, 0, 0), (5, 0.1, 2.6)),
             "wall_b": ((0, 3.9, 0), (5, 4, 2.6)), "wall_c": ((0, 0.1, 0), (0.1, 3.9, 2.6)),
             "wall_d": ((4.9, 0.1, 0), (5, 3.9, 2.6)), "ceiling": ((0, 0, 2.6), (5, 4, 2.7))}
    for name, (low, high) in parts.items():
        scene.add_geometry(box_mesh(low, high), node_name=name, geom_name=name)
    scene.apply_transform(trimesh.transformations.rotation_matrix(-np.pi / 2, (1, 0, 0)))
    (tmp_path / "room.glb").write_bytes(scene.export(file_type="glb"))
    drawn = draw(tmp_path / "room.glb")
    assert drawn.errors == ()
    low, high = (np.array([[body.center[k] + side * body.half[k] for k in range(3)]
                           for body in drawn.draft.bodies if not body.thing.endswith("lamp")])
                 for side in (-1, 1))
    np.testing.assert_allclose([low.min(0), high.max(0)], [(0, 0, -0.1), (5, 4, 2.7)], atol=1e-6)
    out = seen(drawn.world(), (2, 2, 1.5), (0, 2, 1.5), (9, 2, 1.5), (2, 0, 1.5), (2, 2.001, 0))
    np.testing.assert_allclose(out.depth[:, 0, 0], [1.9, 2.9, 1.9, 1.5], atol=0.003)


def test_triangles_without_an_area_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "line.obj"
    path.write_text("v 0 0 0\nv 1 0 0\nv 2 0 0\nf 1 2 3\n")
    with pytest.raises(LayoutError, match="none of its triangles has an area"):
        open_layout(path)


def test_the_room_of_the_examples(tmp_path: Path) -> None:
    drawn = draw(ROOM_GLB)
    assert drawn.findings == ()
    assert drawn.draft.spaces[0].area == pytest.approx(6.0 * 4.6, rel=0.05)
    assert len(drawn.draft.bodies) < 400
    classes = {body.cls for body in drawn.draft.bodies}
    assert {C.WALL, C.FLOOR, C.CEILING, C.OTHER} <= classes


def test_cubes_of_another_size_in_a_json(tmp_path: Path) -> None:
    write_hall(tmp_path / "hall.glb")
    coarse = draw(write(tmp_path, mesh={"file": "hall.glb", "voxel": 0.25}))
    fine = draw(write(tmp_path, mesh={"file": "hall.glb", "voxel": 0.05}))
    for drawn in (coarse, fine):
        assert drawn.errors == ()
        assert drawn.draft.spaces[0].area == pytest.approx(20.0, rel=0.01)
    with pytest.raises(LayoutError, match="are too many; take larger ones"):
        big = box_mesh((0, 0, 0), (300, 300, 100))
        (tmp_path / "big.ply").write_bytes(big.export(file_type="ply"))
        draw(tmp_path / "big.ply")


def test_objects_are_known_by_their_names() -> None:
    names = {"oak_table_01/geometry_3/paint": C.TABLE, "FloorLamp/Cube/": C.LAMP, "node/g/Brick Wall": C.WALL,
             "BookShelves/x/": C.SHELF, "benches//": C.BENCH, "geometry_12/geometry_12/": None, "": None,
             "couch/g/floor": C.SOFA}
    assert {name: class_of(name) for name in names} == names


def test_meshes_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(MeshError, match="no such file"):
        draw(tmp_path / "none.glb")
    (tmp_path / "bad.glb").write_bytes(b"glTF nonsense")
    with pytest.raises(MeshError):
        draw(tmp_path / "bad.glb")
    far = box_mesh((0, 0, 0), (5000, 5000, 10))
    (tmp_path / "far.ply").write_bytes(far.export(file_type="ply"))
    with pytest.raises(LayoutError, match="is its unit the metre"):
        draw(tmp_path / "far.ply")
