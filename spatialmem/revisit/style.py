"""How the pages of the benchmark look, beside what all our pages share."""

from __future__ import annotations

from spatialmem.export.style import stylesheet
from spatialmem.revisit.rows import ALL

SPARE = 4
"""Colours for rows that are of no kind known here, and for the runs of a comparison."""

COLOURS = tuple(f"r{number}" for number in range(len(ALL) + SPARE))

_LIGHT = """
  --r0: #8b9198; --r1: #c98a1b; --r2: #b65480; --r3: #3b76b8; --r4: #0f8278; --r5: #7d6bb5; --r6: #98684a;
  --r7: #0f8278; --r8: #c4572e; --r9: #3b76b8; --r10: #b65480; --bad: #b3321f; --good: #0f8278;
"""

_DARK = """
  --r0: #939aa2; --r1: #e0a840; --r2: #da7ba4; --r3: #6aa5e3; --r4: #3fbcb0; --r5: #a797dd; --r6: #c2906f;
  --r7: #3fbcb0; --r8: #ef8a5f; --r9: #6aa5e3; --r10: #da7ba4; --bad: #f08a78; --good: #4cc4b8;
"""

_RULES = """\
.note.after { margin-top: 12px; }
h2 + .note { margin-bottom: 18px; }
.finding { font-size: 18px; max-width: 44em; margin: 0 0 28px; padding-left: 14px; border-left: 3px solid var(--r4); }
.finding.bad { border-color: var(--bad); }
.scroll { overflow-x: auto; }
.swatch { display: inline-block; width: 11px; height: 11px; border-radius: 50%; margin-right: 8px; }
.swatch.control { background: none !important; border: 2.5px solid; }
th small, td small { display: block; color: var(--muted); font-size: 12.5px; line-height: 1.35; font-weight: 400; }
tbody th { font-weight: 500; white-space: normal; }
tbody th small { margin-left: 19px; max-width: 21em; }
thead th { vertical-align: bottom; line-height: 1.3; font-weight: 400; }
.headline td, .headline tbody th { padding-top: 10px; padding-bottom: 10px; }
.headline tbody th { min-width: 13em; }
.headline .score { font-size: 20px; line-height: 1.25; font-weight: 600; letter-spacing: -0.01em; }
.headline thead th { white-space: normal; }
.headline .forest { width: 26%; min-width: 200px; padding: 0 0 0 20px; overflow: hidden; }
.forest svg { display: block; width: 100%; height: 34px; overflow: visible; }
.forest line { stroke-width: 3; stroke-linecap: round; }
.forest .grid { stroke: var(--rule); stroke-width: 1; }
.forest circle { stroke: var(--paper); stroke-width: 2; }
.forest .hollow circle { fill: var(--paper) !important; stroke: var(--muted); stroke-width: 1.5; }
.forest .hollow .range { opacity: 0.45; }
.forest text { fill: var(--muted); font-size: 12.5px; text-anchor: middle; }
.first-control > * { border-top: 2px solid var(--rule); }
s { color: var(--muted); text-decoration-thickness: 1.5px; }
.score s { font-weight: 400; }
.bad { color: var(--bad); } .good { color: var(--good); }
tbody th .refused { display: block; margin-left: 19px; font-size: 12.5px; line-height: 1.35; color: var(--bad);
  max-width: 21em; font-weight: 400; }
.best { font-weight: 650; }
.wide td { width: 11.5%; }
.wide tbody th { min-width: 13em; }
.gaps tbody th { white-space: nowrap; }
.curve { display: grid; grid-template-columns: minmax(0, 1.3fr) minmax(0, 1fr); gap: 24px 44px; align-items: center;
  margin-top: 20px; }
.curve .chart { max-width: 600px; }
.trio { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(300px, 100%), 1fr)); gap: 32px 40px;
  margin-top: 32px; }
h3.route { margin: 28px 0 12px; }
.sheet { grid-template-columns: repeat(auto-fill, minmax(min(400px, 100%), 1fr)); gap: 20px 32px; margin-top: 0; }
.sheet.few { grid-template-columns: minmax(0, 760px); }
.refusals { columns: 2 420px; column-gap: 44px; padding: 0; margin: 14px 0 0; list-style: none; font-size: 14.5px; }
.refusals li { break-inside: avoid; margin-bottom: 10px; }
.definitions { columns: 2 420px; column-gap: 44px; margin-top: 14px; font-size: 14.5px; }
.definitions div { break-inside: avoid; margin-bottom: 12px; }
.definitions b { font-weight: 600; } .definitions span { color: var(--muted); }
p.legend.runs { font-size: 15px; margin: -14px 0 28px; gap: 4px 24px; }
.runs b { color: var(--ink); }
.runs span { min-width: 0; overflow-wrap: anywhere; }
.headline tbody th { overflow-wrap: anywhere; }
.asked { margin-top: 12px; }
.commands { margin-top: 22px; }
@media (max-width: 860px) {
  .finding { font-size: 16.5px; }
  .curve { grid-template-columns: minmax(0, 1fr); }
  .wide tbody th { min-width: 9.5em; }
  .scroll tbody th, .scroll thead th:first-child { position: sticky; left: 0; background: var(--paper);
    z-index: 1; min-width: 7.5em; max-width: 46vw; padding-right: 8px; }
  .headline tbody th { min-width: 8.4em; }
  .headline .forest { min-width: 126px; padding-left: 12px; }
  .headline .score { font-size: 18px; }
  .forest circle { r: 4px; }
  .headline .about, .refused .why { display: none; }
}
"""

STYLESHEET = stylesheet(_LIGHT, _DARK, _RULES)


def colour(name: str, place: int) -> str:
    """The name of a row's colour: a kind's own, or one of the spare ones by its place among the rows."""
    return COLOURS[ALL.index(name)] if name in ALL else spare(place)


def spare(place: int) -> str:
    """One of the colours that no kind has."""
    return COLOURS[len(ALL) + place % SPARE]
