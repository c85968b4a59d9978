"""Distributions and classifiers tell what is near the truth from what is not."""

from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from spatialmem.errors import InvalidValueError, ShapeError
from spatialmem.generators.embedded.code import CODE_NAMES
from spatialmem.generators.embedded.measures.histograms import (
    COLOUR_BINS,
    colour_distance,
    colour_histogram,
    crispness,
    gradient_distance,
    gradient_histogram,
)
from spatialmem.generators.embedded.measures.oklab import oklab
from spatialmem.generators.embedded.measures.realness import PATCH, patch_pairs, realness
from spatialmem.generators.embedded.measures.recogniser import Recogniser, recognised, topics

SEEDS = st.integers(0, 2**31)


def pictures(seed: int, count: int = 2, height: int = 40, width: int = 48) -> Tensor:
    """Random textures of several sizes, as pictures have them."""
    random = torch.Generator().manual_seed(seed)
    layers = [torch.nn.functional.interpolate(torch.rand(count, 3, height // k, width // k, generator=random),
                                              size=(height, width), mode="bilinear") for k in (1, 2, 8)]
    return torch.stack(layers).mean(0).permute(0, 2, 3, 1).contiguous()


def everywhere(rgb: Tensor) -> Tensor:
    return torch.ones(rgb.shape[:3], dtype=torch.bool)


def blurred(rgb: Tensor) -> Tensor:
    return torch.nn.functional.avg_pool2d(rgb.permute(0, 3, 1, 2), 5, 1, 2, count_include_pad=False).permute(0, 2, 3, 1)


@pytest.mark.parametrize("rgb, lab", [
    ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)), ((1.0, 1.0, 1.0), (1.0, 0.0, 0.0)),
    ((1.0, 0.0, 0.0), (0.627955, 0.224863, 0.125846)), ((0.0, 1.0, 0.0), (0.866440, -0.233888, 0.179498)),
    ((0.0, 0.0, 1.0), (0.452014, -0.032457, -0.311528)),
])
def test_oklab_of_known_colours(rgb: tuple[float, ...], lab: tuple[float, ...]) -> None:
    assert torch.allclose(oklab(torch.tensor(rgb)), torch.tensor(lab), atol=2e-4)


@settings(deadline=None, max_examples=15)
@given(SEEDS, SEEDS, SEEDS)
def test_distances_are_metrics(a: int, b: int, c: int) -> None:
    for histogram, distance in ((colour_histogram, colour_distance), (gradient_histogram, gradient_distance)):
        x, y, z = (histogram(scale * pictures(seed), everywhere(pictures(seed)))
                   for seed, scale in ((a, 1.0), (b, 0.7), (c, 0.3)))
        assert distance(x, x) == 0
        assert distance(x, y) == pytest.approx(distance(y, x)) and distance(x, y) > 0
        assert distance(x, z) <= distance(x, y) + distance(y, z) + 1e-9


def test_two_greys_are_apart_by_their_lightness() -> None:
    light, dark = torch.full((1, 8, 8, 3), 0.8), torch.full((1, 8, 8, 3), 0.3)
    step = float(oklab(light)[0, 0, 0, 0] - oklab(dark)[0, 0, 0, 0])
    mean = (1 + 4 / 2**0.5 + 4 / 3**0.5) / 13  # share of the step along each of the 13 directions
    apart = colour_distance(colour_histogram(light, everywhere(light)), colour_histogram(dark, everywhere(dark)))
    assert apart == pytest.approx(100 * step * mean, abs=100 * 2.1 / COLOUR_BINS)


def test_counts_add_up_and_only_chosen_pixels_count() -> None:
    rgb = pictures(3, count=3)
    where = everywhere(rgb)
    where[:, 5:20, :30] = False
    other = torch.where(where[..., None], rgb, 0.9)
    for histogram in (colour_histogram, gradient_histogram):
        assert torch.equal(histogram(rgb, where), histogram(other, where))
        parts = torch.stack([histogram(rgb[[k]], where[[k]]) for k in range(3)])
        assert torch.equal(histogram(rgb, where), parts.sum(0))
    assert torch.equal(colour_histogram(rgb, where).sum(1), where.sum().double().expand(13))


def test_smooth_is_below_and_rough_above_the_truth() -> None:
    truth = pictures(1)
    noisy = (truth + 0.1 * torch.randn(truth.shape, generator=torch.Generator().manual_seed(2))).clamp(0, 1)
    counts = gradient_histogram(truth, everywhere(truth))
    signs = [crispness(gradient_histogram(made, everywhere(made)), counts) for made in (blurred(truth), truth, noisy)]
    assert signs[0] < -0.3 and signs[1] == 0 and signs[2] > 0.2


def test_gradients_are_longer_by_an_octave_where_lightness_steps_are_doubled() -> None:
    # greys of even lightness steps: linear light is the cube of OKLab's lightness
    def ramp(step: float) -> Tensor:
        linear = (0.3 + step * torch.arange(16)) ** 3
        srgb = torch.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
        return srgb[None, None, :, None].expand(1, 16, 16, 3)

    counts = [gradient_histogram(ramp(step), everywhere(ramp(step))) for step in (0.02, 0.01)]
    assert crispness(*counts) == pytest.approx(1.0, abs=0.15)
    assert gradient_distance(*counts) == pytest.approx(1.0, abs=0.15)


def test_nothing_chosen_has_no_distance() -> None:
    rgb = pictures(1)
    empty, full = (colour_histogram(rgb, where) for where in (~everywhere(rgb), everywhere(rgb)))
    assert colour_distance(empty, full) != colour_distance(empty, full)


