"""The page of a run: self-contained HTML, nothing fetched, nothing run."""

from __future__ import annotations

from pathlib import Path

from spatialmem.export import page as pages
from spatialmem.export.html import document
from spatialmem.revisit import sections
from spatialmem.revisit.lines import lines_of
from spatialmem.revisit.records import Report
from spatialmem.revisit.strips import Strip, read_strip, shown_routes, write_sheet
from spatialmem.revisit.style import STYLESHEET

ROUTES = 3
"""Routes whose pictures are shown, at most."""


def write_page(folder: Path, report: Report) -> Path:
    """The written `report.html` of the run in `folder`, beside its `contact_sheet.png` if strips were kept.

    Raises:
        InvalidValueError: something else than a page of ours stands there.
        StorageError: a file cannot be written.
        WorldFormatError: a strip is damaged.
    """
    target = folder / "report.html"
    pages.require_page(target)
    routes = shown_routes(folder, report, ROUTES)
    text = page(report, {name: _strips(folder, report, name) for name in routes})
    write_sheet(folder, report, routes)
    pages.write_page(text, target)
    return target


def page(report: Report, strips: dict[str, dict[str, Strip]]) -> str:
    """The whole HTML document. Equal reports and strips give an equal page.

    Args:
        report: what a run found.
        strips: pictures to show, by route and row.
    """
    lines = lines_of(report)
    parts = [sections.title(report), sections.scores(lines), sections.gaps(lines), sections.refusals(lines),
             sections.pictures(lines, strips), sections.drift(lines), sections.all_measures(lines),
             sections.by_route(report, lines), sections.absent(report), sections.protocol(report.protocol),
             sections.subject(report), sections.definitions(), sections.foot(report)]
    return document(f"{report.protocol.name}/{report.protocol.version}: spatialmem revisit", parts, STYLESHEET)


def _strips(folder: Path, report: Report, name: str) -> dict[str, Strip]:
    found = {row.name: read_strip(folder, row.name, route)
             for row in report.rows for route in row.routes if route.route == name}
    return {row: strip for row, strip in found.items() if strip is not None}
