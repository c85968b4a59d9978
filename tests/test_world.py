"""The loop: recall, generate, fuse, commit, and on again after a stop."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import recordings_on_disk
import torch
from box_room import HEIGHT, WIDTH, RoomGenerator, brief_fusion, room_frames, room_walk, there_and_back

from spatialmem.camera import Cameras
from spatialmem.errors import (
    GenerationError,
    InvalidValueError,
    ShapeError,
    SpatialMemError,
    WorldExistsError,
    WorldFormatError,
)
from spatialmem.export.images import write_render
from spatialmem.frames import TRUSTED, UNKNOWN, Frames
from spatialmem.generators.recorded import Recorded
from spatialmem.memory.check import check
from spatialmem.metrics import psnr
from spatialmem.protocols import Fusion, Json, Request
from spatialmem.seeds import clip_seed
from spatialmem.settings import Settings
from spatialmem.splats import FIELDS, Splats
from spatialmem.world import Step, World

FUSION = brief_fusion(4)


def create(path: Path) -> World:
    return World.create(path, up="+Z", reconstructor=FUSION)


def explore(path: Path, cameras: Cameras, generator: RoomGenerator, *, clip: int = 4, holdout: int = 0,
            seed: int = 0) -> list[Step]:
    """A new world along the whole path; what each step gave."""
    with create(path) as world:
        return list(world.explore(cameras, generator, clip=clip, holdout=holdout, seed=seed))


def same_worlds(a: Path, b: Path) -> bool:
    """Whether two worlds hold the same Gaussians, bit for bit, and the same frames."""
    with World.open(a) as one, World.open(b) as other:
        first, second = one.splats(), other.splats()
        if one.frames_done != other.frames_done or len(first) != len(second):
            return False
        frames, others = (w.bank.load_keyframes(range(one.frames_done)) for w in (one, other))
        return (all(torch.equal(getattr(first, name), getattr(second, name)) for name in FIELDS)
                and torch.equal(frames.rgb, others.rgb)
                and torch.equal(one.bank.keyframes.heldout, other.bank.keyframes.heldout))


class Watched:
    """A reconstructor that keeps what it was given and adds nothing."""

    def __init__(self) -> None:
        self.fused: list[Frames] = []
        self.replayed: list[Frames] = []

    def fuse(self, local: Splats, frames: Frames, replay: Frames) -> Fusion:
        self.fused.append(frames)
        self.replayed.append(replay)
        fusion = brief_fusion(0).fuse(local, frames, replay)
        return Fusion(fusion.splats, fusion.rejected, frames.cameras)


# --- the loop ------------------------------------------------------------------------------------


def test_frames_without_confidence_are_memorys_own(tmp_path: Path) -> None:
    class Unsure(RoomGenerator):
        def generate(self, request: Request) -> Frames:
            frames = super().generate(request)
            sure = torch.ones(frames.rgb.shape[:3])
            sure[1] = 0
            return replace(frames, confidence=sure)

    with World.create(tmp_path / "W", reconstructor=FUSION) as world:
        step = world.step(room_walk(3), Unsure(), heldout=torch.tensor([False, False, True]))
        assert step.heldout.tolist() == world.bank.keyframes.heldout.tolist() == [False, True, True]
        assert world.bank.recalled() == {1} and step.frames.confidence is None
        clip = world.bank.load_clip(1)
        assert clip.recalled == (1,) and clip.frames.confidence is None
    assert check(tmp_path / "W") == []
    with pytest.raises(InvalidValueError, match="recalled"):
        replace(clip, recalled=(0,))


def test_memory_knows_nothing_at_first_and_most_on_return(tmp_path: Path):
    path = there_and_back(16)
    steps = explore(tmp_path / "W", path, RoomGenerator())
    assert [step.start for step in steps] == [0, 4, 8, 12]
    assert [step.commit for step in steps] == [1, 2, 3, 4]
    assert float(steps[0].recall.known.max()) == 0
    assert float(steps[-1].recall.known.min()) > 0.9
    assert len(steps[0].recall.references) == 0
    assert len(steps[-1].recall.references) > 0
    assert set(steps[0].seconds) == {"recall", "generate", "fuse", "commit"}
    with World.open(tmp_path / "W") as world:
        assert world.frames_done == 16
        torch.testing.assert_close(world.keyframe_cameras().T_world_cam, path.T_world_cam, atol=0, rtol=0)
        shown = world.render(path)
        assert float(psnr(shown.rgb, room_frames(path).rgb).min()) > 18
    assert check(tmp_path / "W") == []


def test_what_is_recalled_is_what_is_rendered(tmp_path: Path):
    explore(tmp_path / "W", room_walk(4), RoomGenerator())
    with World.open(tmp_path / "W") as world:
        cameras = room_walk(3, start=2)
        recall, shown = world.recall(cameras), world.render(cameras)
        assert torch.equal(recall.view.rgb, shown.rgb)
        assert shown.alpha is not None
        assert bool((shown.alpha[recall.trust == TRUSTED] > 0.9).all())
        assert bool((recall.trust[shown.alpha < 0.1] == UNKNOWN).all())


@pytest.mark.parametrize("holdout", [0, 2, 3, 5])
def test_every_nth_frame_is_held_out_stored_and_never_fused(tmp_path: Path, holdout: int):
    watched = Watched()
    with World.create(tmp_path / "W", reconstructor=watched) as world:
        steps = list(world.explore(room_walk(11), RoomGenerator(), clip=4, holdout=holdout))
        flags = world.bank.keyframes.heldout
        stored = world.bank.load_keyframes(range(11))
    expected = torch.tensor([holdout > 0 and i % holdout == holdout // 2 for i in range(11)])
    assert torch.equal(flags, expected)
    assert torch.equal(torch.cat([step.heldout for step in steps]), expected)
    seen = torch.cat([frames.cameras.centres for frames in watched.fused])
    assert torch.equal(seen, room_walk(11).centres[~expected])
    secret = room_walk(11).centres[expected]
    for offered in [*watched.replayed, *(step.recall.references for step in steps)]:
        assert not bool((torch.cdist(offered.cameras.centres, secret) < 1e-9).any())
    torch.testing.assert_close(stored.rgb, torch.cat([s.frames.rgb for s in steps]), atol=0.5 / 255, rtol=0)


def test_a_clip_that_is_held_out_whole_is_stored_without_a_trace(tmp_path: Path):
    with create(tmp_path / "W") as world:
        world.step(room_walk(2), RoomGenerator())
        before = world.splats()
        world.step(room_walk(2, start=2), RoomGenerator(), heldout=torch.ones(2, dtype=torch.bool))
        assert world.frames_done == 4
        assert torch.equal(world.splats().means, before.means)
        assert world.bank.keyframes.heldout.tolist() == [False, False, True, True]


def test_two_runs_make_the_same_world(tmp_path: Path):
    for name in ("A", "B"):
        explore(tmp_path / name, there_and_back(12), RoomGenerator(), holdout=4, seed=5)
    assert same_worlds(tmp_path / "A", tmp_path / "B")


def test_each_clip_has_a_seed_of_its_own_that_the_worlds_seed_decides(tmp_path: Path):
    generators = [RoomGenerator() for _ in range(2)]
    for i, generator in enumerate(generators):
        explore(tmp_path / str(i), room_walk(6), generator, clip=2, seed=i)
    seeds = [[request.seed for request in generator.requests] for generator in generators]
    assert seeds[0] == [clip_seed(0, start) for start in (0, 2, 4)]
    assert len({*seeds[0], *seeds[1]}) == 6


def test_the_prompt_reaches_the_generator_and_the_world(tmp_path: Path):
    generator = RoomGenerator()
    with create(tmp_path / "W") as world:
        list(world.explore(room_walk(4), generator, clip=2, prompt="a room at dusk"))
        assert [request.prompt for request in generator.requests] == ["a room at dusk"] * 2
        clip = world.bank.load_clip(2)
    assert (clip.prompt, clip.generator, clip.provenance) == ("a room at dusk", "RoomGenerator", "generated")
    assert clip.state == {"given": 4}


@pytest.mark.parametrize("count", [3, 4, 9, 10])
def test_a_generator_of_fixed_length_is_always_asked_for_it(tmp_path: Path, count: int):
    generator = RoomGenerator(clip=4)
    steps = explore(tmp_path / "W", room_walk(count), generator, clip=8)
    assert all(len(request.cameras) == 4 for request in generator.requests)
    assert all(len(request.recall.trust) == len(request.recall.view) == 4 for request in generator.requests)
    assert sum(len(step.frames) for step in steps) == count
    last = generator.requests[-1].cameras
    assert torch.equal(last.T_world_cam[-1], room_walk(count).T_world_cam[-1])
    with World.open(tmp_path / "W") as world:
        torch.testing.assert_close(world.keyframe_cameras().centres, room_walk(count).centres, atol=0, rtol=0)


def test_a_step_longer_than_the_generators_clip_is_refused(tmp_path: Path):
    with create(tmp_path / "W") as world, pytest.raises(ShapeError, match="takes 4 frames at a time, got 6"):
        world.step(room_walk(6), RoomGenerator(clip=4))


# --- on again ------------------------------------------------------------------------------------


@pytest.mark.parametrize("clip", [None, 3])
def test_stopping_and_going_on_changes_nothing(tmp_path: Path, clip: int | None):
    path = there_and_back(11)
    explore(tmp_path / "whole", path, RoomGenerator(clip), clip=3, holdout=4)
    create(tmp_path / "W").close()
    for stop in (1, 2, 4):  # opened anew with a new generator each time
        with World.open(tmp_path / "W", write=True, reconstructor=FUSION) as world:
            for step in world.explore(path, RoomGenerator(clip), clip=3, holdout=4):
                if step.commit == stop:
                    break
    assert same_worlds(tmp_path / "whole", tmp_path / "W")
    assert check(tmp_path / "W") == []


def test_the_generator_gets_the_state_of_the_last_commit(tmp_path: Path):
    with create(tmp_path / "W") as world:
        next(world.explore(room_walk(4), RoomGenerator(), clip=2))
        again = RoomGenerator()
        (step,) = world.explore(room_walk(4), again, clip=2)
        assert again.state() == {"given": 4}
        expected = (room_frames(room_walk(2, start=2)).rgb[1] + 0.003).clamp(0, 1)
        assert torch.equal(step.frames.rgb[1], expected)


def test_a_finished_path_has_no_more_steps(tmp_path: Path):
    explore(tmp_path / "W", room_walk(4), RoomGenerator())
    with World.open(tmp_path / "W", write=True) as world:
        generator = RoomGenerator()
        assert list(world.explore(room_walk(4), generator)) == []
        assert generator.requests == []


@pytest.mark.parametrize("layout", recordings_on_disk.WRITERS)
def test_a_recording_becomes_a_world(tmp_path: Path, layout: str):
    source = recordings_on_disk.WRITERS[layout](tmp_path / "recording")
    generator = Recorded(source)
    with World.create(tmp_path / "W", up=generator.up, reconstructor=FUSION) as world:
        steps = list(world.explore(generator.cameras, generator, clip=3, holdout=2))
        assert [len(step.frames) for step in steps] == [3, 1]
        assert world.bank.keyframes.heldout.tolist() == [False, True, False, True]
        assert not bool(world.splats().generated.any())
        assert world.bank.load_clip(2).state == {"next": 4}
        colour, _ = recordings_on_disk.images()
        stored = (world.bank.load_keyframes(range(4)).rgb * 255).round().to(torch.uint8)
        assert torch.equal(stored, torch.from_numpy(colour))
    assert check(tmp_path / "W") == []


def test_generated_pixels_are_marked_as_such(tmp_path: Path):
    explore(tmp_path / "W", room_walk(2), RoomGenerator())
    with World.open(tmp_path / "W") as world:
        assert bool(world.splats().generated.all())


def test_labels_of_frames_last_on_disk_and_are_rendered(tmp_path: Path):
    class Labelling(RoomGenerator):
        def generate(self, request: Request) -> Frames:
            frames = super().generate(request)
            right = torch.arange(frames.cameras.width) >= frames.cameras.width // 2
            return replace(frames, labels=torch.where(right, 7, 3).expand(frames.rgb.shape[:3]))

    path = room_walk(2)
    explore(tmp_path / "W", path, Labelling())
    with World.open(tmp_path / "W") as world:
        shown = world.labels(path[:1])[0]
        stored = world.bank.load_keyframes([0]).labels
        assert list(write_render(world, path, tmp_path / "out", labels=True))
    named = json.loads((tmp_path / "out" / "classes.json").read_text(encoding="utf-8"))
    assert {label: entry["name"] for label, entry in named.items()} == {"3": "ceiling", "7": "windowframe"}
    assert stored is not None and set(stored.flatten().tolist()) == {3, 7}
    assert float((shown == stored[0]).float().mean()) > 0.9


# --- what a world says of itself -----------------------------------------------------------------


def test_confidence_leaves_out_the_backdrop(tmp_path: Path):
    class Sky(RoomGenerator):
        def generate(self, request: Request) -> Frames:
            frames = super().generate(request)
            assert frames.depth is not None
            depth = frames.depth.clone()
            depth[:, : HEIGHT // 2] = 0
            return replace(frames, depth=depth)

    explore(tmp_path / "W", room_walk(2), Sky())
    with World.open(tmp_path / "W") as world:
        everything, surfaces = world.splats(), world.splats(min_confidence=1e-6)
        assert 0 < len(surfaces) < len(everything)
        assert bool((everything.confidence == 0).any())
        assert world.figures()["gaussians"] == len(everything)


def test_an_empty_world_answers(tmp_path: Path):
    with create(tmp_path / "W") as world:
        shown = world.render(room_walk(2))
        assert shown.alpha is not None
        assert float(shown.alpha.max()) == 0
        assert world.recall(room_walk(2)).known.tolist() == [0, 0]
        assert len(world.render(room_walk(2)[:0])) == 0
        figures = world.figures()
        assert (figures["gaussians"], figures["keyframes"], figures["bounds"]) == (0, 0, None)
        with pytest.raises(WorldFormatError, match="holds no frames yet; explore it first"):
            world.keyframe_cameras()


def test_a_past_commit_can_be_looked_at(tmp_path: Path):
    explore(tmp_path / "W", room_walk(4), RoomGenerator(), clip=2)
    with World.open(tmp_path / "W", at=1) as past, World.open(tmp_path / "W") as now:
        assert (past.frames_done, now.frames_done) == (2, 4)
        assert set(past.splats().clip.tolist()) == {1}


def test_a_world_is_never_made_over_something(tmp_path: Path):
    explore(tmp_path / "W", room_walk(2), RoomGenerator())
    with pytest.raises(WorldExistsError, match="already exists"):
        World.create(tmp_path / "W")


# --- generators that break their word ------------------------------------------------------------


def _answers(change: str) -> RoomGenerator:
    def refuse(frames: Frames) -> Frames:
        raise GenerationError(f"the model is out of memory; ask for fewer than {len(frames)} frames")

    changes: dict[str, Callable[[Frames], Frames]] = {
        "nan colour": lambda frames: replace(frames, rgb=frames.rgb * float("nan")),
        "nan depth": lambda frames: replace(frames, depth=torch.as_tensor(frames.depth) * float("nan")),
        "no depth": lambda frames: replace(frames, depth=None),
        "too few": lambda frames: frames[1:],
        "too many": lambda frames: Frames.concat([frames, frames]),
        "other size": lambda frames: room_frames(frames.cameras.resized(HEIGHT // 2, WIDTH)),
        "no frames": lambda frames: frames.rgb,  # type: ignore[dict-item, return-value]
        "refusal": refuse,
    }

    class Faulty(RoomGenerator):
        def generate(self, request: Request) -> Frames:
            return changes[change](super().generate(request))

    return Faulty()


@pytest.mark.parametrize(("change", "error", "why"), [
    ("nan colour", InvalidValueError, "rgb must be finite"),
    ("nan depth", InvalidValueError, "depth must be finite"),
    ("no depth", GenerationError, "returned no depth"),
    ("too few", GenerationError, r"\[1, 36, 48\], the request asked for \[2, 36, 48\]"),
    ("too many", GenerationError, r"\[4, 36, 48\], the request asked for"),
    ("other size", GenerationError, r"\[2, 18, 48\], the request asked for"),
    ("no frames", GenerationError, "must return spatialmem Frames"),
    ("refusal", GenerationError, "out of memory"),
])
def test_a_generator_that_breaks_its_word_leaves_the_world_as_it_was(
        tmp_path: Path, change: str, error: type[SpatialMemError], why: str):
    with create(tmp_path / "W") as world:
        world.step(room_walk(2), RoomGenerator())
        before, path = world.splats(), room_walk(2, start=2)
        with pytest.raises(error, match=why):
            world.step(path, _answers(change))
        assert world.frames_done == 2
        assert torch.equal(world.splats().means, before.means)
        assert world.step(path, RoomGenerator()).commit == 2
    assert check(tmp_path / "W") == []


def test_a_state_that_cannot_be_stored_is_refused_before_anything_is_written(tmp_path: Path):
    class Stateful(RoomGenerator):
        def state(self) -> Mapping[str, Json]:
            return {"given": float("nan")}

    with create(tmp_path / "W") as world:
        with pytest.raises(InvalidValueError, match=r"Clip.state: expected strict JSON"):
            world.step(room_walk(2), Stateful())
        assert world.frames_done == 0
        world.step(room_walk(2), RoomGenerator())
    assert check(tmp_path / "W") == []


def test_frames_with_gradients_are_taken_without_them(tmp_path: Path):
    class Model(RoomGenerator):
        def generate(self, request: Request) -> Frames:
            frames = super().generate(request)
            return replace(frames, rgb=frames.rgb * torch.ones(1, requires_grad=True))

    explore(tmp_path / "model", room_walk(4), Model())
    explore(tmp_path / "plain", room_walk(4), RoomGenerator())
    assert same_worlds(tmp_path / "model", tmp_path / "plain")


def test_sizes_clips_and_flags_are_judged_before_the_generator_runs(tmp_path: Path):
    generator = RoomGenerator()
    with create(tmp_path / "W") as world:
        with pytest.raises(ShapeError, match="sizes that divide by 4"):
            world.step(room_walk(2, height=34), generator)
        for clip, holdout in ((0, 0), (4, 1), (4, -2)):
            with pytest.raises(InvalidValueError, match="clip must be 1 or more and holdout 0 or at least 2"):
                list(world.explore(room_walk(2), generator, clip=clip, holdout=holdout))
        for flags in (torch.zeros(3, dtype=torch.bool), torch.zeros(2)):
            with pytest.raises(ShapeError, match=r"heldout: expected \[2\] bool"):
                world.step(room_walk(2), generator, heldout=flags)
        with pytest.raises(ShapeError, match="one or more frames at a time, got 0"):
            world.step(room_walk(2)[:0], generator)
    assert generator.requests == []


@pytest.mark.parametrize("multiple", [0, -8])
def test_a_size_multiple_that_is_none_is_refused(tmp_path: Path, multiple: int):
    generator = RoomGenerator()
    generator.size_multiple = multiple
    world, refused = create(tmp_path / "W"), pytest.raises(GenerationError, match="size_multiple must be 1 or more")
    with world, refused:
        world.step(room_walk(2), generator)


# --- settings kept with a world ------------------------------------------------------------------


def test_settings_survive_the_worlds_plan():
    settings = Settings(generator="recorded", input="/a/walk", size=(36, 48), holdout=3, prompt="é")
    assert Settings.from_record(settings.record()) == settings
    assert Settings.from_record(Settings().record()) == Settings()


@pytest.mark.parametrize("change", [{"unheard_of": 1}, {"clip": "8"}, {"size": [36]}, {"size": "36x48"},
                                    {"prompt": None}, {"seed": 1.5}, {"holdout": True}])
def test_a_plan_that_cannot_be_understood_is_refused(change: dict[str, Json]):
    with pytest.raises(InvalidValueError, match="plan cannot be read"):
        Settings.from_record({**Settings().record(), **change})
