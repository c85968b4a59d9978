"""The embedded generator's numbers, noise, conditions, network and sampler."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import safetensors.torch
import torch
from embedded_models import TINY, tiny_model, told
from embedded_situations import small
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialmem.camera import Cameras, pinhole, unproject
from spatialmem.errors import GenerationError, InvalidValueError, ShapeError, WorldFormatError
from spatialmem.frames import Recall
from spatialmem.generators.embedded.channels import (
    MEMORY,
    RAYS,
    REFERENCE,
    SURFACE,
    Condition,
    condition,
    pictured,
    plucker,
    remembering,
)
from spatialmem.generators.embedded.encoding import FAR_M, NEAR_M, SKY, colour_code, colours, depth_code, metres
from spatialmem.generators.embedded.flow import mixed, sampled, times
from spatialmem.generators.embedded.network import MULTIPLE, VideoUNet
from spatialmem.generators.embedded.noise import anchored_noise
from spatialmem.generators.embedded.weights import LARGEST, load_weights, save_weights
from spatialmem.poses import look_at
from spatialmem.protocols import empty_recall

UP = torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64)


def looking(x: float, y: float, *, at: tuple[float, float, float] = (0.0, 4.0, 1.5)) -> Cameras:
    pose = look_at(torch.tensor([x, y, 1.5], dtype=torch.float64), torch.tensor(at, dtype=torch.float64), UP)
    return Cameras(pinhole(1.2, 48, 64)[None], pose[None], 48, 64)


@given(st.floats(NEAR_M / 2, FAR_M))
def test_depth_comes_back(depth: float) -> None:
    assert float(metres(depth_code(torch.tensor(depth)))) == pytest.approx(depth, rel=1e-4)


def test_the_sky_and_the_ends() -> None:
    codes = depth_code(torch.tensor([0.0, NEAR_M, FAR_M, 2 * FAR_M]))
    assert codes.tolist() == pytest.approx([SKY, -1, 1, 1])
    assert metres(torch.tensor([SKY, 2.0])).tolist() == [0.0, 0.0]
    rgb = torch.rand(5, 3)
    assert torch.allclose(colours(colour_code(rgb)), rgb, atol=1e-6)


def test_noise_is_normal() -> None:
    noise = anchored_noise(torch.full((1, 48, 64), 4.0), looking(0.0, 0.0), seed=3)
    assert noise.shape == (1, 48, 64, 4)
    many = torch.cat([anchored_noise(torch.full((1, 48, 64), 4.0), looking(0.0, 0.0), seed=seed)
                      for seed in range(40)])
    assert float(many.mean()) == pytest.approx(0, abs=0.02)
    assert float(many.var()) == pytest.approx(1, abs=0.03)
    across = torch.corrcoef(many.flatten(0, 2).T)
    assert float((across - torch.eye(4)).abs().max()) < 0.02


def test_noise_stays_where_it_is() -> None:
    """A wall seen from two places: the same points have nearly the same noise; another seed has none of it."""
    near = looking(0.0, 0.0)
    aside = 5 * 4.0 / float(near.K[0, 0, 0])    # five pixels at the wall
    beside = looking(aside, 0.0, at=(aside, 4.0, 1.5))
    wall = torch.full((1, 48, 64), 4.0)
    first, again = (anchored_noise(wall, camera, seed=7)[0] for camera in (near, beside))
    assert float((first[:, 5:] * again[:, :-5]).mean()) > 0.9
    assert abs(float((first[:, :-5] * again[:, :-5]).mean())) < 0.35    # in the same pixels it is another
    other = anchored_noise(wall, near, seed=8)[0]
    assert abs(float((first * other).mean())) < 0.05


def test_noise_of_the_sky_turns_with_the_camera() -> None:
    """It is anchored around the camera: moving changes nothing, turning does."""
    sky = torch.zeros(1, 48, 64)
    here, there = (anchored_noise(sky, looking(x, 0.0, at=(x, 4.0, 1.5)), seed=1) for x in (0.0, 100.0))
    assert float((here - there).abs().max()) < 1e-3
    turned = anchored_noise(sky, looking(0.0, 0.0, at=(4.0, 0.0, 1.5)), seed=1)
    assert float((here - turned).abs().mean()) > 0.5
    with pytest.raises(ShapeError, match="depth"):
        anchored_noise(torch.zeros(2, 48, 64), looking(0.0, 0.0), seed=1)


def test_rays_pass_through_what_they_see() -> None:
    cameras = small().target.cameras[:3]
    rays = plucker(cameras)
    points = unproject(torch.full((3, 48, 64), 2.5, dtype=torch.float64), cameras)
    first = cameras.T_world_cam[0]
    local = (points - first[:3, 3]) @ first[:3, :3]
    direction, moment = rays[..., :3].double(), rays[..., 3:].double()
    assert torch.allclose(direction.norm(dim=-1), torch.ones(3, 48, 64, dtype=torch.float64), atol=1e-6)
    assert torch.allclose(torch.linalg.cross(local, direction), moment, atol=1e-5)


def test_a_condition_tells_what_is_there() -> None:
    situation, found = small(), told()
    size = situation.target.rgb.shape[:3]
    assert found.surfaces.shape == (*size, SURFACE)
    assert found.memory.shape == (*size, MEMORY)
    assert found.rays.shape == (*size, RAYS)
    assert all(bool(torch.isfinite(value).all()) for value in vars(found).values())
    known = found.weight == 1
    assert 0.4 < float(known.float().mean()) < 0.6
    assert torch.allclose(colours(found.base[..., :3])[known], situation.target.rgb[known], atol=1e-5)
    assert torch.allclose(metres(found.base[..., 3]), torch.from_numpy(situation.guide.depth).clamp(max=FAR_M),
                          rtol=1e-3, atol=NEAR_M)


def test_without_a_layout_memory_is_spread() -> None:
    found, situation = told(layout=False), small()
    assert not found.surfaces.any() and not found.classes.any() and float(found.layout) == 0
    known = found.weight == 1
    assert torch.allclose(colours(found.base[..., :3])[known], situation.target.rgb[known], atol=1e-5)
    assert float(found.base[~known].abs().amax()) <= float(found.base[known].abs().amax()) + 1e-4


def test_remembering_anew_forgets_what_was_known() -> None:
    situation = small()
    cameras = situation.target.cameras
    fresh = condition(cameras, empty_recall(cameras), situation.guide, situation.code)
    assert all(torch.equal(value, getattr(fresh, name)) for name, value in
               vars(remembering(told(), empty_recall(cameras), cameras)).items())


def test_a_picture_is_the_first_frame() -> None:
    found = pictured(told(layout=False), torch.full((48, 64, 3), 0.25))
    assert torch.allclose(colours(found.base[0, ..., :3]), torch.tensor(0.25)) and bool((found.weight[0] == 1).all())
    assert not found.memory[0, ..., [3, 5, 6]].any()
    assert torch.equal(found.base[1:], told(layout=False).base[1:])
    with pytest.raises(ShapeError, match="picture"):
        pictured(told(), torch.zeros(3, 48, 64))


def test_references_show_their_own_colours() -> None:
    """The frames themselves as references: where they show a surface, its colour is the truth's."""
    situation = small()
    cameras, target = situation.target.cameras, situation.target
    recall = Recall(empty_recall(cameras).view, empty_recall(cameras).trust, target[[0, 7]])
    exact = replace(situation.guide, depth=torch.as_tensor(target.depth).numpy())
    found = condition(cameras, recall, exact, situation.code).references
    shown = found[0, ..., 3] == 1
    assert float(shown.float().mean()) > 0.95
    assert torch.allclose(colours(found[0, ..., :3])[shown], target.rgb[0][shown], atol=1e-4)
    last = found[0, ..., REFERENCE + 3] == 1
    assert bool(last.any())
    assert float((colours(found[0, ..., REFERENCE:REFERENCE + 3]) - target.rgb[0])[last].abs().median()) < 0.1


