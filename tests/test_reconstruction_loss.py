"""The loss, its hand-written gradients, the row-wise Adam and the image measures."""

from dataclasses import replace

import pytest
import torch
from box_room import room_frames, room_walk
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from spatialmem.frames import Frames
from spatialmem.metrics import ssim
from spatialmem.reconstruction import adam, adam_cpu
from spatialmem.reconstruction.adam import RowAdam
from spatialmem.reconstruction.config import FusionConfig
from spatialmem.reconstruction.loss import Target, image_loss, ssim_map, targets
from spatialmem.reconstruction.loss_cpu import ImageLoss

CONFIG = FusionConfig()
laws = settings(deadline=None, max_examples=15)


def scene(seed: int, height: int, width: int) -> tuple[Tensor, Tensor, Target]:
    """A render `[H, W, 4]`, its alpha `[H, W]` and a target with holes in depth and weight."""
    random = torch.Generator().manual_seed(seed)

    def draw(*size: int) -> Tensor:
        return torch.rand(size, generator=random)

    depth = torch.where(draw(height, width) < 0.3, 0.0, 1 + 4 * draw(height, width))
    weight = torch.where(draw(height, width) < 0.2, 0.0, draw(height, width))
    sure = weight * (depth > 0) * draw(height, width)
    target = Target(draw(height, width, 3), depth, weight, sure, torch.eye(4), torch.eye(3))
    rgb = (target.rgb + 0.3 * torch.randn(height, width, 3, generator=random)).clamp(-0.1, 1.2)
    return torch.cat([rgb, 4 * draw(height, width, 1)], dim=-1), draw(height, width), target


def in_double(target: Target) -> Target:
    """The same target in float64."""
    rgb, depth, weight, sure = (t.double() for t in (target.rgb, target.depth, target.weight, target.sure))
    return Target(rgb, depth, weight, sure, target.viewmat, target.K)


@laws
@given(st.integers(0, 2**32 - 1), st.integers(1, 30), st.integers(1, 30), st.sampled_from([0.0, 0.1, 1.0]),
       st.sampled_from([0.0, 0.3]))
def test_the_kernels_give_the_loss_and_its_gradients(seed: int, height: int, width: int, ssim: float,
                                                     depth: float):
    image, alpha, target = scene(seed, height, width)
    fast = [image.clone().requires_grad_(), alpha.clone().requires_grad_()]
    true = [image.double().requires_grad_(), alpha.double().requires_grad_()]
    value = ImageLoss(height, width, ssim=ssim, depth=depth)(fast[0], fast[1], target)
    expected = image_loss(true[0], true[1], in_double(target), ssim=ssim, depth=depth)
    assert value.item() == pytest.approx(expected.item(), rel=1e-5, abs=1e-7)
    (3 * value).backward()  # type: ignore[no-untyped-call]
    (3 * expected).backward()  # type: ignore[no-untyped-call]
    for ours, truth in zip(fast, true, strict=True):
        assert ours.grad is not None
        assert truth.grad is not None
        error = (ours.grad - truth.grad).norm()
        assert float(error) <= 1e-5 * float(truth.grad.norm()) + 1e-12


def test_on_a_picture_the_gradients_agree_to_a_hundred_thousandth():
    frames = room_frames(room_walk(2))
    a, b = frames[:1], frames[1:]
    target = targets(a, CONFIG)[0]
    assert b.depth is not None
    image = torch.cat([b.rgb[0], b.depth[0, ..., None]], dim=-1)
    alpha = torch.full((36, 48), 0.95)
    fast, true = image.clone().requires_grad_(), image.double().requires_grad_()
    ImageLoss(36, 48, ssim=0.2, depth=0.1)(fast, alpha, target).backward()  # type: ignore[no-untyped-call]
    image_loss(true, alpha.double(), in_double(target), ssim=0.2, depth=0.1).backward()  # type: ignore[no-untyped-call]
    assert fast.grad is not None
    assert true.grad is not None
    assert float((fast.grad - true.grad).norm() / true.grad.norm()) < 1e-5


