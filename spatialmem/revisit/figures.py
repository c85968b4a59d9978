"""How values are written: with as many digits as their unit deserves, and a true minus."""

from __future__ import annotations

from spatialmem.revisit.measures import MEASURES
from spatialmem.revisit.records import Interval

_DIGITS = {"dB": 2, "%": 1, "px": 2, "cm": 2, "degrees": 2}


def value_text(name: str, value: float, *, signed: bool = False) -> str:
    """A value with as many digits as its unit deserves."""
    measure = MEASURES.get(name)
    digits = _DIGITS.get(measure.unit, 3) if measure else 3
    return f"{value:{'+' if signed else ''}.{digits}f}".replace("-", "−")


def range_text(name: str, interval: Interval, *, signed: bool = False, between: str | None = None) -> str:
    """The ends of an interval: "23.10 – 25.22"; a dash would meet a sign, so that "to" stands between signed ones."""
    low, high = (value_text(name, end, signed=signed) for end in (interval.low, interval.high))
    return f"{low}{between or (' to ' if signed else ' – ')}{high}"
