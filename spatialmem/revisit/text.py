"""What a run found, as text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from spatialmem.export.html import DASH, count
from spatialmem.revisit.compare import Comparison
from spatialmem.revisit.figures import range_text, value_text
from spatialmem.revisit.lines import BASE, Line, lines_of
from spatialmem.revisit.measures import HEADLINE, MEASURES
from spatialmem.revisit.records import Interval, ProtocolRecord, Report
from spatialmem.revisit.tables import BESIDE

_HEADS = {"psnr_unaligned": "requested", "camera_cm": "camera", "depth_agreement": "depth agrees", "changed": "changed"}


def summary_text(report: Report) -> str:
    """A table of the rows and what could not be measured; no line ends the text."""
    absent = [f"not measured: {MEASURES[name].label if name in MEASURES else name} ({reason})"
              for name, reason in sorted(report.absent.items())]
    return _plain([_title(report.protocol), *_table(lines_of(report), BASE), *absent])


def comparison_text(comparison: Comparison) -> str:
    """The same of runs side by side, each gain over the first; no line ends the text."""
    named = [f"{letter}: {name}" for letter, name in comparison.names.items()]
    return _plain([_title(comparison.protocol), *named, *_table(comparison.lines, "A"), *comparison.notes])


def _title(protocol: ProtocolRecord) -> str:
    height, width = protocol.size
    deviations = f" ({'; '.join(protocol.deviations)})" if protocol.deviations else ""
    return (f"{protocol.name}/{protocol.version}: {count(len(protocol.routes), 'route')} of "
            f"{count(protocol.frames, 'frame')} at {width}x{height}, against the {protocol.against}{deviations}")


def _table(lines: Sequence[Line], over: str) -> list[str]:
    gains = any(line.gain for line in lines)
    heads = ["", "return score, dB", *([f"gain over {over}, dB"] if gains else []),
             *(f"{_HEADS[name]}, {MEASURES[name].unit}" for name in BESIDE), "gate"]
    rows = [heads]
    for line in lines:
        gate = f"{line.passed}/{len(line.row.routes)}"
        if line.counts:
            rows.append([line.label, _interval(line.summary.get(HEADLINE)),
                         *([_interval(line.gain.get(HEADLINE), signed=True)] if gains else []),
                         *(_mean(name, line.summary.get(name)) for name in BESIDE), gate])
        else:
            rows.append([line.label, "refused", *[""] * (len(heads) - 3), gate])
    widths = [max(len(row[i]) for row in rows) for i in range(len(heads))]
    table = ["  ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                       for i, (cell, width) in enumerate(zip(row, widths, strict=True))).rstrip() for row in rows]
    return [*table, *(f"{line.label}: {line.passed} of {count(len(line.row.routes), 'route')} passed the gate; "
                      f"{line.reason}" for line in lines if line.reason)]


def _interval(interval: Interval | None, *, signed: bool = False) -> str:
    if interval is None:
        return DASH
    if interval.routes == 1:
        return f"{value_text(HEADLINE, interval.mean, signed=signed)} [one route]"
    return (f"{value_text(HEADLINE, interval.mean, signed=signed)} "
            f"[{range_text(HEADLINE, interval, signed=signed, between=', ')}]")


def _mean(name: str, interval: Interval | None) -> str:
    return DASH if interval is None else value_text(name, interval.mean)


def _plain(lines: Sequence[str]) -> str:
    """Without what would drive a terminal: names and reasons come from files."""
    return "\n".join("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line) for line in lines)