def test_one_workspace_serves_many_targets_in_any_order():
    loss = ImageLoss(20, 17, ssim=0.3, depth=0.1)
    scenes = [scene(seed, 20, 17) for seed in range(3)]
    fresh = [float(ImageLoss(20, 17, ssim=0.3, depth=0.1)(*one)) for one in scenes]
    assert [float(loss(*scenes[i])) for i in (0, 1, 2, 1, 0, 0)] == [fresh[i] for i in (0, 1, 2, 1, 0, 0)]


def test_a_perfect_render_costs_nothing():
    frames = room_frames(room_walk(1))
    assert frames.depth is not None
    image = torch.cat([frames.rgb[0], frames.depth[0, ..., None]], dim=-1)
    alpha = torch.ones(36, 48)
    loss = ImageLoss(36, 48, ssim=0.5, depth=1.0)(image, alpha, targets(frames, CONFIG)[0])
    assert float(loss) == pytest.approx(0, abs=1e-6)


def test_a_constant_error_costs_its_l1():
    target = Target(torch.full((12, 12, 3), 0.4), torch.full((12, 12), 2.0), torch.ones(12, 12),
                    torch.ones(12, 12), torch.eye(4), torch.eye(3))
    image = torch.cat([torch.full((12, 12, 3), 0.65), torch.full((12, 12, 1), 1.3)], dim=-1)
    alpha = torch.full((12, 12), 0.5)
    assert float(image_loss(image, alpha, target, ssim=0, depth=0)) == pytest.approx(0.25)
    assert float(image_loss(image, alpha, target, ssim=0, depth=2)) == pytest.approx(0.25 + 2 * 0.3)


def test_the_sky_pushes_away_what_stands_before_it_where_labels_tell_that_it_is_sky():
    frames = room_frames(room_walk(1))
    assert frames.depth is not None
    depth = frames.depth.clone()
    depth[0, :10] = 0
    labels = (depth > 0).to(torch.int32)
    labels[0, 9] = 7  # glass, say: no depth, and no sky
    target = targets(replace(frames, depth=depth, labels=labels), CONFIG)[0]
    far = CONFIG.backdrop * float(depth.max())
    assert bool((target.depth[:9] == far).all()) and bool((target.sure[:9] == 1 / far).all())
    assert not target.depth[9].any() and not target.sure[9].any()
    assert bool((target.sure[10:] == 1).all())
    unlabelled = targets(replace(frames, depth=depth), CONFIG)[0]
    assert not unlabelled.depth[:10].any() and not unlabelled.sure[:10].any()


def test_moving_content_and_doubtful_pixels_teach_less():
    frames = room_frames(room_walk(1))
    dynamic = torch.zeros(1, 36, 48, dtype=torch.bool)
    dynamic[0, :18] = True
    confidence = torch.full((1, 36, 48), 0.5)
    target = targets(Frames(frames.rgb, frames.cameras, depth=frames.depth, dynamic=dynamic,
                            confidence=confidence), CONFIG)[0]
    assert torch.equal(target.weight, torch.where(dynamic[0], 0.0, 0.5))
    image = torch.cat([frames.rgb[0].clone(), torch.zeros(36, 48, 1)], dim=-1)
    image[:18, :, :3] = 0
    assert float(image_loss(image, torch.zeros(36, 48), target, ssim=0, depth=0)) == 0


def test_frames_without_depth_teach_colour_alone():
    frames = room_frames(room_walk(2))
    without = targets(Frames(frames.rgb, frames.cameras), CONFIG)
    assert [float(t.depth.max()) for t in without] == [0, 0]
    assert torch.equal(without[1].weight, torch.ones(36, 48))
    torch.testing.assert_close(without[1].viewmat, frames.cameras.viewmats[1])


# --- Adam ----------------------------------------------------------------------------------------


