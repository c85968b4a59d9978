"""The generator of painted worlds: true depth and labels, faults as of any truth, and words that choose the world."""

import json
import math
from dataclasses import replace
from pathlib import Path

import layout_files
import numpy as np
import pytest
import torch
import worlds_scene
from command_line import CommandLine
from scene_room import blank, same
from worlds_lawn import Fixed

from spatialmem import exploration
from spatialmem.camera import Cameras, pinhole
from spatialmem.errors import GenerationError, InvalidValueError
from spatialmem.frames import Frames, Recall
from spatialmem.generators.faults.faults import Faults
from spatialmem.generators.remote.server import GeneratorServer
from spatialmem.generators.worlds.generator import Procedural
from spatialmem.generators.worlds.grow import Grown
from spatialmem.generators.worlds.worded import worded
from spatialmem.labels import SemanticClass as C
from spatialmem.poses import look_at
from spatialmem.protocols import Generator, Request, check_generator
from spatialmem.settings import Settings
from spatialmem.world import World

UP = torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64)


@pytest.fixture
def spatialmem(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(monkeypatch, capsys)


@pytest.fixture(scope="module")
def house() -> Fixed:
    """The furnished house of the rendering tests, entered in its living room."""
    return Fixed(worlds_scene.world(), first=(6.0, 11.5, -2.0))


def walk(territory: Fixed, count: int, first: int = 0, height: int = 24, width: int = 32) -> Cameras:
    """Cameras `first` to `first + count` of a slow walk from the territory's start, always looking one way."""
    x, y, heading = territory.first
    ahead = torch.tensor([math.cos(heading), math.sin(heading), -0.1], dtype=torch.float64)
    eyes = [torch.tensor([x + 0.05 * i, y - 0.03 * i, 1.5], dtype=torch.float64) for i in range(first, first + count)]
    poses = torch.stack([look_at(eye, eye + ahead, UP) for eye in eyes])
    return Cameras(pinhole(1.22, height, width).expand(count, 3, 3), poses, height, width)


def remembering(generator: Procedural, cameras: Cameras) -> Request:
    """A request whose memory knows the left half of every frame, exactly."""
    true = generator.truth(cameras)
    trust = torch.zeros(true.rgb.shape[:3], dtype=torch.uint8)
    trust[:, :, : cameras.width // 2] = 2
    view = Frames(true.rgb, cameras, depth=true.depth, alpha=(trust > 0).float())
    return Request(cameras, Recall(view, trust, Frames.empty(cameras.height, cameras.width)), "", 0)


def labels(frames: Frames) -> torch.Tensor:
    assert frames.labels is not None
    return frames.labels


def depth(frames: Frames) -> torch.Tensor:
    assert frames.depth is not None
    return frames.depth


def test_grass_and_sky_are_where_geometry_puts_them():
    height, width = 48, 64
    generator = Procedural(Fixed())
    pose = generator.start_pose()
    seen = generator.truth(Cameras(pinhole(1.22, height, width)[None], pose[None], height, width))
    focal = float(pinhole(1.22, height, width)[1, 1])
    rows = np.arange(height) + 0.5 - height / 2
    ground = rows > focal * 1.5 / 40  # nearer than 40 m: beyond 48 m a world ends in its sky
    assert (labels(seen)[0, ground] == C.GRASS).all() and (labels(seen)[0, rows < 0] == C.SKY).all()
    expected = np.broadcast_to((1.5 * focal / rows[ground])[:, None], (int(ground.sum()), width))
    np.testing.assert_allclose(depth(seen)[0, ground].numpy(), expected, rtol=1e-4)
    assert (depth(seen)[0, rows < 0] == 0).all()


def test_it_starts_upright_at_eye_height_and_looks_ahead():
    pose = Procedural(Fixed(first=(2.0, 3.0, 0.5))).start_pose()
    torch.testing.assert_close(pose[:3, 3], torch.tensor([2.0, 3.0, 1.5], dtype=torch.float64))
    torch.testing.assert_close(pose[:3, 2], torch.tensor([math.cos(0.5), math.sin(0.5), 0.0], dtype=torch.float64))
    torch.testing.assert_close(pose[:3, 1], -UP)


def test_it_keeps_the_contract(house: Fixed):
    generator = Procedural(house)
    assert isinstance(generator, Generator)
    assert (generator.name, generator.up, generator.clip, generator.given) == ("procedural", "+Z", None, False)
    assert generator.free_space is house.free_space
    assert check_generator(generator, size=(24, 32)) == []
    assert check_generator(Procedural(house, prompt="a living room"), size=(24, 32)) == []


@pytest.mark.parametrize("cut", [1, 3])
def test_clips_may_be_cut_anywhere(house: Fixed, cut: int):
    faults = Faults(exposure_drift=6, depth_noise=5, moving_person=8, odometry_drift=4)
    whole, parts = Procedural(house, faults=faults), Procedural(house, faults=faults)
    once = whole.generate(blank(walk(house, 6)))
    pieces = Frames.concat([parts.generate(blank(walk(house, min(cut, 6 - at), at))) for at in range(0, 6, cut)])
    assert same(once, pieces)
    assert torch.equal(labels(once), labels(pieces))


def test_a_restored_one_goes_on_as_if_nothing_had_happened(house: Fixed):
    faults = Faults(colour_drift=8, moving_person=5)
    whole, resumed = Procedural(house, faults=faults), Procedural(house, faults=faults)
    whole.generate(blank(walk(house, 4)))
    resumed.restore(dict(whole.state()))
    again = blank(walk(house, 3, 4))
    assert same(whole.generate(again), resumed.generate(again))
    with pytest.raises(InvalidValueError, match="procedural state needs whole numbers"):
        resumed.restore({"frame": -1, "clip": 0})


def test_memory_keeps_its_colours_and_the_truth_its_labels(house: Fixed):
    generator = Procedural(house)
    request = remembering(generator, walk(house, 2))
    tinted = replace(request, recall=replace(request.recall, view=replace(
        request.recall.view, rgb=request.recall.view.rgb * 0.5)))
    true, kept = generator.truth(request.cameras), generator.generate(tinted)
    assert torch.equal(kept.rgb[:, :, :16], true.rgb[:, :, :16] * 0.5)
    assert torch.equal(kept.rgb[:, :, 16:], true.rgb[:, :, 16:])
    assert torch.equal(labels(kept), labels(true)) and torch.equal(depth(kept), depth(true))
    assert len(labels(kept).unique()) > 4
    free = Procedural(house, honour_memory=False).generate(tinted)
    assert same(free, true)


@pytest.mark.parametrize("fault", ["moving_person", "invented", "one_time_object"])
def test_what_a_fault_puts_in_front_is_labelled_other(house: Fixed, fault: str):
    cameras = walk(house, 10, 6)
    faulty = Procedural(house, faults=Faults(**{fault: 8}))
    faulty.restore({"frame": 6, "clip": 0})
    seen, true = faulty.generate(blank(cameras)), faulty.truth(cameras)
    nearer = depth(seen) != depth(true)
    assert nearer.any() and (labels(seen)[nearer] == C.OTHER).all()
    assert torch.equal(labels(seen)[~nearer], labels(true)[~nearer])
    assert torch.equal(seen.rgb[~nearer], true.rgb[~nearer])


def test_a_person_stands_on_the_ground_and_not_behind_a_wall(house: Fixed):
    faulty = Procedural(Fixed(), faults=Faults(moving_person=8))
    cameras = Cameras(pinhole(1.22, 96, 128)[None], faulty.start_pose()[None], 96, 128)
    person = (labels(faulty.generate(blank(cameras)))[0] == C.OTHER).nonzero()[:, 0]
    # 2.2 m ahead, feet on the grass and head at 1.75 m: 1.5 m below and 0.25 m above a level eye
    focal = float(cameras.K[0, 1, 1])
    assert abs(int(person.min()) - (48 - 0.25 * focal / 1.95)) < 2
    assert int(person.max()) == 95
    near = walk(house, 1, height=48, width=64)
    indoors = Procedural(house, faults=Faults(moving_person=8))
    assert (depth(indoors.generate(blank(near))) <= depth(indoors.truth(near))).all()


def test_amnesia_changes_the_colours_of_known_places_only(house: Fixed):
    generator = Procedural(house, faults=Faults(amnesia=8))
    request = remembering(generator, walk(house, 2))
    true, seen = generator.truth(request.cameras), generator.generate(request)
    assert float((seen.rgb - true.rgb)[:, :, :16].abs().mean()) > 0.05
    assert torch.equal(seen.rgb[:, :, 16:], true.rgb[:, :, 16:])
    assert torch.equal(labels(seen), labels(true)) and torch.equal(depth(seen), depth(true))


def test_another_prompt_comes_too_late(house: Fixed):
    request = replace(blank(walk(house, 1)), prompt="a beach")
    with pytest.raises(GenerationError, match="'a beach' comes too late, this world was made from 'a living room'"):
        Procedural(house, prompt="a living room").generate(request)
    Procedural(house, prompt="a beach").generate(request)


def test_words_that_are_not_understood_or_overruled_are_told():
    assert worded("a street with brick houses at dusk").remarks == ()
    unknown, overruled = worded("a flurble garden by day, no, by night").remarks
    assert "not understood: 'flurble', 'no'; understood were garden" in unknown
    assert overruled == "prompt: 'night' overrules 'day'"
    (nothing,) = worded("flurble").remarks
    assert "nothing else is in it" in nothing


def test_a_negated_word_is_told_as_asked_for_and_not_as_understood():
    assert worded("a park, no snow").remarks == ("prompt: 'no' is not understood: snow was asked for",)
    unknown, negated = worded("a flurble park without fog").remarks
    assert "not understood: 'flurble'; understood were park (" in unknown
    assert negated == "prompt: 'without' is not understood: fog was asked for"


def test_the_summary_says_what_was_chosen(tmp_path: Path):
    made = worded("blue brick houses on a foggy street, planks on the floor", seed=3, style_seed=2)
    assert isinstance(made.territory, Grown)
    light = made.territory.attributes.light
    assert made.summary == f"world: street, {light}, fog, blue brick walls, floors of planks; seed 3, style 2"
    left_open = worded("flurble", seed=3)
    assert isinstance(left_open.territory, Grown)
    chosen = left_open.territory.attributes
    assert left_open.summary == f"world: {chosen.place}, {chosen.light}, {chosen.weather}; seed 3, style 0"
    plan = layout_files.write(tmp_path, **layout_files.TWO_ROOMS)
    assert worded("dusk, fog", layout=plan).summary == f"world: layout {plan.name}, dusk, fog; style 0"


def test_the_seed_chooses_the_world_and_the_style_seed_its_look():
    first = worded("a garden, day", seed=4)
    cameras = Cameras(pinhole(1.22, 24, 32)[None], first.start_pose()[None], 24, 32)
    seen = first.truth(cameras)
    assert same(seen, worded("a garden, day", seed=4).truth(cameras))
    styled = worded("a garden, day", seed=4, style_seed=9).truth(cameras)
    assert torch.equal(depth(styled), depth(seen)) and torch.equal(labels(styled), labels(seen))
    assert float((styled.rgb - seen.rgb).abs().mean()) > 0.01
    assert not torch.equal(depth(worded("a garden, day", seed=5).truth(cameras)), depth(seen))


ASKED = ("--generator", "procedural", "--prompt", "a garden of flurbles", "--seed", "3", "--style-seed", "2",
         "--size", "32x24", "--frames", "4", "--clip", "2")


def test_an_exploration_says_what_it_did_not_understand_and_goes_on_after_a_stop(
        spatialmem: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    outcome = spatialmem("explore", tmp_path / "whole", *ASKED, "--json")
    assert outcome.code == 0, outcome.err
    assert "warning: prompt: not understood: 'flurbles'; understood were garden" in outcome.err
    assert "\nworld: garden, " in outcome.err and "; seed 3, style 2\n" in outcome.err
    assert json.loads(outcome.out)["done"] == 4

    settings = Settings(generator="procedural", prompt="a garden of flurbles", seed=3, style_seed=2,
                                    size=(24, 32), frames=4, clip=2)
    job = exploration.start(tmp_path / "stopped", settings)
    with job.world:
        next(job.steps())
        assert job.world.bank.plan is not None and "flurbles" in str(job.world.bank.plan.record["remarks"])
    line = spatialmem.refusal("explore", tmp_path / "stopped", "--resume", "--style-seed", "7")
    assert "--style-seed 7 differs from this world's 2" in line
    made_by = Procedural.version
    with monkeypatch.context() as later:
        later.setattr(Procedural, "version", "newer")
        line = spatialmem.refusal("explore", tmp_path / "stopped", "--resume")
        assert f"version {made_by!r} of 'procedural', here is version 'newer'" in line
        assert spatialmem("explore", tmp_path / "whole", "--resume").code == 0  # nothing is left to be made
    again = spatialmem("explore", tmp_path / "stopped", "--resume", "--prompt", "a garden of flurbles")
    assert again.code == 0 and "flurbles" not in again.err
    with World.open(tmp_path / "whole") as whole, World.open(tmp_path / "stopped") as stopped:
        assert same(whole.bank.load_keyframes(range(4)), stopped.bank.load_keyframes(range(4)))
        assert torch.equal(whole.splats().means, stopped.splats().means)


def test_who_serves_a_world_is_told_what_was_not_understood(spatialmem: CommandLine, monkeypatch: pytest.MonkeyPatch):
    def stopped(_: GeneratorServer) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(GeneratorServer, "serve", stopped)
    outcome = spatialmem("serve-generator", "procedural", "--prompt", "a garden of flurbles", "--port", "0")
    assert outcome.code == 0
    assert outcome.err.startswith("warning: prompt: not understood: 'flurbles'")


@pytest.mark.parametrize(("arguments", "why"), [
    (["--generator", "procedural", "--input", "W"], "procedural needs no --input"),
    (["--generator", "procedural", "--faults", "fog=1"], "unknown fault 'fog'"),
    (["--generator", "box_room:RoomGenerator", "--style-seed", "1"], "--style-seed belongs to --generator procedural"),
    (["--generator", "box_room:RoomGenerator", "--layout", "plan.json"], "--layout belongs to --generator procedural"),
])
def test_what_cannot_be_meant_is_refused(spatialmem: CommandLine, tmp_path: Path, arguments: list[str], why: str):
    assert why in spatialmem.refusal("explore", tmp_path / "W", *arguments)
    assert not (tmp_path / "W").exists()


def test_a_layout_takes_the_place_of_the_endless_world(spatialmem: CommandLine, tmp_path: Path):
    plan = layout_files.write(tmp_path, **layout_files.TWO_ROOMS)
    laid = worded("brick walls, a street", layout=plan)
    x, y, _ = laid.territory.start()
    assert laid.start_pose()[:2, 3].tolist() == [x, y] == [2, 2]
    ahead = laid.truth(Cameras(pinhole(1.0, 24, 32)[None], laid.start_pose()[None], 24, 32))
    assert {C.FLOOR, C.WALL, C.CEILING} <= {C(label) for label in labels(ahead).unique().tolist()}
    assert bool((depth(ahead) > 0).all())
    outcome = spatialmem("explore", tmp_path / "W", "--layout", plan, "--size", "32x24", "--frames", "2")
    assert outcome.code == 0, outcome.err
    again = spatialmem("explore", tmp_path / "W", "--resume", "--layout", plan)
    assert again.code == 0, again.err
    line = spatialmem.refusal("explore", tmp_path / "V", "--layout", tmp_path / "none.json")
    assert "none.json" in line and not (tmp_path / "V").exists()


def test_an_edited_layout_does_not_go_on_where_another_stopped(spatialmem: CommandLine, tmp_path: Path):
    plan = layout_files.write(tmp_path, **layout_files.TWO_ROOMS)
    before = worded(layout=plan).version
    assert before.startswith(f"{Procedural.version}+") and worded(layout=plan).version == before
    settings = Settings(layout=str(plan), size=(24, 32), frames=4, clip=2)
    job = exploration.start(tmp_path / "W", settings)
    with job.world:
        next(job.steps())
    moved = json.loads(plan.read_text(encoding="utf-8"))
    moved["rooms"][0]["low"][1] = -0.5
    plan.write_text(json.dumps(moved), encoding="utf-8")
    assert worded(layout=plan).version != before
    line = spatialmem.refusal("explore", tmp_path / "W", "--resume")
    assert "may show another world" in line
