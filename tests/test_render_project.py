"""The CPU's projection against the float64 reference: rows of the graph and their gradients."""

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from render_scenes import scene
from torch import Tensor

from spatialmem.errors import InvalidValueError
from spatialmem.render import projection as reference
from spatialmem.render.cpu import autograd as cpu
from spatialmem.render.inputs import Inputs
from spatialmem.render.settings import Settings
from spatialmem.render.steps import Projection

WIDTH, HEIGHT = 150, 110
LEAVES = ("means", "quats", "scales", "viewmats")
ROWS = ("means2d", "conics", "depths", "compensations")
COUNTS = pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 2500])


def inputs_of(count: int, seed: int = 0) -> Inputs:
    gaussians, viewmats, Ks = scene(count, WIDTH, HEIGHT, seed)
    return Inputs(**gaussians, viewmats=viewmats, Ks=Ks)


def as_leaves(inputs: Inputs, dtype: torch.dtype) -> Inputs:
    """Copies of another dtype, with gradients where the projection has them."""
    copies = {name: value.to(dtype, copy=True).requires_grad_(name in LEAVES)
              for name, value in inputs._asdict().items() if value is not None}
    return Inputs(**copies)


def weighted(projection: Projection, visible: Tensor) -> Tensor:
    """A loss that depends on all that has a gradient, by fixed random weights, where visible."""
    random, total = torch.Generator().manual_seed(5), torch.zeros((), dtype=projection.means2d.dtype)
    for name in ROWS:
        rows = getattr(projection, name)
        if rows is not None:
            weights = torch.randn(rows.shape, generator=random) * (30 if name == "compensations" else 1)
            total = total + (rows * weights.to(rows))[visible].sum()
    return total


def distance(actual: Tensor, expected: Tensor) -> float:
    """Relative L2."""
    return float((actual.double() - expected).norm() / expected.norm().clamp(min=1e-12))


@COUNTS
@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("antialiased", [True, False])
def test_rows_and_their_gradients_are_those_of_the_reference(count: int, packed: bool, antialiased: bool) -> None:
    options = Settings(WIDTH, HEIGHT, antialiased=antialiased, packed=packed)
    single, double = as_leaves(inputs_of(count), torch.float32), as_leaves(inputs_of(count), torch.float64)
    actual, expected = cpu.project(single, options), reference.project(double, options)
    visible = (expected.radii > 0).all(-1)
    assert torch.equal(actual.radii, expected.radii)
    for name in ("camera_ids", "gaussian_ids"):
        ids, standard = getattr(actual, name), getattr(expected, name)
        assert torch.equal(ids, standard) if packed else ids is standard is None
    for name in ROWS:
        rows, standard = getattr(actual, name), getattr(expected, name)
        assert (rows is None) == (standard is None)
        if rows is not None:
            # Entries of a float32 inverse covariance are off by its condition number times 1e-7.
            torch.testing.assert_close(rows[visible].double(), standard[visible], rtol=1e-5, atol=1e-5)
    weighted(actual, visible).backward()
    weighted(expected, visible).backward()
    for name in LEAVES:
        assert distance(getattr(single, name).grad, getattr(double, name).grad) < 2e-5, name


@settings(deadline=None, max_examples=30, derandomize=True)
@given(seed=st.integers(0, 10**6), size=st.floats(-4, 3), radius_clip=st.sampled_from([0, 3, 40]),
       depths=st.sampled_from([(0.01, 1e10), (2.0, 3.0)]))
def test_visibility_is_that_of_the_reference(seed: int, size: float, radius_clip: float,
                                             depths: tuple[float, float]) -> None:
    options = Settings(WIDTH, HEIGHT, *depths, radius_clip=radius_clip, packed=False)
    inputs = inputs_of(1 + seed % 40, seed)
    inputs = inputs._replace(scales=inputs.scales * 10**size)
    actual = cpu.project(inputs, options)
    expected = reference.project(as_leaves(inputs, torch.float64), options)
    assert torch.equal(actual.radii > 0, expected.radii > 0)
    # Rounded up, a radius of float32 accuracy may be one more.
    assert bool(((actual.radii - expected.radii).abs() <= 1 + expected.radii * 1e-6).all())


