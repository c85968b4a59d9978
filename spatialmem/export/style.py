"""How our pages look: light and dark, from a phone to a wide screen; each page adds colours and rules of its own."""

from __future__ import annotations

CARDS = ("#f3f3ef", "#1c2024")
"""What pictures lie on, by day and by night."""

_LIGHT = f"--paper: #fcfcfa; --card: {CARDS[0]}; --ink: #1d2329; --muted: #626b74; --rule: #dfe0da; --link: #23677c;"
_DARK = f"--paper: #14171a; --card: {CARDS[1]}; --ink: #e8e9e6; --muted: #9ba4ac; --rule: #2f353a; --link: #7fc1d6;"


def stylesheet(light: str, dark: str, rules: str) -> str:
    """The stylesheet of a page: the colours (CSS variables) and rules that all share, then its own."""
    return (f":root {{ color-scheme: light dark; {_LIGHT} {light} }}\n"
            f"@media (prefers-color-scheme: dark) {{ :root {{ {_DARK} {dark} }} }}\n{_RULES}{rules}")


_RULES = """\
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); overflow-wrap: break-word;
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 56px 28px 72px; }
h1 { font-size: 40px; line-height: 1.15; font-weight: 650; letter-spacing: -0.02em; margin: 4px 0 8px; }
h2 { font-size: 21px; font-weight: 620; letter-spacing: -0.01em; margin: 64px 0 4px; }
h3 { font-size: 15px; font-weight: 600; margin: 0; color: var(--ink); }
p { margin: 0 0 12px; max-width: 46em; }
code, pre { font: 13.5px/1.6 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
pre { margin: 0; padding: 12px 16px; background: var(--card); border-radius: 8px; white-space: pre-wrap; }
pre span { display: inline-block; max-width: 100%; overflow-wrap: anywhere; }
figure { margin: 0; }
img { display: block; width: 100%; height: auto; border-radius: 4px; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100%; }
th, td { text-align: right; padding: 7px 0 7px 14px; border-bottom: 1px solid var(--rule); font-weight: 400;
  white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
thead th { color: var(--muted); font-size: 13.5px; vertical-align: bottom; }
.over, .note, figcaption, .legend { color: var(--muted); font-size: 13.5px; }
.over { letter-spacing: 0.02em; margin: 0; }
.lead { font-size: 18px; color: var(--muted); margin-bottom: 32px; }
.lead b { color: var(--ink); font-weight: 500; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 14px; margin-top: 8px; }
.legend i { display: inline-block; width: 11px; height: 11px; border-radius: 3px; margin-right: 6px; }
.legend i.dot { border-radius: 50%; } .legend i.stroke { height: 3px; width: 16px; vertical-align: middle; }
dl { margin: 0; display: grid; grid-template-columns: auto minmax(0, 1fr); }
dt, dd { margin: 0; padding: 8px 0; border-bottom: 1px solid var(--rule); }
dt { color: var(--muted); padding-right: 20px; }
dd { font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.facts dd { text-align: right; white-space: nowrap; }
.sheet { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(460px, 100%), 1fr)); gap: 26px 36px;
  margin-top: 20px; }
.moment div { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 4px; }
.moment figcaption { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 12px; margin-top: 5px;
  font-variant-numeric: tabular-nums; }
.moment b { color: var(--ink); font-weight: 500; }
.columns { display: flex; justify-content: space-between; align-items: baseline; gap: 12px; }
.columns .legend { margin: 0; justify-content: flex-end; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(460px, 100%), 1fr)); gap: 36px;
  margin-top: 24px; }
.chart svg { display: block; width: 100%; height: auto; margin-top: 8px; overflow: visible; }
.chart svg * { stroke-linejoin: round; }
.tables { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(300px, 100%), 1fr)); gap: 28px 44px;
  margin-top: 28px; align-items: start; }
.tables > * { min-width: 0; }
.tables h3 { margin-bottom: 4px; }
.commands { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(460px, 100%), 1fr)); gap: 16px 36px;
  margin-top: 18px; }
.commands.wide { grid-template-columns: minmax(0, 1fr); }
.commands p { color: var(--muted); font-size: 13.5px; margin: 0 0 4px; }
footer { margin-top: 64px; padding-top: 16px; border-top: 1px solid var(--rule); }
footer p { color: var(--muted); font-size: 13.5px; max-width: none; margin: 0 0 4px; }
@media (max-width: 860px) {
  main { padding: 32px 18px 48px; }
  h1 { font-size: 32px; } h2 { margin-top: 48px; } .lead { font-size: 16.5px; margin-bottom: 24px; }
  th, td { padding-left: 10px; }
  thead th { white-space: normal; }
}
@media print { main { max-width: none; padding: 0; } figure, table { break-inside: avoid; } }
"""
