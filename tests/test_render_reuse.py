"""Memory and graphs: what calls may share, backward again and later, inputs changed, strided or without gradients."""

from typing import Any

import pytest
import torch
from render_outcomes import Case, outcome, sample
from render_scenes import NAMES, scene
from torch import Tensor

from spatialmem.render import rasterization
from spatialmem.render.cpu.workspace import WorkspacePool

SIZE = (100, 70)
LEAVES = (*NAMES, "viewmats", "backgrounds")


def draw(tensors: dict[str, Tensor], **options: Any) -> tuple[Tensor, dict[str, Any]]:
    """Channels and alpha of a call by name, and its meta."""
    renders, alphas, meta = rasterization(**tensors, width=SIZE[0], height=SIZE[1], **options)
    return torch.cat([renders, alphas], -1), dict(meta)


def tensors_of(case: Case) -> dict[str, Tensor]:
    """All tensors of a call."""
    return {**case.gaussians, "viewmats": case.viewmats, "Ks": case.Ks, "backgrounds": case.options["backgrounds"]}


def several() -> list[Case]:
    """Calls that want memory of different sizes."""
    return [sample(500, SIZE, seed=1, render_mode="RGB+ED"), sample(2000, SIZE, seed=2, packed=False),
            sample(900, SIZE, seed=3, sh_degree=2), sample(1500, SIZE, seed=4, channels=9, cameras=1)]


@pytest.mark.parametrize("packed", [True, False])
def test_results_outlive_their_graph_and_other_calls(packed: bool) -> None:
    """Images, rows and gradients are nobody else's memory, with a graph and without."""
    case = sample(700, SIZE, packed=packed, render_mode="RGB+ED", backgrounds=True)
    with torch.no_grad():
        quiet, meta = draw(tensors_of(case), packed=packed)
    first = outcome(case, "cpu")
    kept = [first.image, *first.gradients.values(), quiet]
    kept += [x.detach() for found in (meta, first.meta) for x in found.values() if isinstance(x, Tensor)]
    copies = [x.clone() for x in kept]
    del first
    for other in several():
        outcome(other, "cpu")
    assert all(torch.equal(a, b) for a, b in zip(kept, copies, strict=True))


def test_backward_twice_and_after_other_calls() -> None:
    given = tensors_of(sample(300, SIZE, backgrounds=True))
    tensors = {name: x.requires_grad_(name != "Ks") for name, x in given.items()}
    leaves = [tensors[name] for name in LEAVES]
    image, _ = draw(tensors, render_mode="RGB+D")
    once = torch.autograd.grad(image.square().sum(), leaves, retain_graph=True)
    for other in several():
        outcome(other, "cpu")
    again = torch.autograd.grad(image.square().sum(), leaves)
    assert all(torch.equal(a, b) for a, b in zip(once, again, strict=True))


def test_graphs_may_be_open_at_once() -> None:
    cases = several()
    alone = [outcome(case.having(absgrad=False), "cpu") for case in cases]
    leaves = [{name: x.clone().requires_grad_() for name, x in case.gaussians.items()} for case in cases]
    images = [draw({**mine, "viewmats": case.viewmats, "Ks": case.Ks}, **case.options)[0]
              for mine, case in zip(leaves, cases, strict=True)]
    weights = [torch.randn(x.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64) for x in images]
    sum((x * w.float()).sum() for x, w in zip(images, weights, strict=True)).backward()  # type: ignore[union-attr]
    for mine, expected in zip(leaves, alone, strict=True):
        for name, leaf in mine.items():
            assert leaf.grad is not None
            assert torch.equal(leaf.grad.double(), expected.gradients[name]), name


@pytest.mark.parametrize("name", LEAVES)
def test_changing_an_input_before_backward_never_gives_wrong_gradients(name: str) -> None:
    """It is refused, as in PyTorch, or backward does not need that input's values."""
    case = sample(50, SIZE, backgrounds=True)

    def gradients(change: float) -> tuple[Tensor, ...]:
        tensors = {key: x.clone().requires_grad_(key != "Ks") for key, x in tensors_of(case).items()}
        image, _ = draw(tensors)
        if change:
            with torch.no_grad():
                tensors[name].add_(change)
        return torch.autograd.grad(image.square().sum(), [tensors[key] for key in LEAVES])

    try:
        got = gradients(1.0)
    except RuntimeError as error:
        assert "modified by an inplace operation" in str(error)
    else:
        assert all(torch.equal(a, b) for a, b in zip(got, gradients(0.0), strict=True))


def test_changing_the_centres_before_backward_is_refused() -> None:
    tensors = {key: x.requires_grad_(key != "Ks") for key, x in tensors_of(sample(50, SIZE, backgrounds=True)).items()}
    image, _ = draw(tensors)
    with torch.no_grad():
        tensors["means"].add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        image.sum().backward()


@pytest.mark.parametrize("wanted", LEAVES)
@pytest.mark.parametrize("degree", [None, 1])
def test_gradients_of_some_inputs_are_those_of_all(wanted: str, degree: int | None) -> None:
    case = sample(200, SIZE, sh_degree=degree, backgrounds=True)

    def gradients(names: tuple[str, ...]) -> tuple[Tensor, ...]:
        tensors = {name: x.clone().requires_grad_(name in names) for name, x in tensors_of(case).items()}
        image, _ = draw(tensors, sh_degree=degree, render_mode="RGB+D")
        return torch.autograd.grad(image.square().sum(), [tensors[name] for name in names])

    assert torch.equal(gradients((wanted,))[0], gradients(LEAVES)[LEAVES.index(wanted)])


def test_strided_inputs_and_gradients() -> None:
    gaussians, viewmats, Ks = scene(200, *SIZE)
    wide = torch.cat([gaussians["means"], gaussians["colors"]], 1).requires_grad_()
    others = [gaussians[name] for name in ("quats", "scales", "opacities")]
    turned = viewmats.transpose(1, 2).contiguous().transpose(1, 2)
    renders, _, _ = rasterization(wide[:, :3], *others, wide[:, 3:], turned, Ks, *SIZE)
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