@pytest.mark.parametrize("where", [torch.ones(2, 40, 48), torch.ones(2, 40, 47, dtype=torch.bool)])
def test_histograms_refuse_other_masks(where: Tensor) -> None:
    with pytest.raises(ShapeError, match="where"):
        colour_histogram(pictures(0), where)


def pairs_of(seeds: range, made: bool) -> Tensor:
    """Patches of textures beside blurred ones, or beside themselves."""
    clips = [pictures(seed) for seed in seeds]
    return torch.cat([patch_pairs(blurred(rgb) if made else rgb, rgb, everywhere(rgb), count=8, seed=k)
                      for k, rgb in enumerate(clips)])


def test_equal_patches_cannot_be_told_apart() -> None:
    verdict = realness(pairs_of(range(4), False), pairs_of(range(4, 8), False), seed=0, steps=5)
    assert verdict.accuracy == 0.5 and verdict.gap == 0


def test_blurred_patches_are_told_apart_on_pictures_never_seen_and_each_time_alike() -> None:
    learned, asked = pairs_of(range(8), True), pairs_of(range(8, 16), True)
    verdict = realness(learned, asked, seed=1, steps=80)
    assert verdict.accuracy > 0.85 and verdict.gap > 1 and verdict.fooled < 0.3
    assert realness(learned, asked, seed=2, steps=3) == realness(learned, asked, seed=2, steps=3)


def test_patches_differ_only_where_nothing_was_known_at_places_that_the_mask_decides() -> None:
    truth = pictures(4)
    unseen = everywhere(truth)
    unseen[:, :, 24:] = False
    pairs = patch_pairs(truth / 2, truth, unseen, count=6, seed=3)
    other = patch_pairs(1 - truth, truth, unseen, count=6, seed=3)
    assert pairs.shape == (6, 2, PATCH, PATCH, 3)
    assert torch.equal(pairs[:, 0], other[:, 0])
    differ = (pairs[:, 0] != pairs[:, 1]).any(-1)
    assert float(differ.float().mean(dim=(1, 2)).min()) >= 0.25 and not differ.all()
    assert len(patch_pairs(truth, truth, ~everywhere(truth), count=6, seed=3)) == 0


def test_realness_needs_patches_and_room_for_them() -> None:
    some = pairs_of(range(1), True)
    with pytest.raises(InvalidValueError, match="more unseen pixels"):
        realness(some, some[:0], seed=0)
    small = torch.zeros(1, 20, 40, 3)
    with pytest.raises(ShapeError, match="32 pixels a side"):
        patch_pairs(small, small, everywhere(small), count=1, seed=0)
    with pytest.raises(ShapeError, match="bool"):
        patch_pairs(small, small, torch.ones(1, 20, 40), count=1, seed=0)


def shown(seed: int, count: int) -> tuple[Tensor, Tensor]:
    """Pictures whose brightness tells the light of their world, and whose stripes tell the wall."""
    random = torch.Generator().manual_seed(seed)
    codes = torch.zeros(count, len(CODE_NAMES))
    kinds = torch.randint(4, (count,), generator=random)
    bright, striped = kinds % 2 == 1, kinds // 2 == 1
    for where, name in ((bright, "light day"), (~bright, "light night"), (striped, "wall brick"),
                        (~striped, "wall plaster")):
        codes[where, CODE_NAMES.index(name)] = 1
    rgb = 0.15 * torch.rand(count, 24, 32, 3, generator=random) + 0.15
    rgb[:, ::4] += 0.2 * striped[:, None, None, None]
    return ((rgb + 0.4 * bright[:, None, None, None]).clamp(0, 1) * 255).to(torch.uint8), codes


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    return Recogniser.trained(*shown(0, 64), seed=0, steps=50)


def test_topics_are_all_of_a_code() -> None:
    assert [*topics()] == ["place", "wall", "floor", "ground", "light", "weather"]
    spelled = [name for topic, part in topics().items() for name in CODE_NAMES[part] if name.startswith(f"{topic} ")]
    assert spelled == [*CODE_NAMES]


def test_what_pictures_show_is_recognised(recogniser: Recogniser) -> None:
    rgb, codes = shown(1, 24)
    right = [recognised(recogniser.read(rgb[[k]]), codes[k]) for k in range(len(rgb))]
    assert all(found.keys() == {"light", "wall"} for found in right)
    assert sum(sum(found.values()) for found in right) / (2 * len(right)) > 0.9


def test_likelihoods_are_those_of_choices(recogniser: Recogniser) -> None:
    found = recogniser.likelihoods(shown(2, 3)[0]).exp()
    for part in topics().values():
        assert torch.allclose(found[:, part].sum(1), torch.ones(3), atol=1e-5)


def test_a_recogniser_can_be_kept(recogniser: Recogniser, tmp_path: Path) -> None:
    file = tmp_path / "recogniser.safetensors"
    recogniser.save(file)
    rgb, _ = shown(3, 4)
    assert torch.equal(Recogniser.load(file).likelihoods(rgb), recogniser.likelihoods(rgb))


def test_other_files_are_no_recogniser(recogniser: Recogniser, tmp_path: Path) -> None:
    file = tmp_path / "recogniser.safetensors"
    with pytest.raises(InvalidValueError, match="train a recogniser first"):
        Recogniser.load(file)
    recogniser.save(file)
    whole = file.read_bytes()
    for spoilt in (whole[:-7], b"", whole.replace(b"wall brick", b"wall brass")):
        file.write_bytes(spoilt)
        with pytest.raises(InvalidValueError, match=r"recogniser\.safetensors: "):
            Recogniser.load(file)


def test_a_recogniser_learns_from_bytes_only() -> None:
    rgb, codes = shown(0, 2)
    with pytest.raises(ShapeError, match="uint8"):
        Recogniser.trained(rgb.float() / 255, codes, seed=0)
