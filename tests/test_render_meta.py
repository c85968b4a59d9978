"""What `meta` tells: rows, packed and dense, and what losses and strategies do with its tensors."""

from typing import Any

import pytest
import torch
from render_layers import layers
from render_outcomes import Case, outcome, random_weights, sample
from torch import Tensor

from spatialmem.render import rasterization
from spatialmem.render.select import Backend

SIZE = (44, 30)
BACKENDS = pytest.mark.parametrize("backend", ["cpu", "reference"])
ROWS = ("means2d", "conics", "depths", "radii")


def call(case: Case, backend: Backend = "cpu", **leaves: Tensor) -> tuple[Tensor, Tensor, dict[str, Any]]:
    """A call of float32 tensors (float64 for the reference); `leaves` replace them."""
    dtype = torch.float64 if backend == "reference" else torch.float32
    tensors = {**case.gaussians, "viewmats": case.viewmats, "Ks": case.Ks, **leaves}
    return rasterization(**{name: value.to(dtype) for name, value in tensors.items()}, width=case.size[0],
                         height=case.size[1], backend=backend, **case.options)  # type: ignore[return-value]


@BACKENDS
def test_dense_rows_stand_for_cameras_and_gaussians(backend: Backend) -> None:
    _, _, meta = call(sample(60, SIZE, packed=False), backend)
    assert meta["means2d"].shape == meta["radii"].shape == (2, 60, 2)
    assert meta["conics"].shape == (2, 60, 3)
    assert meta["depths"].shape == (2, 60)
    assert meta["radii"].dtype == torch.int32
    assert meta["camera_ids"] is None
    assert meta["gaussian_ids"] is None
    assert {name: meta[name] for name in ("backend", "width", "height", "n_cameras", "n_batches")} == {
        "backend": backend, "width": 44, "height": 30, "n_cameras": 2, "n_batches": 1}


@BACKENDS
def test_packed_rows_are_the_visible_dense_ones_in_order(backend: Backend) -> None:
    case = sample(300, SIZE)
    dense, packed = call(case.having(packed=False), backend)[2], call(case.having(packed=True), backend)[2]
    cameras, rows = torch.where((dense["radii"] > 0).all(-1))
    assert 50 < len(rows) < 550
    for name, ids in (("camera_ids", cameras), ("gaussian_ids", rows), ("batch_ids", torch.zeros_like(rows))):
        assert packed[name].dtype == torch.int64
        assert torch.equal(packed[name], ids)
    for name in ROWS:
        assert torch.equal(packed[name], dense[name][cameras, rows]), name


def test_packed_is_the_default_and_changes_no_image_or_gradient() -> None:
    case = sample(300, SIZE, render_mode="RGB+ED", rasterize_mode="antialiased", backgrounds=True)
    default, packed, dense = (outcome(each, "cpu") for each in (
        case, case.having(packed=True), case.having(packed=False)))
    assert default.meta["gaussian_ids"] is not None
    assert torch.equal(default.image, packed.image)
    assert torch.equal(packed.image, dense.image)
    cameras, rows = packed.meta["camera_ids"], packed.meta["gaussian_ids"]
    for name in dense.gradients:
        whole = dense.gradients[name]
        if name in {"means2d", "absgrad"}:
            assert torch.equal(packed.gradients[name], whole[cameras, rows]), name
            hidden = torch.ones(whole.shape[:2], dtype=torch.bool)
            hidden[cameras, rows] = False
            assert not whole[hidden].any()
        else:
            assert torch.equal(packed.gradients[name], whole), name


