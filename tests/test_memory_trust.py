"""How far a render of memory is trusted: what keyframes say for it and against it."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_worlds import UP, WALL, walk, wall_frames
from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.errors import InvalidValueError
from spatialmem.frames import REVISE, TRUSTED, UNKNOWN, Frames
from spatialmem.memory.coarse import coarse, spread
from spatialmem.memory.confirm import confirmed
from spatialmem.memory.sightings import NOTHING, SHOWS, THROUGH, Witnesses, sightings
from spatialmem.memory.trust import supported, trust_levels
from spatialmem.memory.trustrule import RULE, TrustRule
from spatialmem.poses import look_at


def depth_of(frames: Frames) -> Tensor:
    return torch.as_tensor(frames.depth)


def seen(*walls: float, start: int = 2) -> list[Witnesses]:
    """Keyframes taken beside each other; each saw the wall where it was told to."""
    frames = [wall_frames(walk(start + i, 1), wall) for i, wall in enumerate(walls)]
    return [Witnesses(coarse(depth_of(each), each.cameras)[0], each.cameras) for each in frames]


def from_here(eye: Sequence[float], target: Sequence[float]) -> Cameras:
    pose = look_at(torch.tensor([eye], dtype=torch.float64), torch.tensor([target], dtype=torch.float64), UP)
    return Cameras(walk(0, 1).K, pose, 24, 32)


def remembered(cameras: Cameras) -> Frames:
    """A perfect memory of the wall."""
    frames = wall_frames(cameras)
    return replace(frames, alpha=(depth_of(frames) > 0).float())


def share(mask: Tensor) -> float:
    return float(mask.float().mean())


def test_trust_follows_coverage() -> None:
    view = wall_frames(walk(2, 1))
    alpha = torch.zeros(1, 24, 32)
    alpha[0, 10, 10:15] = torch.tensor([0.05, 0.1, 0.5, 0.9, 0.95])
    levels = trust_levels(replace(view, alpha=alpha), seen(WALL), view)
    assert levels[0, 10, 10:15].tolist() == [UNKNOWN, UNKNOWN, REVISE, REVISE, TRUSTED]
    assert int((levels > 0).sum()) == 3


def test_what_is_no_render_cannot_be_trusted() -> None:
    with pytest.raises(InvalidValueError, match="needs the depth and alpha"):
        trust_levels(wall_frames(walk(0, 1)), [], wall_frames(walk(0, 1)))


@pytest.mark.parametrize(("walls", "believed"), [
    ((), False),  # nobody was there
    ((WALL,), True),
    ((WALL - 1,), False),  # something stood in front
    ((WALL, WALL - 1, WALL - 1, WALL - 1), True),  # and says nothing of what is behind it
    ((WALL + 1,), False),  # free space
    ((WALL, WALL + 1), False),
    ((WALL, WALL, WALL, WALL + 1), True),  # one of four may be wrong itself
    ((WALL * 1.03,), True),  # as good as there
])
def test_witnesses_vote_on_a_surface(walls: tuple[float, ...], believed: bool) -> None:
    view = wall_frames(walk(2, 1))
    found = supported(depth_of(view), view.cameras, seen(*walls))
    middle = found[:, 8:16, 14:18]  # which all of them see
    assert bool(middle.all()) if believed else not bool(middle.any())


def test_verdicts_on_points() -> None:
    witness = seen(WALL)[0]
    points = torch.tensor([[0.9, 0, WALL], [0.9, 0, WALL - 1], [0.9, 0, WALL + 1], [0.9, 0, -1], [30.0, 0, WALL]])
    said = sightings(points, witness, agree=RULE.agree)
    assert said.verdict[0].tolist() == [SHOWS, THROUGH, NOTHING, NOTHING, NOTHING]
    focal = float(witness.cameras.K[0, 0, 0])
    away = (points[:2].double() - witness.cameras.centres) @ witness.cameras.T_world_cam[0, :3, 2]
    torch.testing.assert_close(said.scale[0, :2], (focal / away).float())
    assert not said.scale[0, 2:].any()
    assert sightings(points[:0], witness, agree=0.1).verdict.shape == (1, 0)


def test_what_was_seen_from_afar_only_is_to_be_revised() -> None:
    near = remembered(from_here((1, 0, 0), (1, 0, WALL)))
    far = remembered(from_here((1, 0, -WALL), (1, 0, WALL)))
    for view, other, believed in ((near, far, False), (far, near, True)):
        witness = [Witnesses(coarse(depth_of(other), other.cameras)[0], other.cameras)]
        found = supported(depth_of(view), view.cameras, witness)[:, 8:16, 12:20]
        assert bool(found.all()) if believed else not bool(found.any())


def test_what_was_seen_askew_only_is_trusted_askew() -> None:
    askew, straight = from_here((-5, 0, WALL - 1), (0, 0, WALL)), from_here((0, 0, -1), (0, 0, WALL))
    witness = [Witnesses(coarse(depth_of(wall_frames(askew)), askew)[0], askew)]
    assert share(supported(depth_of(wall_frames(askew)), askew, witness)[:, 8:16, 12:20]) > 0.9
    assert not supported(depth_of(wall_frames(straight)), straight, witness)[:, 8:16, 14:18].any()


def test_the_far_side_of_a_wall_is_not_trusted() -> None:
    front, behind = from_here((0, 0, 0), (0, 0, WALL)), from_here((0, 0, 2 * WALL), (0, 0, WALL))
    views = {name: remembered(camera) for name, camera in (("front", front), ("behind", behind))}
    witness = [Witnesses(coarse(depth_of(views["front"]), front)[0], front)]
    levels = {name: trust_levels(view, witness, views["front"]) for name, view in views.items()}
    assert bool((levels["front"] == TRUSTED).all())
    assert bool((levels["behind"] == REVISE).all())


def test_what_has_no_depth_in_the_same_direction_is_the_same_sky() -> None:
    sky = wall_frames(walk(2, 1))
    depth = depth_of(sky).clone()
    depth[:, :12] = 0
    view = replace(sky, depth=torch.where(depth == 0, 3 * depth.max(), depth), alpha=torch.ones(1, 24, 32))
    witness = [Witnesses(coarse(depth, sky.cameras)[0], sky.cameras)]
    assert share(trust_levels(view, witness, replace(sky, depth=depth)) == TRUSTED) > 0.9
    nearer = replace(view, depth=torch.where(depth == 0, 1.2 * depth.max(), depth))
    assert not (trust_levels(nearer, witness, replace(sky, depth=depth))[:, :10] == TRUSTED).any()


def test_colours_are_compared_with_those_of_references() -> None:
    view = wall_frames(walk(2, 1))
    rgb = view.rgb.clone()
    rgb[:, 5:10, 5:10] = (rgb[:, 5:10, 5:10] + 0.5) % 1
    found = confirmed(replace(view, rgb=rgb), view)
    assert not found[:, 5:10, 5:10].any()
    assert int((~found).sum()) == 25
    assert not confirmed(view, view[:0]).any()


@pytest.mark.parametrize(("brighter", "believed"), [(0.05, True), (-0.08, True), (0.15, False)])
def test_exposure_is_not_held_against_a_render(brighter: float, believed: bool) -> None:
    view = wall_frames(walk(2, 1))
    view = replace(view, rgb=0.2 + 0.5 * view.rgb)
    reference = replace(view, rgb=view.rgb + brighter)
    assert bool(confirmed(view, reference).all()) if believed else not bool(confirmed(view, reference).any())


def test_one_reference_that_shows_the_surface_is_enough() -> None:
    view, nearer = wall_frames(walk(2, 1)), wall_frames(walk(2, 1), WALL - 1)
    assert bool(confirmed(view, Frames.concat([nearer, view])).all())
    assert not confirmed(view, nearer).any()


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(81, 400), st.integers(1, 90), st.floats(1.2, 5))
def test_a_verdict_does_not_bleed_across_an_edge(seed: int, width: int, height: int, far: float) -> None:
    """A near thing of any shape is believed, what is behind it is not: so it is for every pixel that is judged."""
    rng = torch.Generator().manual_seed(seed)
    blobs = torch.nn.functional.interpolate(torch.rand(1, 1, 6, 8, generator=rng), (height, width))[0] > 0.5
    depth = torch.where(blobs, 1.0, far)
    camera = Cameras(torch.eye(3, dtype=torch.float64)[None], torch.eye(4, dtype=torch.float64)[None], height, width)
    sampled, _ = coarse(depth, camera)
    found = spread(sampled < 1.1, sampled, depth)
    assert not found[~blobs].any()
    everything = spread(torch.ones_like(sampled, dtype=torch.bool), sampled, depth)
    assert torch.equal(found, everything & blobs)
    assert share(everything) > 0.5


def test_small_images_are_judged_pixel_by_pixel() -> None:
    depth = torch.rand(1, 20, 70) + 1
    verdict = torch.rand(1, 20, 70) > 0.5
    assert torch.equal(spread(verdict, depth, depth), verdict)


def test_trust_does_not_depend_on_where_the_world_lies() -> None:
    shift = torch.tensor([20_000.0, -7_000.0, 300.0], dtype=torch.float64)

    def moved(cameras: Cameras) -> Cameras:
        pose = cameras.T_world_cam.clone()
        pose[:, :3, 3] += shift
        return replace(cameras, T_world_cam=pose)

    view, keyframe = remembered(walk(2, 1)), wall_frames(walk(3, 1))
    levels = [trust_levels(replace(view, cameras=at(view.cameras)),
                           [Witnesses(coarse(depth_of(keyframe), keyframe.cameras)[0], at(keyframe.cameras))],
                           replace(keyframe, cameras=at(keyframe.cameras)))
              for at in (lambda cameras: cameras, moved)]
    assert share(levels[0] == levels[1]) > 0.99
    assert share(levels[0] == TRUSTED) > 0.8


@pytest.mark.parametrize("wrong", [{"agree": -0.1}, {"colour": float("nan")}])
def test_bounds_are_positive(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidValueError, match=r"TrustRule\.\w+ must be 0 or more"):
        TrustRule(**wrong)
