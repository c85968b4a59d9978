"""The embedded generator in the loop: what it keeps, what it makes, and that it is the same again."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from embedded_models import tiny_model

from spatialmem.camera import Cameras, pinhole
from spatialmem.errors import GenerationError
from spatialmem.frames import REVISE, TRUSTED, Frames, Recall
from spatialmem.generators.embedded.generator import Embedded
from spatialmem.generators.embedded.open import embedded
from spatialmem.generators.embedded.weights import save_weights
from spatialmem.generators.select import Options, open_generator
from spatialmem.generators.worlds.blockout import blockout
from spatialmem.generators.worlds.worded import worded
from spatialmem.memory.check import check
from spatialmem.protocols import Request, check_generator, empty_recall
from spatialmem.report.measure import measure
from spatialmem.trajectory.named import trajectory
from spatialmem.world import World

HEIGHT, WIDTH = 48, 64


@pytest.fixture(scope="module")
def generator() -> Embedded:
    return Embedded(worded("a cosy home by day", seed=5), tiny_model(), version="tiny", seed=5)


@pytest.fixture(scope="module")
def walk(generator: Embedded) -> Cameras:
    start = Cameras(pinhole(1.2, HEIGHT, WIDTH)[None], generator.start_pose()[None], HEIGHT, WIDTH)
    return trajectory("tour", start=start, up="+Z", frames=16, free_space=generator.free_space, seed=0)


def asked(cameras: Cameras, recall: Recall | None = None) -> Request:
    return Request(cameras, empty_recall(cameras) if recall is None else recall, "", 0)


def test_it_keeps_the_contract(generator: Embedded) -> None:
    assert check_generator(generator, size=(HEIGHT, WIDTH)) == []


def test_nothing_known_is_made_on_the_plan(generator: Embedded, walk: Cameras) -> None:
    frames = generator.generate(asked(walk[:8]))
    plan = blockout(generator.plan.territory, walk[:8], generator.plan.territory.sky)
    assert frames.labels is not None and np.array_equal(frames.labels.numpy(), plan.classes)
    again = generator.generate(asked(walk[:8]))
    assert torch.equal(frames.rgb, again.rgb)
    assert frames.depth is not None and again.depth is not None and torch.equal(frames.depth, again.depth)


def test_what_memory_knows_needs_no_model(generator: Embedded, walk: Cameras) -> None:
    """Frames that are trusted whole come back as remembered, whatever the weights are."""
    cameras = walk[:8]
    plan = blockout(generator.plan.territory, cameras, generator.plan.territory.sky)
    depth = torch.from_numpy(plan.depth)
    rgb = torch.rand(8, HEIGHT, WIDTH, 3, generator=torch.Generator().manual_seed(1))
    view = Frames(rgb, cameras, depth=depth, alpha=torch.ones_like(depth))
    recall = Recall(view, torch.full(depth.shape, TRUSTED, dtype=torch.uint8), Frames.empty(HEIGHT, WIDTH))
    for seed in (0, 1):
        other = Embedded(generator.plan, tiny_model(seed), version="tiny", seed=5)
        frames = other.generate(asked(cameras, recall))
        assert torch.allclose(frames.rgb, rgb, atol=1e-5)
        assert frames.depth is not None and torch.equal(frames.depth, depth)
        assert frames.confidence is not None and not frames.confidence.any(), "they are memory's own"


def test_only_frames_that_lack_something_are_made(generator: Embedded, walk: Cameras) -> None:
    """The known frames of a clip are not changed by the unknown ones beside them."""
    cameras = walk[:8]
    plan = blockout(generator.plan.territory, cameras, generator.plan.territory.sky)
    depth = torch.from_numpy(plan.depth)
    trust = torch.full(depth.shape, TRUSTED, dtype=torch.uint8)
    trust[4:] = 0
    rgb = torch.rand(8, HEIGHT, WIDTH, 3, generator=torch.Generator().manual_seed(1))
    view = Frames(rgb, cameras, depth=depth, alpha=(trust > 0).float())
    frames = generator.generate(asked(cameras, Recall(view, trust, Frames.empty(HEIGHT, WIDTH))))
    assert torch.allclose(frames.rgb[:4], rgb[:4], atol=1e-5)
    assert float((frames.rgb[4:] - rgb[4:]).abs().mean()) > 0.05
    assert frames.confidence is not None
    assert not frames.confidence[:4].any() and bool((frames.confidence[4:] == 1).all())


def test_what_memory_knows_badly_is_made_where_it_is_much(generator: Embedded, walk: Cameras) -> None:
    cameras = walk[:8]
    trust = torch.full((8, HEIGHT, WIDTH), TRUSTED, dtype=torch.uint8)
    trust[:, : HEIGHT // 5] = REVISE
    trust[5:, : HEIGHT // 2] = REVISE
    grey = torch.full((8, HEIGHT, WIDTH, 3), 0.5)
    view = Frames(grey, cameras, depth=torch.full(trust.shape, 2.0), alpha=torch.ones(trust.shape))
    frames = generator.generate(asked(cameras, Recall(view, trust, Frames.empty(HEIGHT, WIDTH))))
    assert frames.confidence is not None and frames.confidence.amax(dim=(1, 2)).tolist() == [0.0] * 5 + [1.0] * 3


def test_words_come_too_late(generator: Embedded, walk: Cameras) -> None:
    with pytest.raises(GenerationError, match="too late"):
        generator.generate(replace(asked(walk[:8]), prompt="a forest"))


def test_a_world_is_the_same_again(generator: Embedded, walk: Cameras, tmp_path: Path) -> None:
    def explored(name: str) -> Frames:
        with World.create(tmp_path / name) as world:
            for _ in world.explore(walk, generator, clip=8):
                pass
            return world.render(walk[[0, 15]])

    first, again = explored("a"), explored("b")
    assert torch.equal(first.rgb, again.rgb)


def test_known_ground_teaches_nothing(generator: Embedded, walk: Cameras, tmp_path: Path) -> None:
    still = walk[[0] * 24]
    with World.create(tmp_path / "W") as world:
        steps = list(world.explore(still, generator, clip=8))
        assert [step.figures == {} for step in steps] == [False, True, True]
        assert world.bank.recalled() == set(range(8, 24))
        assert torch.equal(world.bank.keyframes.heldout, torch.arange(24) >= 8)
        told = measure(world)
        assert (told.heldout, told.recalled, [q.frame for q in told.quality]) == (0, 16, list(range(8)))
    assert check(tmp_path / "W") == []


def test_it_is_opened_by_name(tmp_path: Path) -> None:
    file = tmp_path / "own.safetensors"
    save_weights(file, tiny_model(), {})
    unnamed = open_generator("embedded", file)
    save_weights(file, tiny_model(1), {})
    assert len(unnamed.version) == 12 and unnamed.version != open_generator("embedded", file).version  # type: ignore[attr-defined]
    save_weights(file, tiny_model(), {"version": "7"})
    opened = open_generator("embedded", file, Options(prompt="a street at dusk, with zeppelins", seed=3))
    assert isinstance(opened, Embedded) and opened.version == "7"
    assert "zeppelins" in opened.remarks[0] and "street" in opened.summary
    assert embedded("a street at dusk", weights=file).prompt == "a street at dusk"
    with pytest.raises(GenerationError, match="takes weights"):
        open_generator("embedded", tmp_path / "photo.png")
    with pytest.raises(GenerationError, match="belongs to"):
        open_generator("embedded", file, Options(faults="blur=2"))
    with pytest.raises(GenerationError, match="up"):
        open_generator("embedded", file, Options(up="+Y"))