def test_a_condition_is_for_its_cameras() -> None:
    situation = small()
    with pytest.raises(ShapeError, match="layout"):
        condition(situation.target.cameras[:2], empty_recall(situation.target.cameras[:2]), situation.guide,
                  situation.code)
    with pytest.raises(ShapeError, match="recall"):
        condition(situation.target.cameras, empty_recall(situation.target.cameras[:2]), situation.guide,
                  situation.code)


def test_the_painter_is_the_same_in_parts() -> None:
    model = tiny_model()
    both = Condition.stack([told(), told(layout=False)])
    with torch.no_grad():
        whole = model.painter(both)
    assert torch.allclose(model.painter.painted(both), whole, atol=1e-5)


@pytest.mark.parametrize("size", [(48, 64), (MULTIPLE, 2 * MULTIPLE)])
@pytest.mark.parametrize("frames", [1, 3])
def test_the_network_takes_any_clip(size: tuple[int, int], frames: int) -> None:
    network = VideoUNet(TINY).eval()
    with torch.no_grad():
        looked = network.look(torch.randn(2, frames, *size, TINY.known))
        out = network(torch.randn(2, frames, *size, 4), torch.tensor([1.0, 0.4]), looked,
                      torch.randn(2, TINY.attributes))
    assert out.shape == (2, frames, *size, 4)


