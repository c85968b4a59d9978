"""What was measured as tables: ratios first, since machines differ. Plain for a terminal, or Markdown for the docs."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import NotRequired, TypedDict

from rasterizer_accuracy import LEAVES, Accuracy
from rasterizer_lanes import BACKWARD_FLOP, FORWARD_FLOP
from rasterizer_phases import ALL, REST
from rasterizer_timing import BOTH, FORWARD, GSPLAT, OURS, TORCH, TORCH_LIMIT, Times

Cells = Sequence[str]


class Drawn(TypedDict):
    """One scene: its size, times, and counts of lanes."""

    scene: str
    gaussians: int
    width: int
    height: int
    times: list[Times]
    lanes: dict[str, int]


class Results(TypedDict):
    """All that one run measured; also the form of the JSON file."""

    machine: str
    load: float
    peak_gflops: NotRequired[float]
    scenes: NotRequired[list[Drawn]]
    phases: NotRequired[dict[str, dict[str, dict[str, float]]]]
    accuracy: NotRequired[list[Accuracy]]
    peak_memory_mb: NotRequired[float]
    left_out: NotRequired[str]


def report(results: Results, *, markdown: bool) -> str:
    """Everything in `results`, a table for each kind of measurement."""
    parts = [f"{results['machine']}. Load when it began: {results['load']:.1f}."]
    if "left_out" in results:
        parts.append(results["left_out"])
    if scenes := results.get("scenes"):
        parts += [_ratios(scenes, markdown), _times(scenes, markdown)]
        parts.append(_counters(scenes, results["peak_gflops"], markdown))
    parts += [_phases(scene, times, markdown) for scene, times in results.get("phases", {}).items()]
    if accuracy := results.get("accuracy"):
        parts.append(_accuracy(accuracy, markdown))
    if "peak_memory_mb" in results:
        parts.append(_titled("Peak memory", "Of forward and backward, over that of the inputs, 500k Gaussians at "
                             f"512x384: {results['peak_memory_mb']:.0f} MB.", "", markdown))
    return "\n\n".join(parts)


def speedup(scene: Drawn, what: str, peer: str = TORCH) -> float | None:
    """How many times the processor time of ours on one thread a peer takes (gsplat: by the clock)."""
    mine, other = _find(scene, OURS, what, 1), _find(scene, peer, what, 1)
    if mine is None or other is None:
        return None
    return other["wall_ms"] / mine["wall_ms"] if peer == GSPLAT else other["cpu_ms"] / mine["cpu_ms"]


def scaling(scene: Drawn, what: str, threads: int = 2) -> float | None:
    """How many times faster more threads are than one, by the clock."""
    one, more = _find(scene, OURS, what, 1), _find(scene, OURS, what, threads)
    return None if one is None or more is None else one["wall_ms"] / more["wall_ms"]


def _find(scene: Drawn, who: str, what: str, threads: int) -> Times | None:
    return next((t for t in scene["times"] if (t["who"], t["what"], t["threads"]) == (who, what, threads)), None)


def milliseconds(scene: Drawn, what: str, threads: int) -> float | None:
    """Of ours by the clock, the best round."""
    found = _find(scene, OURS, what, threads)
    return None if found is None else found["wall_ms"]


def _ratios(scenes: Sequence[Drawn], markdown: bool) -> str:
    head = ["scene", "Gaussians", "torch ÷ ours, forward", "f+b", "1 ÷ 2 threads, forward", "f+b"]
    rows = [[s["scene"], f"{s['gaussians']:,}", *(_times_faster(speedup(s, what), 0) for what in (FORWARD, BOTH)),
             *(_times_faster(scaling(s, what), 2) for what in (FORWARD, BOTH))] for s in scenes]
    if any(speedup(s, BOTH, GSPLAT) for s in scenes):
        head += ["ours ÷ gsplat on the GPU, forward", "f+b"]
        for row, s in zip(rows, scenes, strict=True):
            row += [_times_faster(_inverse(speedup(s, what, GSPLAT)), 1) for what in (FORWARD, BOTH)]
    text = ("torch ÷ ours: processor time of one thread, RGB + depth + alpha, f+b to all five inputs; left out beyond "
            f"{TORCH_LIMIT:,} Gaussians, where torch needs over 10 GB. "
            "1 ÷ 2 threads: by the clock; means something on an idle machine only.")
    return _titled("Ratios", text, _table(head, rows, markdown), markdown)


def _times(scenes: Sequence[Drawn], markdown: bool) -> str:
    counts = sorted({t["threads"] for t in scenes[0]["times"] if t["who"] == OURS})
    head = ["scene", *(f"{what}, {n} thread{'s' * (n > 1)}" for what in (FORWARD, BOTH) for n in counts),
            "CPU forward", "CPU f+b", "torch forward", "torch f+b"]
    rows = [[s["scene"], *(_clock(_find(s, OURS, what, n)) for what in (FORWARD, BOTH) for n in counts),
             *(_cpu(_find(s, who, what, counts[0])) for who in (OURS, TORCH) for what in (FORWARD, BOTH))]
            for s in scenes]
    text = "By the clock, best round (median); then processor time where one thread was asked for, best round."
    return _titled("Milliseconds", text, _table(head, rows, markdown), markdown)


def _counters(scenes: Sequence[Drawn], peak: float, markdown: bool) -> str:
    head = ["scene", "entries drawn", "lanes in boxes", "evaluated", "of them contribute", "GFLOP/s forward",
            "of peak", "GFLOP/s f+b", "of peak"]
    rows = []
    for s in scenes:
        lanes = s["lanes"]
        row = [s["scene"], f"{lanes['drawn']:,}", _millions(lanes["box"]), _millions(lanes["evaluated"]),
               f"{100 * lanes['contributing'] / max(1, lanes['evaluated']):.0f} %"]
        for what, flop in ((FORWARD, FORWARD_FLOP), (BOTH, FORWARD_FLOP + BACKWARD_FLOP)):
            found = _find(s, OURS, what, 1)
            rate = lanes["evaluated"] * flop / found["cpu_ms"] / 1e6 if found else 0.0
            row += [f"{rate:.1f}", f"{100 * rate / peak:.0f} %"]
        rows.append(row)
    text = (f"Lanes: pixels of vectors, millions, counted by a replica; {FORWARD_FLOP} floating-point operations each "
            f"forward and {BACKWARD_FLOP} more backward. Rates are of the whole call on one thread, sorting and "
            f"projection included; the peak of one core, fused multiply-adds only, was {peak:.0f} GFLOP/s.")
    return _titled("Work", text, _table(head, rows, markdown), markdown)


def _phases(scene: str, times: dict[str, dict[str, float]], markdown: bool) -> str:
    counts = list(times)
    names = sorted({name for best in times.values() for name in best} - {ALL, REST},
                   key=lambda name: -times[counts[0]].get(name, 0.0))
    head = ["kernel", *(f"{n} thread{'s' * (n != '1')}, ms" for n in counts), "of all", "ratio"]
    rows = []
    for name in [*names, REST, ALL]:
        own = [times[n].get(name, 0.0) for n in counts]
        rows.append([name, *(f"{t:.2f}" for t in own), f"{100 * own[0] / times[counts[0]][ALL]:.0f} %",
                     f"{own[0] / own[-1]:.2f}" if own[-1] > 0 and len(own) > 1 else "–"])
    text = "By the clock, best round of each."
    return _titled(f"Phases of f+b, {scene}", text, _table(head, rows, markdown), markdown)


def _accuracy(measured: Sequence[Accuracy], markdown: bool) -> str:
    head = ["scene", "forward, mean", "forward, largest", *LEAVES]
    rows = [[a["scene"], f"{a['forward_mean']:.1e}", f"{a['forward_max']:.1e}",
             *(f"{a['gradients'][name]:.1e}" for name in LEAVES)] for a in measured]
    text = "Against the reference in float64: absolute of RGB, depth and alpha; gradients by relative L2 norm."
    return _titled("Errors", text, _table(head, rows, markdown), markdown)


def _times_faster(ratio: float | None, digits: int) -> str:
    return "–" if ratio is None else f"{ratio:.{digits}f}"


def _inverse(ratio: float | None) -> float | None:
    return None if ratio is None else 1 / ratio


def _clock(times: Times | None) -> str:
    return "–" if times is None else f"{times['wall_ms']:.1f} ({times['wall_median_ms']:.1f})"


def _cpu(times: Times | None) -> str:
    return "–" if times is None else f"{times['cpu_ms']:,.{1 if times['cpu_ms'] < 1000 else 0}f}"


def _millions(count: int) -> str:
    return f"{count / 1e6:.1f}"


def _titled(title: str, text: str, table: str, markdown: bool) -> str:
    parts = [f"### {title}", "", text, "", table] if markdown else [*wrap(f"{title}. {text}", 110), table]
    return "\n".join(parts).rstrip()


def _table(head: Cells, rows: Sequence[Cells], markdown: bool) -> str:
    if markdown:
        return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, ["---"] * len(head), *rows))
    widths = [max(len(cells[k]) for cells in (head, *rows)) for k in range(len(head))]
    lines = [cells[0].ljust(widths[0]) + "".join("  " + c.rjust(w) for c, w in zip(cells[1:], widths[1:], strict=True))
             for cells in (head, *rows)]
    return "\n".join(lines)
