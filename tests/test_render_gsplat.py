"""Against gsplat itself: its call and formulas anywhere, its rasteriser where there is CUDA."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest
import torch
from render_scenes import NAMES, scene
from torch import Tensor

from spatialmem.render import harmonics, projection, rasterization
from spatialmem.render.cpu import autograd as cpu
from spatialmem.render.cpu import harmonics as cpu_harmonics
from spatialmem.render.inputs import Inputs
from spatialmem.render.settings import Settings

SIZE = (90, 60)
PROJECTIONS = pytest.mark.parametrize(("project", "dtype", "tolerance"), [
    (projection.project, torch.float64, 1e-9), (cpu.project, torch.float32, 1e-5)], ids=["reference", "cpu"])
HARMONICS = pytest.mark.parametrize("colours", [
    (harmonics.harmonics, torch.float64, 1e-11), (cpu_harmonics.harmonics, torch.float32, 1e-5)],
    ids=["reference", "cpu"])


@pytest.fixture(scope="module")
def formulas() -> Any:
    """gsplat's own formulas in PyTorch."""
    return pytest.importorskip("gsplat.cuda._torch_impl", reason="gsplat is not installed")


@pytest.mark.filterwarnings("ignore")
def test_the_call_is_gsplats() -> None:
    gsplat = pytest.importorskip("gsplat", reason="gsplat is not installed")
    ours = inspect.signature(rasterization).parameters
    theirs = inspect.signature(gsplat.rasterization).parameters
    assert list(ours) == [*theirs, "backend"]
    for name, parameter in theirs.items():
        assert ours[name].kind == parameter.kind, name
        # The shutter is an Enum of gsplat's, which stands here by its name.
        assert ours[name].default == getattr(parameter.default, "name", parameter.default), name


def test_options_given_by_position_or_as_gsplats_enum_are_taken() -> None:
    gaussians, viewmats, Ks = scene(50, *SIZE)
    tensors = [gaussians[name] for name in NAMES]
    named = rasterization(*tensors, viewmats, Ks, *SIZE, near_plane=1.0, radius_clip=2.0, packed=False,
                          render_mode="RGB+D", backend="reference")
    placed = rasterization(*tensors, viewmats, Ks, *SIZE, 1.0, 1e10, 2.0, 0.3, None, False, 16, None, "RGB+D",
                           backend="reference")
    assert torch.equal(named[0], placed[0])
    wrapper = pytest.importorskip("gsplat.cuda._wrapper", reason="gsplat is not installed")
    rasterization(*tensors, viewmats, Ks, *SIZE, rolling_shutter=wrapper.RollingShutterType.GLOBAL, backend="reference")


@PROJECTIONS
@pytest.mark.filterwarnings("ignore")
def test_projection_is_gsplats(formulas: Any, project: Callable[..., Any], dtype: torch.dtype,
                               tolerance: float) -> None:
    ours, theirs = projections(formulas, project, dtype)
    seen = (ours.radii > 0).all(-1)
    assert 100 < int(seen.sum()) < 900
    for name in ("means2d", "conics", "depths", "compensations"):
        torch.testing.assert_close(getattr(ours, name)[seen].double(), theirs[name][seen], rtol=tolerance,
                                   atol=tolerance, msg=lambda text, name=name: f"{name}: {text}")
    # gsplat's PyTorch formulas take 3.33 standard deviations; its kernels and ours, the opacity's.
    assert bool((ours.radii[seen] <= theirs["radii"][seen]).all())


@PROJECTIONS
@pytest.mark.filterwarnings("ignore")
def test_gradients_of_the_projection_are_gsplats(formulas: Any, project: Callable[..., Any], dtype: torch.dtype,
                                                 tolerance: float) -> None:
    """Of all that is differentiable between the steps, to Gaussians and cameras."""
    leaves = [leaf(dtype), leaf(torch.float64)]
    ours, theirs = projections(formulas, project, dtype, leaves)
    seen = (ours.radii > 0).all(-1)
    random = torch.Generator().manual_seed(0)
    ours_loss, theirs_loss = torch.zeros((), dtype=dtype), torch.zeros((), dtype=torch.float64)
    for name in ("means2d", "conics", "depths", "compensations"):
        mine, other = getattr(ours, name)[seen], theirs[name][seen]
        weights = torch.randn(other.shape, generator=random, dtype=torch.float64)
        ours_loss, theirs_loss = ours_loss + (mine * weights.to(dtype)).sum(), theirs_loss + (other * weights).sum()
    ours_loss.backward()
    theirs_loss.backward()
    for name in ("means", "quats", "scales", "viewmats"):
        mine, other = leaves[0][name].grad, leaves[1][name].grad
        assert mine is not None and other is not None
        assert float((mine.double() - other).norm()) <= 30 * tolerance * float(other.norm()), name


