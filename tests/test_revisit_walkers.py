"""A generator for each route, as if it were new, from one that was opened once."""

from pathlib import Path

import numpy as np
import pytest
import torch
from scene_room import blank, walk

from spatialmem.generators.faults.faults import Faults
from spatialmem.generators.scene.generator import Scene
from spatialmem.protocols import Generator
from spatialmem.revisit.walkers import Walkers
from spatialmem.settings import Settings

ROOM = Path(__file__).parents[1] / "examples" / "data" / "room.glb"
FAULTS = "blur=3,colour_drift=6,pose_jitter=6"


def pictures(generator: Generator) -> np.ndarray:
    cameras = walk(6)
    return np.concatenate([generator.generate(blank(part)).rgb.numpy()
                           for part in (cameras[:4], cameras[4:])])


def test_every_route_has_faults_of_its_own_as_if_its_generator_were_new() -> None:
    walkers = Walkers(Settings(generator="scene", input=str(ROOM), faults=FAULTS, seed=2))
    routes = [pictures(walkers.walker(index)) for index in (0, 1, 0)]
    assert not np.array_equal(routes[0], routes[1])
    np.testing.assert_array_equal(routes[0], routes[2])
    np.testing.assert_array_equal(routes[1], pictures(Scene(ROOM, faults=Faults.parse(f"{FAULTS},seed=2001"))))


def test_a_seed_that_was_asked_for_holds_for_all_routes() -> None:
    walkers = Walkers(Settings(generator="scene", input=str(ROOM), faults=f"{FAULTS},seed=5"))
    routes = [pictures(walkers.walker(index)) for index in (0, 1)]
    np.testing.assert_array_equal(routes[0], routes[1])


def test_the_scene_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from spatialmem.generators.scene import generator as module

    reads, load = [], module.load_mesh
    monkeypatch.setattr(module, "load_mesh", lambda path, *, up: (reads.append(path), load(path, up=up))[1])
    walkers = Walkers(Settings(generator="scene", input=str(ROOM), faults=FAULTS))
    first, second = walkers.walker(0), walkers.walker(1)
    assert len(reads) == 1
    cameras = walk(2)
    assert isinstance(first, Scene) and isinstance(second, Scene)
    assert torch.equal(first.truth(cameras).rgb, second.truth(cameras).rgb)
