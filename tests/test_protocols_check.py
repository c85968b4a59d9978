"""`check_generator`: it finds what a class gets wrong, says it in one sentence, and leaves good ones alone."""

import itertools
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import recordings_on_disk
import scene_room
import torch
from box_room import RoomGenerator, room_frames, room_walk
from command_line import CommandLine
from torch import Tensor

from spatialmem.camera import Cameras, unproject
from spatialmem.errors import GenerationError
from spatialmem.frames import Frames
from spatialmem.generators.recorded import Recorded
from spatialmem.generators.scene.generator import Scene
from spatialmem.poses import invert
from spatialmem.protocols import Finding, Json, Request, check_generator, examine
from spatialmem.protocols.depths import misread_depth

SMALL = (24, 32)
Change = Callable[[Frames], object]


class Changed(RoomGenerator):
    """The room, after something was done to its frames."""

    def __init__(self, change: Change, clip: int | None = None) -> None:
        super().__init__(clip)
        self._change = change

    def generate(self, request: Request) -> Frames:
        return self._change(super().generate(request))  # type: ignore[return-value]


class Keeping(RoomGenerator):
    """Keeps what memory trusts."""

    def generate(self, request: Request) -> Frames:
        frames = super().generate(request)
        kept = (request.recall.trust == 2)[..., None]
        return replace(frames, rgb=torch.where(kept, request.recall.view.rgb, frames.rgb))


def only(findings: list[str]) -> str:
    assert len(findings) == 1, findings
    assert "\n" not in findings[0]
    return findings[0]


# --- those that keep the contract ----------------------------------------------------------------


@pytest.mark.parametrize("generator", [RoomGenerator(), RoomGenerator(clip=3), Keeping()])
def test_a_good_generator_breaks_nothing_and_stands_where_it_stood(generator: RoomGenerator):
    before = generator.state()
    assert check_generator(generator, size=SMALL) == []
    assert generator.state() == before


def test_the_built_in_generators_keep_the_contract(tmp_path: Path):
    assert examine(Scene(scene_room.write_room(tmp_path / "room.glb")), size=SMALL) == []
    assert examine(Recorded(recordings_on_disk.write_open3d(tmp_path / "walk"))) == []


def test_every_occasion_is_tried():
    generator = Keeping()
    assert examine(generator, size=SMALL, frames=3) == []
    shapes = [tuple(request.recall.trust.shape) for request in generator.requests]
    assert shapes == [(3, 24, 32), (3, 24, 32), (3, 24, 32), (1, 24, 32), (3, 28, 36)]
    levels = [request.recall.trust.unique().tolist() for request in generator.requests]
    assert levels == [[0], [0], [0, 1, 2], [0], [0]]
    assert [len(request.recall.references) for request in generator.requests] == [0, 0, 1, 0, 0]


def test_a_fixed_clip_is_always_asked_for_as_it_wants():
    generator = Keeping(clip=5)
    assert examine(generator, size=SMALL) == []
    assert {len(request.cameras) for request in generator.requests} == {5}
    assert any(len(request.cameras.centres.unique(dim=0)) == 1 for request in generator.requests)  # a filled-up clip


def test_painting_over_what_is_trusted_is_a_remark_with_its_share():
    (finding,) = examine(RoomGenerator(), size=SMALL)
    assert not finding.violation
    assert "it changed 100 % of the pixels that memory trusts" in finding.sentence
    assert examine(Keeping(), size=SMALL) == []


def test_small_differences_between_runs_are_a_remark():
    ticks = itertools.count()
    nearly = Changed(lambda f: replace(f, rgb=(f.rgb - 1e-4 * next(ticks)).clamp(0, 1)))
    assert check_generator(nearly, size=SMALL) == []
    assert any("the same request, seed and state give other frames" in f.sentence for f in examine(nearly, size=SMALL))


# --- members -------------------------------------------------------------------------------------


class Nothing:
    """Has nothing that a generator needs."""


def test_every_missing_member_is_named():
    sentences = check_generator(Nothing())
    assert [s.split("`")[1] for s in sentences] == ["clip", "size_multiple", "generate", "state"]
    assert all(s.startswith("it has no `") and ": add " in s for s in sentences)


def test_a_missing_member_hides_no_other_fault():
    class Half:
        def generate(self, request: Request) -> Frames:
            return Frames(request.recall.view.rgb, request.cameras)

    sentences = check_generator(Half(), size=SMALL)
    assert [s.split("`")[1] for s in sentences[:3]] == ["clip", "size_multiple", "state"]
    assert sentences[3:] == ["generate() returned no depth; memory needs z-depth in metres (0 = unknown)"]


