"""Layout files: the published schema, what is read, and which entry is named when something is wrong."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from layout_files import EXAMPLES, write

from spatialmem.errors import LayoutError
from spatialmem.generators.worlds.layouts.legend import HEIGHTS
from spatialmem.generators.worlds.layouts.open import open_layout
from spatialmem.generators.worlds.layouts.read import parse_spec, read_spec
from spatialmem.generators.worlds.layouts.spec import CLASSES, schema
from spatialmem.labels import DISPLAY_COLOURS

SCHEMA = Path(__file__).resolve().parents[1] / "docs" / "layout.schema.json"
FLAT = (EXAMPLES / "small_flat.json").read_bytes()


def test_the_published_schema_is_the_reader_s() -> None:
    assert json.loads(SCHEMA.read_text()) == json.loads(json.dumps(schema())), (
        "write it again: python -m spatialmem.generators.worlds.layouts.spec > docs/layout.schema.json")
    Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("name", ["small_flat", "floor_plan"])
def test_examples_are_valid_and_usable(name: str) -> None:
    path = EXAMPLES / f"{name}.json"
    Draft202012Validator(schema()).validate(json.loads(path.read_text()))
    read_spec(path)
    assert open_layout(path).findings == ()


BOX = {"class": "table", "low": [0, 0, 0], "high": [1, 1, 1]}
ROOM = {"name": "a", "low": [0, 0], "high": [3, 3]}
WRONG = {
    "class": ({"boxes": [BOX, {**BOX, "class": "tabel"}]}, r"boxes\[1\].class: 'tabel' .* did you mean 'table'\?"),
    "sky": ({"boxes": [{**BOX, "class": "sky"}]}, r"boxes\[0\].class: 'sky' is no class"),
    "field": ({"boxes": [{**BOX, "colr": "#ffffff"}]}, r"boxes\[0\]: unknown field 'colr'; did you mean 'colour'"),
    "missing": ({"boxes": [{"low": [0, 0, 0], "high": [1, 1, 1]}]}, r"boxes\[0\]: .*missing required field `class`"),
    "number": ({"boxes": [{**BOX, "yaw": "left"}]}, r"boxes\[0\].yaw: expected `float`, got `str`"),
    "two numbers": ({"boxes": [{**BOX, "low": [0, 0]}]}, r"boxes\[0\].low: expected `array` of length 3"),
    "far": ({"boxes": [{**BOX, "low": [0, 0, -1e6]}]}, r"boxes\[0\].low\[2\]: expected `float` >= -500"),
    "turned over": ({"boxes": [{**BOX, "low": [2, 0, 0]}]}, r"boxes\[0\]: 'low' must lie below 'high'"),
    "both forms": ({"boxes": [{**BOX, "center": [0, 0, 0]}]}, r"boxes\[0\]: give either 'low' and 'high', or"),
    "neither form": ({"boxes": [{"class": "table", "low": [0, 0, 0]}]}, r"boxes\[0\]: give either"),
    "colour": ({"boxes": [{**BOX, "colour": "red"}]}, r"boxes\[0\].colour: expected `str` such as '#c0502f'"),
    "material": ({"boxes": [{**BOX, "material": "woood"}]}, r"boxes\[0\].material: 'woood' .* did you mean 'wood'\?"),
    "ground": ({"ground": "lava"}, "ground: 'lava' is no material; known are paint"),
    "light": ({"look": {"light": "noon"}}, "look.light: invalid enum value 'noon'"),
    "room twice": ({"rooms": [ROOM, {**ROOM, "low": [3, 0], "high": [6, 3]}]}, r"rooms\[1\].name: 'a' is taken"),
    "outside": ({"rooms": [{**ROOM, "name": "outside"}]}, r"rooms\[0\].name: 'outside' is taken"),
    "slanted": ({"rooms": [{"name": "a", "outline": [[0, 0], [3, 1], [3, 3], [0, 3]]}]},
                r"rooms\[0\].outline\[0\]: the edge from \[0.0, 0.0\] to \[3.0, 1.0\] must run along one axis"),
    "no extent": ({"rooms": [{"name": "a"}]}, r"rooms\[0\]: give either 'low' and 'high', or 'outline'"),
    "no place": ({"rooms": [ROOM], "doors": [{"width": 1}]}, r"doors\[0\]: give 'at': \[x, y\] or 'between'"),
    "no room": ({"rooms": [ROOM], "doors": [{"between": ["a", "attic"]}]}, r"doors\[0\].between: 'attic' is no room"),
    "sill": ({"rooms": [ROOM], "windows": [{"at": [0, 1], "sill": 2, "top": 1}]}, r"windows\[0\]: its top must lie"),
    "legend": ({"plan": {"image": "a.png", "metres_per_pixel": 0.1, "legend": {"pink": "wall"}}},
               "plan.legend: expected `str` such as '#c0502f'"),
    "hidden ground": ({"ground": "lava", "look": {"ground": "grass"}}, "ground: 'lava' is no material"),
    "low lamp": ({"lamps": [{"at": [9, 9], "height": 0.05}]}, r"lamps\[0\].height: expected `float` >= 0.3"),
    "crossed outline": ({"rooms": [{"name": "a", "outline": [[0, 0], [4, 0], [4, 4], [8, 4], [8, 2], [0, 2]]}]},
                        r"rooms\[0\].outline: it crosses or touches itself"),
    "there and back": ({"rooms": [{"name": "a", "outline": [[0, 0], [4, 0], [4, 4], [4, 0]]}]},
                       r"rooms\[0\].outline: it crosses or touches itself"),
    "units": ({"units": "feet"}, "units: invalid enum value 'feet'"),
}


@pytest.mark.parametrize("entries, match", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_entry_is_named(tmp_path: Path, entries: dict[str, object], match: str) -> None:
    with pytest.raises(LayoutError, match=match) as caught:
        open_layout(write(tmp_path, **entries))
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "layout.json"))


@pytest.mark.parametrize("text, match", [
    (b"", "not strict JSON"), (b"[]", "expected a JSON object"), (b"{}", "version: expected 1, got None"),
    (b'{"version": 2}', "version: expected 1, got 2"), (b'{"version": true}', "version"),
    (b'{"version": 1, "version": 1}', "a key occurs twice"), (b'{"version": NaN}', "NaN is not allowed"),
    (b"\xff\xfe", "not strict JSON"), (b'{"version": 1, "boxes": ' + b"[" * 50 + b"]" * 50 + b"}", "nested more than"),
])
def test_text_that_is_no_layout(text: bytes, match: str) -> None:
    with pytest.raises(LayoutError, match=match):
        parse_spec(text, "flat.json")


@settings(deadline=None, max_examples=80)
@given(st.integers(0, len(FLAT) - 1), st.binary(max_size=3))
def test_damaged_text_is_refused_or_read(at: int, bytes_: bytes) -> None:
    try:
        parse_spec(FLAT[:at] + bytes_ + FLAT[at + len(bytes_):], "flat.json")
    except LayoutError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize("name, match", [
    ("missing.json", "cannot be read"), ("missing.png", "how long is a pixel"), ("notes.txt", ".txt is no layout"),
    ("notes", "a file without suffix is no layout"),
])
def test_files_that_are_no_layouts(tmp_path: Path, name: str, match: str) -> None:
    with pytest.raises(LayoutError, match=match):
        open_layout(tmp_path / name)


def test_options_for_other_kinds_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, boxes=[BOX])
    with pytest.raises(LayoutError, match="metres per pixel are for a floor plan"):
        open_layout(path, metres_per_pixel=0.1)
    with pytest.raises(LayoutError, match="an up axis is for a mesh"):
        open_layout(path, up="+Y")
    with pytest.raises(LayoutError, match=r"must lie in 0\.001\.\.1"):
        open_layout(tmp_path / "plan.png", metres_per_pixel=3.0)


@pytest.mark.parametrize("name", ["../plan.png", "/etc/plan.png", "a/../../plan.png", "C:/plan.png", "..\\plan.png"])
def test_files_elsewhere_are_not_read(tmp_path: Path, name: str) -> None:
    with pytest.raises(LayoutError, match="must lie beside the layout file"):
        open_layout(write(tmp_path, plan={"image": name, "metres_per_pixel": 0.1}))
    with pytest.raises(LayoutError, match="must lie beside the layout file"):
        open_layout(write(tmp_path, mesh={"file": name}))


def test_the_page_about_layouts_is_in_step(tmp_path: Path) -> None:
    page = (SCHEMA.parent / "layouts.md").read_text()
    for cls, height in HEIGHTS.items():
        assert f"| {cls.name.lower()} | `{DISPLAY_COLOURS[cls]}` | {height:g} |" in page
    assert " ".join(CLASSES) in page.replace("\n", " ")
    example, plan, mesh = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", page, re.DOTALL))
    Draft202012Validator(schema()).validate(example)
    assert open_layout(write(tmp_path, **{k: v for k, v in example.items() if k != "version"})).findings == ()
    for content in (plan, mesh):
        Draft202012Validator(schema()).validate(content)
