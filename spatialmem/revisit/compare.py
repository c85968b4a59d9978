"""Runs side by side, and whether they really differ: a paired bootstrap over the routes that they share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from spatialmem.errors import InvalidValueError
from spatialmem.revisit.lines import Line, gap_pools, line_of
from spatialmem.revisit.records import ProtocolRecord, Report, RowRecord
from spatialmem.revisit.style import spare
from spatialmem.revisit.summary import differences

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SAME = ("name", "version", "fingerprint", "size", "frames", "fov_degrees", "against")


@dataclass(frozen=True)
class Comparison:
    """Runs of one protocol.

    Attributes:
        protocol: that they all walked, as the first one says.
        names: of the runs, by letter.
        lines: their rows, equal rows beside each other, each compared with one of the first run.
        notes: what a reader must know, a sentence each.
    """

    protocol: ProtocolRecord
    names: Mapping[str, str]
    lines: Sequence[Line]
    notes: Sequence[str]


def compare(reports: Mapping[str, Report], *, against: str | None = None) -> Comparison:
    """The rows of several runs, each with its paired difference from a row of the first run.

    Args:
        reports: two or more, by name; the first is what the others are compared with.
        against: the row of the first run with which all are compared; None = the row of the same name, or its only one.

    Raises:
        InvalidValueError: fewer than two or too many runs, runs that cannot be compared, or no such row.
    """
    if not 2 <= len(reports) <= len(_LETTERS):
        raise InvalidValueError(f"compare: needs 2 to {len(_LETTERS)} runs, got {len(reports)}")
    names = dict(zip(_LETTERS, reports, strict=False))
    lettered = dict(zip(_LETTERS, reports.values(), strict=False))
    first = lettered["A"]
    for letter, report in lettered.items():
        _require_alike(names["A"], first, names[letter], report)
    known = {row.name: row for row in first.rows}
    if against is not None and against not in known:
        raise InvalidValueError(f"compare: {names['A']} has no row {against!r} to compare with; "
                                f"choose of {', '.join(known)}")
    only = against or (first.rows[0].name if len(first.rows) == 1 else None)
    pools = gap_pools(row for report in reports.values() for row in report.rows)
    lines = [_compared(line_of(row, f"{letter} {row.name}", names[letter], spare(place), pools),
                       known.get(only or row.name))
             for place, (letter, report) in enumerate(lettered.items()) for row in report.rows]
    order = list(dict.fromkeys(line.row.name for line in lines))
    return Comparison(first.protocol, names, sorted(lines, key=lambda line: order.index(line.row.name)),
                      _notes(lettered))


def _compared(line: Line, base: RowRecord | None) -> Line:
    label = "" if base is None else f"A {base.name}"
    if base is None or line.label == label:
        return line
    return replace(line, over=label, gain=differences(base.routes, line.row.routes))


def _require_alike(name: str, first: Report, other: str, report: Report) -> None:
    if report.edition != first.edition:
        raise InvalidValueError(f"{other}: was measured by edition {report.edition} of the definitions, {name} by "
                                f"{first.edition}; measure one of them again")
    for field in _SAME:
        one, two = getattr(first.protocol, field), getattr(report.protocol, field)
        if one != two:
            raise InvalidValueError(f"{other}: its protocol has {field} {_said(field, two)}, that of {name} "
                                    f"{_said(field, one)}; only runs of one protocol, size and length can be compared")


def _said(field: str, value: object) -> str:
    return "x".join(map(str, value[::-1])) if field == "size" and isinstance(value, tuple) else str(value)


def _notes(reports: Mapping[str, Report]) -> list[str]:
    walked = {letter: set(report.protocol.routes) for letter, report in reports.items()}
    differing = [f"{letter} {len(routes)}" for letter, routes in walked.items() if routes != walked["A"]]
    notes = [f"The runs walked different routes (A {len(walked['A'])}, {', '.join(differing)}): means are over each "
             "run's own, gains over those that both have."] if differing else []
    places = {letter: {route.route: route.cameras for row in report.rows for route in row.routes}
              for letter, report in reports.items()}
    moved = [letter for letter, of in places.items()
             if any(name in places["A"] and places["A"][name] != cameras for name, cameras in of.items())]
    notes += [f"{letter} departs from the protocol as A does not: {'; '.join(own)}."
              for letter, report in reports.items()
              if (own := [each for each in report.protocol.deviations if each not in reports["A"].protocol.deviations])]
    return notes + ([f"{' and '.join(moved)} walked routes in other poses than A, in another place or at another "
                     "scale: those are not compared route by route."] if moved else [])
