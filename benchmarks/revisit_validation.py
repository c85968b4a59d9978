"""Which measure of the revisit benchmark sees which fault: every fault at eight severities, rank correlations.

A generator that knows the truth departs from it by one fault at a time. For each severity the benchmark walks the
protocol's routes and measures; then Spearman's rank correlation of severity (0 to 8) and each measure, with the sign
turned so that 1 means "worse with every step". Intervals are from a bootstrap over routes. All severities are drawn
with the same dice, so that each is the milder one and more: what is graded is then what happened, not what was likely.
With --own-dice each severity has its own.

    python benchmarks/revisit_validation.py --input house.glb --out runs/validation
    python benchmarks/revisit_validation.py --out runs/validation --into docs/revisit.md --plot faults.png
    python benchmarks/revisit_validation.py --input house.glb --out runs/quick --routes 3 --only amnesia odometry_drift

A run that was stopped goes on where it was; with everything measured, only tables and pictures are made.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from document import BEGIN, END, insert
from numpy.typing import NDArray
from revisit_faults_plot import plot
from revisit_faults_table import Correlation, table
from scipy.stats import rankdata

from spatialmem.generators.faults.faults import MAX_SEVERITY, SEVERITIES
from spatialmem.revisit.job import keep
from spatialmem.revisit.kept import read_record
from spatialmem.revisit.measures import MEASURES
from spatialmem.revisit.planning import planned
from spatialmem.revisit.records import RouteRecord
from spatialmem.revisit.run import Run
from spatialmem.settings import Settings

Numbers = NDArray[np.float64]

FORGETFUL = ("amnesia", "invented")
"""Faults that only show where there is a memory to ignore or to extend; the others are walked without one."""

RESAMPLES = 2000


def main() -> None:
    """Measure what is missing, then print the table and make what was asked for."""
    asked = _arguments()
    faults = asked.only or list(SEVERITIES)
    if asked.input is not None:
        for fault in faults:
            for severity in range(MAX_SEVERITY + 1):
                _measure(asked, fault, severity)
    correlations = {fault: correlation(_values(asked.out, fault)) for fault in faults}
    text = table(correlations)
    print(text)
    if asked.plot:
        plot(correlations, {fault: _values(asked.out, fault) for fault in faults}, asked.plot)
    if asked.into:
        insert(text, asked.into)


def correlation(values: dict[str, Numbers]) -> dict[str, Correlation | None]:
    """Rank correlation with severity by measure; None where it is always the same; what was not measured is left out.

    Args:
        values: `[9, routes]` by measure, NaN where a route has none.
    """
    found: dict[str, Correlation | None] = {}
    for name, table_of in values.items():
        usable = table_of[:, np.isfinite(table_of).all(axis=0)]
        if usable.shape[1]:
            constant = np.ptp(usable.mean(axis=1)) == 0
            found[name] = None if constant else _with_interval(usable * _sign(name))
    return found


def _sign(name: str) -> float:
    return -1.0 if MEASURES[name].higher else 1.0


def _with_interval(values: Numbers) -> Correlation:
    rng = np.random.default_rng(0)
    drawn = rng.integers(values.shape[1], size=(RESAMPLES, values.shape[1]))
    means = values[:, drawn].mean(axis=2).T
    severity = np.arange(len(values), dtype=np.float64)
    ranks = np.apply_along_axis(rankdata, 1, means)
    spread = ranks.std(axis=1)
    centred = (ranks - ranks.mean(axis=1, keepdims=True)) @ (severity - severity.mean())
    rho = np.divide(centred, len(severity) * spread * severity.std(), out=np.zeros(RESAMPLES), where=spread > 0)
    whole = rankdata(values.mean(axis=1))
    low, high = np.percentile(rho, [2.5, 97.5])
    return Correlation(float(np.corrcoef(whole, severity)[0, 1]), float(low), float(high), values.shape[1])


def _measure(asked: argparse.Namespace, fault: str, severity: int) -> None:
    """Walk and measure one fault at one severity, as far as it is not done."""
    row = _row(fault)
    settings = Settings(generator="scene", input=str(asked.input), size=asked.size,
                        seed=asked.seed + (severity if asked.own_dice else 0),
                        faults=_spelled(asked.base, fault, severity))
    folder = asked.out / fault / str(severity)
    job = keep(folder, planned(asked.protocol, settings, rows=(row,), routes=asked.routes, like=_places(folder)))
    run = Run(folder, job)
    print(f"… {fault} {severity}", file=sys.stderr, flush=True)
    for _ in run.work(lambda name, more: None):
        pass


def _row(fault: str) -> str:
    """With a memory where the fault needs one: of points, which is quickly made."""
    return "points" if fault in FORGETFUL else "none"


def _spelled(base: str, fault: str, severity: int) -> str:
    return ",".join(part for part in (base, f"{fault}={severity}" if severity else "") if part)


def _places(folder: Path) -> Path | None:
    """The run without the fault, whose places hold for those with it."""
    first = folder.parent / "0"
    return first if (first / "plan.json").exists() else None


def _values(out: Path, fault: str) -> dict[str, Numbers]:
    """`[9, routes]` by measure: a route's mean over its pairs."""
    row = _row(fault)
    names = sorted(path.stem for path in (out / fault / "0" / "routes" / row).glob("*.json"))
    records = [[read_record(out / fault / str(severity), row, name) for name in names]
               for severity in range(MAX_SEVERITY + 1)]
    return {measure: np.array([[_of(record, measure) for record in line] for line in records]) for measure in MEASURES}


def _of(record: RouteRecord, measure: str) -> float:
    if MEASURES[measure].whole:
        value = record.whole.get(measure)
        return float("nan") if value is None else value
    values = [value for pair in record.pairs if (value := pair.measures.get(measure)) is not None]
    return float(np.mean(values)) if values else float("nan")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where runs are kept")
    parser.add_argument("--input", type=Path, metavar="MESH", help="the scene; left out, nothing is measured")
    parser.add_argument("--protocol", default="closed-loop", help="whose routes are walked")
    parser.add_argument("--routes", type=int, default=None, help="only the first so many")
    parser.add_argument("--size", type=_size, default=(96, 128), metavar="WIDTHxHEIGHT", help="default 128x96")
    parser.add_argument("--base", default="", metavar="FAULTS", help="faults that are always there, such as blur=3")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--own-dice", action="store_true", help="draw each severity's faults anew")
    parser.add_argument("--only", nargs="+", choices=list(SEVERITIES), metavar="FAULT", help="only these faults")
    parser.add_argument("--plot", type=Path, metavar="FILE.png", help="draw curves and the table")
    parser.add_argument("--into", type=Path, metavar="FILE.md", help=f"put the table between its {BEGIN} and {END}")
    return parser.parse_args()


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    return int(height), int(width)


if __name__ == "__main__":
    main()
