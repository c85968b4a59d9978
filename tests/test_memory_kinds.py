"""Kinds of memory: what each recalls, what is stored with it, and that a world keeps the one it grew with."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from box_room import RoomGenerator, brief_fusion, room_frames, room_walk, there_and_back
from command_line import CommandLine
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_worlds import make_clip, walk, wall_frames
from scene_room import psnr, write_room
from scene_room import walk as scene_walk

from spatialmem.camera import Cameras
from spatialmem.errors import InvalidValueError, WorldFormatError
from spatialmem.exploration import resume, start
from spatialmem.frames import REVISE, TRUSTED, UNKNOWN, Frames, Recall
from spatialmem.generators.faults.faults import Faults
from spatialmem.generators.honour import attended, lined_up
from spatialmem.generators.scene.generator import Scene
from spatialmem.memory.bank import Bank
from spatialmem.memory.check import check
from spatialmem.memory.kinds import KINDS, MemoryKind, fuses, memory_kind, refers
from spatialmem.memory.pointrows import PointRows
from spatialmem.memory.points import PointMemory
from spatialmem.memory.recall import recall
from spatialmem.protocols import Request, empty_recall
from spatialmem.settings import Settings
from spatialmem.splats import Splats
from spatialmem.world import Step, World


def grow(path: Path, memory: MemoryKind, cameras: Cameras, *, clip: int = 4, holdout: int = 0) -> list[Step]:
    """A new world along the whole path; what each step gave."""
    with World.create(path, reconstructor=brief_fusion(2)) as world:
        return list(world.explore(cameras, RoomGenerator(), clip=clip, holdout=holdout, memory=memory))


@pytest.fixture
def spatialmem(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(monkeypatch, capsys)


def unfused(bank: Bank, frames: Frames, heldout: tuple[int, ...] = ()) -> None:
    """Commit `frames` without a Gaussian."""
    bank.commit(make_clip(bank.frames_done, frames, heldout), cells=[], splats=Splats.empty())


# --- what each kind recalls ------------------------------------------------------------------------


def test_kinds_have_names() -> None:
    assert KINDS == ("none", "keyframes", "points", "gaussians", "hybrid")
    assert [kind for kind in KINDS if fuses(kind)] == ["gaussians", "hybrid"]
    assert [kind for kind in KINDS if refers(kind)] == ["keyframes", "hybrid"]
    assert memory_kind("points") == "points"
    for name in ("Points", "", None, 3, []):
        with pytest.raises(InvalidValueError, match="memory: expected none, keyframes, points, gaussians or hybrid"):
            memory_kind(name)


def test_each_kind_recalls_its_part(tmp_path: Path) -> None:
    grow(tmp_path / "W", "hybrid", room_walk(8))
    with World.open(tmp_path / "W") as world:
        asked = room_walk(3, start=2)
        known = {kind: world.recall(asked, kind) for kind in KINDS}
        default = world.recall(asked)
    shows = {kind: bool(torch.as_tensor(answer.view.alpha).any()) for kind, answer in known.items()}
    assert shows == {"none": False, "keyframes": False, "points": True, "gaussians": True, "hybrid": True}
    assert {kind: bool(answer.trust.any()) for kind, answer in known.items()} == shows
    assert {kind for kind, answer in known.items() if len(answer.references)} == {"keyframes", "hybrid"}
    for kind in ("gaussians", "hybrid"):
        assert torch.equal(known[kind].view.rgb, default.view.rgb)
        assert torch.equal(known[kind].trust, default.trust)
    assert torch.equal(known["hybrid"].references.rgb, default.references.rgb)
    assert float(psnr(known["points"].view.rgb, room_frames(asked).rgb)) > 20


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_memory_knows_nothing_of_any_kind(tmp_path: Path, kind: MemoryKind) -> None:
    with World.create(tmp_path / "W") as world:
        answer = world.recall(room_walk(2), kind)
        assert world.memory is None
        assert not answer.trust.any()
        assert len(answer.references) == 0
        assert len(world.recall(room_walk(2)[:0], kind).trust) == 0


def test_points_show_a_keyframe_as_it_was_and_trust_what_was_seen_closely(tmp_path: Path) -> None:
    with Bank.create(tmp_path / "W", up="-Y") as bank:
        unfused(bank, wall_frames(walk(0, 4)))
        answer = recall(bank, walk(1, 1), kind="points")
        stored = bank.load_keyframes([1])
        pose = walk(1, 1).T_world_cam.clone()
        pose[:, :3, 3] += 2.0 * pose[:, :3, 2]
        nearer = recall(bank, Cameras(walk(1, 1).K, pose, 24, 32), kind="points")
    known = torch.as_tensor(stored.depth) > 0
    assert float((answer.view.rgb - stored.rgb)[known].abs().mean()) < 0.04
    torch.testing.assert_close(torch.as_tensor(answer.view.depth)[known], torch.as_tensor(stored.depth)[known],
                               atol=0.05, rtol=0)
    assert float((answer.trust[known] == TRUSTED).float().mean()) > 0.95
    assert set(nearer.trust.unique().tolist()) <= {UNKNOWN, REVISE}
    assert float((nearer.trust == REVISE).float().mean()) > 0.9


def test_keyframes_are_found_without_gaussians(tmp_path: Path) -> None:
    with Bank.create(tmp_path / "W", up="-Y") as bank:
        for first in range(0, 12, 2):
            unfused(bank, wall_frames(walk(first, 2)), heldout=(1,))
        assert bank.cells == []
        for frame in (0, 4, 10):
            found = recall(bank, walk(frame, 1), kind="keyframes", references=1).references
            assert torch.equal(found.cameras.T_world_cam, walk(frame, 1).T_world_cam)
        spread = recall(bank, walk(0, 12), kind="keyframes", references=7).references
        taken = (spread.cameras.centres[:, 0] / 0.4).round().long()
        assert len(taken) >= 2
        assert not (taken % 2).any()
        assert len(recall(bank, walk(0, 2), kind="keyframes", references=0).references) == 0


def test_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    with World.create(tmp_path / "W") as world:
        for ask in (lambda: world.recall(room_walk(1), "splats"),  # type: ignore[arg-type]
                    lambda: world.step(room_walk(1), RoomGenerator(), memory="splats")):  # type: ignore[arg-type]
            with pytest.raises(InvalidValueError, match=r"memory: expected none.*got 'splats'"):
                ask()


# --- the points --------------------------------------------------------------------------------------


def _rows(points: np.ndarray, cuts: list[int], most: int) -> PointRows:
    rows = PointRows(0.1, most)
    for frame, part in enumerate(np.split(points, sorted(cuts))):
        rows.add(points=part, colors=np.zeros((len(part), 3), np.uint8), sizes=part[:, 0], frame=frame)
    return rows


@given(seed=st.integers(0, 99), count=st.integers(0, 300), cuts=st.lists(st.integers(0, 300), max_size=5),
       most=st.integers(8, 200))
@settings(deadline=None, max_examples=60)
def test_which_points_stay_depends_on_the_points_alone(seed: int, count: int, cuts: list[int], most: int) -> None:
    points = np.random.default_rng(seed).normal(0, 0.6, (count, 3)).astype(np.float32)
    rows, whole = _rows(points, cuts, most), _rows(points, [], most)
    assert rows.voxel == whole.voxel
    assert len(rows) <= most
    assert torch.equal(rows.tensor("points"), whole.tensor("points"))
    assert torch.equal(rows.tensor("sizes"), rows.tensor("points")[:, 0])
    cubes = np.floor(points.astype(np.float64) / rows.voxel)
    _, first = np.unique(cubes, axis=0, return_index=True)
    assert torch.equal(rows.tensor("points"), torch.from_numpy(points[np.sort(first)]))


def test_points_grow_with_the_bank_as_if_made_at_once(tmp_path: Path) -> None:
    with Bank.create(tmp_path / "W", up="-Y") as bank:
        points = PointMemory(bank, most=500)
        sizes = []
        for first in range(0, 9, 3):
            unfused(bank, wall_frames(walk(first, 3)))
            view, source = points.look(walk(0, 1))
            sizes.append(len(points))
        anew, again = PointMemory(bank, most=500).look(walk(0, 1))
        assert sizes[0] > 0 and max(sizes) <= 500 < 9 * 24 * 32
        assert points.voxel > 0.02
        assert torch.equal(view.rgb, anew.rgb)
        assert torch.equal(source, again)
        assert set(source.unique().tolist()) <= set(range(-1, 9))
        for wrong in ({"voxel": 0.0}, {"most": 7}):
            with pytest.raises(InvalidValueError, match="points: expected voxel > 0 metres and most >= 8"):
                PointMemory(bank, **wrong)  # type: ignore[arg-type]


def test_points_leave_out_what_memory_must_not_keep(tmp_path: Path) -> None:
    frames = wall_frames(walk(0, 1))
    left = (torch.arange(32) < 16).expand(1, 24, 32)
    cases = {"moving": replace(frames, dynamic=left), "doubtful": replace(frames, confidence=(~left).float()),
             "unknown": replace(frames, depth=torch.as_tensor(frames.depth) * ~left)}
    for name, case in cases.items():
        with Bank.create(tmp_path / name, up="-Y") as bank:
            unfused(bank, case)
            unfused(bank, frames, heldout=(0,))
            shown = PointMemory(bank).look(walk(0, 1))[0].alpha
            assert shown is not None
            assert float(shown[:, :, :15].max()) == 0
            assert float(shown[:, :, 17:].mean()) > 0.95


# --- the loop ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_the_loop_turns_with_every_kind(tmp_path: Path, kind: MemoryKind) -> None:
    steps = grow(tmp_path / "W", kind, there_and_back(8), holdout=4)
    with World.open(tmp_path / "W") as world:
        assert world.memory == kind
        assert world.frames_done == 8
        assert (len(world.splats()) > 0) == fuses(kind)
        assert [world.bank.clip_origin(n).memory for n in (1, 2)] == [kind, kind]
        assert world.bank.load_clip(2).memory == kind
        assert len(world.bank.notes()) == 2
        assert world.bank.keyframes.heldout.tolist() == [False, False, True, False] * 2
    assert bool(steps[-1].recall.trust.any()) == (kind in ("points", "gaussians", "hybrid"))
    assert (len(steps[-1].recall.references) > 0) == refers(kind)
    assert check(tmp_path / "W") == []


@pytest.mark.parametrize("kind", ["keyframes", "points"])
def test_stopping_and_going_on_changes_nothing(tmp_path: Path, kind: MemoryKind) -> None:
    path = there_and_back(8)
    whole = grow(tmp_path / "whole", kind, path, clip=2)
    World.create(tmp_path / "W").close()
    recalled = []
    for _ in range(4):  # opened anew for each clip
        with World.open(tmp_path / "W", write=True) as world:
            recalled.append(next(world.explore(path, RoomGenerator(), clip=2, memory=kind)).recall)
    for step, again in zip(whole, recalled, strict=True):
        assert torch.equal(step.recall.view.rgb, again.view.rgb)
        assert torch.equal(step.recall.trust, again.trust)
        assert torch.equal(step.recall.references.rgb, again.references.rgb)


def test_a_world_goes_on_with_the_memory_it_grew_with(tmp_path: Path) -> None:
    grow(tmp_path / "W", "points", room_walk(2))
    generator = RoomGenerator()
    with World.open(tmp_path / "W", write=True) as world:
        with pytest.raises(InvalidValueError, match="grew with 'points', got 'hybrid'; go on with 'points', or begin"):
            world.step(room_walk(2, start=2), generator)
        assert generator.requests == []
        assert world.step(room_walk(2, start=2), generator, memory="points").commit == 2


def test_hybrid_is_stored_as_before_there_were_kinds(tmp_path: Path) -> None:
    clip = make_clip(0, wall_frames(walk(0, 1)))
    with Bank.create(tmp_path / "W", up="-Y") as bank:
        bank.commit(clip, cells=[], splats=Splats.empty())
        bank.commit(replace(clip, start=1, memory="none"), cells=[], splats=Splats.empty())
        names = [row.name for row in bank._snapshot.clips]
        blobs = [bank._objects.path(name).read_bytes() for name in names]
        assert [bank.clip_origin(n).memory for n in (1, 2)] == ["hybrid", "none"]
    assert [b'"memory"' in blob for blob in blobs] == [False, True]
    with pytest.raises(InvalidValueError, match="got 'soup'"):
        replace(clip, memory="soup")


def test_a_record_with_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    with Bank.create(tmp_path / "W", up="-Y") as bank:
        bank.commit(replace(make_clip(0, wall_frames(walk(0, 1))), memory="none"), cells=[], splats=Splats.empty())
        file = bank._clips.open(bank._snapshot.clips[0])
        file._record["memory"] = "soup"
        with pytest.raises(WorldFormatError, match="got 'soup'; restore it from a backup"):
            file.origin()


# --- as a setting ------------------------------------------------------------------------------------


def test_the_plan_keeps_the_kind_and_old_plans_mean_hybrid() -> None:
    chosen = Settings(memory="points")
    assert Settings.from_record(chosen.record()) == chosen
    old = {name: value for name, value in Settings().record().items() if name != "memory"}
    assert Settings.from_record(old).memory == "hybrid"
    with pytest.raises(InvalidValueError, match="memory='soup'"):
        Settings.from_record({**old, "memory": "soup"})


def test_an_exploration_resumes_with_its_kind(tmp_path: Path) -> None:
    mesh = write_room(tmp_path / "room.glb")
    asked = Settings(input=str(mesh), trajectory="turn", frames=4, clip=2, size=(24, 32), memory="keyframes")
    with start(tmp_path / "W", asked).world:
        pass
    with pytest.raises(InvalidValueError, match="--memory points differs from this world's keyframes"):
        resume(tmp_path / "W", {"memory": "points"})
    job = resume(tmp_path / "W", {"memory": "keyframes"})
    with job.world:
        assert [len(step.references) for step in (turn.recall for turn in job.steps())] == [0, 1]
        assert job.world.memory == "keyframes"
    with pytest.raises(InvalidValueError, match="memory: expected none"):
        start(tmp_path / "V", replace(asked, memory="soup"))  # type: ignore[arg-type]
    assert not (tmp_path / "V").exists()


def test_the_command_takes_the_kind(spatialmem: CommandLine, tmp_path: Path) -> None:
    mesh = write_room(tmp_path / "room.glb")
    asked = ("explore", tmp_path / "W", "--input", mesh, "--frames", "4", "--clip", "2", "--size", "32x24")
    done = spatialmem(*asked, "--memory", "points", "--json")
    assert done.code == 0
    with World.open(tmp_path / "W") as world:
        assert world.memory == "points"
    assert "--memory none differs from this world's points" in spatialmem.refusal(
        "explore", tmp_path / "W", "--resume", "--memory", "none")
    assert spatialmem("explore", tmp_path / "V", "--input", mesh, "--memory", "soup").code == 2


# --- a generator that attends ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_room(tmp_path_factory.mktemp("room") / "room.glb")


def test_what_a_reference_shows_looks_as_it_does_there(room: Path) -> None:
    true = Scene(room).truth(scene_walk(1, first=5))
    red = replace(true, rgb=true.rgb * torch.tensor([1.0, 0.5, 0.5]))
    assert torch.allclose(attended(true, red), red.rgb, atol=1e-5)
    moved = Scene(room).truth(scene_walk(1, first=8))
    moved_red = moved.rgb * torch.tensor([1.0, 0.5, 0.5])
    assert psnr(attended(moved, red), moved_red) > psnr(moved.rgb, moved_red) + 5
    assert torch.equal(attended(true, red[:0]), true.rgb)


def test_what_stood_behind_something_is_not_taken(room: Path) -> None:
    true = Scene(room).truth(scene_walk(1))
    hidden = replace(true, rgb=torch.ones_like(true.rgb), depth=torch.as_tensor(true.depth) * 0.9)
    assert torch.equal(attended(true, hidden), true.rgb)
    best_first = Frames.concat([hidden, replace(true, rgb=true.rgb * 0.5), true])
    assert torch.allclose(attended(true, best_first), true.rgb * 0.5, atol=1e-5)


def test_the_sky_of_a_reference_is_taken_where_it_is_asked_for(room: Path) -> None:
    true = Scene(room).truth(scene_walk(1))
    above = replace(true, depth=torch.zeros_like(true.rgb[..., 0]))
    pink = replace(above, rgb=true.rgb * 0.5)
    assert torch.allclose(attended(above, pink, sky=True), pink.rgb, atol=1e-4)
    assert torch.equal(attended(above, pink), true.rgb)


def test_references_without_a_render_help_against_faults_and_change_nothing_of_a_render(room: Path) -> None:
    faults = Faults(colour_drift=8, invented=7)
    first = Scene(room).truth(scene_walk(4))
    asked = first.cameras
    known = replace(empty_recall(asked), references=first)
    answers = {}
    for name, answer in {"none": empty_recall(asked), "keyframes": known}.items():
        scene = Scene(room, faults=faults)
        scene.restore({"frame": 100, "clip": 5})
        answers[name] = scene.generate(Request(asked, answer, "", 0))
    assert psnr(answers["keyframes"].rgb, first.rgb) > psnr(answers["none"].rgb, first.rgb) + 10
    assert torch.equal(torch.as_tensor(answers["keyframes"].depth), torch.as_tensor(first.depth))
    # A render that knows next to nothing leaves its references to `honoured`.
    alpha = torch.zeros_like(first.rgb[..., 0])
    alpha[0, 0, 0] = 0.01
    view = replace(known.view, alpha=alpha)
    rendered = Recall(view, known.trust, replace(first, rgb=first.rgb * 0))
    assert torch.equal(Scene(room).generate(Request(asked, rendered, "", 0)).rgb, first.rgb)


def test_references_are_forgotten_with_the_rest(room: Path) -> None:
    first = Scene(room).truth(scene_walk(2))
    known = replace(empty_recall(first.cameras), references=first)
    forgetful = Scene(room, faults=Faults(amnesia=8)).generate(Request(first.cameras, known, "", 0))
    assert psnr(forgetful.rgb, first.rgb) < 25


def test_memory_is_kept_where_a_pose_fault_moves_the_picture_by_less_than_a_pixel(room: Path) -> None:
    scene = Scene(room)
    true = scene.truth(scene_walk(2))
    assert bool(lined_up(true, true.cameras).all())
    pose = true.cameras.T_world_cam.clone()
    pose[0, :3, 3] += 0.005
    pose[1, :3, 3] += 0.5
    taken = scene.truth(Cameras(true.cameras.K, pose, 48, 64))
    assert lined_up(taken, true.cameras).float().mean(dim=(1, 2))[0] == 1
    assert lined_up(taken, true.cameras).float().mean(dim=(1, 2))[1] < 0.1
    grey = torch.full_like(true.rgb, 0.5)
    view = Frames(grey, true.cameras, depth=true.depth, alpha=torch.ones_like(grey[..., 0]))
    trusted = Recall(view, torch.full(grey.shape[:3], TRUSTED, dtype=torch.uint8), true[:0])
    for severity, kept in ((2, 1.0), (8, 0.3)):
        frames = Scene(room, faults=Faults(pose_jitter=severity)).generate(Request(true.cameras, trusted, "", 0))
        share = float((frames.rgb == grey).all(dim=-1).float().mean())
        assert share == 1 if kept == 1 else share < kept
