"""What the scene of a world holds: its Gaussians, the keyframes' cameras and where pages begin."""

from pathlib import Path

import numpy as np
import pytest
import torch
import viser
from memory_worlds import make_world, step
from studio_scenes import nodes, room, scene, server, splat_count

from spatialmem.camera import Cameras
from spatialmem.errors import WorldFormatError
from spatialmem.memory.bank import Bank
from spatialmem.poses import invert, quat_from_matrix
from spatialmem.studio.cellnodes import CellNodes, Look, covariances
from spatialmem.studio.frustums import FUSED, HELD_OUT, MOST, Frustums, evenly, frustum_size, thumbnail
from spatialmem.studio.here import answer, frame_numbers
from spatialmem.studio.layers import Lens
from spatialmem.studio.viewpoint import Opening, Viewpoint, keyframe_view, opening
from spatialmem.world import World

# pytest finds fixtures by these names
__all__ = ["room", "scene", "server"]

COLOURS = Look("colour", Lens(torch.eye(4, dtype=torch.float64)))
EYE = np.zeros((1, 3))


def test_the_scene_holds_every_gaussian_where_it_is(server: viser.ViserServer, scene: viser.SceneApi,
                                                    tmp_path: Path) -> None:
    cells = CellNodes(server)
    with Bank.open(make_world(tmp_path / "world", 2)) as bank:
        cells.want(bank, EYE, 10**6)
        while cells.send(bank, COLOURS):
            pass
        found = nodes(server, viser.GaussianSplatHandle).values()
        centers = np.concatenate([node.centers for node in found])
        want = bank.splats()
        assert sorted(map(tuple, centers.tolist())) == sorted(map(tuple, want.means.tolist()))
        assert len(found) == len(bank.cells) > 1


def test_only_cells_that_changed_are_sent_again(server: viser.ViserServer, scene: viser.SceneApi,
                                                tmp_path: Path) -> None:
    path, cells = make_world(tmp_path / "world", 2), CellNodes(server)
    with Bank.open(path) as bank:
        cells.want(bank, EYE, 10**6)
        while cells.send(bank, COLOURS):
            pass
        before = {version.key: version.name for version in bank.versions}
    kept = {key: drawn.node for key, drawn in cells._drawn.items()}
    with Bank.open(path, write=True) as bank:
        step(bank)
        changed = {version.key for version in bank.versions if before.get(version.key) != version.name}
        cells.want(bank, EYE, 10**6)
        assert set(cells._pending) == changed
        while cells.send(bank, COLOURS):
            pass
        assert {key for key, drawn in cells._drawn.items() if kept.get(key) is not drawn.node} == changed
        assert cells._drawn.keys() == set(bank.cells)


def test_going_back_takes_away_what_was_not_there_yet(server: viser.ViserServer, scene: viser.SceneApi,
                                                      tmp_path: Path) -> None:
    path, cells = make_world(tmp_path / "world", 3), CellNodes(server)
    for at in (3, 1, 0):
        with Bank.open(path, at=at) as bank:
            cells.want(bank, EYE, 10**6)
            while cells.send(bank, COLOURS):
                pass
            assert cells.count == sum(version.gaussians for version in bank.versions)
            assert cells._drawn.keys() == set(bank.cells)


