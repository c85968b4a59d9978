"""The page of a run, its pictures and its text: what counts, what is refused, and nothing that a name could do."""

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from revisit_reports import GAPS, ROUTES, STILL, report, with_strips
from strict_page import HOSTILE, Page, check_self_contained

from spatialmem.errors import InvalidValueError, WorldFormatError
from spatialmem.revisit.curves import Series, apart, gap_chart
from spatialmem.revisit.lines import best, lines_of
from spatialmem.revisit.measures import HEADLINE, MEASURES
from spatialmem.revisit.page import ROUTES as SHOWN
from spatialmem.revisit.page import page, write_page
from spatialmem.revisit.records import Report, read_report, write_report
from spatialmem.revisit.rows import ALL
from spatialmem.revisit.strips import WIDEST, read_strip
from spatialmem.revisit.text import summary_text


@pytest.fixture(scope="module")
def whole() -> Report:
    return report()


@pytest.fixture(scope="module")
def folder(whole: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("run")
    with_strips(made, whole)
    write_page(made, whole)
    return made


@pytest.fixture(scope="module")
def text(folder: Path) -> str:
    return (folder / "report.html").read_text(encoding="utf-8")


def test_the_page_is_whole_and_nothing_is_fetched_or_run(text: str) -> None:
    check_self_contained(text)


def test_the_page_shows_everything(text: str, whole: Report) -> None:
    read = Page(text)
    for part in ("Score against gap", "Refused by the gate", "What came back", "Drift", "All measures",
                 "Route by route", "Not measured", "The protocol", "Do it all again", *ALL, *ROUTES, whole.repeat,
                 whole.protocol.fingerprint, "the package lpips is not installed", "measured at 64x48",
                 "returns after 50, 200 and 1,000 frames", *(m.about for m in MEASURES.values())):
        assert part in read.text, part
    assert read.elements["img"] == 3 * len(ALL) * SHOWN
    means = [row.summary[HEADLINE].mean for row in whole.rows if row.summary]
    assert means and all(f"{mean:.2f}" in read.text for mean in means)


def test_a_refused_row_says_so_first_and_its_scores_are_struck_out(text: str, whole: Report) -> None:
    rows = re.findall(r"<tr[^>]*><th>.*?</tr>", text.partition("<tbody>")[2].partition("</table>")[0])
    by_name = dict(zip(ALL, rows, strict=True))
    refused = by_name["copy-first"]
    assert refused.index("Refused on 6 of 6 routes") < refused.index("not counted")
    assert STILL in refused and refused.count("<s>") == 5 and "0/6" in refused
    assert not any("<s>" in row or "Refused" in row for name, row in by_name.items() if name != "copy-first")
    gaps = text.partition('<table class="gaps">')[2].partition("</table>")[0]
    assert "hybrid" in gaps and "copy-first" not in gaps
    assert whole.rows[-1].summary == {}  # what is struck out is not in the report's means


def test_what_was_best_is_said_with_what_it_gains(whole: Report, text: str) -> None:
    lines = {line.label: line for line in lines_of(whole)}
    gain = lines["hybrid"].gain[HEADLINE]
    assert 9 < gain.low <= gain.mean <= gain.high < 11
    assert f"+{gain.mean:.2f} dB</b> over none" in text
    assert not lines["none"].gain and lines["none"].over == ""
    winner = best(list(lines.values()), MEASURES[HEADLINE])  # memory-only scores higher and is a control
    assert winner is not None and winner.label == "hybrid"
    assert best(list(lines.values()), MEASURES["path_cm"]) is None  # all alike


def test_few_routes_are_no_verdict() -> None:
    few = report(("none", "hybrid"), routes=("a", "b"))
    assert best(lines_of(few), MEASURES[HEADLINE]) is None
    assert "too few" in Page(page(few, {})).text
    hybrid = report(("none", "hybrid"))
    fewer = replace(hybrid.rows[1], routes=tuple(
        replace(route, gate=replace(route.gate, passed=i > 0)) for i, route in enumerate(hybrid.rows[1].routes)))
    assert best(lines_of(replace(hybrid, rows=(hybrid.rows[0], fewer))), MEASURES[HEADLINE]) is None


def test_a_run_that_is_refused_altogether_is_no_finding() -> None:
    nothing = report(("footage",), refuse=("footage",))
    read = Page(page(nothing, {}))
    assert "No route passed the gate" in read.text and "Best return score" not in read.text
    assert "Score against gap" not in read.text and STILL in read.text
    assert "refused" in summary_text(nothing) and STILL in summary_text(nothing)


@pytest.mark.parametrize("gaps", [(88,), (81, 83, 85)])
def test_without_a_spread_of_gaps_there_is_no_curve(gaps: tuple[int, ...]) -> None:
    assert "Score against gap" not in Page(page(report(("hybrid",), gaps=gaps), {})).text


def test_many_gaps_stand_in_groups() -> None:
    many = report(("none", "hybrid"), gaps=tuple(range(10, 40)))
    read = Page(page(many, {}))
    assert "30 gaps stand in groups" in read.text
    assert {len(line.by_gap) for line in lines_of(many)} == {8}


def test_an_empty_report_has_a_page() -> None:
    empty = report(("hybrid",), routes=())
    assert "No route passed" in Page(page(empty, {})).text
    assert "hybrid" in summary_text(empty)
    assert "gaps/1" in Page(page(replace(empty, rows=()), {})).text


def test_what_came_from_files_stays_text() -> None:
    reason, hostile = f"{HOSTILE}$x^", report((HOSTILE, "$a_b$"), routes=(HOSTILE, "b"), about=HOSTILE)
    bad = replace(hostile.rows[0].routes[0], gate=replace(hostile.rows[0].routes[0].gate, passed=False,
                                                          reasons=(reason,)))
    rows = (replace(hostile.rows[0], routes=(bad, *hostile.rows[0].routes[1:])), hostile.rows[1])
    protocol = replace(hostile.protocol, name=HOSTILE, about=HOSTILE, fingerprint=HOSTILE, deviations=(HOSTILE,))
    text = page(replace(hostile, rows=rows, protocol=protocol, subject={HOSTILE: HOSTILE}, repeat=HOSTILE,
                        absent={HOSTILE: HOSTILE}, edition=HOSTILE, made_with={HOSTILE: HOSTILE}), {})
    check_self_contained(text)
    assert Page(text).text.count(HOSTILE) > 12


def test_equal_reports_give_equal_pages(folder: Path, whole: Report, text: str, tmp_path: Path) -> None:
    write_report(tmp_path / "report.json", whole)
    with_strips(tmp_path, whole)
    assert write_page(tmp_path, read_report(tmp_path)).read_text(encoding="utf-8") == text
    assert (tmp_path / "contact_sheet.png").read_bytes() == (folder / "contact_sheet.png").read_bytes()


def test_a_page_of_somebody_else_stays(tmp_path: Path, whole: Report) -> None:
    (tmp_path / "report.html").write_text("mine")
    with pytest.raises(InvalidValueError, match="not written by spatialmem"):
        write_page(tmp_path, whole)
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]