def descend(parameter: Tensor, steps: int, take: object) -> Tensor:
    """`parameter` after `steps` calls of `take` against a rough objective."""
    goal = torch.linspace(-2, 2, parameter.numel()).reshape(parameter.shape)
    for step in range(steps):
        parameter.grad = 2 * (parameter.detach() - goal) + torch.sin(7.0 * parameter.detach() + step)
        take.step()  # type: ignore[attr-defined]
    return parameter.detach()


@pytest.mark.parametrize("shape", [(6,), (6, 3), (6, 4)])
def test_with_factor_one_it_is_adam(shape: tuple[int, ...]):
    start = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    ours, theirs = start.clone().requires_grad_(), start.clone().requires_grad_()
    optimiser = torch.optim.Adam([theirs], lr=0.03, betas=(adam.BETA1, adam.BETA2), eps=adam.EPSILON)
    mine = descend(ours, 40, RowAdam({"p": ours}, {"p": 0.03}, torch.ones(6)))
    torch.testing.assert_close(mine, descend(theirs, 40, optimiser), rtol=1e-4, atol=1e-5)


def test_each_row_steps_at_its_own_rate():
    start = torch.randn(4, 3, generator=torch.Generator().manual_seed(2))
    factors = torch.tensor([0.0, 0.25, 1.0, 3.0])
    whole = start.clone().requires_grad_()
    together = descend(whole, 1, RowAdam({"p": whole}, {"p": 0.1}, factors)) - start
    alone = start.clone().requires_grad_()
    unit = descend(alone, 1, RowAdam({"p": alone}, {"p": 0.1}, torch.ones(4))) - start
    torch.testing.assert_close(together, factors[:, None] * unit, rtol=1e-4, atol=1e-6)
    assert torch.equal(together[0], torch.zeros(3))


@pytest.mark.parametrize("shape", [(9,), (9, 3)])
def test_the_adam_kernel_equals_its_torch_twin(shape: tuple[int, ...]):
    random = torch.Generator().manual_seed(3)
    start = [torch.randn(shape, generator=random) for _ in range(3)]
    start.append(torch.rand(shape, generator=random))
    rates = torch.rand(9, generator=random)
    copies = []
    for update in (adam._update, adam_cpu.update):
        parameter, gradient, first, second = (t.clone() for t in start)
        update(parameter, gradient, (first, second), rates, (0.02, 3.4, 500.0, 0.3))
        assert torch.equal(gradient, start[1])
        copies.append((parameter, first, second))
    for a, b in zip(*copies, strict=True):
        torch.testing.assert_close(a, b, rtol=2e-6, atol=2e-6)
    assert not torch.equal(copies[0][0], start[0])


def test_a_faint_gradient_moves_its_row_less_than_a_typical_one():
    moved = torch.zeros(3, requires_grad=True)
    optimiser = RowAdam({"p": moved}, {"p": 0.1}, torch.ones(3), floor=0.02)
    moved.grad = torch.tensor([1.0, 1e-4, 0.0])
    optimiser.step()
    step = moved.detach().abs()
    assert step[0] > 0.098 and 0 < step[1] < 0.002 and step[2] == 0


def test_parameters_without_a_gradient_stay():
    moved, still = torch.ones(3, requires_grad=True), torch.ones(3, requires_grad=True)
    optimiser = RowAdam({"a": moved, "b": still}, {"a": 0.1, "b": 0.1}, torch.ones(3))
    moved.grad = torch.ones(3)
    optimiser.step()
    assert torch.equal(still, torch.ones(3))
    torch.testing.assert_close(moved.detach(), torch.full((3,), 0.9))


# --- measures that are not the loss's ------------------------------------------------------------


def test_the_loss_and_the_measure_share_one_ssim_inside_the_image():
    a, b = room_frames(room_walk(2)).rgb.double()
    inner = ssim_map(a, b)[5:-5, 5:-5].mean()
    torch.testing.assert_close(ssim(a[None], b[None])[0], inner)
