"""Closed answers: single Gaussians, planes, sizes, backgrounds, meta."""

import math

import pytest
import torch
from torch import Tensor

from spatialmem.render import rasterization
from spatialmem.render.select import Backend

BACKENDS = pytest.mark.parametrize("backend", ["cpu", "reference"])
EYE = torch.eye(4)[None]


def one(z: float = 2.0, opacity: float = 0.8, sigma: float = 0.05) -> list[Tensor]:
    """A round red-green Gaussian straight ahead."""
    return [torch.tensor([[0.0, 0.0, z]]), torch.tensor([[1.0, 0, 0, 0]]), torch.full((1, 3), sigma),
            torch.tensor([opacity]), torch.tensor([[1.0, 0.5, 0.0]])]


def camera(width: int, height: int, focal: float = 100.0) -> Tensor:
    """`Ks` `[1, 3, 3]` of a centred camera."""
    return torch.tensor([[[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]]])


@BACKENDS
def test_round_gaussian_has_the_expected_falloff(backend: Backend) -> None:
    inputs = (*one(), EYE, camera(41, 31), 41, 31)
    renders, alphas, _ = rasterization(*inputs, render_mode="RGB+ED", backend=backend)
    variance = (100 * 0.05 / 2) ** 2 + 0.3
    x, y = torch.meshgrid(torch.arange(41) - 20.0, torch.arange(31) - 15.0, indexing="xy")
    alpha = 0.8 * torch.exp(-(x**2 + y**2) / (2 * variance))
    alpha = torch.where(alpha >= 1 / 255, alpha, 0.0)
    torch.testing.assert_close(alphas[0, ..., 0], alpha, atol=2e-5, rtol=0)
    torch.testing.assert_close(renders[0, ..., 0], alpha, atol=2e-5, rtol=0)
    torch.testing.assert_close(renders[0, ..., 1], alpha / 2, atol=2e-5, rtol=0)
    torch.testing.assert_close(renders[0, ..., 3], torch.where(alpha > 0, 2.0, 0.0), atol=1e-5, rtol=0)


@BACKENDS
def test_front_gaussian_covers_the_one_behind(backend: Backend) -> None:
    near, far = one(2.0), one(4.0)
    far[4] = torch.tensor([[0.0, 0.0, 1.0]])
    both = [torch.cat(pair) for pair in zip(far, near, strict=True)]
    renders, alphas, _ = rasterization(*both, EYE, camera(9, 9), 9, 9, render_mode="RGB+D", backend=backend)
    expected = torch.tensor([0.8, 0.4, 0.2 * 0.8, 0.8 * 2 + 0.16 * 4])
    torch.testing.assert_close(renders[0, 4, 4], expected, atol=1e-5, rtol=0)
    assert float(alphas[0, 4, 4]) == pytest.approx(0.96, abs=1e-5)


@BACKENDS
@pytest.mark.parametrize("opacity", [1.0, 7.0])
def test_alpha_is_at_most_999_thousandths(backend: Backend, opacity: float) -> None:
    _, alphas, _ = rasterization(*one(opacity=opacity), EYE, camera(9, 9), 9, 9, backend=backend)
    assert float(alphas.max()) == pytest.approx(0.999, abs=1e-6)


@BACKENDS
@pytest.mark.parametrize(("z", "opacity", "options"), [
    (-2.0, 0.8, {}), (0.005, 0.8, {}), (2.0, 0.8, {"near_plane": 3.0}), (2.0, 0.8, {"far_plane": 1.0}),
    (2.0, 0.0039, {}), (2.0, -1.0, {}), (2.0, 0.8, {"radius_clip": 9.0}),
])
def test_what_is_not_visible_leaves_no_trace(backend: Backend, z: float, opacity: float,
                                             options: dict[str, float]) -> None:
    inputs = [x.requires_grad_() for x in one(z, opacity)]
    renders, alphas, meta = rasterization(*inputs, EYE, camera(41, 31), 41, 31, backend=backend,
                                          render_mode="RGB+ED", **options)  # type: ignore[arg-type]
    assert not renders.any()
    assert not alphas.any()
    assert isinstance(meta["radii"], Tensor)
    assert not meta["radii"].any()
    (renders.sum() + alphas.sum()).backward()
    assert all(x.grad is None or not x.grad.any() for x in inputs)