def test_a_class_is_told_from_an_instance():
    assert only(check_generator(RoomGenerator)) == ("RoomGenerator is a class, an instance is needed: pass "
                                                    "RoomGenerator()")


@pytest.mark.parametrize(("name", "value", "why"), [
    ("clip", 0, "`clip` must be None or a whole number of frames, 1 or more, got 0"),
    ("clip", 8.0, "`clip` must be None or a whole number"),
    ("clip", True, "`clip` must be None or a whole number"),
    ("size_multiple", 0, "`size_multiple` must be a whole number, 1 or more, got 0"),
    ("size_multiple", None, "`size_multiple` must be a whole number"),
    ("up", "Z", r"`up` must be a signed axis of the world such as '\+Z', got 'Z'"),
    ("cameras", [1], "`cameras` must be spatialmem Cameras"),
    ("restore", 1, "`restore` must be a method, got int"),
    ("state", {}, "`state` cannot be called"),
    ("generate", None, "`generate` cannot be called"),
    ("start_pose", lambda: torch.eye(3), r"start_pose\(\) must return one .* pose \[4, 4\].* got \[3, 3\]"),
    ("start_pose", lambda: 2 * torch.eye(4), "is not a rotation"),
    ("start_pose", lambda: {}["x"], r"start_pose\(\) raised KeyError"),
])
def test_members_of_the_wrong_kind_are_named(name: str, value: object, why: str):
    generator = RoomGenerator()
    setattr(generator, name, value)
    sentences = check_generator(generator, size=SMALL)
    assert any(re.search(why, sentence) for sentence in sentences), sentences


# --- frames --------------------------------------------------------------------------------------


def _depth(frames: Frames) -> Tensor:
    return torch.as_tensor(frames.depth)


def _ray_lengths(frames: Frames) -> Tensor:
    rays = unproject(torch.ones_like(_depth(frames)), frames.cameras) - frames.cameras.centres.float()[:, None, None]
    return rays.norm(dim=-1)


def _posed(frames: Frames, T: Tensor) -> Frames:
    return replace(frames, cameras=replace(frames.cameras, T_world_cam=T))


