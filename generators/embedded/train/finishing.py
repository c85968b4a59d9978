"""The last stage: the sampler's own few steps are trained, to look true, and from memories that it made itself."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from spatialmem.frames import Frames
from spatialmem.generators.embedded.channels import Condition, remembering
from spatialmem.generators.embedded.encoding import colours, metres
from spatialmem.generators.embedded.flow import times
from spatialmem.generators.embedded.model import Model, Prepared
from spatialmem.generators.embedded.train.batches import Example
from spatialmem.generators.embedded.train.memory import splatted

STEPS = 2
"""Steps of the sampler that is trained."""


def rolled_out(model: Model, prepared: Prepared, noise: Tensor, *, steps: int = STEPS) -> Tensor:
    """The departure that the sampler ends in, with the gradients of its last step.

    The last step sees what the ones before it made, not a mixture with the truth as in flow matching: so the few
    steps are one function that is trained as it is used (cf. Yin et al. 2024, section 4.5, "backward simulation").
    """
    at = times(steps)
    with torch.no_grad():
        *_, state = (noise, *model.steps(prepared, noise, at[:-1]))
    return model.clean(prepared, state, torch.full(state.shape[:1], at[-2], dtype=state.dtype))


@torch.no_grad()
def self_forced(model: Model, batch: Example) -> Example:
    """The same clips, the first half of which is in memory now: as the model made it, not as it truly is.

    What a loop feeds a generator are its own earlier frames. The other half must go on from them.
    """
    prepared = model.prepare(batch.condition)
    codes = prepared.codes(rolled_out(model, prepared, batch.noise).float()).cpu()
    condition, told = batch.condition.to("cpu"), []
    for clip, path in enumerate(batch.cameras):
        half = len(path) // 2
        own = Frames(colours(codes[clip, :half, ..., :3]), path[:half], depth=metres(codes[clip, :half, ..., 3]))
        told.append(remembering(_of(condition, clip), splatted(own, path), path))
    return replace(batch, condition=Condition.stack(told).to(batch.true.device))


def _of(condition: Condition, clip: int) -> Condition:
    return Condition(**{name: value[clip] for name, value in vars(condition).items()})
