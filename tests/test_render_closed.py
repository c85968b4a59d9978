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
    # Alpha is one less the transmittance, whose last bit is 1.5e-5 of the smallest alpha.
    torch.testing.assert_close(renders[0, ..., 3], torch.where(alpha > 0, 2.0, 0.0), atol=4e-5, rtol=0)


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
    assert len(meta["radii"]) == 0
    (renders.sum() + alphas.sum()).backward()
    assert all(x.grad is None or not x.grad.any() for x in inputs)


@BACKENDS
@pytest.mark.parametrize(("count", "cameras"), [(0, 1), (0, 2), (1, 0), (0, 0)])
def test_empty_input_gives_empty_images(backend: Backend, count: int, cameras: int) -> None:
    inputs = [x[:count].requires_grad_() for x in one()]
    viewmats, Ks = EYE.repeat(2, 1, 1)[:cameras], camera(40, 30).repeat(2, 1, 1)[:cameras]
    renders, alphas, meta = rasterization(*inputs, viewmats, Ks, 40, 30, backend=backend, packed=False)
    assert renders.shape == (cameras, 30, 40, 3)
    assert alphas.shape == (cameras, 30, 40, 1)
    assert meta["radii"].shape == meta["means2d"].shape == (cameras, count, 2)
    assert not renders.any()
    packed = rasterization(*inputs, viewmats, Ks, 40, 30, backend=backend)[2]
    assert packed["gaussian_ids"] is not None
    assert len(packed["radii"]) == len(packed["gaussian_ids"]) == count * cameras


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
    depth, _, _ = rasterization(*inputs, render_mode="ED", backend=backend, backgrounds=background)
    torch.testing.assert_close(depth, plain[..., 3:])


@BACKENDS
def test_the_background_gets_what_the_gaussians_let_through(backend: Backend) -> None:
    background = torch.tensor([[0.2, 0.4, 0.6]]).requires_grad_()
    renders, alphas, _ = rasterization(*one(), EYE, camera(41, 31), 41, 31, backgrounds=background, backend=backend)
    renders.sum().backward()
    assert background.grad is not None
    torch.testing.assert_close(background.grad, (1 - alphas).sum().expand(1, 3))


@BACKENDS
def test_meta_names_backend_size_and_radii(backend: Backend) -> None:
    variance = (100 * 0.05 / 2) ** 2 + 0.3
    extent = math.sqrt(2 * math.log(255 * 0.8)) * math.sqrt(variance)
    for packed in (True, False):
        _, _, meta = rasterization(*one(), EYE, camera(41, 31), 41, 31, packed=packed, backend=backend)
        assert (meta["backend"], meta["width"], meta["height"], meta["n_cameras"]) == (backend, 41, 31, 1)
        rows = {name: meta[name] if packed else meta[name][0]  # type: ignore[literal-required]
                for name in ("radii", "depths", "means2d", "conics")}
        assert rows["radii"].tolist() == [[math.ceil(extent)] * 2]
        assert rows["depths"].tolist() == [2.0]
        assert rows["means2d"].tolist() == [[20.5, 15.5]]
        torch.testing.assert_close(rows["conics"], torch.tensor([[1 / variance, 0, 1 / variance]]))
        for name in ("batch_ids", "camera_ids", "gaussian_ids"):
            assert (meta[name].tolist() if packed else meta[name]) == ([0] if packed else None)  # type: ignore


@BACKENDS
def test_any_number_of_channels_is_drawn_alike(backend: Backend) -> None:
    inputs = one()
    for channels in (1, 2, 4, 5, 17, 32):
        inputs[4] = torch.linspace(-1, 2, channels)[None]
        renders, alphas, _ = rasterization(*inputs, EYE, camera(41, 31), 41, 31, render_mode="RGB+D", backend=backend)
        expected = alphas * torch.cat([inputs[4][0], torch.tensor([2.0])])
        torch.testing.assert_close(renders, expected, atol=1e-6, rtol=1e-6)


@BACKENDS
def test_cameras_may_see_colours_of_their_own(backend: Backend) -> None:
    colors = torch.tensor([[[1.0, 0.0]], [[0.25, 0.5]]])
    renders, alphas, _ = rasterization(*one()[:4], colors, EYE.repeat(2, 1, 1), camera(41, 31).repeat(2, 1, 1), 41, 31,
                                       backend=backend)
    torch.testing.assert_close(renders, alphas * colors[:, :, None])


@BACKENDS
@pytest.mark.parametrize(("index", "factor"), [(0, math.sqrt(1 / (4 * math.pi))), (2, math.sqrt(3 / (4 * math.pi))),
                                               (6, math.sqrt(5 / math.pi) / 2), (12, math.sqrt(7 / math.pi) / 2)])
