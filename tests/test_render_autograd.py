"""The CPU's steps in PyTorch's graph: what backward passes may do, and how long memory is held."""

import gc

import pytest
import torch
from render_scenes import NAMES, scene
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from spatialmem.render import rasterization
from spatialmem.render.cpu.workspace import Workspace, WorkspacePool

WIDTH, HEIGHT, CAMERAS = 100, 70, 2
PACKED = pytest.mark.parametrize("packed", [True, False])


def example(*wanted: str) -> tuple[dict[str, Tensor], Tensor, Tensor]:
    gaussians, viewmats, Ks = scene(200, WIDTH, HEIGHT)
    leaves = {name: gaussians[name].requires_grad_(name in wanted) for name in NAMES}
    return leaves, viewmats.requires_grad_("viewmats" in wanted), Ks


def draw(leaves: dict[str, Tensor], viewmats: Tensor, Ks: Tensor, *, packed: bool = True,
         absgrad: bool = False) -> tuple[Tensor, Tensor]:
    """Images and the centres in them."""
    means, quats, scales, opacities, colors = (leaves[name] for name in NAMES)
    images, _, meta = rasterization(means, quats, scales, opacities, colors, viewmats, Ks, WIDTH, HEIGHT,
                                    packed=packed, render_mode="RGB+D", absgrad=absgrad)
    return images, meta["means2d"]


@pytest.fixture
def returned(monkeypatch: pytest.MonkeyPatch) -> list[Workspace]:
    """Workspaces that were given back so far."""
    gc.collect()
    back: list[Workspace] = []
    give_back = WorkspacePool.give_back

    def noting(pool: WorkspacePool, workspace: Workspace) -> None:
        back.append(workspace)
        give_back(pool, workspace)

    monkeypatch.setattr(WorkspacePool, "give_back", noting)
    return back


@PACKED
def test_a_kept_graph_gives_the_same_gradients_again(packed: bool) -> None:
    leaves, viewmats, Ks = example(*NAMES, "viewmats")
    loss = draw(leaves, viewmats, Ks, packed=packed)[0].square().sum()
    everything = [*leaves.values(), viewmats]
    first = torch.autograd.grad(loss, everything, retain_graph=True)
    draw(leaves, viewmats, Ks, packed=packed)  # leases memory of its own
    second = torch.autograd.grad(loss, everything)
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
    with pytest.raises(RuntimeError, match="second time"):
        torch.autograd.grad(loss, everything)


def test_a_backward_pass_gives_the_memory_back(returned: list[Workspace]) -> None:
    images, _ = draw(*example(*NAMES))
    assert not returned
    images.sum().backward()
    assert len(set(map(id, returned))) == CAMERAS + 1  # the views, and scratch that both cameras used
    assert images.grad_fn is not None


def test_images_that_are_dropped_give_the_memory_back(returned: list[Workspace]) -> None:
    images, _ = draw(*example(*NAMES))
    del images, _
    assert len(returned) == CAMERAS


def test_centres_alone_hold_no_memory(returned: list[Workspace]) -> None:
    centres = draw(*example(*NAMES))[1]
    assert len(returned) == CAMERAS
    centres.sum().backward()


def test_without_gradients_the_call_gives_the_memory_back(returned: list[Workspace]) -> None:
    images, _ = draw(*example())
    assert len(returned) == CAMERAS
    with torch.no_grad():
        images, _ = draw(*example(*NAMES))
    assert len(returned) == 2 * CAMERAS
    assert not images.requires_grad


def test_second_derivatives_are_refused() -> None:
    leaves, viewmats, Ks = example("means")
    loss = draw(leaves, viewmats, Ks)[0].square().sum()
    (gradient,) = torch.autograd.grad(loss, leaves["means"], create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        gradient.sum().backward()


@pytest.mark.parametrize("name", [*NAMES, "viewmats"])
def test_each_input_may_be_the_only_one_with_gradients(name: str) -> None:
    alone, together = example(name), example(*NAMES, "viewmats")
    for leaves, viewmats, Ks in (alone, together):
        draw(leaves, viewmats, Ks)[0].square().sum().backward()
    expected = together[1] if name == "viewmats" else together[0][name]
    actual = alone[1] if name == "viewmats" else alone[0][name]
    assert actual.grad is not None and expected.grad is not None
    assert torch.equal(actual.grad, expected.grad)
    assert all(x.grad is None for key, x in alone[0].items() if key != name)


@PACKED
def test_losses_may_use_the_rows_between_the_steps(packed: bool) -> None:
    leaves, viewmats, Ks = example("means")
    means, quats, scales, opacities, colors = (leaves[name] for name in NAMES)
    _, _, meta = rasterization(means, quats, scales, opacities, colors, viewmats, Ks, WIDTH, HEIGHT, packed=packed)
    meta["means2d"].retain_grad()
    (meta["means2d"].square().sum() + meta["depths"].sum() + meta["conics"].sum()).backward()
    torch.testing.assert_close(meta["means2d"].grad, 2 * meta["means2d"])
    assert leaves["means"].grad is not None
    assert bool(leaves["means"].grad.any())


@PACKED
def test_absolute_gradients_are_left_at_the_centres(packed: bool) -> None:
    images, centres = draw(*example(*NAMES), packed=packed, absgrad=True)
    centres.retain_grad()
    images.square().sum().backward()
    absolute = getattr(centres, "absgrad")  # noqa: B009 (tensors do not declare it)
    assert absolute.shape == centres.shape
    assert centres.grad is not None
    assert bool((absolute >= centres.grad.abs() * (1 - 1e-4) - 1e-6).all())
    assert bool((absolute > centres.grad.abs() * 1.01).any())


def test_checkpoints_that_draw_again_give_the_same_gradients() -> None:
    expected, actual = example(*NAMES), example(*NAMES)
    draw(*expected)[0].square().sum().backward()
    images = checkpoint(lambda: draw(*actual)[0], use_reentrant=False)
    images.square().sum().backward()
    for name in NAMES:
        again, once = actual[0][name].grad, expected[0][name].grad
        assert again is not None
        assert once is not None
        assert torch.equal(again, once)


@pytest.mark.parametrize("name", ["opacities", "colors", "means"])
def test_inputs_changed_before_the_backward_pass_are_refused(name: str) -> None:
    leaves, viewmats, Ks = example(*NAMES)
    loss = draw(leaves, viewmats, Ks)[0].sum()
    with torch.no_grad():
        leaves[name].mul_(0.5)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_a_default_dtype_or_device_of_the_caller_changes_nothing() -> None:
    leaves, viewmats, Ks = example(*NAMES)
    expected = draw(leaves, viewmats, Ks)[0]
    torch.set_default_dtype(torch.float64)
    try:
        actual = draw(leaves, viewmats, Ks)[0]
        actual.sum().backward()
    finally:
        torch.set_default_dtype(torch.float32)
    assert torch.equal(actual, expected)
    assert leaves["means"].grad is not None and leaves["means"].grad.dtype == torch.float32
