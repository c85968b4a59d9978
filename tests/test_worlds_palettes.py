"""Palettes: every role has colours; schemes keep to them; natural materials stay what they are."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialmem.errors import InvalidValueError
from spatialmem.generators.worlds.dice import Dice
from spatialmem.generators.worlds.materials import MATERIALS
from spatialmem.generators.worlds.palettes import COLOURS, PALETTES, ROLES, scheme_of

palettes = st.sampled_from(sorted(PALETTES))
roles = st.sampled_from(ROLES)
seeds = st.integers(0, 10_000)


def apart(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """The largest difference of two colours' channels."""
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


def test_there_are_a_dozen_and_each_has_every_role() -> None:
    assert len(PALETTES) >= 12
    for name, palette in PALETTES.items():
        assert palette.name == name
        assert set(palette.colours) == set(ROLES)
        assert all(0 <= channel <= 1 for colours in palette.colours.values() for c in colours for channel in c)


def test_no_two_are_alike() -> None:
    walls = [tuple(sorted(palette.colours["wall"])) for palette in PALETTES.values()]
    assert len(set(walls)) == len(walls)


@settings(deadline=None, max_examples=60)
@given(palettes, roles, seeds)
def test_a_scheme_stays_near_its_palette(name: str, role: str, seed: int) -> None:
    scheme = scheme_of(name, Dice(seed))  # type: ignore[arg-type]
    nearest = min(apart(scheme.colour(role), c) for c in PALETTES[name].colours[role])  # type: ignore[index, arg-type]
    assert nearest < 0.08


@settings(deadline=None, max_examples=30)
@given(palettes, seeds)
def test_the_same_dice_give_the_same_scheme(name: str, seed: int) -> None:
    assert scheme_of(name, Dice(seed)) == scheme_of(name, Dice(seed))  # type: ignore[arg-type]


def test_rooms_of_one_palette_differ() -> None:
    assert len({scheme_of("warm", Dice(seed)).colour("wall") for seed in range(12)}) == 12


def test_any_draws_from_all_palettes() -> None:
    assert {scheme_of("any", Dice(seed)).palette.name for seed in range(300)} == set(PALETTES)


def test_a_named_palette_and_a_drawn_one_use_the_dice_alike() -> None:
    drawn = scheme_of("any", Dice(5))
    assert scheme_of(drawn.palette.name, Dice(5)) == drawn


def test_paint_takes_the_colour_and_brick_stays_brick() -> None:
    scheme = scheme_of("cool", Dice(1))
    assert scheme.material("plaster", "wall").colour_a == pytest.approx(scheme.colour("wall"))
    brick, own = scheme.material("brick", "wall").colour_a, MATERIALS["brick"].colour_a
    assert 0 < apart(brick, own) < apart(scheme.colour("wall"), own)


@pytest.mark.parametrize("colour", sorted(COLOURS))
def test_a_named_colour_reaches_painted_and_natural_walls_only(colour: str) -> None:
    scheme = scheme_of("warm", Dice(2), wall_colour=colour)  # type: ignore[arg-type]
    for material in ("plaster", "brick"):
        assert apart(scheme.material(material, "wall").colour_a, COLOURS[colour]) < 0.08  # type: ignore[index]
    plain = scheme_of("warm", Dice(2))
    assert scheme.colour("floor") == plain.colour("floor")


def test_varied_things_differ_and_keep_to_the_role() -> None:
    scheme = scheme_of("retro", Dice(3))
    colours = {scheme.varied("car_paint", "accent", Dice("car", k)).colour_a for k in range(20)}
    assert len(colours) > 10
    assert all(min(apart(c, p) for p in PALETTES["retro"].colours["accent"]) < 0.08 for c in colours)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(InvalidValueError, match="unknown palette 'drab'"):
        scheme_of("drab", Dice(1))  # type: ignore[arg-type]
    with pytest.raises(InvalidValueError, match="unknown colour 'mauve'"):
        scheme_of("warm", Dice(1), wall_colour="mauve")  # type: ignore[arg-type]
    with pytest.raises(InvalidValueError, match="unknown material 'cheese'"):
        scheme_of("warm", Dice(1)).material("cheese", "wall")
