"""From the routes of every row to the files that people and programs read."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from spatialmem.revisit import learned, measures
from spatialmem.revisit.page import write_page
from spatialmem.revisit.records import ProtocolRecord, Report, RouteRecord, RowRecord, write_report
from spatialmem.revisit.rows import about
from spatialmem.revisit.summary import summarise

_MADE_WITH = ("spatialmem", "torch", "numpy", "kornia", "flip-evaluator")


def publish(folder: Path, protocol: ProtocolRecord, rows: Mapping[str, Sequence[RouteRecord]], *,
            subject: Mapping[str, str | int | float | bool | None], repeat: str) -> Report:
    """Summarise, and write report.json, report.html and contact_sheet.png into `folder`, made if it is missing.

    Args:
        folder: of the run, where its strips lie.
        protocol: the paths.
        rows: by name, in the report's order.
        subject: what was measured, by name and setting.
        repeat: the command line that does it all again.
    """
    report = Report(protocol=protocol, subject=subject, repeat=repeat,
                    rows=tuple(_row(name, routes) for name, routes in rows.items()), absent=learned.absent(),
                    edition=measures.EDITION, definitions=measures.definitions(),
                    made_with=_made_with())
    folder.mkdir(parents=True, exist_ok=True)
    write_report(folder / "report.json", report)
    write_page(folder, report)
    return report


def _row(name: str, routes: Sequence[RouteRecord]) -> RowRecord:
    summary, by_gap = summarise(routes)
    return RowRecord(name=name, about=about(name), routes=tuple(routes), summary=summary, by_gap=by_gap)


def _made_with() -> dict[str, str]:
    return {"python": platform.python_version(), **{name: version(name) for name in _MADE_WITH}}
