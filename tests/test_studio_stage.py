"""A world on a viser server, without a page: it fills, follows commits and goes back in time."""

import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from unittest.mock import Mock

import pytest
import viser
from memory_worlds import make_world, step
from studio_scenes import nodes, room, server, serving, splat_count

from spatialmem.errors import InvalidValueError, StorageError, WorldFormatError
from spatialmem.memory.bank import Bank
from spatialmem.studio.stage import Stage
from spatialmem.studio.timeline import Timeline
from spatialmem.studio.visitor import Visitor

# pytest finds fixtures by these names
__all__ = ["room", "server"]


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_timeline_follows_and_goes_back(tmp_path: Path) -> None:
    path = make_world(tmp_path / "world", 1)
    timeline = Timeline(path)
    assert (timeline.head, timeline.shown, timeline.live) == (1, 1, True)
    assert not timeline.poll()
    with Bank.open(path, write=True) as writer:
        step(writer)
        assert timeline.poll()
        assert (timeline.head, timeline.shown) == (2, 2)
        timeline.show(1)
        step(writer)
        assert timeline.poll() and not timeline.poll()
        assert (timeline.head, timeline.shown, timeline.live) == (3, 1, False)
        timeline.follow()
        assert (timeline.shown, timeline.live) == (3, True)
    with pytest.raises(InvalidValueError, match=r"expected one in 0\.\."):
        timeline.show(9)
    timeline.close()
    timeline.close()


def test_a_timeline_that_failed_once_catches_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_world(tmp_path / "world", 1)
    timeline = Timeline(path)
    with Bank.open(path, write=True) as bank:
        step(bank)
    with monkeypatch.context() as broken, pytest.raises(StorageError):
        broken.setattr("spatialmem.studio.timeline.World.open", Mock(side_effect=StorageError("the disk is busy")))
        timeline.poll()
    assert timeline.shown == 1
    assert timeline.poll()
    assert (timeline.shown, timeline.head) == (2, 2)
    assert not timeline.poll()
    timeline.close()


def test_no_world_is_refused(server: viser.ViserServer, tmp_path: Path) -> None:
    with pytest.raises(WorldFormatError):
        Stage(server, tmp_path)


def test_a_stage_fills_and_follows(tmp_path: Path) -> None:
    path = tmp_path / "world"
    Bank.create(path, up="-Y", cell_edge=2.0).close()
    with serving() as server:
        stage = Stage(server, path)
        try:
            stage.start()
            assert "empty so far" in stage._panel._status.content
            assert stage._panel.commit.disabled
            with Bank.open(path, write=True) as writer:
                step(writer)
                count = sum(version.gaussians for version in writer.versions)
                until(lambda: splat_count(server) == count)
                assert server.initial_camera.up.tolist() == [0.0, -1.0, 0.0]  # type: ignore[union-attr]
                until(lambda: f"{count:,} Gaussians" in stage._panel._status.content)
                step(writer)
                until(lambda: splat_count(server) > count)
                stage._on_time(7, 1)
                until(lambda: splat_count(server) == count)
                assert not stage._panel.live.value
        finally:
            stage.close()
            stage.close()


def test_a_scene_is_complete_when_it_starts(room: Path) -> None:
    with serving() as server:
        stage = Stage(server, room)
        stage.start()
        stage.close()
        with Bank.open(room) as bank:
            assert splat_count(server) == len(bank.splats())
        assert len(nodes(server, viser.CameraFrustumHandle)) == 12
        assert "/path/line" in nodes(server, viser.LineSegmentsHandle)
        page = server.scene.as_html()
        assert len(page) > 500_000
        assert "Recall here" not in page


def test_trouble_is_told_once_to_every_page(server: viser.ViserServer, room: Path) -> None:
    stage, told = Stage(server, room), list[tuple[int, str]]()
    for number in (1, 2):
        page = SimpleNamespace(add_notification=lambda title, body, number=number, **_: told.append((number, body)))
        stage._visitors[number] = cast(Visitor, SimpleNamespace(client=page))
    for message in ("a cell is damaged", "a cell is damaged", "the disk is gone"):
        stage._notify(message)
    stage.close()
    assert told == [(number, body) for body in ("a cell is damaged", "the disk is gone") for number in (1, 2)]
