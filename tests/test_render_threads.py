"""Calls from several threads, repeated backward passes, and memory that calls must not share."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from render_scenes import NAMES, scene
from torch import Tensor

from spatialmem.render import rasterization
from spatialmem.render.cpu.workspace import WorkspacePool

SIZE = (100, 70)


def step(seed: int) -> list[Tensor]:
    """Image, alpha and gradients of one scene; the size of the scene depends on the seed."""
    gaussians, viewmats, Ks = scene(500 + 700 * (seed % 3), *SIZE, seed=seed)
    leaves = [gaussians[name].requires_grad_() for name in NAMES]
    renders, alphas, _ = rasterization(*leaves, viewmats, Ks, *SIZE, render_mode="RGB+ED")
    (renders.square().sum() + alphas.sum()).backward()
    return [renders.detach(), alphas.detach(), *(leaf.grad for leaf in leaves if leaf.grad is not None)]


def test_concurrent_calls_give_the_same_as_serial_ones() -> None:
    seeds = [0, 1, 2, 3, 4, 5] * 2
    serial = [step(seed) for seed in seeds[:6]] * 2
    with ThreadPoolExecutor(4) as pool:
        for expected, got in zip(serial, pool.map(step, seeds), strict=True):
            assert all(torch.equal(a, b) for a, b in zip(expected, got, strict=True))


def test_concurrent_calls_survive_the_layer_that_is_not_thread_safe() -> None:
    """Numba's fallback threading layer kills the program when two parallel kernels start at once."""
    program = """
import numba
from concurrent.futures import ThreadPoolExecutor
import torch
torch.set_num_threads(2)
from test_render_threads import step
with ThreadPoolExecutor(4) as pool:
    list(pool.map(step, range(12)))
print(numba.threading_layer())
"""
    environment = {"NUMBA_THREADING_LAYER": "workqueue", "PYTHONPATH": ":".join(p for p in sys.path if p)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True,
                          timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "workqueue"


def test_results_do_not_change_when_memory_is_reused() -> None:
    first = step(1)
    kept = [x.clone() for x in first]
    step(2)
    step(0)
    assert all(torch.equal(a, b) for a, b in zip(first, kept, strict=True))


def test_backward_twice_and_after_other_calls() -> None:
    gaussians, viewmats, Ks = scene(300, *SIZE)
    leaves = [gaussians[name].requires_grad_() for name in NAMES]
    renders, _, _ = rasterization(*leaves, viewmats, Ks, *SIZE)
    once = torch.autograd.grad(renders.sum(), leaves, retain_graph=True)
    step(1)
    again = torch.autograd.grad(renders.sum(), leaves)
    assert all(torch.equal(a, b) for a, b in zip(once, again, strict=True))


def test_changing_an_input_before_backward_is_refused() -> None:
    gaussians, viewmats, Ks = scene(50, *SIZE)
    leaves = [gaussians[name].requires_grad_() for name in NAMES]
    renders, _, _ = rasterization(*leaves, viewmats, Ks, *SIZE)
    with torch.no_grad():
        leaves[0].add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        renders.sum().backward()


@pytest.mark.parametrize("wanted", range(5))
def test_gradients_of_some_inputs_are_those_of_all(wanted: int) -> None:
    gaussians, viewmats, Ks = scene(200, *SIZE)
    everything = step_gradients(gaussians, viewmats, Ks, range(5))
    alone = step_gradients(gaussians, viewmats, Ks, [wanted])
    assert torch.equal(alone[0], everything[wanted])


def step_gradients(gaussians: dict[str, Tensor], viewmats: Tensor, Ks: Tensor,
                   wanted: range | list[int]) -> tuple[Tensor, ...]:
    """Gradients of the chosen inputs alone."""
    inputs = [gaussians[name].clone().requires_grad_(k in wanted) for k, name in enumerate(NAMES)]
    renders, alphas, _ = rasterization(*inputs, viewmats, Ks, *SIZE, render_mode="RGB+D")
    return torch.autograd.grad(renders.sum() + alphas.square().sum(), [inputs[k] for k in wanted])


def test_strided_inputs_and_gradients() -> None:
    gaussians, viewmats, Ks = scene(200, *SIZE)
    wide = torch.cat([gaussians["means"], gaussians["colors"]], 1).requires_grad_()
    others = [gaussians[name] for name in ("quats", "scales", "opacities")]
    renders, _, _ = rasterization(wide[:, :3], *others, wide[:, 3:], viewmats, Ks, *SIZE)
    renders.permute(3, 0, 2, 1).square().sum().backward()
    leaves = [gaussians[name].clone().requires_grad_() for name in NAMES]
    plain, _, _ = rasterization(*leaves, viewmats, Ks, *SIZE)
    plain.square().sum().backward()
    assert wide.grad is not None and leaves[0].grad is not None and leaves[4].grad is not None
    torch.testing.assert_close(wide.grad, torch.cat([leaves[0].grad, leaves[4].grad], 1))


def test_a_workspace_is_leased_to_one_at_a_time_and_comes_back() -> None:
    pool = WorkspacePool(keep=1)
    first, second = pool.lease(), pool.lease()
    assert first.workspace is not second.workspace
    workspace = first.workspace
    first.release()
    first.release()
    with pytest.raises(RuntimeError, match="already given back"):
        _ = first.workspace
    third = pool.lease()
    assert third.workspace is workspace
    del third
    assert pool.lease().workspace is workspace
