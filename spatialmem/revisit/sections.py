"""The sections of a run's page, each as HTML; what came from a file is escaped, and one without content is empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from spatialmem.export.html import DASH, chart, command, count, listed
from spatialmem.export.pictures import jpeg
from spatialmem.revisit.curves import Series, gap_chart
from spatialmem.revisit.figures import range_text, value_text
from spatialmem.revisit.lines import BASE, Line, alike, best
from spatialmem.revisit.measures import HEADLINE, MEASURES, Measure
from spatialmem.revisit.records import ProtocolRecord, Report
from spatialmem.revisit.strips import TIMES, WIDEST, Strip
from spatialmem.revisit.summary import FEWEST, LEVEL, RESAMPLES
from spatialmem.revisit.tables import DRIFTS, gap_table, head, headline, measures_table, routes_table, swatch

_OTHER_CURVES = ("ssim_aligned", "changed", "depth_agreement", "depth_error", "camera_cm", "reprojection")
_GAPS_IN_TABLE = 4
_SPREAD = 1.5
"""How many times the shortest gap the longest must be, or a curve against them says nothing."""

_REFUSALS = 4
"""Refusals that are told one by one for a row, at most."""


def title(report: Report) -> str:
    """What was walked, and how."""
    protocol = report.protocol
    subject = report.subject.get("generator") or report.subject.get("frames") or ""
    whom = f" by <b>{escape(str(subject))}</b>" if subject else ""
    deviations = f"; {escape('; '.join(protocol.deviations))}" if protocol.deviations else ""
    return (f'<p class="over">spatialmem revisit</p>\n<h1>{escape(protocol.name)}/{protocol.version}</h1>\n'
            f'<p class="lead">{escape(protocol.about)} <b>{count(len(protocol.routes), "route")}</b> of '
            f"<b>{count(protocol.frames, 'frame')}</b> at {protocol.size[1]}×{protocol.size[0]}, walked{whom}; "
            f"{_returns(report)} compared with the {protocol.against}{deviations}.</p>")


def _returns(report: Report) -> str:
    """"returns after 50, 200 and 1,000 frames are", as far as that can be said briefly."""
    gaps = sorted({pair.gap for row in report.rows for route in row.routes for pair in route.pairs})
    if not gaps:
        return "returns are"
    if len(gaps) > _GAPS_IN_TABLE:
        return f"returns after {gaps[0]:,} to {gaps[-1]:,} frames are"
    *others, last = (f"{gap:,}" for gap in gaps)
    return f"returns after {', '.join(others)}{' and ' if others else ''}{last} frames are"


def scores(lines: Sequence[Line], over: str = BASE) -> str:
    """The finding, and the table that says it; gains are `over` something."""
    note = ("Mean over the routes that passed the gate; below it, and as a line around the dot, the "
            f"{LEVEL} % interval (bootstrap over routes, {RESAMPLES:,} resamples). Arrows point to where better is. ")
    controls = any(line.control for line in lines)
    note += "Rings are controls, not memories: they say what a score is worth." if controls else ""
    return f'<section>{finding(lines)}{headline(lines, over)}<p class="note after">{note}</p></section>'


def finding(lines: Sequence[Line]) -> str:
    """What the table says, in a sentence."""
    known = [line for line in lines if line.counts and not line.control and HEADLINE in line.summary]
    if not known:
        return ('<p class="finding bad"><b>No route passed the gate:</b> nothing here can be scored. '
                "The reasons are below.</p>")
    top = max(known, key=lambda line: line.summary[HEADLINE].mean)
    score = top.summary[HEADLINE]
    few = score.routes < FEWEST or not alike(known, MEASURES[HEADLINE])
    first = "Best" if best(known, MEASURES[HEADLINE]) is top else "Highest"
    text = f"{first} return score: <b>{escape(top.label)}</b>, " if len(known) > 1 else "Return score: "
    text += f"<b>{value_text(HEADLINE, score.mean)} dB</b>"
    text += f" ({range_text(HEADLINE, score)})" if score.routes > 1 else " on one route"
    gain = top.gain.get(HEADLINE)
    if gain is not None:
        more, other = value_text(HEADLINE, gain.mean, signed=True), escape(top.over)
        clear = (gain.low > 0 or gain.high < 0) and gain.routes >= FEWEST
        text += (f", <b>{more} dB</b> over {other} on the same routes" if clear else f", not told apart from {other}")
    text += "; routes are too few, or not the same for all rows, for a verdict" if few and len(known) > 1 else ""
    return f'<p class="finding">{text}.</p>'


def gaps(lines: Sequence[Line]) -> str:
    """Curves of the score, and of other measures, against the gap; nothing if all gaps are equal."""
    series = [Series(line.label, line.colour, line.control, line.by_gap) for line in lines if line.counts]
    gaps = sorted({gap for line in lines for gap in line.by_gap if line.counts}, key=int)
    spread = bool(gaps) and int(gaps[-1]) >= _SPREAD * int(gaps[0])
    main = gap_chart(series, HEADLINE, labelled=True) if spread else None
    if main is None:
        return ""
    measured = {pair.gap for line in lines for route in line.row.routes for pair in route.pairs}
    groups = f" {len(measured)} gaps stand in groups, each at its middle one." if len(measured) > len(gaps) else ""
    beside = gap_table(lines, gaps) if len(gaps) <= _GAPS_IN_TABLE else ""
    drawn = {name: gap_chart(series, name) for name in _OTHER_CURVES}
    others = [chart(svg, head(MEASURES[name], inline=True)) for name, svg in drawn.items() if svg is not None]
    return ('<section><h2>Score against gap</h2><p class="note">How much is left after so many frames of looking '
            f"elsewhere; bands are {LEVEL} % intervals over routes, dashed lines are controls.{groups}</p>"
            f'<div class="curve">{chart(main, head(MEASURES[HEADLINE], inline=True))}<div>{beside}</div></div>'
            f'<div class="trio">{"".join(others[:3])}</div></section>')


def refusals(lines: Sequence[Line]) -> str:
    """What the gate refused, and why."""
    items = []
    for line in lines:
        refused = [route for route in line.row.routes if not route.gate.passed]
        items += [f"<li>{swatch(line)}<b>{escape(line.label)}</b>, {escape(route.route)}: "
                  f"{escape('; '.join(route.gate.reasons))}</li>" for route in refused[:_REFUSALS]]
        if len(refused) > _REFUSALS:
            items.append(f"<li>{swatch(line)}<b>{escape(line.label)}</b>: and on "
                         f"{count(len(refused) - _REFUSALS, 'more route')}, as report.json says</li>")
    if not items:
        return ""
    return ('<section><h2>Refused by the gate</h2><p class="note">A clip that never left, never came back, '
            "stood still, copied itself or did not follow the camera scores nothing.</p>"
            f'<ul class="refusals">{"".join(items)}</ul></section>')


def pictures(lines: Sequence[Line], strips: Mapping[str, Mapping[str, Strip]]) -> str:
    """First visit, return and difference of every row on some routes."""
    if not strips:
        return ""
    blocks = []
    for name, found in strips.items():
        cards = "".join(_card(line, name, found[line.row.name]) for line in lines if line.row.name in found)
        blocks.append(f'<h3 class="route">{escape(name)}</h3>'
                      f'<div class="sheet{" few" if len(found) == 1 else ""}">{cards}</div>')
    return ('<section><h2>What came back</h2><p class="note">Left, the first visit; in the middle, the return at the '
            f"requested pose after the route's longest gap; right, their difference times {TIMES}. Below, the return "
            f"score of that pair.</p>{''.join(blocks)}</section>")


def _card(line: Line, route: str, strip: Strip) -> str:
    images = "".join(
        f'<img src="{jpeg(image, width=WIDEST)}" alt="{escape(f"{name}, {line.row.name}, {route}")}" '
        f'width="{image.shape[1]}" height="{image.shape[0]}">'
        for name, image in (("first visit", strip.first), ("return", strip.again), ("difference", strip.difference)))
    value = strip.pair.measures.get(HEADLINE)
    passed = any(found.gate.passed for found in line.row.routes if found.route == route)
    score = DASH if value is None else f"{value_text(HEADLINE, value)} dB"
    return (f'<figure class="moment"><div>{images}</div><figcaption><span>{swatch(line)}<b>{escape(line.label)}</b> '
            f"{score if passed else f'<s>{score}</s> refused'}</span>"
            f"<span>frame {strip.pair.first:,} → {strip.pair.again:,}</span></figcaption></figure>")


def drift(lines: Sequence[Line]) -> str:
    """How sharpness, light and colour change along a route."""
    known = [MEASURES[name] for name in DRIFTS if any(name in line.summary for line in lines)]
    return _measured("Drift", "How the pictures of the same views change from visit to visit; nought is no drift.",
                     lines, known)


def all_measures(lines: Sequence[Line]) -> str:
    """Every other measure of every row."""
    known = [measure for measure in MEASURES.values() if measure.name not in DRIFTS
             and any(measure.name in line.summary for line in lines)]
    note = "Bold is the best mean among memories, where its interval holds no other's mean." if len(lines) > 1 else ""
    return _measured("All measures", note, lines, known)


def _measured(title: str, note: str, lines: Sequence[Line], known: Sequence[Measure]) -> str:
    if not known:
        return ""
    return f'<section><h2>{title}</h2><p class="note">{note}</p>{measures_table(lines, known)}</section>'


def by_route(report: Report, lines: Sequence[Line]) -> str:
    """The return score of every row on every route."""
    return ('<section><h2>Route by route</h2><p class="note">The return score, dB; struck out where the gate refused.'
            f"</p>{routes_table(report, lines)}</section>")


def absent(report: Report) -> str:
    """What could not be measured, and why."""
    if not report.absent:
        return ""
    rows = {escape(MEASURES[name].label if name in MEASURES else name): escape(reason)
            for name, reason in sorted(report.absent.items())}
    return f'<section><h2>Not measured</h2>{listed(rows, "asked")}</section>'


def protocol(paths: ProtocolRecord) -> str:
    """Which paths, exactly."""
    rows = {
        "protocol": f"{escape(paths.name)}, version {paths.version}",
        "fingerprint": f"<code>{escape(paths.fingerprint)}</code>",
        "routes": escape(", ".join(paths.routes)),
        "frames": f"{paths.frames:,} a route, at {paths.fps:g} a second",
        "pictures": f"{paths.size[1]}×{paths.size[0]}, {paths.fov_degrees:g}° across",
        "against": escape(paths.against),
        "deviations": escape("; ".join(paths.deviations)) or "none",
    }
    return f'<section><h2>The protocol</h2>{listed(rows, "asked")}</section>'


def subject(report: Report) -> str:
    """What was measured, and the command that does it again."""
    known = {name: value for name, value in sorted(report.subject.items()) if value not in (None, "")}
    rows = {escape(name): escape(str(value)) for name, value in known.items()}
    again = f'<div class="commands wide">{command("Do it all again", report.repeat)}</div>' if report.repeat else ""
    return f'<section><h2>What was measured</h2>{listed(rows, "asked")}{again}</section>'


def definitions() -> str:
    """Every measure in a sentence."""
    entries = "".join(f"<div><b>{escape(m.label)}</b>{f', {escape(m.unit)}' if m.unit else ''} "
                      f"<span>{escape(m.about)}</span></div>" for m in MEASURES.values())
    return f'<section><h2>Measures</h2><div class="definitions">{entries}</div></section>'


def foot(report: Report) -> str:
    """What made the report."""
    made = ", ".join(f"{name} {number}" for name, number in sorted(report.made_with.items()))
    return (f"<footer><p>Definitions of the measures: edition {escape(report.edition)}. "
            f"Made with {escape(made)}.</p></footer>")
