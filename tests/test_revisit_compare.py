"""Runs side by side: only what can be compared, with the difference on the routes that both walked."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from revisit_reports import ROUTES, report
from strict_page import HOSTILE, Page, check_self_contained

from spatialmem.errors import InvalidValueError
from spatialmem.revisit.compare import compare
from spatialmem.revisit.compare_page import comparison_page, write_comparison
from spatialmem.revisit.measures import HEADLINE
from spatialmem.revisit.records import Report
from spatialmem.revisit.text import comparison_text


def test_equal_rows_stand_together_and_differ_by_what_was_added() -> None:
    found = compare({"old": report(("none", "hybrid")), "new": report(("none", "points", "hybrid"), more=1.5)})
    assert [line.label for line in found.lines] == ["A none", "B none", "A hybrid", "B hybrid", "B points"]
    lines = {line.label: line for line in found.lines}
    for label in ("B none", "B hybrid"):
        gain = lines[label].gain[HEADLINE]
        assert gain.mean == pytest.approx(1.5, abs=0.3) and gain.low > 1 and gain.routes == len(ROUTES)
        # what makes routes hard is common to both runs, so that the difference is known far better than the score
        assert gain.high - gain.low < 0.3 * (lines[label].summary[HEADLINE].high - lines[label].summary[HEADLINE].low)
    assert not lines["A hybrid"].gain and not lines["B points"].gain
    assert found.notes == []


def test_a_run_against_itself_gains_nothing() -> None:
    same = report(("hybrid",))
    gain = compare({"a": same, "b": same}).lines[1].gain
    assert all((found.mean, found.low, found.high) == (0, 0, 0) for found in gain.values()) and HEADLINE in gain


def test_a_single_row_is_what_all_others_are_compared_with() -> None:
    runs = {"ours": report(("footage",)), "theirs": report(("none", "hybrid"))}
    assert {line.label: line.over for line in compare(runs).lines} == {
        "A footage": "", "B none": "A footage", "B hybrid": "A footage"}
    back = {"ours": runs["theirs"], "theirs": runs["ours"]}
    assert {line.over for line in compare(back).lines} == {""}
    assert {line.label: line.over for line in compare(back, against="hybrid").lines} == {
        "A none": "A hybrid", "A hybrid": "", "B footage": "A hybrid"}


def test_routes_that_only_one_run_walked_are_said_and_left_out_of_the_gain() -> None:
    found = compare({"a": report(("hybrid",)), "b": report(("hybrid",), routes=ROUTES[1:3])})
    assert "(A 6, B 2)" in found.notes[0]
    assert found.lines[1].gain[HEADLINE].routes == 2
    assert found.notes[0] in Page(comparison_page(found)).text and found.notes[0] in comparison_text(found)


def test_the_page_and_the_text_show_everything(tmp_path: Path) -> None:
    found = compare({"runs/old": report(), HOSTILE: report(more=1.0, seed=3)})
    target = write_comparison(found, tmp_path / "new")
    assert target == tmp_path / "new" / "compare.html"
    text = target.read_text(encoding="utf-8")
    check_self_contained(text)
    read = Page(text)
    for part in ("runs/old", HOSTILE, "A hybrid", "B hybrid", "gain over A", "over A hybrid on the same routes",
                 "Score against gap", "Refused by the gate", "All measures", "Drift"):
        assert part in read.text, part
    lines = comparison_text(found).splitlines()
    assert lines[1:3] == ["A: runs/old", f"B: {HOSTILE}"]
    assert "[+" in next(line for line in lines if line.startswith("B hybrid"))
    assert comparison_page(found) == text


@pytest.mark.parametrize(("change", "match"), [
    (lambda r: replace(r, protocol=replace(r.protocol, name="mirror")),
     "new: its protocol has name mirror, that of old"),
    (lambda r: replace(r, protocol=replace(r.protocol, fingerprint="0")), "fingerprint 0"),
    (lambda r: replace(r, protocol=replace(r.protocol, size=(96, 128))), "size 128x96, that of old 64x48"),
    (lambda r: replace(r, protocol=replace(r.protocol, frames=400)), "frames 400"),
    (lambda r: replace(r, protocol=replace(r.protocol, against="truth")), "against truth"),
    (lambda r: replace(r, edition="0"), "new: was measured by edition 0"),
])
def test_what_cannot_be_compared_is_refused(change: Callable[[Report], Report], match: str) -> None:
    with pytest.raises(InvalidValueError, match=match):
        compare({"old": report(("hybrid",)), "new": change(report(("hybrid",)))})


def test_other_refusals() -> None:
    one = report(("hybrid",))
    with pytest.raises(InvalidValueError, match="needs 2 to 26 runs, got 1"):
        compare({"a": one})
    with pytest.raises(InvalidValueError, match=r"a has no row 'points' to compare with; choose of hybrid"):
        compare({"a": one, "b": one}, against="points")


def test_equal_routes_elsewhere_are_not_paired() -> None:
    one, other = report(("hybrid",)), report(("hybrid",), more=1.0)
    moved = tuple(replace(route, cameras="elsewhere") for route in other.rows[0].routes)
    found = compare({"a": one, "b": replace(other, rows=(replace(other.rows[0], routes=moved),))})
    assert not found.lines[1].gain
    assert any("other poses" in note for note in found.notes)
