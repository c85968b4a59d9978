"""Small models of the embedded generator, with weights of chance, and what they are asked."""

from functools import cache

import torch
from embedded_situations import half_known, small

from spatialmem.generators.embedded.channels import Condition, condition
from spatialmem.generators.embedded.code import CODE_NAMES
from spatialmem.generators.embedded.model import KNOWN, Model
from spatialmem.generators.embedded.network import Shape

TINY = Shape(known=KNOWN, attributes=len(CODE_NAMES), stem=8, widths=(16, 16), tokens=32, blocks=1, heads=2, texture=4,
             embedding=16)


def tiny_model(seed: int = 0, *, awake: bool = True) -> Model:
    """A model of the real form, but small; `awake`: none of its weights is 0, so that it changes something."""
    torch.manual_seed(seed)
    model = Model(len(CODE_NAMES), TINY)
    if awake:
        with torch.no_grad():
            for weight in model.parameters():
                weight.add_(0.05 * torch.randn(weight.shape))
    return model.eval().requires_grad_(False)


@cache
def told(layout: bool = True) -> Condition:
    """A clip of a home, half of which is remembered."""
    situation = small()
    return condition(situation.target.cameras, half_known(situation), situation.guide if layout else None,
                     situation.code)