FLIP = torch.diag(torch.tensor([1.0, -1.0, -1.0, 1.0])).double()
FAULTS: dict[str, tuple[Change, str]] = {
    "channels first": (lambda f: replace(f, rgb=f.rgb.permute(0, 3, 1, 2)),
                       r"channels come last: rgb.permute\(0, 2, 3, 1\)"),
    "channels before time": (lambda f: replace(f, rgb=f.rgb.permute(3, 0, 1, 2)),
                             r"channels come last: rgb.permute\(1, 2, 3, 0\)"),
    "bytes": (lambda f: replace(f, rgb=(f.rgb * 255).to(torch.uint8)), r"divide bytes by 255: rgb.float\(\) / 255"),
    "0..255": (lambda f: replace(f, rgb=f.rgb * 255), "lie in 0..1, .* divide by 255"),
    "-1..1": (lambda f: replace(f, rgb=f.rgb * 2 - 1), r"use \(rgb \+ 1\) / 2"),
    "half": (lambda f: replace(f, rgb=f.rgb.half()), r"convert it: rgb.float\(\)"),
    "numpy": (lambda f: replace(f, rgb=f.rgb.numpy()), "expected a torch tensor, got ndarray"),  # type: ignore[arg-type]
    "NaN": (lambda f: replace(f, rgb=f.rgb / 0 * 0), "must be finite"),
    "other frames": (lambda f: f[:-1], r"\[T, H, W\] = .*the request asked for"),
    "other size": (lambda f: room_frames(f.cameras.resized(f.cameras.height // 2, f.cameras.width)),
                   "the request asked for"),
    "gradients": (lambda f: replace(f, rgb=f.rgb.clone().requires_grad_()), "carry gradients; decorate it with"),
    "no depth": (lambda f: replace(f, depth=None), "returned no depth; memory needs z-depth in metres"),
    "negative depth": (lambda f: replace(f, depth=-_depth(f)), "Frames.depth must be finite and lie in 0"),
    "empty depth": (lambda f: replace(f, depth=0 * _depth(f)), r"depth is 0 \(unknown\) everywhere"),
    "disparity": (lambda f: replace(f, depth=1 / _depth(f)), r"inverse depth .*return 1 / depth"),
    "ray length": (lambda f: replace(f, depth=_depth(f) * _ray_lengths(f)), "distance along the ray"),
    "millimetres": (lambda f: replace(f, depth=1000 * _depth(f)), "millimetres.*return depth / 1000"),
    "world to camera": (lambda f: _posed(f, invert(f.cameras.T_world_cam)), "must be camera-to-world"),
    "OpenGL": (lambda f: _posed(f, f.cameras.T_world_cam @ FLIP), "OpenGL axes, they must have OpenCV"),
    "scaled pose": (lambda f: _posed(f, 2 * f.cameras.T_world_cam), "is not a rotation"),
    "a tensor": (lambda f: f.rgb, "must return spatialmem Frames, got Tensor"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_wrong_frames_are_one_sentence_that_says_what_to_do(fault: str):
    change, why = FAULTS[fault]
    assert re.search(why, only(check_generator(Changed(change), size=SMALL)))


def test_depth_is_called_wrong_only_where_geometry_is_certain():
    frames = room_frames(room_walk(6))
    assert misread_depth(frames) is None
    assert misread_depth(frames[:1]) is None
    noise = torch.rand(frames.rgb.shape[:3], generator=torch.Generator().manual_seed(0))
    for doubtful in (torch.ones_like(noise), 1 + noise, 0.5 * _depth(frames), _depth(frames) * (noise > 0.5)):
        assert misread_depth(replace(frames, depth=doubtful)) is None


def test_other_poses_that_may_be_truer_are_a_remark():
    def nudged(frames: Frames) -> Frames:
        T = frames.cameras.T_world_cam.clone()
        T[:, 0, 3] += 0.01
        return _posed(frames, T)

    assert check_generator(Changed(nudged), size=SMALL) == []
    assert any("poses differ from the requested ones" in f.sentence for f in examine(Changed(nudged), size=SMALL))


# --- behaviour -----------------------------------------------------------------------------------


def test_chance_that_no_seed_decides_is_found():
    random = Changed(lambda f: replace(f, rgb=torch.rand_like(f.rgb)))
    assert "draw all random numbers from a torch.Generator seeded by request.seed" in only(
        check_generator(random, size=SMALL))


@pytest.mark.parametrize("name", ["request.cameras.K", "request.recall.view.rgb", "request.recall.trust",
                                  "request.recall.references.depth"])
def test_changing_the_request_is_found_and_named(name: str):
    class Vandal(RoomGenerator):
        def generate(self, request: Request) -> Frames:
            frames, value = super().generate(request), request
            for part in name.split(".")[1:]:
                value = getattr(value, part)
            value += 1  # type: ignore[operator]
            return frames

    assert f"it changes {name} in place" in only(check_generator(Vandal(), size=SMALL))


class Refusing(RoomGenerator):
    """Fails on one kind of request."""

    def __init__(self, refuses: Callable[[Request], bool], error: Exception) -> None:
        super().__init__()
        self._refuses, self._error = refuses, error

    def generate(self, request: Request) -> Frames:
        if self._refuses(request):
            raise self._error
        return super().generate(request)


@pytest.mark.parametrize(("refuses", "occasion"), [
    (lambda r: float(r.recall.known.max()) == 0 and len(r.cameras) > 1 and r.cameras.height == 24,
     "on a first clip, when memory is empty"),
    (lambda r: float(r.recall.known.max()) > 0, "when memory knows half of the picture"),
    (lambda r: len(r.cameras) == 1, "on a clip of one frame"),
    (lambda r: r.cameras.height != 24, "at 36x28, which divides by its size_multiple"),
])
@pytest.mark.parametrize("error", [RuntimeError("out of\nmemory"), GenerationError("out of memory"), KeyError("x")])
def test_a_failure_says_on_which_occasion(refuses: Callable[[Request], bool], occasion: str, error: Exception):
    sentence = only(check_generator(Refusing(refuses, error), size=SMALL))
    assert sentence.startswith(f"generate() fails {occasion}: {type(error).__name__}: ")


def test_one_fault_is_told_once_and_hides_no_other():
    class Bad:
        size_multiple = 4

        def generate(self, request: Request) -> Frames:
            raise ValueError(f"cannot do {request.cameras.height} rows")

        def state(self) -> object:
            return {"seen": torch.zeros(1)}

    sentences = check_generator(Bad(), size=SMALL)
    assert [s.split(":")[0] for s in sentences] == ["it has no `clip`",
                                                    "generate() fails on a first clip, when memory is empty", "state()"]


# --- state ---------------------------------------------------------------------------------------


def _with_state(state: object, restore: Callable[[Mapping[str, Json]], None] | None = None) -> object:
    class Stated(Keeping):
        def state(self) -> Mapping[str, Json]:
            return state() if callable(state) else state  # type: ignore[return-value, no-any-return]

    generator = Stated()
    generator.restore = restore or (lambda state: None)  # type: ignore[method-assign]
    return generator


COUNTS = itertools.count()


def _refuse(state: Mapping[str, Json]) -> None:
    raise GenerationError("of another model")


@pytest.mark.parametrize(("generator", "why"), [
    (_with_state(None), r"state\(\) must return a dict, {} for nothing, got NoneType"),
    (_with_state([1]), r"state\(\) must return a dict"),
    (_with_state({"x": float("nan")}), r"state\(\): expected strict JSON"),
    (_with_state({"x": torch.zeros(2)}), "turn tensors into lists, or keep the seed"),
    (_with_state(lambda: 1 / 0), r"state\(\) raised ZeroDivisionError"),
    (_with_state(lambda: {"n": next(COUNTS)}), r"state\(\) changes when it is restored"),
    (_with_state({"x": 1}, _refuse), r"restore\(state\) refuses what state\(\) gave.* of another model"),
])
def test_a_state_that_cannot_be_kept_is_one_sentence(generator: object, why: str):
    assert re.search(why, only(check_generator(generator, size=SMALL)))


def test_a_state_without_restore_is_found():
    class Forgetful:
        clip: int | None = None
        size_multiple = 1

        def __init__(self) -> None:
            self.count = 0

        def start_pose(self) -> Tensor:
            return room_walk(1).T_world_cam[0]

        def generate(self, request: Request) -> Frames:
            self.count += 1
            return room_frames(request.cameras)

        def state(self) -> Mapping[str, Json]:
            return {"count": self.count}

    assert "state() is not empty but there is no restore(state)" in only(check_generator(Forgetful(), size=SMALL))


def test_the_trial_stays_within_a_path_of_its_own():
    class OnRails(RoomGenerator):
        cameras: Cameras = room_walk(3)

        def generate(self, request: Request) -> Frames:
            apart = torch.cdist(request.cameras.centres, self.cameras.centres).amin(dim=1)
            if float(apart.max()) > 1e-9 or request.cameras.height != self.cameras.height:
                raise GenerationError("not one of mine")
            return super().generate(request)

    assert check_generator(OnRails()) == []
    assert check_generator(OnRails(clip=7)) == []


# --- the command ---------------------------------------------------------------------------------


class Broken:
    """Cannot be made."""

    def __init__(self) -> None:
        raise RuntimeError("no weights\nhere")


@pytest.fixture
def spatialmem(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(monkeypatch, capsys)


def test_the_command_tells_violations_from_remarks(spatialmem: CommandLine):
    good = spatialmem("check-generator", "box_room:RoomGenerator", "--size", "32x24")
    assert good.code == 0
    assert good.out == "box_room:RoomGenerator: keeps the contract\n"
    assert good.err.startswith("remark: it changed 100 %")
    bad = spatialmem("check-generator", f"{__name__}:Nothing")
    assert (bad.code, bad.out) == (1, "")
    assert [line.split(":")[0] for line in bad.err.splitlines()] == ["violation"] * 4


def test_the_command_prints_json(spatialmem: CommandLine):
    outcome = spatialmem("check-generator", f"{__name__}:Broken", "--json")
    assert outcome.code == 1
    assert json.loads(outcome.out) == {
        "violations": ["it cannot be imported or made: RuntimeError: no weights here"], "remarks": []}
    good = spatialmem("check-generator", "box_room:RoomGenerator", "--size", "32x24", "--json")
    assert good.code == 0
    assert [len(sentences) for sentences in json.loads(good.out).values()] == [0, 1]


def test_the_command_takes_what_explore_takes(spatialmem: CommandLine, tmp_path: Path):
    walk = recordings_on_disk.write_open3d(tmp_path / "walk")
    assert spatialmem("check-generator", "recorded", "--input", walk).code == 0
    assert "needs --input" in spatialmem.refusal("check-generator", "recorded")
    assert "is unknown; choose" in spatialmem.refusal("check-generator", "magic")


def test_a_finding_is_a_value():
    assert Finding("a") == Finding("a", violation=True) != Finding("a", violation=False)
