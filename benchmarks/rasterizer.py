"""Speed, work, accuracy and memory of the CPU rasteriser.

What is timed: `spatialmem.render.rasterization` forward, and forward with backward to all five inputs, RGB + depth +
alpha, with one thread and with more; beside it dense tiles in plain PyTorch and, where there is a GPU with gsplat,
that. All calls take turns in one process, so that ratios hold on a busy machine where milliseconds do not.

    python benchmarks/rasterizer.py --quick                        # about a minute
    python benchmarks/rasterizer.py                                # all scenes, about six minutes
    python benchmarks/rasterizer.py --only "garden 256x192" --phases --no-peers
    python benchmarks/rasterizer.py --times --phases --accuracy --peak-memory --json figures.json --plot figures.png
    python benchmarks/rasterizer.py --read figures.json --markdown   # the same tables again, in Markdown

Scenes: "garden" is gsplat's test garden (`assets/test_garden.npz` of github.com/nerfstudio-project/gsplat), "10k"
to "1M" are volumes of as many random Gaussians.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import cast

import numba
import rasterizer_accuracy
import rasterizer_lanes
import rasterizer_memory
import rasterizer_phases
import rasterizer_timing
from document import BEGIN, END, insert
from rasterizer_peak import peak_gflops
from rasterizer_plot import plot
from rasterizer_report import Drawn, Results, report
from rasterizer_scenes import QUICK, Scene, scenes

from spatialmem.machine import machine

MOST_THREADS: int = numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
PHASED = ("garden 256x192", "500k 512x384")
CHECKED, WITH_HARMONICS = ("garden 256x192", "10k 256x192", "100k 256x192"), ("10k 256x192",)


def main() -> None:
    """Measure, or read what was measured, and show it."""
    asked = _arguments()
    results = cast(Results, json.loads(asked.read.read_text("utf-8"))) if asked.read else measured(asked)
    print(report(results, markdown=asked.markdown))
    if asked.into:
        insert(report(results, markdown=True), asked.into)
    if asked.json:
        asked.json.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    if asked.plot:
        plot(results, asked.plot)


def measured(asked: argparse.Namespace) -> Results:
    """All that the command line asks for."""
    results: Results = {"machine": machine(), "load": os.getloadavg()[0]}
    available = scenes(asked.garden)
    if asked.garden is None:
        results["left_out"] = ("The garden is left out: its file is not here. --garden FILE says where it is "
                               "(assets/test_garden.npz of github.com/nerfstudio-project/gsplat).")
    wanted = [name for name in available if any(part in name for part in asked.only)] if asked.only else list(available)
    if not wanted:
        raise SystemExit(f"--only {' '.join(asked.only)}: no such scene; there are {', '.join(available)}")
    if asked.times:
        results["peak_gflops"] = peak_gflops()
        results["scenes"] = [_drawn(available[name](), asked) for name in wanted]
        results["peak_gflops"] = max(results["peak_gflops"], peak_gflops())
    if asked.phases:
        results["phases"] = {name: rasterizer_phases.measure(available[name](), asked.threads, asked.rounds)
                             for name in wanted if asked.only or name in PHASED}
    if asked.accuracy:
        results["accuracy"] = [_checked(available[name], harmonics) for harmonics in (False, True) for name in wanted
                               if asked.only or name in (WITH_HARMONICS if harmonics else CHECKED)]
    if asked.peak_memory:
        _say("peak memory")
        results["peak_memory_mb"] = rasterizer_memory.measure()
    return results


def _drawn(scene: Scene, asked: argparse.Namespace) -> Drawn:
    _say(scene.name)
    times = rasterizer_timing.measure(scene, asked.threads, asked.rounds, asked.peer_rounds)
    return {"scene": scene.name, "gaussians": scene.gaussians, "width": scene.width, "height": scene.height,
            "times": times, "lanes": rasterizer_lanes.count(scene)._asdict()}


def _checked(make: Callable[[], Scene], harmonics: bool) -> rasterizer_accuracy.Accuracy:
    scene = make()
    _say(f"accuracy, {scene.name}")
    return rasterizer_accuracy.measure(scene, harmonics=harmonics)


def _say(what: str) -> None:
    print(f"… {what}", file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", action="store_true", help="time and count; the default where nothing else is asked")
    parser.add_argument("--phases", action="store_true", help="time each kernel of f+b")
    parser.add_argument("--accuracy", action="store_true", help="errors against the float64 reference (minutes)")
    parser.add_argument("--peak-memory", action="store_true", help="of 500k Gaussians at 512x384")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="scenes whose names contain one of these")
    parser.add_argument("--quick", action="store_true", help="three small scenes, few rounds")
    parser.add_argument("--threads", type=_thread_counts, default=None, help="such as 1,2 (the default: 1 and 2)")
    parser.add_argument("--rounds", type=int, default=9, help="of each call of ours, at least 1")
    parser.add_argument("--peer-rounds", type=int, default=3, help="of each call of dense tiles in PyTorch")
    parser.add_argument("--no-peers", action="store_const", dest="peer_rounds", const=0, help="only ours")
    parser.add_argument("--garden", type=Path, default=None, help="gsplat's test_garden.npz")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was measured")
    parser.add_argument("--read", type=Path, metavar="FILE", help="show what --json wrote; measure nothing")
    parser.add_argument("--plot", type=Path, metavar="FILE.png", help="draw the times")
    parser.add_argument("--markdown", action="store_true", help="tables in Markdown")
    parser.add_argument("--into", type=Path, metavar="FILE.md", help=f"put them between its {BEGIN} and {END}")
    asked = parser.parse_args()
    for file in (asked.read, asked.into):
        if file and not file.is_file():
            parser.error(f"{file}: no such file")
    asked.times |= not (asked.phases or asked.accuracy or asked.peak_memory)
    if asked.plot and not (asked.times or asked.read):
        parser.error("--plot draws times: add --times")
    if asked.rounds < 1:
        parser.error(f"--rounds {asked.rounds}: at least 1 is needed")
    if asked.quick:
        asked.only = asked.only or QUICK
        asked.rounds, asked.peer_rounds = min(asked.rounds, 5), min(asked.peer_rounds, 1)
    asked.threads = asked.threads or [n for n in (1, 2) if n <= MOST_THREADS]
    asked.garden = _garden(asked.garden)
    return asked


def _thread_counts(text: str) -> list[int]:
    counts = [int(n) for n in text.split(",")]
    if not all(1 <= n <= MOST_THREADS for n in counts):
        raise argparse.ArgumentTypeError(f"{text}: this machine has 1 to {MOST_THREADS} threads")
    return counts


def _garden(asked: Path | None) -> Path | None:
    """The file asked for, or the one among the tests' third-party scenes, or none."""
    if asked is not None:
        if not asked.is_file():
            raise SystemExit(f"--garden {asked}: no such file")
        return asked
    shared = Path(os.environ.get("SPATIALMEM_SHARED", Path(__file__).resolve().parents[2] / "shared"))
    file = shared / "data" / "gsplat_garden" / "test_garden.npz"
    return file if file.is_file() else None


if __name__ == "__main__":
    main()
