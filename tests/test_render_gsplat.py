"""Against gsplat itself: its projection formulas anywhere, its rasteriser where there is CUDA."""

import pytest
import torch
from render_scenes import NAMES, scene

from spatialmem.render import rasterization
from spatialmem.render.inputs import Inputs
from spatialmem.render.reference import project
from spatialmem.render.settings import Settings

SIZE = (90, 60)


@pytest.mark.filterwarnings("ignore")
def test_reference_projection_is_gsplats() -> None:
    formulas = pytest.importorskip("gsplat.cuda._torch_impl", reason="gsplat is not installed")
    gaussians, viewmats, Ks = scene(500, *SIZE)
    tensors = [gaussians[name].double() for name in NAMES]
    covariances, _ = formulas._quat_scale_to_covar_preci(tensors[1], tensors[2], True, False)
    radii, centres, depths, conics, _ = formulas._fully_fused_projection(
        tensors[0], covariances, viewmats.double(), Ks.double(), *SIZE)
    for c in range(2):
        ours = project(Inputs(*tensors, viewmats.double(), Ks.double()), c, Settings(*SIZE))
        seen = ours.radii.amin(1) > 0
        assert 50 < int(seen.sum()) < 450
        torch.testing.assert_close(ours.depths, depths[c])
        torch.testing.assert_close(ours.centres[seen], centres[c][seen])
        torch.testing.assert_close(ours.conics[seen], conics[c][seen])
        # gsplat's PyTorch formulas take 3.33 standard deviations; its kernels and ours, the opacity's.
        assert bool((ours.radii[seen] <= radii[c][seen]).all())
        assert bool((radii[c][seen] > 0).all())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="gsplat rasterises on CUDA only")
@pytest.mark.parametrize("mode", ["RGB", "RGB+D", "RGB+ED"])
def test_cuda_agrees_with_the_reference(mode: str) -> None:
    pytest.importorskip("gsplat", reason="gsplat is not installed")
    gaussians, viewmats, Ks = scene(500, *SIZE)
    results = []
    for device, dtype in (("cuda", torch.float32), ("cpu", torch.float64)):
        leaves = [gaussians[name].to(device, dtype, copy=True).requires_grad_() for name in NAMES]
        renders, alphas, meta = rasterization(
            *leaves, viewmats.to(device, dtype), Ks.to(device, dtype), *SIZE,
            render_mode=mode, backend=None if device == "cuda" else "reference")  # type: ignore[arg-type]
        assert meta["backend"] == ("gsplat" if device == "cuda" else "reference")
        (renders.square().sum() + alphas.sum()).backward()
        results.append([x.detach().cpu().double() for x in (renders, alphas)]
                       + [leaf.grad.cpu().double() for leaf in leaves if leaf.grad is not None])
    for k, (fast, exact) in enumerate(zip(*results, strict=True)):
        if k < 2:
            assert float((fast - exact).abs().mean()) < 1e-5
        else:
            assert float((fast - exact).norm()) < 1e-3 * float(exact.norm())
