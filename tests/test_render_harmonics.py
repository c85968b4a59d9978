"""Spherical harmonics on the CPU: gsplat's torch formulas, gradients, thread counts."""

from collections.abc import Callable

import numba
import pytest
import torch
from gsplat.cuda._torch_impl import _spherical_harmonics
from torch import Tensor

from spatialmem.render.cpu.harmonics import harmonics
from spatialmem.render.harmonics import harmonics as reference

DEGREES = pytest.mark.parametrize("degree", [0, 1, 2, 3])
Leaves = tuple[Tensor, Tensor, Tensor]
Harmonics = Callable[[int, Tensor, Tensor, Tensor, Tensor], Tensor]


def example(count: int, bases: int, *, cameras: int = 3, own: bool = False) -> tuple[Leaves, Tensor]:
    """Means, centres and coefficients, of each camera if `own`; and who is visible, with stretches that are not."""
    random = torch.Generator().manual_seed(count + bases)
    means, centres = torch.randn(count, 3, generator=random), 0.3 * torch.randn(cameras, 3, generator=random)
    coefficients = 0.5 * torch.randn(*((cameras,) if own else ()), count, bases, 3, generator=random)
    visible = torch.rand(cameras, count, generator=random) > 0.4
    visible[1:, 16:40] = False
    return (means, centres, coefficients), visible


def gradients(call: Harmonics, degree: int, leaves: Leaves, visible: Tensor, dtype: torch.dtype) -> list[Tensor]:
    """dL/d of the leaves for fixed random weights of the colours."""
    means, centres, coefficients = copies = [x.to(dtype, copy=True).requires_grad_() for x in leaves]
    colors = call(degree, means, centres, coefficients, visible)
    weights = torch.randn(colors.shape, generator=torch.Generator().manual_seed(9)).to(dtype)
    (colors * weights)[visible].sum().backward()
    return [torch.zeros_like(x) if x.grad is None else x.grad for x in copies]


@DEGREES
def test_colours_are_those_of_gsplat(degree: int) -> None:
    (means, centres, coefficients), visible = example(500, 16)
    colors = harmonics(degree, means, centres, coefficients, visible)
    directions = means - centres[:, None]
    expected = _spherical_harmonics(degree, directions, coefficients.expand(3, -1, -1, -1))
    expected = torch.clamp_min(expected + 0.5, 0.0)
    torch.testing.assert_close(colors[visible], expected[visible], rtol=0, atol=1e-5)
    assert bool((colors[~visible] == 0).all())


@DEGREES
def test_gradients_are_those_of_gsplat(degree: int) -> None:
    def gsplat(degree: int, means: Tensor, centres: Tensor, coefficients: Tensor, visible: Tensor) -> Tensor:
        directions = means - centres[:, None]
        values = _spherical_harmonics(degree, directions, coefficients.expand(3, -1, -1, -1))
        return torch.clamp_min(values + 0.5, 0.0)

    leaves, visible = example(200, 16)
    actual = gradients(harmonics, degree, leaves, visible, torch.float32)
    expected = gradients(gsplat, degree, leaves, visible, torch.float32)
    for a, b in zip(actual, expected, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=2e-5)


@DEGREES
@pytest.mark.parametrize("count", [0, 1, 8, 13, 3000])
@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("more", [0, 3])
def test_gradients_are_those_of_the_reference(degree: int, count: int, own: bool, more: int) -> None:
    leaves, visible = example(count, (degree + 1) ** 2 + more, own=own)
    actual = gradients(harmonics, degree, leaves, visible, torch.float32)
    expected = gradients(reference, degree, leaves, visible, torch.float64)
    for a, b in zip(actual, expected, strict=True):
        assert float((a.double() - b).norm()) <= 3e-6 * max(float(b.norm()), 1e-6)


@DEGREES
def test_gradients_are_finite_differences(degree: int) -> None:
    # Of float32 sums a difference over 1/100 is good to 1e-4; coefficients keep colours off the clamp.
    (means, centres, coefficients), visible = example(9, (degree + 1) ** 2, cameras=2)
    coefficients = 0.05 * coefficients
    leaves = means * 3, centres, coefficients
    derivative = gradients(harmonics, degree, leaves, visible, torch.float32)
    weights = torch.randn(2, 9, 3, generator=torch.Generator().manual_seed(9))
    for k in range(3):
        for place in range(0, leaves[k].numel(), 7):
            losses = []
            for step in (0.01, -0.01):
                moved = [x.clone() for x in leaves]
                moved[k].view(-1)[place] += step
                colors = harmonics(degree, moved[0], moved[1], moved[2], visible)
                losses.append(float((colors.double() * weights)[visible].sum()))
            assert (losses[0] - losses[1]) / 0.02 == pytest.approx(float(derivative[k].view(-1)[place]), abs=2e-4)


def test_a_gaussian_at_the_camera_has_finite_colours_and_gradients() -> None:
    (means, centres, coefficients), visible = example(20, 16)
    means[3] = centres[0]
    visible[0, 3] = True
    assert bool(torch.isfinite(harmonics(3, means, centres, coefficients, visible)).all())
    for gradient in gradients(harmonics, 3, (means, centres, coefficients), visible, torch.float32):
        assert bool(torch.isfinite(gradient).all())


def test_colours_raised_to_zero_pass_no_gradient_on() -> None:
    (means, centres, coefficients), visible = example(20, 4)
    coefficients[:, 0] = -10
    for gradient in gradients(harmonics, 1, (means, centres, coefficients), visible, torch.float32):
        assert not bool(gradient.any())


def test_without_cameras_there_are_no_colours_and_no_gradients() -> None:
    (means, centres, coefficients), visible = example(20, 4, cameras=0)
    assert harmonics(1, means, centres, coefficients, visible).shape == (0, 20, 3)
    for gradient in gradients(harmonics, 1, (means, centres, coefficients), visible, torch.float32):
        assert not bool(gradient.any())


def test_results_do_not_depend_on_the_number_of_threads() -> None:
    leaves, visible = example(5000, 16)
    before, outcomes = numba.get_num_threads(), []
    try:
        for threads in range(1, min(4, numba.config.NUMBA_NUM_THREADS) + 1):  # type: ignore[attr-defined]
            numba.set_num_threads(threads)
            colors = harmonics(3, *leaves, visible)
            outcomes.append([colors, *gradients(harmonics, 3, leaves, visible, torch.float32)])
    finally:
        numba.set_num_threads(before)
    for outcome in outcomes[1:]:
        assert all(torch.equal(a, b) for a, b in zip(outcomes[0], outcome, strict=True))


def test_inputs_changed_before_the_backward_pass_are_refused() -> None:
    (means, centres, coefficients), visible = example(20, 4)
    loss = harmonics(1, means, centres, coefficients.requires_grad_(), visible).sum()
    with torch.no_grad():
        coefficients.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()
