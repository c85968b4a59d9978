"""The page of a run in a real browser: it fits, asks for nothing, and knows all its colours."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import chromium, watched_page
from revisit_reports import report, with_strips

from spatialmem.revisit.compare import compare
from spatialmem.revisit.compare_page import write_comparison
from spatialmem.revisit.page import write_page

LONG = "Rindfleischetikettierung" * 12


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder, long = tmp_path_factory.mktemp("run"), report((LONG, "hybrid"), routes=(LONG, "b"), about=LONG)
    whole = report()
    with_strips(folder, whole)
    (folder / "long").mkdir()
    return {"run": write_page(folder, whole), "long": write_page(folder / "long", long),
            "compared": write_comparison(compare({"a": whole, LONG: report(seed=2)}), folder)}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("name", ["run", "long", "compared"])
def test_the_page_fits_and_asks_for_nothing(browser: Any, pages: dict[str, Path], name: str, width: int,
                                            scheme: str) -> None:
    with watched_page(browser, width=width, offline=True) as (page, heard):
        page.emulate_media(color_scheme=scheme)
        page.goto(pages[name].as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") == width
        broken = "[...document.images].filter(i => !i.complete || i.naturalWidth === 0).length"
        assert page.evaluate(broken) == 0
        unnamed = "[...document.querySelectorAll('.chart path:not(defs *), circle')].map(p => getComputedStyle(p).fill)"
        assert "rgb(0, 0, 0)" not in page.evaluate(unnamed)  # a colour that the page does not know would be black
        assert (heard.errors, heard.outside(pages[name].as_uri())) == ([], [])
