"""The page of a report: self-contained HTML, nothing fetched, nothing run."""

from __future__ import annotations

from html import escape

from spatialmem.export.page import MARK
from spatialmem.report import sections
from spatialmem.report.charts import charts
from spatialmem.report.measurements import Measurements
from spatialmem.report.style import STYLESHEET

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""Content security policy: even if something slipped through, no script would run and nothing be fetched."""


def page(measured: Measurements) -> str:
    """The whole HTML document. Equal measurements give an equal page."""
    drawn = charts(measured)
    parts = [sections.head(measured), sections.hero(measured), sections.sheet(measured),
             sections.path(measured, drawn), sections.costs(measured, drawn), sections.question(measured),
             sections.onward(measured), sections.foot(measured)]
    title = escape(f"{measured.name}: spatialmem report")
    return (f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n{MARK}\n'
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            '<meta name="color-scheme" content="light dark">\n'
            f"<title>{title}</title>\n<style>{STYLESHEET}</style>\n</head>\n"
            f"<body>\n<main>\n{chr(10).join(part for part in parts if part)}\n</main>\n</body>\n</html>\n")