def test_gradients_of_a_camera_that_is_no_rotation_are_exact_too() -> None:
    options = Settings(WIDTH, HEIGHT, packed=False)
    inputs = inputs_of(400)
    sheared = inputs.viewmats.clone()
    sheared[:, :3, :3] += 0.1 * torch.randn(2, 3, 3, generator=torch.Generator().manual_seed(1))
    inputs = inputs._replace(viewmats=sheared)
    single, double = as_leaves(inputs, torch.float32), as_leaves(inputs, torch.float64)
    actual, expected = cpu.project(single, options), reference.project(double, options)
    visible = (expected.radii > 0).all(-1)
    weighted(actual, visible).backward()
    weighted(expected, visible).backward()
    for name in LEAVES:
        assert distance(getattr(single, name).grad, getattr(double, name).grad) < 2e-5, name
    assert single.viewmats.grad is not None
    assert not bool(single.viewmats.grad[:, 3].any())


def test_the_camera_gradient_is_computed_only_when_wanted() -> None:
    inputs = inputs_of(60)
    means = inputs.means.clone().requires_grad_()
    cpu.project(inputs._replace(means=means), Settings(WIDTH, HEIGHT)).means2d.sum().backward()
    assert means.grad is not None
    assert inputs.viewmats.grad is None


def test_rows_without_gradients_do_not_hold_a_graph() -> None:
    inputs = inputs_of(60)
    assert cpu.project(inputs, Settings(WIDTH, HEIGHT)).means2d.grad_fn is None
    with torch.no_grad():
        assert not cpu.project(as_leaves(inputs, torch.float32), Settings(WIDTH, HEIGHT)).means2d.requires_grad


@pytest.mark.parametrize("packed", [True, False])
def test_no_cameras_make_no_rows(packed: bool) -> None:
    inputs = inputs_of(20)
    none = inputs._replace(viewmats=inputs.viewmats[:0], Ks=inputs.Ks[:0])
    projection = cpu.project(none, Settings(WIDTH, HEIGHT, packed=packed))
    assert projection.means2d.shape == ((0, 2) if packed else (0, 20, 2))


def test_many_cameras_without_gradients_are_drawn_alike() -> None:
    inputs = inputs_of(300)
    many = inputs._replace(viewmats=inputs.viewmats.repeat(4, 1, 1), Ks=inputs.Ks.repeat(4, 1, 1))
    options = Settings(WIDTH, HEIGHT)
    projection = cpu.project(many, options)
    images, alphas = cpu.composite(projection, inputs.colors[None], inputs.opacities, options)
    assert torch.equal(images[:2], images[6:])
    assert torch.equal(alphas[:2], alphas[6:])


@pytest.mark.parametrize("name", ["means", "quats", "scales", "opacities"])
@pytest.mark.parametrize("number", [float("nan"), float("inf")])
@pytest.mark.parametrize("cameras", [0, 2])
def test_numbers_that_are_not_finite_are_refused_by_name(name: str, number: float, cameras: int) -> None:
    inputs = inputs_of(3000)
    inputs = inputs._replace(viewmats=inputs.viewmats[:cameras], Ks=inputs.Ks[:cameras])
    getattr(inputs, name).view(-1)[-1] = number
    with pytest.raises(InvalidValueError, match=f"{name} has NaN"):
        cpu.project(inputs, Settings(WIDTH, HEIGHT))


def test_huge_numbers_are_not_taken_for_infinite_ones() -> None:
    inputs = inputs_of(40)
    inputs.means[:20] = 3e38
    inputs.scales[5:25] = 3e38
    assert bool(torch.isfinite(cpu.project(inputs, Settings(WIDTH, HEIGHT, packed=False)).means2d).all())


@pytest.mark.parametrize("change", [lambda x: x.means.mul_(2), lambda x: x.quats.add_(1), lambda x: x.scales.mul_(2)])
def test_inputs_changed_before_the_backward_pass_are_refused(change: Callable[[Inputs], Tensor]) -> None:
    inputs = as_leaves(inputs_of(50), torch.float32)
    loss = cpu.project(inputs, Settings(WIDTH, HEIGHT)).means2d.sum()
    with torch.no_grad():
        change(inputs)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()
