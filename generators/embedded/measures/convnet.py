"""`convnet` and `fit`: small networks that judge pictures, trained here and now, the same for the same seed."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn


def convnet(widths: tuple[int, ...], outputs: int, *, seed: int) -> nn.Sequential:
    """Pictures `[N, 3, H, W]` to `[N, outputs]`: each width halves the size, then the mean over what is left.

    Batches are normalised while it learns: norms of single pictures would hide how strong a texture is. A trained
    network's verdict depends on nothing but its picture.
    """
    layers: list[nn.Module] = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for before, width in zip((3, *widths), widths, strict=False):
            layers += [nn.Conv2d(before, width, 3, stride=2, padding=1), nn.BatchNorm2d(width), nn.SiLU()]
        return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(widths[-1], outputs))


def fit(network: nn.Module, batches: Iterable[tuple[Tensor, Tensor]], loss: Callable[[Tensor, Tensor], Tensor], *,
        steps: int, rate: float = 3e-3) -> None:
    """Train `network` on `steps` batches of pictures `[N, H, W, 3]` uint8 and what they should give.

    AdamW, its rate rising over the first tenth and falling to 0 by the end.
    """
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=rate, total_steps=steps, pct_start=0.1)
    network.train()
    for _, (pictures, wanted) in zip(range(steps), batches, strict=False):
        optimiser.zero_grad()
        loss(network(planes(pictures)), wanted).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
    network.eval()


@torch.no_grad()
def outputs(network: nn.Module, pictures: Tensor, *, batch: int = 256) -> Tensor:
    """What a network gives for pictures `[N, H, W, 3]` uint8, a few at a time."""
    return torch.cat([network(planes(part)) for part in torch.split(pictures, batch)])


def planes(pictures: Tensor) -> Tensor:
    """Bytes `[N, H, W, 3]` as `[N, 3, H, W]` float32 -1..1."""
    return pictures.permute(0, 3, 1, 2).to(torch.float32).contiguous() / 127.5 - 1
