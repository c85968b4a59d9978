"""Words of a prompt: each is understood, put where it belongs, or reported."""

from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialmem.generators.worlds.attributes import FLOORS, GROUNDS, KINDS, WALLS, Attributes
from spatialmem.generators.worlds.palettes import ColourName, PaletteName
from spatialmem.generators.worlds.skies import LightName, WeatherName
from spatialmem.generators.worlds.vocabulary import attributes_from
from spatialmem.generators.worlds.words import FILLERS, MATERIALS, PLACE_HINTS, PLACES, SURFACES, TABLES

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "worlds.md").read_text(encoding="utf-8")

ANY_WORDS = sorted({*PLACES, *MATERIALS, *PLACE_HINTS, *SURFACES, *FILLERS, "dragon", ","})


def asked(prompt: str) -> dict[str, str]:
    """What a prompt asks for, without what it leaves open."""
    chosen = vars(attributes_from(prompt).attributes)
    return {name: value for name, value in chosen.items() if value not in {"any", 0}}


@pytest.mark.parametrize(("prompt", "expected"), [
    ("a street with Brick Houses at DUSK", {"place": "street", "wall": "brick", "light": "dusk"}),
    ("cosy home, wooden floors and blue walls",
     {"place": "home", "palette": "warm", "floor": "planks", "wall_colour": "blue"}),
    ("a red brick house", {"place": "home", "wall": "brick", "wall_colour": "red"}),
    ("tiled kitchen", {"place": "home", "floor": "tiles"}),
    ("tiled walls", {"wall": "tiles"}),
    ("walls of grey stone, a floor of oak",
     {"place": "home", "wall": "stone", "wall_colour": "grey", "floor": "planks"}),
    ("concrete hall", {"place": "hall", "wall": "concrete"}),
    ("a concrete floor in the hall", {"place": "hall", "floor": "concrete"}),
    ("a hedge maze in snow", {"place": "maze", "wall": "hedge", "weather": "snow"}),
    ("gravel paths of an autumn park at golden hour",
     {"place": "park", "ground": "gravel", "palette": "autumn", "light": "dusk"}),
    ("a snow-covered village at night", {"place": "street", "weather": "snow", "light": "night"}),
    ("black and white gallery", {"place": "gallery", "palette": "monochrome"}),
    ("white rooms, parquet", {"place": "home", "wall_colour": "white", "floor": "parquet"}),
    ("foggy cities, lamps on", {"place": "street", "weather": "fog", "light": "lamps"}),
    ("a fountain in a garden", {"place": "garden"}),
    ("cobbled street", {"place": "street", "ground": "paving"}),
    ("", {}),
])
def test_prompts_are_understood(prompt: str, expected: dict[str, str]) -> None:
    assert asked(prompt) == expected
    assert attributes_from(prompt).unknown == ()


@pytest.mark.parametrize(("prompt", "unknown"), [
    ("a garden with dragons", ("dragons",)),
    ("no snow in the park", ("no",)),
    ("a street with a purple spaceship", ("purple", "spaceship")),
    ("the green door of a brick house", ("green", "door")),
    ("park 日本", ("日本",)),
])
def test_what_is_not_understood_is_reported(prompt: str, unknown: tuple[str, ...]) -> None:
    assert attributes_from(prompt).unknown == unknown


def test_a_colour_of_something_else_does_not_paint_the_walls() -> None:
    assert "wall_colour" not in asked("a garden with green grass and red roofs")


def test_of_contradicting_words_the_last_wins_and_it_is_told() -> None:
    understood = attributes_from("a garden at night, no, a street at noon")
    assert (understood.attributes.place, understood.attributes.light) == ("street", "day")
    assert understood.overruled == (("garden", "street"), ("night", "noon"))
    assert attributes_from("night, midnight").overruled == ()


@pytest.mark.parametrize(("prompt", "light"), [
    ("a town at dusk with lamps", "dusk"), ("lamplit, at sunset", "dusk"), ("a park at night, lamps on", "night"),
    ("lamps in a dark park", "night"), ("lamps", "lamps")])
def test_lamps_burn_from_dusk_on_and_leave_the_hour_as_it_is(prompt: str, light: str) -> None:
    understood = attributes_from(prompt)
    assert (understood.attributes.light, understood.overruled) == (light, ())


