"""The page of a report: self-contained HTML, nothing fetched, nothing run."""

from __future__ import annotations

from spatialmem.export.html import document
from spatialmem.report import sections
from spatialmem.report.charts import charts
from spatialmem.report.measurements import Measurements
from spatialmem.report.style import STYLESHEET


def page(measured: Measurements) -> str:
    """The whole HTML document. Equal measurements give an equal page."""
    drawn = charts(measured)
    parts = [sections.head(measured), sections.hero(measured), sections.sheet(measured),
             sections.path(measured, drawn), sections.costs(measured, drawn), sections.question(measured),
             sections.onward(measured), sections.foot(measured)]
    return document(f"{measured.name}: spatialmem report", parts, STYLESHEET)