def test_harmonics_along_the_axis_of_view(backend: Backend, index: int, factor: float) -> None:
    """Seen along +z only the harmonics of order 0 are not zero."""
    coefficients = torch.zeros(1, 16, 3)
    coefficients[0, index] = torch.tensor([0.7, -0.2, -9.0])
    coefficients[0, [1, 3, 5, 9, 14]] = 3.0
    renders, alphas, _ = rasterization(*one()[:4], coefficients, EYE, camera(41, 31), 41, 31, sh_degree=3,
                                       backend=backend)
    expected = torch.tensor([0.5 + 0.7 * factor, 0.5 - 0.2 * factor, 0.0])
    torch.testing.assert_close(renders, alphas * expected, atol=1e-6, rtol=1e-5)


@BACKENDS
def test_coefficients_beyond_the_degree_have_no_part(backend: Backend) -> None:
    coefficients = torch.rand(1, 16, 3, generator=torch.Generator().manual_seed(0))
    size = (EYE, camera(41, 31), 41, 31)
    all_given = rasterization(*one()[:4], coefficients, *size, sh_degree=1, backend=backend)[0]
    few_given = rasterization(*one()[:4], coefficients[:, :4], *size, sh_degree=1, backend=backend)[0]
    assert torch.equal(all_given, few_given)


@BACKENDS
def test_antialiasing_dims_what_is_smaller_than_a_pixel(backend: Backend) -> None:
    """Opacities fall by the root of the ratio of the determinants, of round Gaussians that of the variances."""
    for sigma in (0.002, 0.01, 0.05):
        inputs = (*one(sigma=sigma), EYE, camera(41, 31), 41, 31)
        _, plain, meta = rasterization(*inputs, backend=backend)
        _, dimmed, smaller = rasterization(*inputs, backend=backend, rasterize_mode="antialiased")
        sharp = (100 * sigma / 2) ** 2
        ratio = float(dimmed[0, 15, 20, 0] / plain[0, 15, 20, 0])
        assert ratio == pytest.approx(sharp / (sharp + 0.3), rel=1e-4)
        assert bool((smaller["radii"] <= meta["radii"]).all())
    _, nothing, meta = rasterization(*one(sigma=1e-4), EYE, camera(41, 31), 41, 31, backend=backend,
                                     rasterize_mode="antialiased")
    assert not nothing.any()
    assert len(meta["radii"]) == 0


@BACKENDS
@pytest.mark.parametrize("packed", [True, False])
def test_absolute_gradients_do_not_cancel(backend: Backend, packed: bool) -> None:
    """Across a centred Gaussian the gradients of its two halves cancel; their absolute sum is known."""
    inputs = [x.requires_grad_() for x in one()]
    renders, _, meta = rasterization(*inputs, EYE, camera(41, 31), 41, 31, packed=packed, absgrad=True, backend=backend)
    meta["means2d"].retain_grad()
    renders[..., 0].sum().backward()
    variance = (100 * 0.05 / 2) ** 2 + 0.3
    x, y = torch.meshgrid(torch.arange(41) - 20.0, torch.arange(31) - 15.0, indexing="xy")
    alpha = 0.8 * torch.exp(-(x**2 + y**2) / (2 * variance))
    slope = torch.where(alpha >= 1 / 255, alpha, 0.0) / variance
    absolute = torch.stack([(slope * x.abs()).sum(), (slope * y.abs()).sum()])
    assert meta["means2d"].grad is not None
    torch.testing.assert_close(meta["means2d"].grad.reshape(2), torch.zeros(2), atol=1e-4, rtol=0)
    torch.testing.assert_close(meta["means2d"].absgrad.reshape(2), absolute, atol=0,  # type: ignore[attr-defined]
                               rtol=1e-4)


@BACKENDS
@pytest.mark.parametrize("packed", [True, False])
def test_what_lies_between_the_steps_is_differentiable(backend: Backend, packed: bool) -> None:
    """The centre of a Gaussian in the image by its place and by the camera's: u = fx x / z + cx."""
    inputs = [x.requires_grad_() for x in one()]
    viewmats = EYE.clone().requires_grad_()
    _, _, meta = rasterization(*inputs, viewmats, camera(41, 31), 41, 31, packed=packed, backend=backend)
    (meta["means2d"][..., 0].sum() + meta["depths"].sum()).backward()
    assert inputs[0].grad is not None and viewmats.grad is not None
    torch.testing.assert_close(inputs[0].grad, torch.tensor([[50.0, 0.0, 1.0]]))
    expected = torch.zeros(1, 4, 4)
    expected[0, 0], expected[0, 2] = torch.tensor([0.0, 0, 100, 50]), torch.tensor([0.0, 0, 2, 1])
    torch.testing.assert_close(viewmats.grad, expected)


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