def test_lamps_and_daylight_contradict_each_other() -> None:
    assert attributes_from("noon, lamps").overruled == (("noon", "lamps"),)
    assert attributes_from("lamps, noon").overruled == (("lamps", "noon"),)
    assert attributes_from("lamps, dusk, noon").overruled == (("dusk", "noon"),)


@pytest.mark.parametrize(("prompt", "denied"), [
    ("a park, no snow", (("no", "snow"),)), ("a town without any fog", (("without", "fog"),)),
    ("a garden, no, a street", ()), ("no dragons in the park", ()), ("not a street but a park", (("not", "street"),)),
])
def test_words_that_count_although_they_are_negated_are_told(prompt: str, denied: tuple[tuple[str, str], ...]) -> None:
    assert attributes_from(prompt).denied == denied


def test_a_hint_never_overrules_a_place() -> None:
    understood = attributes_from("a street with houses, kitchens and a pond")
    assert (understood.attributes.place, understood.overruled) == ("street", ())


def test_the_style_seed_is_kept() -> None:
    assert attributes_from("park", style_seed=7).attributes == Attributes(place="park", style_seed=7)


@pytest.mark.parametrize(("topic", "values"), [
    ("place", (*KINDS, "mixed")), ("palette", get_args(PaletteName)), ("wall_colour", get_args(ColourName)),
    ("light", get_args(LightName)), ("weather", get_args(WeatherName))])
def test_every_value_has_words_and_every_word_a_value(topic: str, values: tuple[str, ...]) -> None:
    assert set(TABLES[topic].values()) == set(values)  # type: ignore[index]


@pytest.mark.parametrize(("surface", "values"), [("wall", WALLS), ("floor", FLOORS), ("ground", GROUNDS)])
def test_every_material_of_a_surface_has_words(surface: str, values: tuple[str, ...]) -> None:
    assert {meant[surface] for meant in MATERIALS.values() if surface in meant} == set(values)  # type: ignore[index]


@pytest.mark.parametrize("word", sorted({*PLACES, *MATERIALS, *(w for t in TABLES.values() for w in t)}))
def test_each_word_is_understood_alone_and_in_capitals(word: str) -> None:
    assert asked(word) and asked(word.upper()) == asked(word)
    assert attributes_from(word).unknown == ()


def test_no_word_of_the_vocabulary_is_a_filler() -> None:
    assert not FILLERS & {*MATERIALS, *SURFACES, *PLACE_HINTS, *(w for t in TABLES.values() for w in t)}


def test_the_page_lists_the_vocabulary() -> None:
    rows = {cells[0] + cells[1]: cells[2] for cells in (
        [cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("|"))
        if len(cells) == 3}
    for topic, table in TABLES.items():
        for value in set(table.values()):
            words = [word for word, meant in table.items() if meant == value]
            assert rows[topic.replace("_", " ") + value].split(", ") == words
    for surface in ("wall", "floor", "ground"):
        for value in {meant[surface] for meant in MATERIALS.values() if surface in meant}:  # type: ignore[index]
            words = [word for word, meant in MATERIALS.items() if meant.get(surface) == value]  # type: ignore[call-overload]
            assert rows[surface + value].split(", ") == words
    for place in set(PLACE_HINTS.values()):
        assert rows["hint" + place].split(", ") == [word for word, meant in PLACE_HINTS.items() if meant == place]


def test_the_example_of_the_page_is_true() -> None:
    understood = attributes_from("a street with red brick houses at dusk, and a dragon")
    assert repr((understood.attributes.wall, understood.attributes.light, understood.unknown))[1:-1] in PAGE


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=60))
def test_any_text_is_read(prompt: str) -> None:
    understood = attributes_from(prompt)
    assert isinstance(understood.attributes, Attributes)
    assert attributes_from(prompt) == understood


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from(ANY_WORDS), max_size=12))
def test_every_word_is_accounted_for(words: list[str]) -> None:
    understood = attributes_from(" ".join(words))
    told = " ".join((*understood.used, *understood.unknown)).split()
    assert sorted(told) == sorted(w for w in " ".join(words).split() if w not in FILLERS and w != ",")
