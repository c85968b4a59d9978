"""Tile lists against NumPy: all pairs, nearest first, equal depths in the order of input, numbered by Gaussian."""

import numpy as np
import pytest

from spatialmem.render.cpu.bin import tile_lists
from spatialmem.render.cpu.layout import F32, Gaussians, TileLists, pack_camera
from spatialmem.render.cpu.pipeline import View, project_view
from spatialmem.render.cpu.threads import parallel_region
from spatialmem.render.cpu.workspace import WorkspacePool

WIDTH, HEIGHT = 150, 100


def depths_named(name: str, count: int) -> F32:
    random = np.random.default_rng(3)
    z = {"spread": random.uniform(1, 9, count),
         "ties": random.integers(2, 6, count),
         "one": np.full(count, 3.0),
         "far apart": np.exp(random.uniform(-3, 9, count)),
         "a wall and two strays": 5 + random.uniform(0, 1e-3, count),
         "behind": np.full(count, -3.0)}[name].astype(np.float32)
    if name == "a wall and two strays":
        z[[7, count // 2]] = 0.02, 4000
    return z


def view_of(z: F32) -> View:
    count, random = len(z), np.random.default_rng(4)
    slopes = random.uniform(-0.7, 0.7, (count, 2))
    means = np.column_stack([slopes * z[:, None], z]).astype(np.float32)
    scales = (np.abs(z)[:, None] * random.uniform(0.001, 0.08, (count, 3))).astype(np.float32)
    quats = random.standard_normal((count, 4)).astype(np.float32)
    K = np.array([[100, 0, WIDTH / 2], [0, 100, HEIGHT / 2], [0, 0, 1]], np.float32)
    camera = pack_camera(np.eye(4, dtype=np.float32), K, WIDTH, HEIGHT, (0.01, 1e10, 0.3, 0.0))
    gaussians = Gaussians(means, quats, scales, random.uniform(0.1, 1, count).astype(np.float32))
    return project_view(WorkspacePool(1).lease(), camera, gaussians, False, WIDTH, HEIGHT)


def lists_of(view: View) -> TileLists:
    with parallel_region:
        return tile_lists(view.lease.workspace, view.touching, view.projected.spans, view.columns, view.tiles, None)


@pytest.mark.parametrize("count", [9, 700, 20_000])
@pytest.mark.parametrize("name", ["spread", "ties", "one", "far apart", "a wall and two strays", "behind"])
@pytest.mark.parametrize("threads", [1, 2])
def test_lists_are_those_of_a_stable_sort(name: str, count: int, threads: int,
                                          monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spatialmem.render.cpu.bin.worker_count", lambda: threads)
    monkeypatch.setattr("spatialmem.render.cpu.depth_order.worker_count", lambda: threads)
    view = view_of(depths_named(name, count))
    lists, spans = lists_of(view), view.projected.spans.astype(np.int64)
    tiles = (spans[:, 1] - spans[:, 0]) * (spans[:, 3] - spans[:, 2])
    np.testing.assert_array_equal(lists.first, np.concatenate([[0], np.cumsum(tiles)]))
    assert (tiles.sum() > 0) == (name != "behind")
    order = np.argsort(view.projected.depths, kind="stable")
    for tile in range(view.tiles):
        row, column = divmod(tile, view.columns)
        left, right, top, bottom = spans[order].T
        i = order[(left <= column) & (column < right) & (top <= row) & (row < bottom)]
        here = slice(lists.offsets[tile], lists.offsets[tile + 1])
        np.testing.assert_array_equal(lists.gaussians[here], i)
        number = (row - spans[i, 2]) * (spans[i, 1] - spans[i, 0]) + column - spans[i, 0]
        np.testing.assert_array_equal(lists.entries[here], lists.first[i] + number)
    assert lists.offsets[-1] == len(lists.entries) == tiles.sum()
