"""The model as a diffusers pipeline: saved and loaded as such, its scheduler exchanged. Needs spatialmem[diffusers].

    pipeline = pipeline_of(load_weights()[0])
    pipeline.save_pretrained("my_folder")
    answer = EmbeddedPipeline.from_pretrained("my_folder")(condition, noise=noise, num_inference_steps=4)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from spatialmem.errors import MissingBackendError
from spatialmem.generators.embedded.channels import Condition
from spatialmem.generators.embedded.encoding import colours, metres
from spatialmem.generators.embedded.flow import SHIFT
from spatialmem.generators.embedded.model import Model
from spatialmem.generators.embedded.network import Shape

try:
    from diffusers.configuration_utils import ConfigMixin, register_to_config
    from diffusers.models.modeling_utils import ModelMixin
    from diffusers.pipelines.pipeline_utils import DiffusionPipeline
    from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler
    from diffusers.utils.outputs import BaseOutput
except ImportError as error:
    raise MissingBackendError("the diffusers pipeline needs diffusers: pip install 'spatialmem[diffusers]'") from error

StepEnd = Callable[["EmbeddedPipeline", int, Tensor, dict[str, Tensor]], dict[str, Tensor]]
"""What is called after each step with the pipeline, the step, its timestep and {"latents": state}; what it returns
replaces the state."""


class EmbeddedNetwork(ModelMixin, ConfigMixin):  # type: ignore[misc]
    """The model with its sizes as diffusers' config; `from_pretrained` makes the same again."""

    @register_to_config  # type: ignore[untyped-decorator]
    def __init__(self, *, known: int, attributes: int, stem: int = 32, widths: tuple[int, int] = (80, 160),
                 tokens: int = 256, blocks: int = 4, heads: int = 4, texture: int = 16, embedding: int = 192) -> None:
        """Arguments as of `network.Shape`: diffusers saves and loads them by these names."""
        super().__init__()  # type: ignore[no-untyped-call]
        wide, wider = widths
        self.model = Model(attributes, Shape(known, attributes, stem, (wide, wider), tokens, blocks, heads, texture,
                                             embedding))


@dataclass
class EmbeddedOutput(BaseOutput):
    """What a pipeline makes: `rgb` `[B, T, H, W, 3]` 0..1 and `depth` `[B, T, H, W]` in metres, 0 = sky."""

    rgb: Tensor
    depth: Tensor


class EmbeddedPipeline(DiffusionPipeline):
    """From a condition to frames, by any scheduler of flow matching."""

    def __init__(self, network: EmbeddedNetwork, scheduler: FlowMatchEulerDiscreteScheduler) -> None:
        """Of a network and the scheduler that walks from noise to frames."""
        super().__init__()
        self.register_modules(network=network, scheduler=scheduler)  # type: ignore[no-untyped-call]

    @torch.no_grad()
    def __call__(self, condition: Condition, *, noise: Tensor | None = None, num_inference_steps: int = 2,
                 generator: torch.Generator | None = None,
                 callback_on_step_end: StepEnd | None = None) -> EmbeddedOutput:
        """Frames of stacked conditions.

        Args:
            condition: of `B` clips (`Condition.stack`).
            noise: `[B, T, H, W, 4]`, such as `anchored_noise`; None = white noise of `generator`.
            num_inference_steps: of the scheduler.
            generator: of the noise.
            callback_on_step_end: see `StepEnd`.
        """
        model: Model = self.network.model
        prepared = model.prepare(condition)
        state: Tensor = torch.randn(prepared.base.shape, generator=generator) if noise is None else noise
        self.scheduler.set_timesteps(sigmas=[1 - k / num_inference_steps for k in range(num_inference_steps)])
        with self.progress_bar(total=num_inference_steps) as shown:  # pyright: ignore[reportCallIssue]
            for number, step in enumerate(self.scheduler.timesteps):
                sigma = float(self.scheduler.sigmas[number])
                clean = model.clean(prepared, state, torch.full(state.shape[:1], sigma))
                state = torch.as_tensor(self.scheduler.step((state - clean) / sigma, step, state).prev_sample)
                if callback_on_step_end is not None:
                    found = callback_on_step_end(self, number, step, {"latents": state})
                    state = found.get("latents", state)
                shown.update()
        codes = prepared.codes(state)
        return EmbeddedOutput(rgb=colours(codes[..., :3]), depth=metres(codes[..., 3]))


def pipeline_of(model: Model) -> EmbeddedPipeline:
    """A pipeline with the weights of `model` and the scheduler that they were trained for."""
    sizes: dict[str, Any] = asdict(model.network.shape)
    network = EmbeddedNetwork(**sizes)
    network.model.load_state_dict(model.state_dict())
    return EmbeddedPipeline(network.eval(), FlowMatchEulerDiscreteScheduler(shift=SHIFT))