def leaf(dtype: torch.dtype) -> dict[str, Tensor]:
    """All tensors of the scene as leaves of one dtype."""
    gaussians, viewmats, Ks = scene(500, *SIZE)
    tensors = {**{name: gaussians[name] for name in NAMES}, "viewmats": viewmats}
    return {**{name: x.to(dtype, copy=True).requires_grad_() for name, x in tensors.items()}, "Ks": Ks.to(dtype)}


def projections(formulas: Any, project: Callable[..., Any], dtype: torch.dtype,
                leaves: list[dict[str, Tensor]] | None = None) -> tuple[Any, dict[str, Tensor]]:
    """One scene projected by us and, in float64, by gsplat, rows for all pairs, with compensations."""
    mine, other = leaves or [leaf(dtype), leaf(torch.float64)]
    ours = project(Inputs(**mine), Settings(*SIZE, packed=False, antialiased=True))
    covariances, _ = formulas._quat_scale_to_covar_preci(other["quats"], other["scales"], True, False)
    radii, means2d, depths, conics, compensations = formulas._fully_fused_projection(
        other["means"], covariances, other["viewmats"], other["Ks"], *SIZE, calc_compensations=True)
    return ours, {"radii": radii, "means2d": means2d, "depths": depths, "conics": conics,
                  "compensations": compensations}


@HARMONICS
@pytest.mark.parametrize("by_camera", [False, True])
@pytest.mark.parametrize("degree", range(4))
@pytest.mark.filterwarnings("ignore")
def test_harmonics_are_gsplats(formulas: Any, colours: tuple[Callable[..., Tensor], torch.dtype, float],
                               degree: int, by_camera: bool) -> None:
    """Colours, and their gradients to Gaussians, cameras and coefficients."""
    evaluate, dtype, tolerance = colours
    random = torch.Generator().manual_seed(degree)
    exact = [torch.randn(shape, generator=random).double().requires_grad_()
             for shape in ((300, 3), (2, 3), (2, 300, 16, 3) if by_camera else (300, 16, 3))]
    means, centres, coefficients = exact
    visible = torch.rand(2, 300, generator=random) < 0.7
    expanded = coefficients if by_camera else coefficients.expand(2, 300, 16, 3)
    theirs = formulas._spherical_harmonics(degree, means[None] - centres[:, None], expanded)
    theirs = (theirs + 0.5).clamp(min=0)
    mine = [x.detach().to(dtype).requires_grad_() for x in exact]
    ours = evaluate(degree, *mine, visible)
    torch.testing.assert_close(ours[visible].double(), theirs[visible], rtol=tolerance, atol=tolerance)
    weights = torch.randn(theirs.shape, generator=random) * visible[..., None]
    (ours * weights.to(dtype)).sum().backward()
    (theirs * weights).sum().backward()
    for a, b in zip(mine, exact, strict=True):
        if degree == 0 and (b is means or b is centres):
            assert a.grad is None or not a.grad.any()
            continue
        assert a.grad is not None and b.grad is not None
        assert float((a.grad.double() - b.grad).norm()) <= 30 * tolerance * float(b.grad.norm())


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("options", [
    {}, {"near_plane": 1.0, "far_plane": 4.0, "radius_clip": 4.0, "eps2d": 0.1, "render_mode": "RGB+ED"},
    {"packed": False, "absgrad": True, "rasterize_mode": "antialiased", "sh_degree": 1},
])
def test_every_option_reaches_gsplat(options: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The reference takes the place of gsplat's kernels, and shows the same as if it had been called itself."""
    pytest.importorskip("gsplat", reason="gsplat is not installed")
    from spatialmem.render import gsplat_backend

    taken: dict[str, Any] = {}

    def kernels(*tensors: Any, channel_chunk: int, **others: Any) -> Any:
        taken.update(others, channel_chunk=channel_chunk)
        return rasterization(*tensors, **others, backend="reference")

    monkeypatch.setattr(gsplat_backend.gsplat, "rasterization", kernels)
    gaussians, viewmats, Ks = scene(50, *SIZE)
    colors = torch.rand(50, 4, 3) if "sh_degree" in options else torch.rand(50, 5)
    tensors = Inputs(*[gaussians[name] for name in NAMES[:4]], colors, viewmats, Ks, torch.rand(2, colors.shape[-1]))
    settings = Settings(*SIZE, **{k: v for k, v in options.items() if k not in {"rasterize_mode", "sh_degree"}},
                        antialiased=options.get("rasterize_mode") == "antialiased")
    renders, alphas, seen = gsplat_backend.rasterization(tensors, settings, options.get("sh_degree"))
    expected = rasterization(*tensors[:7], *SIZE, backgrounds=tensors.backgrounds, backend="reference", **options)
    assert torch.equal(renders, expected[0])
    assert torch.equal(alphas, expected[1])
    assert torch.equal(seen.means2d, expected[2]["means2d"])
    assert taken["channel_chunk"] >= 33, "one pass takes all channels"
    assert taken["absgrad"] == options.get("absgrad", False)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("count", "cameras"), [(0, 2), (5, 0)])
