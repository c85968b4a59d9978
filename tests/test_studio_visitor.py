"""What a page's visitor can do: walk, recall and select, with a stand-in for the browser's camera."""

import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import viser
from studio_scenes import nodes, room, scene, server

from spatialmem.memory.bank import Bank
from spatialmem.poses import quat_from_matrix
from spatialmem.studio.panel import assign
from spatialmem.studio.viewpoint import opening
from spatialmem.studio.visitor import Visitor
from spatialmem.studio.walk import Ground
from spatialmem.world import World

# pytest finds fixtures by these names
__all__ = ["room", "scene", "server"]


class Camera(SimpleNamespace):
    """Stands in for a browser's camera; like viser's, it takes its target along when it is moved."""

    def __setattr__(self, name: str, value: object) -> None:
        if name == "position" and hasattr(self, "position"):
            super().__setattr__("look_at", self.look_at + value - self.position)
        super().__setattr__(name, value)


@pytest.fixture
def visitor(server: viser.ViserServer, scene: viser.SceneApi, room: Path) -> Iterator[Visitor]:
    with Bank.open(room) as bank:
        begin = opening(bank)
    camera = Camera(position=begin.position, look_at=begin.look_at, fov=begin.fov, image_width=96, image_height=72,
                    wxyz=quat_from_matrix(begin.view.T_world_cam[:3, :3]).numpy(), update_timestamp=0.0,
                    max_orbit_distance=1e4)
    client = SimpleNamespace(camera=camera, gui=server.gui, scene=scene, atomic=server.atomic, client_id=7)
    ground = Ground(np.array([0.0, 0.0, 1.0]), begin.position[None], np.array([-1.3]), 1.4, seen=True)
    yield Visitor(cast(viser.ClientHandle, client), lambda: ground)
    server.gui.reset()


def test_a_walker_stands_at_eye_height_and_looks_around(visitor: Visitor) -> None:
    camera = visitor.client.camera
    assign(visitor.walk, True)
    visitor.set_walking()
    assert visitor.eye_height.value == pytest.approx(1.4)
    assert camera.position[2] == pytest.approx(0.1)
    assert np.linalg.norm(camera.look_at - camera.position) == pytest.approx(camera.max_orbit_distance, abs=1e-6)
    assert camera.max_orbit_distance < 0.1  # to turn about a point so near is to look around
    camera.position = visitor.view.eye + np.array([1.0, 2.0, 3.0])
    visitor.stand()
    assert camera.position[2] == pytest.approx(0.1)
    assign(visitor.walk, False)
    visitor.set_walking()
    camera.position = visitor.view.eye + np.array([0.0, 0.0, 3.0])
    visitor.stand()
    assert camera.position[2] == pytest.approx(3.1)
    assert camera.max_orbit_distance > 1_000


def test_a_rest_is_told_once_a_place(visitor: Visitor) -> None:
    camera = cast(Any, visitor.client.camera)
    assert visitor.rested() is not None
    assert visitor.rested() is None
    camera.position = visitor.view.eye + np.array([0.5, 0.0, 0.0])
    camera.update_timestamp = time.time() + 100
    assert visitor.rested() is None  # still moving
    camera.update_timestamp = 0.0
    assert visitor.rested() is not None


def test_a_recall_is_shown_and_asked_once_a_view(visitor: Visitor, room: Path) -> None:
    with World.open(room) as world:
        first = visitor.recall_at(world, visitor.view)
        assert visitor.recall_at(world, visitor.view) is first
        assert "trusted" in visitor._summary.content
        assert visitor._render.visible and visitor._trust.visible and visitor._references.visible
        visitor.client.camera.position = visitor.view.eye + np.array([0.4, 0.0, 0.0])
        assert visitor.recall_at(world, visitor.view) is not first


def test_unasked_recalls_stop_where_they_are_slow_or_unwanted(visitor: Visitor, room: Path) -> None:
    with World.open(room) as world:
        assign(visitor.recall_resting, False)
        visitor.remember(world, asked=False)
        assert visitor._answered is None
        assign(visitor.recall_resting, True)
        visitor._took = 60.0
        visitor.remember(world, asked=False)
        assert visitor._answered is None
        visitor.remember(world, asked=True)
        assert visitor._answered is not None and visitor._render.visible
        visitor._took = 60.0
        visitor.remember(world, asked=False)
        assert visitor._render.visible
        visitor.client.camera.position = visitor.view.eye + np.array([0.4, 0.0, 0.0])
        visitor.remember(world, asked=False)
        assert not visitor._render.visible and "Press the button" in visitor._summary.content


def test_a_selection_is_told_and_marked(visitor: Visitor, server: viser.ViserServer, room: Path) -> None:
    with Bank.open(room) as bank:
        visitor.select(bank, visitor.view.eye, visitor.view.forward, backdrop=True)
        assert "RoomGenerator" in visitor._selected.content
        assert len(nodes(server, viser.IcosphereHandle)) == 1
        visitor.select(bank, np.array([0.0, 0.0, 500.0]), np.array([0.0, 0.0, 1.0]), backdrop=True)
        assert "Nothing" in visitor._selected.content
        assert not nodes(server, viser.IcosphereHandle)
