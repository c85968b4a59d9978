"""The page of a report in a real browser: it fits, asks for nothing, and runs nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import chromium, watched_page
from report_worlds import explored

from spatialmem.report.write import write_report
from spatialmem.world import World

LONG = "Rindfleischetikettierung" * 20 + " <script>document.title = 'owned'</script>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        path = explored(tmp_path_factory.mktemp("shown"), patch, prompt=LONG, name="w" * 120)
    with World.open(path) as world:
        return write_report(world)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 400, 1280])
def test_the_page_fits_and_asks_for_nothing(browser: Any, report: Path, width: int, scheme: str) -> None:
    with watched_page(browser, width=width, offline=True) as (page, heard):
        page.emulate_media(color_scheme=scheme)
        page.goto(report.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") == width
        broken = "[...document.images].filter(i => !i.complete || i.naturalWidth === 0).length"
        assert page.evaluate(broken) == 0
        red, *_ = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
        assert (red > 128) == (scheme == "light")
        unnamed = "[...document.querySelectorAll('.chart path:not(defs *)')].map(p => getComputedStyle(p).fill)"
        assert "rgb(0, 0, 0)" not in page.evaluate(unnamed)  # a colour that the page does not know would be black
        assert (heard.errors, heard.outside(report.as_uri())) == ([], [])


def test_a_script_would_not_run_even_if_it_got_in(browser: Any, report: Path, tmp_path: Path) -> None:
    text = report.read_text(encoding="utf-8")
    (tmp_path / "worse.html").write_text(text.replace("<main>", "<main><script>document.title = 'owned'</script>"))
    for path in (report, tmp_path / "worse.html"):
        with watched_page(browser) as (page, _):
            page.goto(path.as_uri())
            assert page.title() == f"{'w' * 120}: spatialmem report"