def test_gsplat_is_not_asked_about_nothing(count: int, cameras: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would divide by zero."""
    pytest.importorskip("gsplat", reason="gsplat is not installed")
    from spatialmem.render import gsplat_backend

    monkeypatch.delattr(gsplat_backend.gsplat, "rasterization")
    gaussians, viewmats, Ks = scene(5, *SIZE)
    nothing = Inputs(*[gaussians[name][:count] for name in NAMES], viewmats[:cameras], Ks[:cameras])
    renders, alphas, seen = gsplat_backend.rasterization(nothing, Settings(*SIZE), None)
    assert renders.shape == (cameras, SIZE[1], SIZE[0], 3)
    assert not renders.any() and not alphas.any()
    assert seen.means2d.shape == (0, 2)


CUDA = pytest.mark.skipif(not torch.cuda.is_available(), reason="gsplat rasterises on CUDA only, and there is none")
CASES: dict[str, dict[str, Any]] = {
    "colour": {}, "rows for all": {"packed": False}, "depth": {"render_mode": "RGB+D"},
    "depth alone": {"render_mode": "ED"}, "features": {"channels": 7, "render_mode": "RGB+ED"},
    "many features": {"channels": 32, "render_mode": "RGB+ED"}, "antialiased": {"rasterize_mode": "antialiased"},
    "harmonics": {"sh_degree": 3}, "fewer harmonics": {"sh_degree": 1, "packed": False},
    "limits": {"near_plane": 1.0, "far_plane": 4.0, "radius_clip": 4.0, "eps2d": 0.1},
}


@CUDA
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", CASES)
def test_cuda_agrees_with_the_reference(case: str) -> None:
    """Images, meta, and the gradients of all inputs and of the centres in the image."""
    pytest.importorskip("gsplat", reason="gsplat is not installed")
    fast, exact = (outcome(device, **CASES[case]) for device in ("cuda", "cpu"))
    for name in ("renders", "alphas"):
        assert float((fast[name] - exact[name]).abs().mean()) < 1e-5, name
    assert float((fast["visible"] != exact["visible"]).double().mean()) < 0.005
    for name in exact.keys() - {"renders", "alphas", "visible"}:
        assert float((fast[name] - exact[name]).norm()) <= 1e-3 * float(exact[name].norm()), name


def outcome(device: str, *, channels: int = 3, **options: Any) -> dict[str, Tensor]:
    """All that a call and its backward pass leave, by name, in float64 on the CPU."""
    dtype = torch.float32 if device == "cuda" else torch.float64
    gaussians, viewmats, Ks = scene(500, *SIZE)
    random = torch.Generator().manual_seed(0)
    shape = (500, 16, 3) if "sh_degree" in options else (500, channels)
    given = {**gaussians, "colors": torch.randn(shape, generator=random), "viewmats": viewmats,
             "backgrounds": torch.rand(2, shape[-1], generator=random)}
    leaves = {name: x.to(device, dtype, copy=True).requires_grad_() for name, x in given.items()}
    renders, alphas, meta = rasterization(**leaves, Ks=Ks.to(device, dtype), width=SIZE[0], height=SIZE[1],
                                          absgrad=True, backend="reference" if device == "cpu" else None, **options)
    assert meta["backend"] == ("gsplat" if device == "cuda" else "reference")
    meta["means2d"].retain_grad()
    weights = torch.randn(renders.shape, generator=random).to(renders)
    ((renders * weights).sum() + alphas.square().sum()).backward()
    pairs = {"visible": (meta["radii"] > 0).all(-1), "means2d": meta["means2d"].grad,
             "absgrad": meta["means2d"].absgrad}  # type: ignore[attr-defined]
    found = {name: of_pairs(meta, x) for name, x in pairs.items() if x is not None}
    found |= {name: leaf.grad for name, leaf in leaves.items() if leaf.grad is not None}
    return {name: x.detach().cpu().double() for name, x in {**found, "renders": renders, "alphas": alphas}.items()}


def of_pairs(meta: Any, rows: Tensor) -> Tensor:
    """`[C, N, ...]` from rows that may be packed; zero where there is none."""
    if meta["camera_ids"] is None:
        return torch.where((meta["radii"] > 0).all(-1).reshape(*rows.shape[:2], *[1] * (rows.ndim - 2)), rows, 0)
    full = rows.new_zeros(2, 500, *rows.shape[1:])
    full[meta["camera_ids"], meta["gaussian_ids"]] = rows
    return full