def test_a_new_model_leaves_the_base_as_it_is() -> None:
    model = tiny_model(awake=False)
    prepared = model.prepare(Condition.stack([told()]))
    *_, last = model.steps(prepared, torch.randn(prepared.base.shape), times(3))
    assert torch.equal(prepared.codes(last), prepared.base)


def test_clips_of_a_batch_do_not_mix() -> None:
    model = tiny_model()
    conditions = [told(), told(layout=False)]
    noise = torch.randn(2, *told().base.shape)
    together = model.steps(model.prepare(Condition.stack(conditions)), noise, times(2))
    *_, both = together
    for k, one in enumerate(conditions):
        *_, alone = model.steps(model.prepare(Condition.stack([one])), noise[[k]], times(2))
        assert torch.allclose(both[[k]], alone, atol=2e-4)


def test_what_is_kept_is_not_changed() -> None:
    model = tiny_model()
    prepared = model.prepare(Condition.stack([told()]))
    kept = told().weight[None]
    *_, last = model.steps(prepared, torch.randn(prepared.base.shape), times(2), kept=kept)
    assert not last[kept == 1].any() and bool(last[kept == 0].any())


@pytest.mark.parametrize("steps", [1, 2, 4, 7])
def test_whoever_knows_the_clip_arrives_there(steps: int) -> None:
    clean, noise = torch.randn(2, 3, 4), torch.randn(2, 3, 4)
    at = times(steps)
    assert at[0] == 1 and at[-1] == 0 and all(a > b for a, b in pairwise(at))
    states = list(sampled(lambda state, time: clean, noise, at))
    for time, state in zip(at[1:], states, strict=True):
        assert torch.allclose(state, mixed(clean, noise, torch.full((2,), time)), atol=1e-5)
    assert torch.allclose(states[-1], clean)


def test_steps_are_refused() -> None:
    with pytest.raises(InvalidValueError, match="at least one step"):
        times(0)
    assert times(2, shift=1.0) == (1.0, 0.5, 0.0)


def test_weights_come_back(tmp_path: Path) -> None:
    model = tiny_model()
    save_weights(tmp_path / "w.safetensors", model, {"version": "9", "hours": 0.5})
    again, record = load_weights(tmp_path / "w.safetensors")
    assert record["version"] == "9"
    for name, value in model.state_dict().items():
        assert torch.equal(again.state_dict()[name], value.half().float())
    assert [each.name for each in tmp_path.iterdir()] == ["w.safetensors"]


def test_weights_that_are_none(tmp_path: Path) -> None:
    file = tmp_path / "w.safetensors"
    with pytest.raises(GenerationError, match="there are no weights"):
        load_weights(file)
    file.write_bytes(b"nothing of the kind")
    with pytest.raises(WorldFormatError, match="no weights file"):
        load_weights(file)
    file.write_bytes(bytes(LARGEST + 1))
    with pytest.raises(WorldFormatError, match="at most"):
        load_weights(file)
    file.write_bytes(safetensors.torch.save({"a": torch.zeros(1)}, {"spatialmem": '{"format": "another"}'}))
    with pytest.raises(WorldFormatError, match="other conditions"):
        load_weights(file)


@settings(deadline=None, max_examples=20)
@given(st.data())
def test_weights_with_another_head_are_refused(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Whatever a record says of the sizes: a typed error, and no network of that size."""
    file = tmp_path_factory.mktemp("weights") / "w.safetensors"
    save_weights(file, tiny_model(), {})
    tensors = safetensors.torch.load_file(file)
    with safetensors.safe_open(file, "pt") as opened:
        text = opened.metadata()["spatialmem"]
    wrong = data.draw(st.sampled_from(['"stem":-1', '"stem":999999999', '"stem":"8"', '"stem":9', '"stem":null']))
    assert '"stem":8' in text.replace(" ", "")
    file.write_bytes(safetensors.torch.save(tensors, {"spatialmem": text.replace(" ", "").replace('"stem":8', wrong)}))
    with pytest.raises(WorldFormatError, match=r"w\.safetensors"):
        load_weights(file)
