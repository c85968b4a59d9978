"""Time of the CPU rasteriser against the reference: `python benchmarks/rasterization.py [--rounds N]`.

Both run in turn in one process, so the ratio holds on a busy machine where milliseconds do not.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import torch
from torch import Tensor

from spatialmem.render import rasterization
from spatialmem.render.select import Backend

SCENES = {"10k 256x192": (10_000, 256, 192), "100k 320x240": (100_000, 320, 240)}


def surface(count: int, width: int, height: int) -> tuple[list[Tensor], Tensor, Tensor]:
    """Flat Gaussians about a pixel in size at depths 2 to 4, as fusing depth images leaves them."""
    random = torch.Generator().manual_seed(0)
    z = 2 + 2 * torch.rand(count, generator=random)
    focal = 0.82 * width
    x, y = ((torch.rand(count, generator=random) - 0.5) * side / focal * z * 1.1 for side in (width, height))
    scales = (0.55 * z / focal)[:, None] * torch.tensor([1.0, 1.0, 0.15])
    gaussians = [torch.stack([x, y, z], 1), torch.randn(count, 4, generator=random), scales,
                 torch.full((count,), 0.92), torch.rand(count, 3, generator=random)]
    K = torch.tensor([[[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]]])
    return gaussians, torch.eye(4)[None], K


def calls(count: int, width: int, height: int) -> dict[str, Callable[[], object]]:
    """What is timed: forward alone and with backward, kernels and reference."""
    gaussians, viewmats, Ks = surface(count, width, height)
    leaves = [x.requires_grad_() for x in gaussians]

    @torch.no_grad()
    def forward() -> None:
        rasterization(*leaves, viewmats, Ks, width, height, render_mode="RGB+ED")

    def both(backend: Backend) -> None:
        renders, alphas, _ = rasterization(*leaves, viewmats, Ks, width, height, render_mode="RGB+ED",
                                           backend=backend)
        torch.autograd.grad(renders.sum() + alphas.sum(), leaves)

    return {"forward": forward, "f+b": lambda: both("cpu"), "reference": lambda: both("reference")}


def main() -> None:
    """Print a table: best milliseconds of each, and how much slower the reference is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    print(f"{torch.get_num_threads()} threads")
    print(f"{'scene':>14} {'forward':>10} {'f+b':>10} {'reference':>11} {'ratio':>7}")
    for name, size in SCENES.items():
        timed = calls(*size)
        best = dict.fromkeys(timed, float("inf"))
        for _ in range(rounds):
            for label, call in timed.items():
                start = time.perf_counter()
                call()
                best[label] = min(best[label], 1e3 * (time.perf_counter() - start))
        forward, both, reference = best.values()
        print(f"{name:>14} {forward:7.1f} ms {both:7.1f} ms {reference:8.0f} ms {reference / both:7.0f}")


if __name__ == "__main__":
    main()
