"""Patterns: means that no footprint changes, repetition every 16 m, and chance that is fair."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from numpy.typing import NDArray

from spatialmem.generators.worlds.cpu.layout import EMISSION
from spatialmem.generators.worlds.cpu.materials import albedo
from spatialmem.generators.worlds.cpu.noise import chance, fade, noise, pulse, wave
from spatialmem.generators.worlds.looks import material_table
from spatialmem.generators.worlds.materials import MATERIALS, Pattern

FACED = {Pattern.RUG, Pattern.PAINTING, Pattern.BOOKS}
TILED = [name for name, material in MATERIALS.items() if material.pattern not in FACED and name != "glass"]


@njit
def _sampled(table, u, v, foot, out):  # type: ignore[no-untyped-def]
    for k in range(len(u)):
        r, g, b = albedo(table, 0, 5, (u[k], v[k], 16.0, 0.0, 0.0, 1.0, 0.9), foot, foot)
        out[k, 0], out[k, 1], out[k, 2] = r, g, b


@njit
def _waved(x):  # type: ignore[no-untyped-def]
    return wave(x, 0.0)


@njit
def _faded(footprint):  # type: ignore[no-untyped-def]
    return fade(footprint)


def colours(name: str, u: NDArray[np.float64], v: NDArray[np.float64], foot: float) -> NDArray[np.float64]:
    """Linear colour of a material at surface points, averaged over a footprint."""
    out = np.empty((len(u), 3))
    _sampled(material_table((MATERIALS[name],)), u, v, foot, out)
    return out


def test_kernels_read_as_many_columns_as_there_are() -> None:
    assert material_table(()).shape == (1, EMISSION + 1)


@pytest.mark.parametrize("name", TILED)
def test_the_mean_of_a_pattern_is_its_colour_from_afar(name: str) -> None:
    rng = np.random.default_rng(1)
    u, v = rng.uniform(0, 16, (2, 60000))
    near = colours(name, u, v, 0.0005).mean(0)
    afar = colours(name, u[:50], v[:50], 100.0)
    # from afar there is nothing but one colour …
    assert np.ptp(afar, 0).max() < 1e-3
    # … that differs from the mean by less than an eye could tell (linear light)
    np.testing.assert_allclose(afar[0], near, rtol=0.05 if name != "flowers" else 0.1, atol=0.006)


@pytest.mark.parametrize("name", ["brick", "tiles", "checker", "planks", "wood", "grass", "gravel", "foliage"])
@pytest.mark.parametrize("foot", [0.02, 0.07, 0.25])
def test_the_mean_holds_at_every_distance(name: str, foot: float) -> None:
    rng = np.random.default_rng(2)
    u, v = rng.uniform(0, 16, (2, 40000))
    near, here = colours(name, u, v, 0.0005).mean(0), colours(name, u, v, foot).mean(0)
    np.testing.assert_allclose(here, near, rtol=0.05, atol=0.006)


@pytest.mark.parametrize("name", TILED)
def test_patterns_repeat_every_16_metres(name: str) -> None:
    rng = np.random.default_rng(3)
    # binary fractions: adding 16 is exact, so nothing but the pattern can differ
    u, v = np.round(rng.uniform(-16, 16, (2, 500)) * 1024) / 1024 + 1 / 4096
    here = colours(name, u, v, 0.004)
    np.testing.assert_allclose(colours(name, u + 16, v, 0.004), here, atol=1e-9)
    np.testing.assert_allclose(colours(name, u - 32, v + 16, 0.004), here, atol=1e-9)


@pytest.mark.parametrize("name", ["brick", "checker", "grass", "parquet"])
def test_a_small_step_changes_a_blurred_pattern_little(name: str) -> None:
    # what crawls is what jumps by a tenth of a pixel's step
    rng = np.random.default_rng(4)
    u, v = rng.uniform(0, 16, (2, 4000))
    foot = 0.3
    step = np.abs(colours(name, u + foot / 10, v, foot) - colours(name, u, v, foot)).max()
    assert step < 0.2


@settings(deadline=None, max_examples=60)
@given(st.floats(-20, 20), st.floats(0.01, 3), st.floats(0.02, 0.9))
def test_a_pulse_is_the_mean_of_what_it_filters(x: float, width: float, duty: float) -> None:
    points = x + width * ((np.arange(4000) + 0.5) / 4000 - 0.5)
    expected = float((points - np.floor(points) < duty).mean())
    assert pulse.py_func(x, width, duty) == pytest.approx(expected, abs=2e-3)


def test_waves_and_noise_have_the_means_they_promise() -> None:
    x = np.linspace(0, 1, 2001)[:-1]
    assert np.mean([_waved(t) for t in x]) == pytest.approx(0, abs=1e-9)
    rng = np.random.default_rng(5)
    values = np.array([noise(a, b, 64, 64, 9) for a, b in rng.uniform(0, 64, (20000, 2))])
    assert values.mean() == pytest.approx(0.5, abs=0.015)
    assert values.min() >= 0 and values.max() <= 1
    assert _faded(0.4) == 1 and _faded(1.3) == 0


def test_chance_is_fair_and_has_no_rows() -> None:
    values = np.empty((256, 256))
    _fill(256, 7, values)
    assert values.min() >= 0 and values.max() < 1
    assert values.mean() == pytest.approx(0.5, abs=0.005)
    assert np.histogram(values, 16, (0, 1))[0].std() < 0.03 * 256 * 16
    for shifted in (np.roll(values, 1, 0), np.roll(values, 1, 1), np.roll(values, (3, 5), (0, 1))):
        assert abs(np.corrcoef(values.ravel(), shifted.ravel())[0, 1]) < 0.02


@njit
def _fill(n, seed, out):  # type: ignore[no-untyped-def]
    for i in range(n):
        for j in range(n):
            out[i, j] = chance(i, j, seed)


@pytest.mark.parametrize("name", sorted(FACED))
def test_pictures_differ_by_instance(name: Pattern) -> None:
    table = material_table((next(m for m in MATERIALS.values() if m.pattern == name),))
    views = [np.array([albedo(table, 0, instance, (3 + s, t, 16.0, 0.5 * s, 0.4 * t, 0.5, 0.4), 0.002, 0.002)
                       for s in np.linspace(-0.95, 0.95, 15) for t in np.linspace(-0.95, 0.95, 15)])
             for instance in range(1, 7)]
    for view in views:
        assert np.isfinite(view).all() and view.min() >= -1e-9 and view.max() <= 1.2
    assert len({view.round(3).tobytes() for view in views}) >= 5
    assert math.isfinite(views[0].sum())
