"""Times of the CPU rasteriser and its peers on one scene, taken in turn in one process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from typing import NamedTuple, TypedDict

import numba
import torch
import torch_tile
from rasterizer_scenes import Scene
from torch import Tensor

from spatialmem.render import rasterization

FORWARD, BOTH = "forward", "f+b"
OURS, TORCH, GSPLAT = "ours", "torch tiles", "gsplat"
TORCH_LIMIT = 200_000
"""Dense tiles in torch keep a dozen numbers per pixel and Gaussian for the backward pass: beyond this, over 10 GB."""


class Times(TypedDict):
    """Milliseconds of one call; CPU time is that of all threads together."""

    who: str
    what: str
    threads: int
    rounds: int
    cpu_ms: float
    cpu_median_ms: float
    wall_ms: float
    wall_median_ms: float


class Call(NamedTuple):
    """Something to time."""

    who: str
    what: str
    threads: int
    rounds: int
    run: Callable[[], object]


def measure(scene: Scene, threads: Sequence[int], rounds: int, peer_rounds: int) -> list[Times]:
    """Forward and forward with backward, of ours and of the peers that can; no peers with `peer_rounds` 0."""
    own = own_calls(scene)
    own[BOTH]()  # compiles, or reads what was compiled
    calls = [Call(OURS, what, n, rounds, run) for n in threads for what, run in own.items()]
    if peer_rounds and scene.gaussians <= TORCH_LIMIT:
        calls += [Call(TORCH, what, 1, peer_rounds, run) for what, run in torch_calls(scene).items()]
    if peer_rounds and has_gsplat():
        calls += [Call(GSPLAT, what, 1, rounds, run) for what, run in gsplat_calls(scene).items()]
    return in_turn(calls)


def in_turn(calls: Sequence[Call]) -> list[Times]:
    """Each call once a round: what else the machine does meets all of them alike."""
    taken: list[list[tuple[float, float]]] = [[] for _ in calls]
    threads = 0
    for number in range(max(call.rounds for call in calls)):
        for call, times in zip(calls, taken, strict=True):
            if number >= call.rounds:
                continue
            with on_threads(call.threads):
                if call.who == OURS and call.threads != threads:
                    call.run()  # another number of threads starts or ends some: not part of a call
                times.append(timed(call.run))
            threads = call.threads
    return [summary(call, times) for call, times in zip(calls, taken, strict=True)]


def timed(run: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds of processor time and by the clock."""
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    return 1e3 * (time.process_time() - cpu), 1e3 * (time.perf_counter() - wall)


def summary(call: Call, times: Sequence[tuple[float, float]]) -> Times:
    cpu, wall = zip(*times, strict=True)
    return {"who": call.who, "what": call.what, "threads": call.threads, "rounds": call.rounds, "cpu_ms": min(cpu),
            "cpu_median_ms": median(cpu), "wall_ms": min(wall), "wall_median_ms": median(wall)}


@contextmanager
def on_threads(count: int) -> Iterator[None]:
    """Kernels and PyTorch on so many threads within."""
    before = numba.get_num_threads(), torch.get_num_threads()
    numba.set_num_threads(count)
    torch.set_num_threads(count)
    try:
        yield
    finally:
        numba.set_num_threads(before[0])
        torch.set_num_threads(before[1])


def own_calls(scene: Scene) -> dict[str, Callable[[], object]]:
    """RGB, depth and alpha; backward to all five inputs."""
    def draw() -> tuple[Tensor, Tensor]:
        renders, alphas, _ = rasterization(*scene.leaves, scene.viewmats, scene.Ks, scene.width, scene.height,
                                           render_mode="RGB+D")
        return renders, alphas

    return _calls(scene, draw)


def torch_calls(scene: Scene) -> dict[str, Callable[[], object]]:
    """The same by dense tiles in PyTorch."""
    def draw() -> tuple[Tensor, Tensor]:
        image = torch_tile.render(scene.leaves, scene.viewmats[0], scene.Ks[0], scene.width, scene.height)
        return image[None, ..., :4], image[None, ..., 4:]

    return _calls(scene, draw)


def has_gsplat() -> bool:
    """Whether there is an NVIDIA GPU and gsplat to use it."""
    if not torch.cuda.is_available():
        return False
    try:
        import gsplat  # noqa: F401
    except ImportError:
        return False
    return True


def gsplat_calls(scene: Scene) -> dict[str, Callable[[], object]]:
    """The same by gsplat on the GPU; its work is over when these return."""
    from gsplat import rasterization as draw_on_gpu

    there = scene.moved(torch.device("cuda"))

    def draw() -> tuple[Tensor, Tensor]:
        renders, alphas, _ = draw_on_gpu(*there.leaves, there.viewmats, there.Ks, scene.width, scene.height,
                                         render_mode="RGB+D")
        return renders, alphas

    def finished(run: Callable[[], object]) -> Callable[[], object]:
        def call() -> None:
            run()
            torch.cuda.synchronize()

        # The first call builds or loads gsplat's kernels.
        call()
        return call

    return {what: finished(run) for what, run in _calls(there, draw).items()}


def _calls(scene: Scene, draw: Callable[[], tuple[Tensor, Tensor]]) -> dict[str, Callable[[], object]]:
    arriving = gradients_of_outputs(scene)

    def forward() -> None:
        with torch.no_grad():
            draw()

    return {FORWARD: forward, BOTH: lambda: torch.autograd.grad(draw(), scene.leaves, arriving)}


def gradients_of_outputs(scene: Scene) -> tuple[Tensor, Tensor]:
    """What a loss would send back, the same in every run: `[1, H, W, 4]` of RGB and depth, `[1, H, W, 1]` of alpha."""
    random = torch.Generator().manual_seed(1)
    d_image = torch.randn(1, scene.height, scene.width, 5, generator=random)
    d_image[..., 3] *= 0.1
    d_image = d_image.to(scene.viewmats)
    return d_image[..., :4].contiguous(), d_image[..., 4:].contiguous()