@BACKENDS
@pytest.mark.parametrize(("count", "cameras"), [(0, 1), (0, 2), (1, 0), (0, 0)])
def test_empty_input_gives_empty_images(backend: Backend, count: int, cameras: int) -> None:
    inputs = [x[:count].requires_grad_() for x in one()]
    viewmats, Ks = EYE.repeat(2, 1, 1)[:cameras], camera(40, 30).repeat(2, 1, 1)[:cameras]
    renders, alphas, meta = rasterization(*inputs, viewmats, Ks, 40, 30, backend=backend)
    assert renders.shape == (cameras, 30, 40, 3)
    assert alphas.shape == (cameras, 30, 40, 1)
    assert isinstance(meta["radii"], Tensor)
    assert meta["radii"].shape == (cameras, count, 2)
    assert not renders.any()


@pytest.mark.parametrize("size", [(1, 1), (32, 32), (33, 31), (7, 200)])
def test_any_image_size(size: tuple[int, int]) -> None:
    fast = rasterization(*one(sigma=1.0), EYE, camera(*size), *size)[0]
    slow = rasterization(*one(sigma=1.0), EYE, camera(*size), *size, backend="reference")[0]
    assert fast.shape == (1, size[1], size[0], 3)
    torch.testing.assert_close(fast, slow, atol=1e-5, rtol=0)


@BACKENDS
def test_background_shines_through(backend: Backend) -> None:
    background = torch.tensor([[0.2, 0.4, 0.6]])
    inputs = (*one(), EYE, camera(41, 31), 41, 31)
    plain, alphas, _ = rasterization(*inputs, render_mode="RGB+ED", backend=backend)
    filled, same, _ = rasterization(*inputs, render_mode="RGB+ED", backend=backend, backgrounds=background)
    torch.testing.assert_close(filled[..., :3], plain[..., :3] + (1 - alphas) * background)
    assert torch.equal(filled[..., 3], plain[..., 3])
    assert torch.equal(same, alphas)


@BACKENDS
def test_meta_names_backend_size_and_radii(backend: Backend) -> None:
    _, _, meta = rasterization(*one(), EYE, camera(41, 31), 41, 31, backend=backend)
    extent = math.sqrt(2 * math.log(255 * 0.8)) * math.sqrt((100 * 0.05 / 2) ** 2 + 0.3)
    assert (meta["backend"], meta["width"], meta["height"], meta["n_cameras"]) == (backend, 41, 31, 1)
    assert isinstance(meta["radii"], Tensor)
    assert isinstance(meta["depths"], Tensor)
    assert meta["radii"].tolist() == [[[math.ceil(extent)] * 2]]
    assert meta["depths"].tolist() == [[2.0]]


@pytest.mark.parametrize("broken", [
    {"quats": 0.0}, {"scales": 1e18}, {"means": 1e38}, {"means": -1e38}, {"opacities": 1e30}, {"scales": 0.0},
])
def test_extreme_but_finite_values_do_no_harm(broken: dict[str, float]) -> None:
    names = ("means", "quats", "scales", "opacities", "colors")
    inputs = {name: torch.cat([x] * 3) for name, x in zip(names, one(), strict=True)}
    for name, value in broken.items():
        inputs[name][1] = value
    leaves = {name: x.requires_grad_() for name, x in inputs.items()}
    renders, _, _ = rasterization(*leaves.values(), EYE, camera(41, 31), 41, 31)
    renders.sum().backward()
    assert bool(torch.isfinite(renders).all())
    assert all(x.grad is not None and bool(torch.isfinite(x.grad[[0, 2]]).all()) for x in leaves.values())


def test_default_dtype_does_not_matter() -> None:
    expected = rasterization(*one(), EYE, camera(9, 9), 9, 9)[0]
    torch.set_default_dtype(torch.float64)
    try:
        inputs = [x.float() for x in (*one(), EYE, camera(9, 9))]
        assert torch.equal(rasterization(*inputs, 9, 9)[0], expected)
    finally:
        torch.set_default_dtype(torch.float32)