def test_the_budget_holds_for_the_scene(server: viser.ViserServer, scene: viser.SceneApi, tmp_path: Path) -> None:
    cells = CellNodes(server)
    with Bank.open(make_world(tmp_path / "world", 3)) as bank:
        total = sum(version.gaussians for version in bank.versions)
        cells.want(bank, EYE, total // 2)
        while cells.send(bank, COLOURS):
            pass
        assert 0 < cells.count <= total // 2


def test_a_damaged_cell_leaves_a_hole_only(server: viser.ViserServer, scene: viser.SceneApi, tmp_path: Path) -> None:
    path, cells = make_world(tmp_path / "world", 2), CellNodes(server)
    with Bank.open(path) as bank:
        name = bank.versions[0].name
        next(path.glob(f"objects/*/{name[2:]}*"), path / "objects" / name[:2] / f"{name}.safetensors").write_bytes(b"x")
        cells.want(bank, EYE, 10**6)
        more, refused = True, 0
        while more:
            try:
                more = cells.send(bank, COLOURS)
            except WorldFormatError:
                refused += 1
        assert refused == 1
        assert cells._drawn.keys() == {version.key for version in bank.versions if version.name != name}


def test_a_hidden_backdrop_stays_in_place_and_clear(server: viser.ViserServer, scene: viser.SceneApi,
                                                    room: Path) -> None:
    cells = CellNodes(server)
    with Bank.open(room) as bank:
        cells.want(bank, EYE, 10**6)
        while cells.send(bank, COLOURS):
            pass
        for drawn in cells._drawn.values():
            drawn.splats.confidence[::2] = 0
        count = splat_count(server)
        cells.repaint(Look("confidence", COLOURS.lens, backdrop=False))
        assert splat_count(server) == count
        for drawn in cells._drawn.values():
            clear = drawn.node.opacities[:, 0] == 0
            assert clear[::2].all() and not clear[1::2].all()


def test_covariances_stretch_along_the_axes(room: Path) -> None:
    with Bank.open(room) as bank:
        splats = bank.splats()
    spread = np.linalg.eigvalsh(covariances(splats).astype(np.float64))
    np.testing.assert_allclose(np.sqrt(np.abs(spread)), np.sort(splats.scales.numpy(), axis=1), rtol=2e-2, atol=2e-4)


@pytest.mark.parametrize("count", [0, 1, MOST, MOST + 1, 1_000, 100_001])
def test_long_walks_show_every_so_many_frames(count: int) -> None:
    chosen = list(evenly(count))
    assert len(chosen) <= MOST
    assert len(chosen) >= min(count, MOST // 2)
    assert chosen[:1] == [0][:count]
    assert set(evenly(2 * count)) <= set(range(0, 2 * count)) and set(chosen[::2]) >= set(evenly(count, MOST // 2))


def test_frustums_stand_where_the_frames_were_taken(server: viser.ViserServer, scene: viser.SceneApi,
                                                    room: Path) -> None:
    frustums = Frustums(scene, lambda index, event: None)
    with Bank.open(room) as bank:
        frustums.want(bank)
        while frustums.send(bank):
            pass
        found = nodes(server, viser.CameraFrustumHandle)
        assert len(found) == 12
        for index in range(12):
            node, pose = found[f"/cameras/{index}"], bank.keyframes.T_world_cam[index]
            assert node.position == pytest.approx(pose[:3, 3].numpy())
            assert np.abs(node.wxyz @ quat_from_matrix(pose[:3, :3]).numpy()) == pytest.approx(1.0)
            assert node.color == (HELD_OUT if bank.keyframes.heldout[index] else FUSED)
        assert thumbnail(bank, 0).shape == (36, 48, 3)
        far = frustums._size * 8 + np.linalg.norm(bank.keyframes.T_world_cam[:, :3, 3].numpy(), axis=1).max()
        frustums.make_way(np.array([[far, far, far]]))
        assert all(node.visible for node in found.values())
        frustums.make_way(bank.keyframes.T_world_cam[:1, :3, 3].numpy())
        assert not found["/cameras/0"].visible
    with Bank.open(room, at=1) as bank:
        frustums.want(bank)
        while frustums.send(bank):
            pass
        assert len(nodes(server, viser.CameraFrustumHandle)) == 4


def test_frustums_are_as_large_as_the_steps() -> None:
    line = np.stack([np.arange(9.0), np.zeros(9), np.zeros(9)], axis=1)
    assert frustum_size(line) == 0.25
    assert frustum_size(0.25 * line) == frustum_size(line[:1]) == frustum_size(0 * line) == 0.125
    assert frustum_size(0.001 * line) == pytest.approx(0.03125)


def test_a_page_begins_at_the_first_keyframe(room: Path) -> None:
    with Bank.open(room) as bank:
        begin, pose = opening(bank), bank.keyframes.T_world_cam[0]
        seen = invert(begin.view.T_world_cam) @ pose
        torch.testing.assert_close(seen, torch.eye(4, dtype=torch.float64), atol=1e-6, rtol=0)
        assert begin.fov == pytest.approx(2 * np.arctan(18 / float(bank.keyframes.K[0, 1, 1])))
        assert begin.view.cameras(36 * 48).height == 36


def test_an_empty_world_is_looked_at_level(tmp_path: Path) -> None:
    for up in ("+Z", "-Y", "+X"):
        with Bank.create(tmp_path / up[1], up=up) as bank:
            begin = opening(bank)
            assert begin.up @ (begin.look_at - begin.position) == 0
            assert begin.view.T_world_cam.isfinite().all()


def test_a_view_straight_down_keeps_its_own_up(tmp_path: Path) -> None:
    with Bank.open(make_world(tmp_path / "world", 1)) as bank:
        pose = bank.keyframes.T_world_cam[0]
        pose[:3, :3] = torch.tensor([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]).double()  # up is -Y: it looks along +Y
        assert keyframe_view(bank, 0).up.tolist() == [0.0, 0.0, 1.0]
        assert keyframe_view(bank, 0).view.T_world_cam.isfinite().all()


@pytest.mark.parametrize("aspect", [0.4, 1.0, 16 / 9])
def test_a_view_becomes_a_camera_of_its_shape(aspect: float) -> None:
    camera = Viewpoint(torch.eye(4, dtype=torch.float64), 1.0, aspect).cameras(64_000)
    assert camera.width / camera.height == pytest.approx(aspect, rel=0.02)
    assert camera.width * camera.height == pytest.approx(64_000, rel=0.05)
    assert 2 * np.arctan(camera.height / 2 / float(camera.K[0, 1, 1])) == pytest.approx(1.0)


def test_recalls_are_told_with_their_frames(room: Path) -> None:
    with World.open(room) as world:
        wide = Cameras(world.keyframe_cameras()[:1].K, world.keyframe_cameras()[:1].T_world_cam, 36, 96)
        recall = world.recall(wide)
        shown = answer(recall, world.bank.keyframes)
        assert shown.render.shape == shown.trust.shape == (36, 96, 3)
        assert "% of this view is trusted" in shown.summary
        assert len(recall.references) and shown.references is not None
        numbers = frame_numbers(recall.references, world.bank.keyframes)
        assert not bool(world.bank.keyframes.heldout[numbers].any())
        for i, number in enumerate(numbers):
            assert torch.equal(recall.references.cameras.T_world_cam[i], world.bank.keyframes.T_world_cam[number])


def test_openings_are_views() -> None:
    begin = Opening(np.zeros(3), np.array([0.0, 3.0, 0.0]), np.array([0.0, 0.0, 1.0]), 0.9)
    assert begin.view.forward.tolist() == [0.0, 1.0, 0.0]
    assert not begin.view.differs(begin.view)
    assert begin.view.differs(None)
