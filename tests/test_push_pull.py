"""Laws of filling holes by push and pull."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from spatialmem.errors import ShapeError
from spatialmem.generators.embedded.fill import push_pull

SIZES = st.tuples(st.integers(1, 3), st.integers(1, 23), st.integers(1, 23), st.integers(1, 4))


def drawn(shape: tuple[int, int, int, int], seed: int, known: float) -> tuple[Tensor, Tensor]:
    random = torch.Generator().manual_seed(seed)
    values = torch.rand(shape, generator=random)
    return values, (torch.rand(shape[:3], generator=random) < known).float()


@settings(deadline=None, max_examples=60)
@given(SIZES, st.integers(0, 2**31), st.sampled_from([0.0, 0.02, 0.3, 0.9, 1.0]))
def test_known_pixels_stay_and_the_rest_keeps_their_range(shape: tuple[int, int, int, int], seed: int,
                                                          known: float) -> None:
    values, weight = drawn(shape, seed, known)
    filled = push_pull(values, weight)
    assert filled.shape == values.shape
    assert torch.equal(filled[weight == 1], values[weight == 1])
    for frame, original, mask in zip(filled, values, weight == 1, strict=True):
        if mask.any():
            assert (frame >= original[mask].amin(0) - 1e-5).all() and (frame <= original[mask].amax(0) + 1e-5).all()
        else:
            assert not frame.any()


@settings(deadline=None, max_examples=30)
@given(SIZES, st.integers(0, 2**31))
def test_one_colour_fills_everything_whatever_the_weights(shape: tuple[int, int, int, int], seed: int) -> None:
    weight = torch.rand(shape[:3], generator=torch.Generator().manual_seed(seed)) + 1e-3
    colour = torch.linspace(0.1, 0.9, shape[3])
    assert torch.allclose(push_pull(colour.expand(shape), weight.clamp(max=1)), colour, atol=1e-5)


def test_frames_do_not_see_each_other() -> None:
    values, weight = drawn((3, 12, 17, 3), 4, 0.1)
    alone = torch.cat([push_pull(values[k:k + 1], weight[k:k + 1]) for k in range(3)])
    assert torch.allclose(push_pull(values, weight), alone, atol=1e-6)


def test_filling_is_linear_in_the_values() -> None:
    a, weight = drawn((1, 9, 14, 2), 1, 0.2)
    b, _ = drawn((1, 9, 14, 2), 2, 0.2)
    assert torch.allclose(push_pull(0.3 * a + 2 * b, weight), 0.3 * push_pull(a, weight) + 2 * push_pull(b, weight),
                          atol=1e-5)


def test_what_lies_near_decides() -> None:
    values = torch.zeros(1, 64, 64, 1)
    values[:, :, :8] = 1
    weight = torch.zeros(1, 64, 64)
    weight[:, :, :8] = weight[:, :, -8:] = 1
    level = push_pull(values, weight)[0, :, :, 0].mean(0)
    assert level[10] > 0.85 and level[53] < 0.15
    assert (level[8:55] - level[9:56] > -0.03).all()  # downwards without a wave to speak of


def test_a_hole_in_a_ramp_has_no_steps() -> None:
    ramp = torch.linspace(0, 1, 64).expand(1, 64, 64)[..., None]
    weight = torch.ones(1, 64, 64)
    weight[:, 20:44, 20:44] = 0
    filled = push_pull(ramp, weight)[0, ..., 0]
    assert (filled - ramp[0, ..., 0]).abs().max() < 0.12
    assert filled.diff(dim=1).abs().max() < 0.09 and filled.diff(dim=0).abs().max() < 0.05


def test_half_a_weight_keeps_half() -> None:
    values = torch.zeros(1, 16, 16, 1)
    values[0, 8, 8] = 1
    weight = torch.ones(1, 16, 16)
    weight[0, 8, 8] = 0.5
    assert 0.5 < float(push_pull(values, weight)[0, 8, 8, 0]) < 0.75


def test_unknown_values_may_be_anything() -> None:
    values, weight = drawn((2, 10, 10, 3), 3, 0.5)
    spoilt = torch.where(weight[..., None] > 0, values, torch.nan)
    assert torch.equal(push_pull(spoilt, weight), push_pull(values, weight))


def test_gradients_pass_through() -> None:
    values, weight = drawn((1, 8, 8, 1), 5, 0.3)
    values.requires_grad_()
    push_pull(values, weight).sum().backward()
    assert values.grad is not None
    assert float(values.grad.sum()) == pytest.approx(64, rel=1e-4)  # every pixel is an average of known ones
    assert not values.grad[weight == 0].any()


def test_no_pixels_give_none() -> None:
    assert push_pull(torch.zeros(0, 4, 4, 3), torch.zeros(0, 4, 4)).shape == (0, 4, 4, 3)


@pytest.mark.parametrize("values, weight", [
    (torch.zeros(4, 4, 3), torch.zeros(4, 4)), (torch.zeros(1, 4, 4, 3), torch.zeros(1, 4, 5)),
    (torch.zeros(1, 4, 4, 3, dtype=torch.uint8), torch.zeros(1, 4, 4)),
])
def test_other_shapes_are_refused(values: Tensor, weight: Tensor) -> None:
    with pytest.raises(ShapeError, match=r"values \[T, H, W, C\]"):
        push_pull(values, weight)
