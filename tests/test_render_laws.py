"""Laws that hold for any scene: symmetries, order, independence of cameras and channels."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from render_layers import shape_of
from render_outcomes import outcome, sample
from render_scenes import NAMES, scene
from torch import Tensor

from spatialmem.poses import matrix_from_quat
from spatialmem.render import rasterization

SIZE = (75, 45)
seeds = st.integers(0, 2**31 - 1)
laws = settings(deadline=None, max_examples=15)


def draw(gaussians: dict[str, Tensor], viewmats: Tensor, Ks: Tensor) -> Tensor:
    """Colour, expected depth and alpha, `[C, H, W, 5]`."""
    renders, alphas, _ = rasterization(*(gaussians[name] for name in NAMES), viewmats, Ks, *SIZE,
                                       render_mode="RGB+ED")
    return torch.cat([renders, alphas], -1)


def gradients(gaussians: dict[str, Tensor], viewmats: Tensor, Ks: Tensor) -> list[Tensor]:
    """Gradients of the sum of all channels."""
    leaves = {name: value.clone().requires_grad_() for name, value in gaussians.items()}
    draw(leaves, viewmats, Ks).sum().backward()
    return [leaf.grad for leaf in leaves.values() if leaf.grad is not None]


@given(seeds)
@laws
def test_order_of_gaussians_does_not_matter(seed: int) -> None:
    gaussians, viewmats, Ks = scene(60, *SIZE, seed=seed)
    order = torch.randperm(60, generator=torch.Generator().manual_seed(seed))
    shuffled = {name: value[order] for name, value in gaussians.items()}
    torch.testing.assert_close(draw(shuffled, viewmats, Ks), draw(gaussians, viewmats, Ks), rtol=0, atol=0)


@given(seeds)
@laws
def test_moving_world_and_camera_together_changes_nothing(seed: int) -> None:
    gaussians, viewmats, Ks = scene(60, *SIZE, seed=seed)
    generator = torch.Generator().manual_seed(seed)
    turn = torch.randn(4, generator=generator, dtype=torch.float64)
    turn /= turn.norm()
    motion = torch.eye(4, dtype=torch.float64)
    motion[:3, :3] = matrix_from_quat(turn)
    motion[:3, 3] = torch.randn(3, generator=generator, dtype=torch.float64)
    moved = dict(gaussians)
    moved["means"] = (gaussians["means"].double() @ motion[:3, :3].T + motion[:3, 3]).float()
    moved["quats"] = product(turn, gaussians["quats"].double()).float()
    views = (viewmats.double() @ torch.linalg.inv(motion)).float()
    difference = (draw(moved, views, Ks) - draw(gaussians, viewmats, Ks))[..., [0, 1, 2, 4]].abs()
    # Rounding may move a Gaussian's edge, alpha 1/255, across a few pixel centres.
    assert float(difference.mean()) < 1e-4
    assert float(difference.max()) < 0.05


def product(a: Tensor, b: Tensor) -> Tensor:
    """Hamilton product of quaternions wxyz `[4]` and `[N, 4]`."""
    w, v = a[0], a[1:]
    return torch.cat([w * b[:, :1] - b[:, 1:] @ v[:, None],
                      w * b[:, 1:] + b[:, :1] * v + torch.linalg.cross(v.expand(len(b), 3), b[:, 1:])], 1)


@given(seeds)
@laws
def test_transparent_gaussians_are_invisible(seed: int) -> None:
    gaussians, viewmats, Ks = scene(40, *SIZE, seed=seed)
    ghosts = scene(30, *SIZE, seed=seed + 1)[0]
    ghosts["opacities"] = torch.zeros(30)
    both = {name: torch.cat([value, ghosts[name]]) for name, value in gaussians.items()}
    assert torch.equal(draw(both, viewmats, Ks), draw(gaussians, viewmats, Ks))
    for grown, alone in zip(gradients(both, viewmats, Ks), gradients(gaussians, viewmats, Ks), strict=True):
        assert torch.equal(grown[:40], alone)
        assert not grown[40:].any()


@given(seeds, st.floats(0.1, 10))
@laws
def test_length_of_quaternions_does_not_matter(seed: int, factor: float) -> None:
    gaussians, viewmats, Ks = scene(40, *SIZE, seed=seed)
    longer = {**gaussians, "quats": gaussians["quats"] * factor}
    difference = (draw(longer, viewmats, Ks) - draw(gaussians, viewmats, Ks))[..., [0, 1, 2, 4]].abs()
    assert float(difference.mean()) < 1e-4


@given(seeds)
@laws
def test_output_is_bounded_by_coverage(seed: int) -> None:
    gaussians, viewmats, Ks = scene(80, *SIZE, seed=seed)
    gaussians["colors"] = gaussians["colors"].clamp(0, 1)
    out = draw(gaussians, viewmats, Ks)
    assert float(out[..., 4].min()) >= 0
    assert float(out[..., 4].max()) <= 1
    assert bool((out[..., :3] <= out[..., 4:] + 1e-6).all())


def test_cameras_of_a_batch_are_independent() -> None:
    gaussians, viewmats, Ks = scene(200, *SIZE)
    together = draw(gaussians, viewmats, Ks)
    each = torch.cat([draw(gaussians, viewmats[c : c + 1], Ks[c : c + 1]) for c in range(2)])
    assert torch.equal(together, each)
    apart = [gradients(gaussians, viewmats[c : c + 1], Ks[c : c + 1]) for c in range(2)]
    summed = [a + b for a, b in zip(*apart, strict=True)]
    for batch, total in zip(gradients(gaussians, viewmats, Ks), summed, strict=True):
        torch.testing.assert_close(batch, total)


def test_equal_depths_are_drawn_in_the_order_given() -> None:
    """All at one depth, in short and long tile lists: the first one hides the others."""
    for count in (20, 300):
        gaussians = {
            "means": torch.tensor([[0.0, 0.0, 2.0]]).repeat(count, 1),
            "quats": torch.tensor([[1.0, 0, 0, 0]]).repeat(count, 1),
            "scales": torch.full((count, 3), 0.2),
            "opacities": torch.full((count,), 0.9),
            "colors": torch.zeros(count, 3),
        }
        gaussians["colors"][0] = 1
        _, viewmats, Ks = scene(1, *SIZE)
        first = draw(gaussians, viewmats[:1], Ks[:1])[0, 20, 39, 0]
        gaussians["colors"] = gaussians["colors"].flip(0)
        last = draw(gaussians, viewmats[:1], Ks[:1])[0, 20, 39, 0]
        assert float(first) == pytest.approx(0.9, abs=0.03)
        assert float(last) < 0.01


@given(seeds)
@laws
def test_channels_are_independent(seed: int) -> None:
    case = sample(60, SIZE, seed=seed, channels=9, cameras=1, render_mode="RGB+D")
    whole = outcome(case, "cpu").image
    for part in (slice(0, 2), slice(2, 9)):
        some = replace(case, gaussians={**case.gaussians, "colors": case.gaussians["colors"][:, part]})
        expected = torch.cat([whole[..., part], whole[..., 9:]], -1)
        torch.testing.assert_close(outcome(some, "cpu").image, expected, rtol=0, atol=2e-6)


@given(seeds)
@laws
def test_harmonics_of_degree_zero_are_plain_colours(seed: int) -> None:
    case = sample(60, SIZE, seed=seed, sh_degree=0, render_mode="RGB+ED")
    drawn = outcome(case, "cpu").image
    case.gaussians["colors"] = (0.28209479177387814 * case.gaussians["colors"][:, 0] + 0.5).clamp(min=0)
    torch.testing.assert_close(outcome(case.having(sh_degree=None), "cpu").image, drawn, rtol=0, atol=1e-5)


@given(seeds)
@laws
def test_antialiasing_only_takes_opacity(seed: int) -> None:
    case = sample(60, SIZE, seed=seed, cameras=1, packed=False, render_mode="RGB+ED")
    case.gaussians["scales"] *= 0.3
    drawn = outcome(case.having(rasterize_mode="antialiased"), "cpu").image
    rows = outcome(case, "reference").meta["conics"][0].detach()
    case.gaussians["opacities"] = (case.gaussians["opacities"].double() * shape_of(rows, 0.3)[0]).float()
    difference = (outcome(case, "cpu").image - drawn)[..., [0, 1, 2, 4]].abs()
    assert float(difference.mean()) < 1e-6
    assert float(difference.max()) < 0.01  # the edge of a Gaussian, alpha 1/255, may cross a pixel centre


@given(seeds, st.sampled_from([None, 3]))
@laws
def test_moving_all_gaussians_is_moving_the_cameras(seed: int, degree: int | None) -> None:
    """So the gradients of all centres together are those of the translations, turned into the world."""
    case = sample(60, SIZE, seed=seed, sh_degree=degree, render_mode="RGB+ED", rasterize_mode="antialiased")
    gradients = outcome(case, "cpu").gradients
    turned = torch.einsum("cij,ci->j", case.viewmats[:, :3, :3].double(), gradients["viewmats"][:, :3, 3])
    size = float(gradients["means"].norm(dim=1).sum())
    assert float((gradients["means"].sum(0) - turned).norm()) <= 1e-4 * size
