"""The embedded model as a diffusers pipeline: the same frames, saved and loaded, other schedulers, called back."""

from pathlib import Path

import pytest
import torch
from embedded_models import tiny_model, told
from torch import Tensor

from spatialmem.generators.embedded.channels import Condition
from spatialmem.generators.embedded.encoding import colours, metres
from spatialmem.generators.embedded.flow import times

pytest.importorskip("diffusers", reason="the extra spatialmem[diffusers] is not installed")

from spatialmem.generators.embedded.diffusers_pipeline import EmbeddedPipeline, pipeline_of


@pytest.fixture(scope="module")
def asked() -> Condition:
    return Condition.stack([told()])


@pytest.fixture(scope="module")
def noise(asked: Condition) -> Tensor:
    return torch.randn(asked.base.shape, generator=torch.Generator().manual_seed(2))


def quiet(pipeline: EmbeddedPipeline) -> EmbeddedPipeline:
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


@pytest.mark.parametrize("steps", [1, 2, 4])
def test_frames_are_those_of_the_plain_sampler(asked: Condition, noise: Tensor, steps: int) -> None:
    model = tiny_model()
    prepared = model.prepare(asked)
    *_, last = model.steps(prepared, noise, times(steps))
    codes = prepared.codes(last)
    answer = quiet(pipeline_of(model))(asked, noise=noise, num_inference_steps=steps)
    assert torch.allclose(answer.rgb, colours(codes[..., :3]), atol=1e-4)
    assert torch.allclose(answer.depth, metres(codes[..., 3]), rtol=1e-3, atol=1e-3)


def test_it_is_the_same_after_a_round_trip(asked: Condition, noise: Tensor, tmp_path: Path) -> None:
    pipeline = quiet(pipeline_of(tiny_model()))
    pipeline.save_pretrained(tmp_path / "saved")
    again = quiet(EmbeddedPipeline.from_pretrained(tmp_path / "saved"))
    assert torch.equal(pipeline(asked, noise=noise).rgb, again(asked, noise=noise).rgb)
    assert not [*tmp_path.rglob("*.bin"), *tmp_path.rglob("*.pt")]


def test_a_scheduler_can_be_exchanged(asked: Condition, noise: Tensor) -> None:
    pipeline = quiet(pipeline_of(tiny_model()))
    euler = pipeline(asked, noise=noise, num_inference_steps=2).rgb
    pipeline.scheduler = type(pipeline.scheduler).from_config(pipeline.scheduler.config, shift=5.0)
    assert not torch.equal(pipeline(asked, noise=noise, num_inference_steps=2).rgb, euler)


def test_it_calls_back_after_each_step(asked: Condition, noise: Tensor) -> None:
    pipeline, seen = quiet(pipeline_of(tiny_model())), []

    def told_of(_: EmbeddedPipeline, step: int, at: Tensor, found: dict[str, Tensor]) -> dict[str, Tensor]:
        seen.append((step, float(at)))
        return {"latents": torch.zeros_like(found["latents"])}

    emptied = pipeline(asked, noise=noise, num_inference_steps=3, callback_on_step_end=told_of)
    assert [step for step, _ in seen] == [0, 1, 2]
    assert [at / 1000 for _, at in seen] == pytest.approx(times(3)[:-1])
    base = pipeline.network.model.prepare(asked).base
    assert torch.allclose(emptied.rgb, colours(base[..., :3]))


def test_without_noise_a_generator_draws_it(asked: Condition) -> None:
    pipeline = quiet(pipeline_of(tiny_model()))
    first, again = (pipeline(asked, generator=torch.Generator().manual_seed(5)).rgb for _ in range(2))
    assert torch.equal(first, again)
