"""How a report looks, beside what all our pages share."""

from __future__ import annotations

from spatialmem.export.style import stylesheet

_LIGHT = """
  --trusted: #3f8f8a; --revise: #e2b04f; --unknown: #d5d6cf; --fused: #2f6f9f; --heldout: #c4572e;
  --recall: #8fb8c9; --generate: #d9a15f; --fuse: #47789a; --commit: #a3a9ad;
  --k0: #cf5f2f; --k1: #d98f3d; --k2: #b9a251; --k3: #6f9a6f; --k4: #23827f; --kx: #7b838a;
"""

_DARK = """
  --trusted: #4fa8a1; --revise: #d9a94e; --unknown: #3a4147; --fused: #6fb0dc; --heldout: #ef8a5f;
  --recall: #86b4c6; --generate: #d6a266; --fuse: #4f86ad; --commit: #7c858c;
  --k0: #f0814f; --k1: #e8a550; --k2: #cdb964; --k3: #84b585; --k4: #4cb8b0; --kx: #9aa2a8;
"""

_RULES = """\
.prompt { margin: 0 0 28px; padding-left: 14px; border-left: 3px solid var(--k4); white-space: pre-wrap; }
.hero { display: grid; grid-template-columns: minmax(0, 1.9fr) minmax(250px, 1fr); gap: 44px; align-items: start; }
.map { position: relative; }
.map img { border-radius: 8px; }
.map svg { position: absolute; inset: 0; width: 100%; height: 100%; }
.map polyline, .map line { fill: none; stroke-width: 3.5; stroke-linecap: round; stroke-linejoin: round;
  vector-effect: non-scaling-stroke; }
.map .halo { stroke: var(--card); stroke-width: 7; opacity: 0.85; }
.map .look { stroke-width: 1.5; opacity: 0.75; }
.map .bar { stroke: var(--ink); stroke-width: 2; stroke-linecap: butt; }
.map text { font-size: 25px; fill: var(--ink); stroke: var(--card); stroke-width: 5px; paint-order: stroke;
  stroke-linejoin: round; }
.map circle { fill: var(--paper); stroke: var(--ink); stroke-width: 2; vector-effect: non-scaling-stroke; }
.map circle.end { fill: var(--ink); }
.k0 { stroke: var(--k0); } .k1 { stroke: var(--k1); } .k2 { stroke: var(--k2); } .k3 { stroke: var(--k3); }
.k4 { stroke: var(--k4); } .kx { stroke: var(--kx); }
.asked { margin-top: 12px; }
.tag { color: var(--heldout); }
@media (max-width: 860px) {
  .hero { grid-template-columns: minmax(0, 1fr); gap: 24px; }
  .map text { font-size: 44px; stroke-width: 8px; }
}
"""

STYLESHEET = stylesheet(_LIGHT, _DARK, _RULES)