# --- strips --------------------------------------------------------------------------------------


def test_the_last_pair_of_the_longest_gap_is_shown(folder: Path, whole: Report) -> None:
    row = whole.rows[0]
    strip = read_strip(folder, row.name, row.routes[0])
    assert strip is not None and (strip.pair.first, strip.pair.gap) == (1, GAPS[-1])
    assert strip.first.shape == strip.again.shape == (48, 64, 3)
    assert float((strip.again - strip.first).mean()) == pytest.approx(0.02 + GAPS[-1] / 4000, abs=0.005)
    assert float(strip.difference.mean()) == 1.0  # 4 times 0.27


def test_the_sheet_has_a_row_for_each_row_and_three_pictures_for_each_route(folder: Path) -> None:
    with Image.open(folder / "contact_sheet.png") as sheet:
        assert sheet.height > len(ALL) * 48 and sheet.width > 3 * SHOWN * 64


def test_large_pictures_are_kept_small_and_names_lead_nowhere(tmp_path: Path) -> None:
    tricky = report(("../../up", "a+b"), routes=("c/../d", "b+c"))
    with_strips(tmp_path / "run", tricky, tricky.protocol.routes, size=(480, 640))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run"]
    assert len(list((tmp_path / "run" / "strips").iterdir())) == 2 * 2 * len(GAPS)
    strip = read_strip(tmp_path / "run", "../../up", tricky.rows[0].routes[0])
    assert strip is not None and strip.first.shape == (192, WIDEST, 3)


