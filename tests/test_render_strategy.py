"""gsplat's own densification runs unchanged on CPU tensors: it grows, it prunes, and the picture gets better."""

import re
from typing import Any

import pytest
import torch
from torch import Tensor

from spatialmem.render import rasterization

pytestmark = pytest.mark.filterwarnings("ignore")  # gsplat's own, on import
SIZE = (48, 36)
STEPS = 110
RATES = {"means": 5e-3, "quats": 5e-3, "scales": 1e-2, "opacities": 2e-2, "colors": 2e-2}
VIEWS = torch.eye(4).repeat(2, 1, 1)
VIEWS[1, 0, 3] = 0.25
KS = torch.tensor([[40.0, 0, 24], [0, 40, 18], [0, 0, 1]]).repeat(2, 1, 1)


def draw(parameters: Any, **options: bool) -> tuple[Tensor, dict[str, Any]]:
    """Images `[2, H, W, 3]` of parameters as gsplat's trainers keep them: logs of scales, logits of the rest."""
    renders, _, meta = rasterization(
        parameters["means"], parameters["quats"], parameters["scales"].exp(), parameters["opacities"].sigmoid(),
        parameters["colors"].sigmoid(), VIEWS, KS, *SIZE, **options)
    return renders, dict(meta)


def gaussians(count: int, seed: int, scale: float, opacity: float) -> dict[str, Tensor]:
    """Round Gaussians on a plane that fills the images."""
    generator = torch.Generator().manual_seed(seed)
    flat = (torch.rand(count, 2, generator=generator) - 0.5) * torch.tensor([2.6, 2.0])
    return {
        "means": torch.cat([flat, torch.full((count, 1), 2.0)], 1),
        "quats": torch.tensor([[1.0, 0, 0, 0]]).repeat(count, 1),
        "scales": torch.full((count, 3), scale).log(),
        "opacities": torch.full((count,), opacity).logit(),
        "colors": torch.randn(count, 3, generator=generator) * 2,
    }


@pytest.mark.parametrize("absgrad", [False, True])
@pytest.mark.parametrize("packed", [False, True])
def test_default_strategy_densifies(packed: bool, absgrad: bool, capsys: pytest.CaptureFixture[str]) -> None:
    """From thirty blurred Gaussians and ten that are too faint, towards an image of two hundred sharp ones."""
    strategies = pytest.importorskip("gsplat.strategy", reason="gsplat is not installed: pip install 'spatialmem[dev]'")
    torch.manual_seed(0)  # the strategy splits by the global generator
    with torch.no_grad():
        target = draw(gaussians(200, 1, 0.06, 0.8))[0]
    start = gaussians(40, 2, 0.25, 0.5)
    start["opacities"][30:] = torch.tensor(1 / 230).logit()
    parameters = torch.nn.ParameterDict({name: torch.nn.Parameter(value) for name, value in start.items()})
    optimizers = {name: torch.optim.Adam([parameters[name]], rate) for name, rate in RATES.items()}
    strategy = strategies.DefaultStrategy(refine_start_iter=20, refine_every=20, refine_stop_iter=90, verbose=True,
                                          grow_grad2d=6e-4 if absgrad else 2e-4, absgrad=absgrad, prune_opa=0.02)
    strategy.check_sanity(parameters, optimizers)
    losses = train(parameters, optimizers, strategy, target, packed=packed, absgrad=absgrad)
    printed = capsys.readouterr().out
    duplicated, split, pruned = (sum(map(int, re.findall(pattern, printed))) for pattern in (
        r"(\d+) GSs duplicated", r"(\d+) GSs split", r"(\d+) GSs pruned"))
    assert duplicated + split > 20
    assert pruned >= 10
    assert len(parameters["means"]) == 40 + duplicated + split - pruned
    assert len(parameters["means"]) > 40
    assert losses[-1] < 0.4 * losses[0]


def train(parameters: Any, optimizers: dict[str, torch.optim.Optimizer], strategy: Any, target: Tensor, *,
          packed: bool, absgrad: bool) -> list[float]:
    """gsplat's training loop, as its documentation shows it."""
    state, losses = strategy.initialize_state(scene_scale=1.0), []
    for step in range(STEPS):
        renders, meta = draw(parameters, packed=packed, absgrad=absgrad)
        strategy.step_pre_backward(parameters, optimizers, state, step, meta)
        loss = (renders - target).square().mean()
        loss.backward()  # type: ignore[no-untyped-call]
        for optimizer in optimizers.values():
            optimizer.step()
            optimizer.zero_grad()
        strategy.step_post_backward(parameters, optimizers, state, step, meta, packed=packed)
        losses.append(float(loss))
    return losses
