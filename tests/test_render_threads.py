"""Any number of threads gives the same bits, and calls from several threads do not disturb each other."""

import hashlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import torch
from render_outcomes import Case, outcome, sample
from render_scenes import NAMES, scene
from torch import Tensor

from spatialmem.render import rasterization

SIZE = (100, 70)


def unlike_calls() -> list[Case]:
    """Scenes and options that together reach all kernels, large enough for several blocks of work."""
    size = (150, 100)
    return [
        sample(9000, size, render_mode="RGB+ED"),
        sample(5000, size, seed=1, sh_degree=3, packed=False, rasterize_mode="antialiased", backgrounds=True),
        sample(5000, size, seed=2, channels=7, per_camera=True, render_mode="RGB+D"),
        sample(3000, size, seed=3, channels=32, cameras=1, packed=False),
        sample(5000, size, seed=4, sh_degree=2, per_camera=True, render_mode="ED"),
    ]


def fingerprint() -> str:
    """Of every bit of the images, gradients and visible rows of `unlike_calls`."""
    bits = hashlib.sha256()
    for case in unlike_calls():
        got = outcome(case, "cpu")
        seen = (got.meta["radii"] > 0).all(-1)
        rows = {f"meta {name}": got.meta[name][seen] for name in ("radii", "means2d", "depths", "conics")}
        for name, value in sorted({"image": got.image, **got.gradients, **rows}.items()):
            bits.update(name.encode())
            bits.update(value.detach().contiguous().numpy().tobytes())
    return bits.hexdigest()


def run(program: str, **environment: str) -> str:
    """What `program` prints in a Python of its own that finds these tests."""
    everything = {**os.environ, "PYTHONPATH": ":".join(p for p in sys.path if p), **environment}
    done = subprocess.run([sys.executable, "-c", program], env=everything, capture_output=True, text=True,
                          timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_every_bit_is_the_same_for_any_number_of_threads() -> None:
    """Also with more threads than cores, when repeated, and from one program to the next."""
    printed = run("""
import numba
from test_render_threads import fingerprint
for count in (1, 2, 4, 3, 1):
    numba.set_num_threads(count)
    print(fingerprint())
""", NUMBA_NUM_THREADS="4")
    assert printed.split() == [fingerprint()] * 5


def step(seed: int) -> list[Tensor]:
    """Image, alpha and gradients of one scene; the size of the scene and the options depend on the seed."""
    gaussians, viewmats, Ks = scene(500 + 700 * (seed % 3), *SIZE, seed=seed)
    leaves = [*(gaussians[name].requires_grad_() for name in NAMES), viewmats.requires_grad_()]
    if seed % 2:
        leaves[4] = (0.3 * leaves[4].detach()[:, None].repeat(1, 9, 1)).requires_grad_()
    renders, alphas, _ = rasterization(*leaves, Ks, *SIZE, render_mode="RGB+ED", packed=seed % 4 < 2,
                                       sh_degree=2 if seed % 2 else None)
    (renders.square().sum() + alphas.sum()).backward()
    return [renders.detach(), alphas.detach(), *(leaf.grad for leaf in leaves if leaf.grad is not None)]


def test_concurrent_calls_give_the_same_as_serial_ones() -> None:
    seeds = [0, 1, 2, 3, 4, 5] * 2
    serial = [step(seed) for seed in seeds[:6]] * 2
    with ThreadPoolExecutor(4) as pool:
        for expected, got in zip(serial, pool.map(step, seeds), strict=True):
            assert len(expected) == 8
            assert all(torch.equal(a, b) for a, b in zip(expected, got, strict=True))


def test_concurrent_calls_survive_the_layer_that_is_not_thread_safe() -> None:
    """Numba's fallback threading layer kills the program when two parallel kernels start at once."""
    printed = run("""
import numba
from concurrent.futures import ThreadPoolExecutor
import torch
torch.set_num_threads(2)
from test_render_threads import step
with ThreadPoolExecutor(4) as pool:
    list(pool.map(step, range(12)))
print(numba.threading_layer())
""", NUMBA_THREADING_LAYER="workqueue")
    assert printed == "workqueue"