def test_rows_are_the_references() -> None:
    case = sample(300, SIZE, packed=False, radius_clip=2.0)
    fast, exact = call(case)[2], call(case, "reference")[2]
    seen = (exact["radii"] > 0).all(-1)
    assert torch.equal((fast["radii"] > 0).all(-1), seen)
    assert int((fast["radii"] - exact["radii"]).abs().max()) <= 1
    assert float((fast["radii"] != exact["radii"]).float().mean()) < 0.01
    torch.testing.assert_close(fast["depths"][seen].double(), exact["depths"][seen], rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(fast["means2d"][seen].double(), exact["means2d"][seen], rtol=1e-6, atol=1e-4)
    torch.testing.assert_close(fast["conics"][seen].double(), exact["conics"][seen], rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("name", ["means2d", "conics", "depths"])
def test_losses_on_rows_reach_the_gaussians(name: str, packed: bool) -> None:
    """With the image in the same loss, and alone."""
    case = sample(200, SIZE, packed=packed)
    for share in (0.0, 1.0):
        gradients: list[list[Tensor]] = []
        for backend in ("cpu", "reference"):
            dtype = torch.float64 if backend == "reference" else torch.float32
            leaves = {key: value.to(dtype, copy=True).requires_grad_() for key, value in case.gaussians.items()}
            leaves["viewmats"] = case.viewmats.to(dtype, copy=True).requires_grad_()
            renders, _, meta = call(case, backend, **leaves)  # type: ignore[arg-type]
            rows = meta[name] if packed else meta[name][(meta["radii"] > 0).all(-1)]
            total = (rows * random_weights(rows).to(dtype)).sum() + share * renders.square().sum()
            wanted = [leaves[key] for key in ("means", "quats", "scales", "viewmats")]
            found = torch.autograd.grad(total, wanted, allow_unused=True)
            gradients.append([torch.zeros_like(x) if g is None else g.double()
                              for x, g in zip(wanted, found, strict=True)])
        assert bool(gradients[1][0].any())
        assert bool(gradients[1][3].any())
        for fast, exact in zip(*gradients, strict=True):
            assert float((fast - exact).norm()) <= 3e-4 * float(exact.norm())


@BACKENDS
@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("mode", ["RGB", "RGB+ED"])
def test_screen_gradients_are_sums_over_pixels(backend: Backend, packed: bool, mode: str) -> None:
    """`means2d.grad` adds what the pixels say, `absgrad` its sizes: both from centres that differ by pixel."""
    case = sample(40, SIZE, seed=2, cameras=1, packed=packed, render_mode=mode)
    got = outcome(case, backend)
    meta = call(case.having(packed=False), "reference")[2]
    centres = meta["means2d"][0].expand(SIZE[1], SIZE[0], -1, -1).clone().requires_grad_()
    gaussians = {name: value.double() for name, value in case.gaussians.items()}
    seen = layers(centres, meta["conics"][0], meta["depths"][0], meta["radii"][0], gaussians["opacities"],
                  size=SIZE)
    alpha = seen.weights.sum(-1, keepdim=True)
    image = seen.weights @ gaussians["colors"][seen.order]
    if mode == "RGB+ED":
        depth = seen.weights @ meta["depths"][0][seen.order][:, None]
        image = torch.cat([image, depth / alpha.clamp(min=1e-10)], -1)
    out = torch.cat([image, alpha], -1)[None]
    assert float((got.image - out.detach()).abs().mean()) <= (1e-6 if backend == "cpu" else 1e-12)
    (out * random_weights(out)).sum().backward()
    assert centres.grad is not None
    rows = meta["radii"][0].amin(-1) > 0 if packed else slice(None)
    for name, each in (("means2d", centres.grad), ("absgrad", centres.grad.abs())):
        expected = each.sum((0, 1))[rows]
        found = got.gradients[name].reshape(expected.shape)
        assert float((found - expected).norm()) <= 3e-4 * float(expected.norm()), name
    assert bool((got.gradients["absgrad"] >= got.gradients["means2d"].abs() - 1e-5).all())


@BACKENDS
def test_absolute_gradients_only_where_asked_for(backend: Backend) -> None:
    renders, _, meta = call(Case(*_leaves(sample(40, SIZE)), SIZE, {"absgrad": False}), backend)
    renders.sum().backward()
    assert not hasattr(meta["means2d"], "absgrad")


def _leaves(case: Case) -> tuple[dict[str, Tensor], Tensor, Tensor]:
    return {name: value.requires_grad_() for name, value in case.gaussians.items()}, case.viewmats, case.Ks


def test_a_graph_is_kept_only_where_something_needs_it() -> None:
    assert not call(sample(40, SIZE))[2]["means2d"].requires_grad
    assert call(Case(*_leaves(sample(40, SIZE)), SIZE, {}))[2]["means2d"].requires_grad
