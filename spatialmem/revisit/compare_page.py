"""The page of runs side by side."""

from __future__ import annotations

from html import escape
from pathlib import Path

from spatialmem.export import page as pages
from spatialmem.export.html import chart, count, document
from spatialmem.revisit import sections
from spatialmem.revisit.compare import Comparison
from spatialmem.revisit.curves import Series, gap_chart
from spatialmem.revisit.measures import HEADLINE
from spatialmem.revisit.style import STYLESHEET, spare
from spatialmem.revisit.summary import LEVEL


def write_comparison(comparison: Comparison, folder: Path) -> Path:
    """The written `folder/compare.html`, replaced if one of ours is there; the folder is made if it is missing.

    Raises:
        InvalidValueError: something else than a page of ours stands there.
        StorageError: it cannot be written.
    """
    target = folder / "compare.html"
    pages.write_page(comparison_page(comparison), target)
    return target


def comparison_page(comparison: Comparison) -> str:
    """The whole HTML document. Equal comparisons give an equal page."""
    lines, protocol = comparison.lines, comparison.protocol
    parts = [_title(comparison), sections.scores(lines, "A"), _curves(comparison), sections.refusals(lines),
             sections.drift(lines), sections.all_measures(lines), sections.protocol(protocol), sections.definitions()]
    return document(f"{protocol.name}/{protocol.version}: runs compared", parts, STYLESHEET)


def _title(comparison: Comparison) -> str:
    protocol, runs = comparison.protocol, comparison.names.items()
    named = "".join(f'<span><i class="dot" style="background:var(--{spare(i)})"></i><b>{letter}</b> '
                    f"{escape(name)}</span>" for i, (letter, name) in enumerate(runs))
    notes = "".join(f'<p class="note">{escape(note)}</p>' for note in comparison.notes)
    return (f'<p class="over">spatialmem revisit compare</p>\n<h1>{escape(protocol.name)}/{protocol.version}</h1>\n'
            f'<p class="lead">{escape(protocol.about)} <b>{count(len(runs), "run")}</b> side by side, '
            f"<b>{count(protocol.frames, 'frame')}</b> a route at {protocol.size[1]}×{protocol.size[0]}.</p>\n"
            f'<p class="legend runs">{named}</p>{notes}')


def _curves(comparison: Comparison) -> str:
    """For each kind of row a chart, with a line for each run."""
    charts = []
    for number, name in enumerate(dict.fromkeys(line.row.name for line in comparison.lines)):
        lines = [line for line in comparison.lines if line.row.name == name and line.counts]
        if len(lines) < 2:
            continue
        series = [Series(line.label, line.colour, False, line.by_gap) for line in lines]
        legend = [(line.colour, line.label.split()[0], "stroke") for line in lines]
        charts.append(chart(gap_chart(series, HEADLINE, name=f"row{number}"), escape(name), legend))
    if not any(charts):
        return ""
    return ("<section><h2>Score against gap</h2>"
            f'<p class="note">The return score, dB; bands are {LEVEL} % intervals over routes.</p>'
            f'<div class="trio">{"".join(charts)}</div></section>')
