"""The tables of a report, each as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from spatialmem.export.html import DASH
from spatialmem.revisit.dots import Scale, axis, dot, scale_of
from spatialmem.revisit.figures import range_text, value_text
from spatialmem.revisit.lines import BASE, Line, best
from spatialmem.revisit.measures import HEADLINE, MEASURES, Measure
from spatialmem.revisit.records import Interval, Report
from spatialmem.revisit.summary import FEWEST, route_means

BESIDE = ("psnr_unaligned", "camera_cm", "depth_agreement", "changed")
"""Measures beside the return score."""

DRIFTS = tuple(name for name in MEASURES if name.endswith("_drift"))

_NBSP = "\N{NO-BREAK SPACE}"


def headline(lines: Sequence[Line], over: str = BASE) -> str:
    """The return score of every row with its interval, its gain `over` another, and what stands beside it."""
    shown = [line.summary[HEADLINE] for line in lines if line.counts and HEADLINE in line.summary]
    scale = scale_of(shown or [line.summary[HEADLINE] for line in lines if HEADLINE in line.summary])
    gains = any(line.gain for line in lines)
    heads = ["", head(MEASURES[HEADLINE]), axis(scale) if scale else "",
             *([f"gain over {escape(over)}<small>dB, paired</small>"] if gains else []),
             *(head(MEASURES[name]) for name in BESIDE), "gate<small>passed</small>"]
    top = "".join(f'<th{_forest(i == 2)}>{text}</th>' for i, text in enumerate(heads))
    controls = [line for line in lines if line.control]
    body = [f'<tr{_control(line in controls[:1] and line is not lines[0])}>{_name(line)}'
            f"{_scores(line, scale, gains=gains)}</tr>" for line in lines]
    return _scrolled("headline", top, body)


def measures_table(lines: Sequence[Line], about: Sequence[Measure]) -> str:
    """Measures down, rows across; the best of each that counts is bold."""
    top = "<th></th>" + "".join(f"<th>{swatch(line)}{escape(line.label)}</th>" for line in lines)
    body = []
    for measure in about:
        winner = best(lines, measure)
        cells = "".join(f'<td class="{"best" if line is winner else ""}">{_full(line, measure.name)}</td>'
                        for line in lines)
        body.append(f"<tr><th>{head(measure, inline=True)}</th>{cells}</tr>")
    return _scrolled("wide", top, body)


def gap_table(lines: Sequence[Line], gaps: Sequence[str]) -> str:
    """The return score of every row that counts after each gap."""
    top = "<th>gap, frames</th>" + "".join(f"<th>{int(gap):,}</th>" for gap in gaps)
    body = []
    for line in lines:
        found = [line.by_gap.get(gap, {}).get(HEADLINE) for gap in gaps]
        if line.counts and any(found):
            cells = "".join(f"<td>{_figures(HEADLINE, interval)}</td>" for interval in found)
            body.append(f"<tr><th>{swatch(line)}{escape(line.label)}</th>{cells}</tr>")
    return _scrolled("gaps", top, body)


def routes_table(report: Report, lines: Sequence[Line]) -> str:
    """The return score of every row on every route; struck out where the gate refused."""
    top = "<th></th>" + "".join(f"<th>{swatch(line)}{escape(line.label)}</th>" for line in lines)
    known = [{route.route: route for route in line.row.routes} for line in lines]
    body = []
    for name in report.protocol.routes:
        cells = []
        for routes in known:
            route = routes.get(name)
            value = None if route is None else route_means(route).get(HEADLINE)
            text = DASH if value is None else value_text(HEADLINE, value)
            cells.append(f"<td>{text if route is None or route.gate.passed else f'<s>{text}</s>'}</td>")
        body.append(f"<tr><th>{escape(name)}</th>{''.join(cells)}</tr>")
    return _scrolled("", top, body)


def head(measure: Measure, *, inline: bool = False) -> str:
    """A measure's name with its unit, and an arrow to where better is."""
    arrow = {True: f"{_NBSP}↑", False: f"{_NBSP}↓", None: ""}[measure.higher]
    unit = f"<small>{escape(measure.unit)}</small>" if measure.unit and not inline else ""
    words = f", {escape(measure.unit).replace(' ', _NBSP)}" if measure.unit and inline else ""
    return f"{escape(measure.label)}{words}{arrow}{unit}"


def swatch(line: Line) -> str:
    """A row's mark: a dot, or a ring for a control."""
    ring = line.control
    return (f'<i class="swatch{" control" if ring else ""}" '
            f'style="{"border-color" if ring else "background"}:var(--{line.colour})"></i>')


def _figures(name: str, interval: Interval | None, passed: int = 0) -> str:
    """Mean, and below it the interval, and how many routes have a value if fewer than `passed`."""
    if interval is None:
        return DASH
    few = f", {interval.routes} routes" if interval.routes < passed else ""
    within = range_text(name, interval) if interval.routes > 1 else "one route"
    return f"{value_text(name, interval.mean)}<small>{within}{few if interval.routes > 1 else ''}</small>"


def _scores(line: Line, scale: Scale | None, *, gains: bool) -> str:
    """A row of the headline table, after its name."""
    score, many = line.summary.get(HEADLINE), len(line.row.routes)
    return "".join([
        f'<td class="score">{_score(line, score)}</td>',
        f'<td class="forest">{dot(scale, score, line.colour, hollow=not line.counts) if scale else ""}</td>',
        *([f"<td>{_gain(line.gain.get(HEADLINE))}</td>"] if gains else []),
        *(f"<td>{_struck(line, name)}</td>" for name in BESIDE),
        f'<td class="{"" if line.passed == many else "bad"}">{line.passed}/{many}</td>'])


def _score(line: Line, interval: Interval | None) -> str:
    text = _figures(HEADLINE, interval)
    return text if line.counts else f"<s>{text.partition('<')[0]}</s><small>not counted</small>"


def _struck(line: Line, name: str) -> str:
    interval = line.summary.get(name)
    text = DASH if interval is None else value_text(name, interval.mean)
    return text if line.counts or interval is None else f"<s>{text}</s>"


def _full(line: Line, name: str) -> str:
    return _figures(name, line.summary.get(name), line.passed) if line.counts else _struck(line, name)


def _gain(interval: Interval | None) -> str:
    if interval is None:
        return DASH
    clear = "" if interval.routes < FEWEST else "good" if interval.low > 0 else "bad" if interval.high < 0 else ""
    within = range_text(HEADLINE, interval, signed=True) if interval.routes > 1 else "one route"
    return f'<span class="{clear}">{value_text(HEADLINE, interval.mean, signed=True)}</span><small>{within}</small>'


def _name(line: Line) -> str:
    failed = len(line.row.routes) - line.passed
    why = "" if line.counts else f'<span class="why">: {escape(line.reason)}</span>'
    refused = (f'<span class="refused"><b>Refused on {failed} of {len(line.row.routes)} routes</b>{why}</span>'
               if failed else "")
    # a row without a route that counts says so before anything else
    about = f'<small class="about">{escape(line.about)}</small>'
    return f"<th>{swatch(line)}{escape(line.label)}{refused}{about if line.counts else ''}</th>"


def _forest(is_axis: bool) -> str:
    return ' class="forest"' if is_axis else ""


def _control(first: bool) -> str:
    return ' class="first-control"' if first else ""


def _scrolled(name: str, top: str, body: Sequence[str]) -> str:
    return (f'<div class="scroll"><table class="{name}"><thead><tr>{top}</tr></thead>'
            f'<tbody>{"".join(body)}</tbody></table></div>')
