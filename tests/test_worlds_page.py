"""The page on worlds and the program that draws its pictures keep in step with the code."""

import re
import runpy
from dataclasses import fields
from importlib.util import module_from_spec, spec_from_file_location
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from spatialmem.generators.worlds.attributes import KINDS
from spatialmem.generators.worlds.blockout import Blockout
from spatialmem.generators.worlds.paint import Painted
from spatialmem.generators.worlds.vocabulary import attributes_from
from spatialmem.labels import SemanticClass

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = (DOCS / "worlds.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def drawing() -> ModuleType:
    spec = spec_from_file_location("draw_worlds", DOCS / "draw_worlds.py")
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_lists_the_labels() -> None:
    rows = [[cell.strip() for cell in line.split("|")] for line in PAGE.splitlines() if line.startswith("|")]
    listed = {int(number): name for row in rows for number, name in pairwise(row) if number.isdigit()}
    assert listed == {int(member): member.name.lower() for member in SemanticClass}


def test_the_page_names_the_channels() -> None:
    section = PAGE[PAGE.index("## Two renderings"):PAGE.index("## Labels")]
    listed = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    assert listed == [field.name for value in (Painted, Blockout) for field in fields(value)]


def test_the_first_example_of_the_page_runs(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code = next(block for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if "worded" in block)
    (tmp_path / "page.py").write_text(code, encoding="utf-8")
    runpy.run_path(str(tmp_path / "page.py"))
    assert capsys.readouterr().out.strip() in code


def test_the_recipe_for_a_data_set_gives_one_walk_in_two_styles(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = next(block for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if "savez" in block)
    (tmp_path / "recipe.py").write_text(code, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    runpy.run_path("recipe.py")
    one, other = (np.load(tmp_path / "dataset" / f"style_{style}.npz") for style in range(2))
    assert all((one[name] == other[name]).all() for name in ("T_world_cam", "depth", "classes", "instances"))
    assert abs(one["rgb"] - other["rgb"]).mean() > 0.01


def test_the_page_tells_of_every_place() -> None:
    section = PAGE[PAGE.index("## Places"):PAGE.index("## Styles")]
    assert set(KINDS) < set(re.findall(r"^\| (\w+) \|", section, re.MULTILINE))


def test_every_word_of_the_sheet_is_understood(drawing: ModuleType) -> None:
    assert len(drawing.TILES) == 24
    asked = [attributes_from(tile.prompt) for tile in drawing.TILES]
    assert [(one.unknown, one.overruled) for one in asked] == [((), ())] * 24
    assert {one.attributes.place for one in asked} == set(KINDS)


def test_the_pictures_are_small() -> None:
    for name in ("worlds.jpg", "worlds_styles.jpg", "worlds_blockout.jpg"):
        assert (DOCS / "images" / name).stat().st_size < 1.2e6
