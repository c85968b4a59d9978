"""Training of the embedded generator: what is remembered, what is lost, and going on after a stop."""

from pathlib import Path

import numpy as np
import pytest
import torch
from embedded_models import tiny_model, told
from embedded_situations import SIZE, small
from torch import Tensor, nn
from torch.utils.data import Dataset

from spatialmem.camera import Cameras
from spatialmem.errors import WorldFormatError
from spatialmem.frames import REVISE, TRUSTED, UNKNOWN, Frames
from spatialmem.generators.embedded.channels import Condition
from spatialmem.generators.embedded.train.batches import Batches, Example, example
from spatialmem.generators.embedded.train.command import Train
from spatialmem.generators.embedded.train.corpus import Corpus
from spatialmem.generators.embedded.train.critic import Critic, critic_loss, persuasion_loss
from spatialmem.generators.embedded.train.finishing import rolled_out, self_forced
from spatialmem.generators.embedded.train.losses import flow_loss, prediction_loss
from spatialmem.generators.embedded.train.memory import remembered, splatted
from spatialmem.generators.embedded.train.painting import Views, painting_loss
from spatialmem.generators.embedded.train.recipe import Recipe
from spatialmem.generators.embedded.train.stage import Stage, Training
from spatialmem.generators.embedded.weights import load_weights


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of four small situations."""
    path = tmp_path_factory.mktemp("corpus")
    Corpus(path).fill(4, Recipe(seed=3, size=SIZE, recalls=0.5))
    return path


def chance(seed: int = 0) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def test_points_of_a_view_are_that_view() -> None:
    target = small().target
    recall = splatted(Frames(target.rgb, target.cameras, depth=target.depth), target.cameras[:1])
    view = recall.view
    assert view.depth is not None and target.depth is not None
    hit = recall.trust[0] > UNKNOWN
    assert float(hit.float().mean()) > 0.97
    assert float((recall.trust[0] == TRUSTED).float().mean()) > 0.8
    near = (view.depth[0] - target.depth[0]).abs() < 0.05 * target.depth[0].clamp(min=1)
    assert float(near[hit].float().mean()) > 0.9
    assert float((view.rgb[0] - target.rgb[0])[hit].abs().median()) < 0.03


def test_what_was_seen_from_afar_is_to_be_revised() -> None:
    """The same view with a lens four times as long: its pixels show what the points are too coarse for."""
    target = small().target
    closer = target.cameras.K.clone()
    closer[:, :2, :2] *= 4
    cameras = Cameras(closer, target.cameras.T_world_cam, *SIZE)
    recall = splatted(Frames(target.rgb[:1], target.cameras[:1], depth=torch.as_tensor(target.depth)[:1]), cameras[:1])
    assert float((recall.trust == REVISE).float().mean()) > 0.9


def test_holes_are_unknown() -> None:
    target = small().target
    frames = Frames(target.rgb[:1], target.cameras[:1], depth=torch.as_tensor(target.depth)[:1])
    holes = torch.zeros(1, *SIZE, dtype=torch.bool)
    holes[:, 10:30, 20:50] = True
    recall = splatted(frames, target.cameras[:1], holes=holes)
    assert float((recall.trust[0, 14:26, 24:46] > UNKNOWN).float().mean()) < 0.1
    nothing = splatted(frames, target.cameras, holes=torch.ones_like(holes))
    assert not nothing.trust.any() and not nothing.view.rgb.any()


def test_chance_decides_on_memory() -> None:
    situation = small()
    first, again = (remembered(situation, chance(4)) for _ in range(2))
    assert torch.equal(first.view.rgb, again.view.rgb) and torch.equal(first.trust, again.trust)
    recalls = [remembered(situation, chance(seed)) for seed in range(40)]
    empty = [not recall.trust.any() for recall in recalls]
    assert 2 <= sum(empty) <= 16
    assert {len(recall.references) for recall in recalls} == {0, 1, 2}


def test_batches_are_functions_of_their_number(folder: Path) -> None:
    batches = Batches(folder, 4, batch=2, count=6, seed=1)
    first, again, other = batches[3], batches[3], batches[4]
    for name, value in vars(first.condition).items():
        assert torch.equal(value, getattr(again.condition, name))
    assert torch.equal(first.noise, again.noise) and torch.equal(first.time, again.time)
    assert not torch.equal(first.true, other.true)
    assert first.true.shape == (2, 8, *SIZE, 4) and len(first.cameras) == 2
    assert bool(((first.time > 0) & (first.time <= 1)).all())
    layouts = [float(layout) for k in range(6) for layout in batches[k].condition.layout]
    assert {0.0, 1.0} >= set(layouts) and 1.0 in layouts


def test_the_truth_costs_nothing() -> None:
    true = torch.randn(1, 2, 16, 16, 4)
    weight = torch.ones(1, 2, 16, 16)
    assert float(prediction_loss(true, true, weight)) == 0
    wrong = true.clone()
    wrong[..., 3:9, 3:9, :] += 1
    costs = float(prediction_loss(wrong, true, weight))
    assert costs > 0
    blind = weight.clone()
    blind[..., 3:9, 3:9] = 0
    assert float(prediction_loss(wrong, true, blind)) == 0 < costs


class Numbers(Dataset[Tensor]):
    """Batch k is k."""

    def __len__(self) -> int:
        return 1000

    def __getitem__(self, number: int) -> Tensor:
        return torch.full((3,), float(number % 7))


def trained(folder: Path, steps: int, *, stop: int | None = None) -> tuple[Training, nn.Linear]:
    torch.manual_seed(0)
    layer = nn.Linear(3, 2)
    training = Training(folder, "part", Stage(steps=steps, batch=1, rate=0.01, workers=0), layer)
    for _ in training.work(Numbers(), lambda batch: (layer(batch) - 1).square().mean()):
        if training.step == stop:
            training.save()
            break
    return training, layer


def test_a_stopped_stage_goes_on(tmp_path: Path) -> None:
    """The same weights, and the same means of them, as without the stop."""
    (tmp_path / "a").mkdir()
    whole, layer = trained(tmp_path / "a", 30)
    (tmp_path / "b").mkdir()
    trained(tmp_path / "b", 30, stop=11)
    resumed, other = trained(tmp_path / "b", 30)
    assert whole.done and resumed.done
    assert torch.equal(layer.weight, other.weight)
    assert all(torch.equal(value, resumed.averaged[name]) for name, value in whole.averaged.items())
    assert not torch.equal(whole.averaged["weight"], layer.weight)
    with whole.as_averaged():
        assert torch.equal(layer.weight, whole.averaged["weight"])
    assert torch.equal(layer.weight, other.weight)


def test_a_damaged_state_is_refused(tmp_path: Path) -> None:
    (tmp_path / "part.safetensors").write_bytes(b"no tensors at all")
    with pytest.raises(WorldFormatError, match=r"part\.safetensors.*move it away"):
        trained(tmp_path, 3)
    _, layer = trained(tmp_path / "other", 2)
    with pytest.raises(WorldFormatError, match="no state of this training"):
        Training(tmp_path / "other", "part", Stage(steps=3, batch=1, rate=0.1), nn.Linear(4, 4))
    assert layer.weight.shape == (2, 3)


def held(layout: bool = True) -> Example:
    return Example.stack([example(small(), chance(), layout=layout, faults=False)])


def test_a_few_steps_bring_the_loss_down() -> None:
    model = tiny_model(awake=False).requires_grad_(True)
    model.painter.requires_grad_(False)
    batch = held()
    optimiser = torch.optim.Adam(model.network.parameters(), lr=3e-3)
    losses = []
    for _ in range(12):
        loss = flow_loss(model, batch)
        optimiser.zero_grad()
        torch.autograd.backward([loss])
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.9 * losses[0]


def test_the_painter_learns_colours(folder: Path) -> None:
    told_, true = Views(folder, 4, batch=2, count=3, seed=0)[1]
    assert true.shape == (2, 2, SIZE[0] // 2, SIZE[1] // 2, 4)
    painter = tiny_model(awake=False).painter.requires_grad_(True)
    before = float(painting_loss(painter, told_, true).detach())
    optimiser = torch.optim.Adam(painter.parameters(), lr=1e-2)
    for _ in range(15):
        loss = painting_loss(painter, told_, true)
        optimiser.zero_grad()
        torch.autograd.backward([loss])
        optimiser.step()
    assert float(painting_loss(painter, told_, true).detach()) < 0.7 * before


def test_the_critic_learns_to_tell() -> None:
    torch.manual_seed(0)
    critic, batch = Critic(width=8), held()
    true = batch.true[..., :3]
    made = (true + 0.3 * torch.randn_like(true)).clamp(-1, 1)
    optimiser = torch.optim.Adam(critic.parameters(), lr=3e-3)
    for _ in range(12):
        loss = critic_loss(critic, made, true, batch.condition)
        optimiser.zero_grad()
        torch.autograd.backward([loss])
        optimiser.step()
    with torch.no_grad():
        doubts = [float(persuasion_loss(critic, rgb, batch.condition)) for rgb in (made, true)]
    assert doubts[0] > doubts[1]


def test_what_memory_shows_is_not_the_critics_business() -> None:
    batch = held()
    whole = Condition(**{**vars(batch.condition), "weight": torch.ones_like(batch.condition.weight)})
    critic = Critic(width=8).requires_grad_(False)
    assert float(critic_loss(critic, batch.true[..., :3], batch.true[..., :3], whole)) == 0
    assert float(persuasion_loss(critic, batch.true[..., :3], whole)) == 0


def test_the_sampler_is_trained_as_it_is_used() -> None:
    """What is trained is what the sampler ends in, and gradients reach the last step."""
    model = tiny_model()
    batch = held()
    prepared = model.prepare(batch.condition)
    from spatialmem.generators.embedded.flow import times

    *_, last = model.steps(prepared, batch.noise, times(2))
    assert torch.allclose(rolled_out(model, prepared, batch.noise, steps=2), last, atol=1e-5)
    model.network.requires_grad_(True)
    torch.autograd.backward([rolled_out(model, model.prepare(batch.condition), batch.noise).square().mean()])
    assert all(weight.grad is not None for weight in model.network.leave.parameters())


def test_self_forcing_remembers_what_was_made() -> None:
    model = tiny_model()
    batch = Example.stack([example(small(), chance(), layout=True, memory=False)])
    assert not batch.condition.weight.any()
    forced = self_forced(model, batch)
    known = forced.condition.weight.mean(dim=(0, 2, 3))
    assert float(known[:4].min()) > 0.9 and float(known[4:].mean()) > 0.1
    assert torch.equal(forced.true, batch.true) and torch.equal(forced.condition.surfaces, batch.condition.surfaces)
    assert told().weight.any()    # the cached condition is not touched


def test_the_command_runs_through_and_on(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from spatialmem.generators.embedded.train import command

    monkeypatch.setattr(command, "Model", lambda _: tiny_model(awake=False).requires_grad_(True))
    monkeypatch.setattr(command, "Critic", lambda: Critic(width=8))
    command_line = Train(folder, folder, tmp_path / "run", painter_steps=2, steps=2, finish_steps=3, batch=1,
                         workers=0, judge_every=2)
    command_line.run()
    model, record = load_weights(tmp_path / "run" / "weights.safetensors")
    assert record["stage"] == "finish" and record["steps"] == 3
    names = {path.relative_to(tmp_path / "run").as_posix() for path in (tmp_path / "run").rglob("*")}
    assert {"painter.safetensors", "flow.safetensors", "finish.safetensors", "critic.safetensors", "flow.jsonl",
            "flow/0000002.png", "flow/curves.png", "finish/0000003.png"} <= names
    before = {path: path.read_bytes() for path in (tmp_path / "run").glob("*.safetensors")}
    command_line.run()    # all done: nothing changes
    assert {path: path.read_bytes() for path in (tmp_path / "run").glob("*.safetensors")} == before
    assert model.network.shape.stem == 8
