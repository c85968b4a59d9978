"""A viser server without a page, its scene, and a small room that was explored, for the tests of the viewer."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
import viser
from box_room import RoomGenerator, brief_fusion, room_walk

from spatialmem.world import World


@contextmanager
def serving() -> Iterator[viser.ViserServer]:
    """A server of one's own."""
    server = viser.ViserServer(host="127.0.0.1", port=0, verbose=False)
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def server() -> Iterator[viser.ViserServer]:
    with serving() as running:
        yield running


@pytest.fixture
def scene(server: viser.ViserServer) -> Iterator[viser.SceneApi]:
    yield server.scene
    server.scene.reset()


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A box room explored for 12 frames in three commits, every third frame held out."""
    path = tmp_path_factory.mktemp("studio") / "room"
    with World.create(path, up="+Z", reconstructor=brief_fusion(1)) as world:
        list(world.explore(room_walk(12), RoomGenerator(), clip=4, holdout=3))
    return path


def nodes(server: viser.ViserServer, kind: type) -> dict[str, Any]:
    """The scene's nodes of one kind by name."""
    known = cast(dict[str, Any], server.scene._handle_from_node_name)
    return {name: node for name, node in known.items() if isinstance(node, kind)}


def splat_count(server: viser.ViserServer) -> int:
    """Gaussians in the scene."""
    return sum(len(node.buffer) for node in nodes(server, viser.GaussianSplatHandle).values())