def test_without_strips_there_are_no_pictures(tmp_path: Path, whole: Report) -> None:
    read = Page(write_page(tmp_path, whole).read_text(encoding="utf-8"))
    assert read.elements["img"] == 0 and "What came back" not in read.text
    assert not (tmp_path / "contact_sheet.png").exists()


def test_routes_without_strips_are_not_shown(tmp_path: Path, whole: Report) -> None:
    with_strips(tmp_path, replace(whole, rows=whole.rows[:1]), ROUTES[1:2])
    read = Page(write_page(tmp_path, whole).read_text(encoding="utf-8"))
    assert read.elements["img"] == 3
    with Image.open(tmp_path / "contact_sheet.png") as sheet:
        assert sheet.height > len(ALL) * 48  # a grey picture where a row has none


def test_a_damaged_strip_is_named(tmp_path: Path, whole: Report) -> None:
    with_strips(tmp_path, whole, ROUTES[:1])
    file = next((tmp_path / "strips").glob(f"*{GAPS[-1]}.png"))
    file.write_bytes(file.read_bytes()[:60])
    with pytest.raises(WorldFormatError, match=rf"{re.escape(file.name)}.*remove it"):
        write_page(tmp_path, whole)


# --- charts and text -----------------------------------------------------------------------------


def test_charts_take_their_colours_and_letters_from_the_page(whole: Report) -> None:
    series = [Series(line.label, line.colour, line.control, line.by_gap) for line in lines_of(whole)]
    svg = gap_chart(series, HEADLINE, labelled=True)
    assert svg is not None
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?![-\w]*\))", re.sub(r"url\(#[^)]*\)", "", svg)) == []
    assert all(f"var(--{line.colour})" in svg and f">{line.label}</text>" in svg for line in series)
    assert gap_chart(series, "lpips") is None  # nothing was measured


@settings(deadline=None)
@given(st.lists(st.floats(-50, 50), min_size=1, max_size=12), st.floats(0.01, 10))
def test_labels_keep_their_distance_and_move_no_more_than_they_must(places: list[float], least: float) -> None:
    wanted = sorted(places)
    settled = apart(wanted, least)
    assert all(b - a >= least - 1e-9 for a, b in pairwise(settled))
    assert sum(settled) == pytest.approx(sum(wanted), abs=1e-6)
    if all(b - a >= least for a, b in pairwise(wanted)):
        assert settled == pytest.approx(wanted)
    assert apart([0.0, 0.0, 10.0], 2.0) == [-1.0, 1.0, 10.0]


def test_the_text_holds_the_table_and_what_is_absent(whole: Report) -> None:
    lines = summary_text(whole).splitlines()
    assert lines[0].startswith("gaps/1: 6 routes of 1,300 frames at 64x48, against the first visit (measured at 64x48")
    hybrid = next(line for line in lines if line.startswith("hybrid"))
    found = whole.rows[ALL.index("hybrid")].summary[HEADLINE]
    assert f"{found.mean:.2f} [{found.low:.2f}, {found.high:.2f}]" in hybrid and hybrid.endswith("6/6")
    assert any(line.startswith("copy-first") and line.endswith("0/6") and "refused" in line for line in lines)
    assert lines[-1] == "not measured: LPIPS (the package lpips is not installed)"
    assert "\x1b" not in summary_text(report(("a\x1b[2J",)))
