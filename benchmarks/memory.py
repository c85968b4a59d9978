"""Whether memory stays fast: opening, recall, commits, bytes and resident memory as a world grows a hundredfold.

The world is a street of tiles that look alike, so that a view holds the same wherever it is taken; Gaussians and
keyframes are made directly, without a generator and without fusion. It is filled step by step, and measured after each
step in a process of its own. A run that was interrupted goes on where it stopped.

    python benchmarks/memory.py --quick                               # up to 10^6 Gaussians
    python benchmarks/memory.py --world /tmp/street                   # up to 10^7 Gaussians and 10^5 keyframes
    python benchmarks/memory.py --json figures.json --plot docs/images/memory.png --into docs/memory.md
    python benchmarks/memory.py --read figures.json --plot docs/images/memory.png
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TypedDict, cast

import memory_timing
from document import BEGIN, END, insert
from memory_plot import plot
from memory_street import GAUSSIANS, fill
from memory_timing import Figures
from tqdm import tqdm

from spatialmem.machine import machine
from spatialmem.memory.bank import Bank

TILES, QUICK = (10, 32, 100, 320, 1000), (10, 32, 100)
ROWS = {
    "Gaussians": lambda f: f"{f['gaussians']:,}", "keyframes": lambda f: f"{f['keyframes']:,}",
    "cells": lambda f: f"{f['cells']:,}", "Gaussians of the cells in view": lambda f: f"{f['in_view']:,.0f}",
    "open, ms": lambda f: f"{f['open_ms']:.0f}",
    "recall, first time at a place, ms": lambda f: f"{f['recall_cold_ms']:.0f}",
    "recall again, ms": lambda f: f"{f['recall_ms']:.0f}", "commit, ms": lambda f: f"{f['commit_ms']:.0f}",
    "commit, processor ms": lambda f: f"{f['commit_cpu_ms']:.0f}",
    "bytes a Gaussian": lambda f: f"{f['bytes_per_gaussian']:.1f}",
    "bytes a keyframe of 32x24": lambda f: f"{f['bytes_per_keyframe']:.0f}",
    "index, bytes a keyframe": lambda f: f"{f['index_bytes_per_keyframe']:.0f}",
    "resident memory, MB": lambda f: f"{f['resident_bytes'] / 1e6:.0f}",
}


class Results(TypedDict):
    """All that one run measured; also the form of the JSON file."""

    machine: str
    worlds: list[Figures]


def main() -> None:
    """Measure, or read what was measured, and show it."""
    asked = _arguments()
    results = cast(Results, json.loads(asked.read.read_text("utf-8"))) if asked.read else _measured(asked)
    print(table(results))
    if asked.json:
        asked.json.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    if asked.plot:
        plot(results["worlds"], asked.plot)
    if asked.into:
        insert(f"Measured on {results['machine']}.\n\n{table(results)}", asked.into)


def table(results: Results) -> str:
    """One column a size, in Markdown."""
    worlds = results["worlds"]
    lines = [[name, *(row(world) for world in worlds)] for name, row in ROWS.items()]
    lines.insert(1, ["---", *["---:"] * len(worlds)])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _measured(asked: argparse.Namespace) -> Results:
    tiles = QUICK if asked.quick else tuple(count for count in TILES if count * GAUSSIANS <= asked.most)
    with tempfile.TemporaryDirectory() as folder:
        world = asked.world or Path(folder) / "street"
        return {"machine": machine(), "worlds": [_grown(world, count) for count in tiles]}


def _grown(world: Path, tiles: int) -> Figures:
    """The figures of the street at `world` once it has so many tiles; they are kept beside it."""
    kept = world.with_name(f"{world.name}.{tiles}.json")
    if kept.is_file():
        return cast(Figures, json.loads(kept.read_text("utf-8")))
    with Bank.open(world, write=True) if world.exists() else Bank.create(world, up="+Z") as bank:
        if bank.head > tiles:
            raise SystemExit(f"{world}: was not measured at {tiles} tiles, and is longer; name another --world")
        with tqdm(total=tiles, initial=bank.head, desc="fill", unit="tile") as bar:
            fill(bank, tiles, bar.update)
    command = [sys.executable, memory_timing.__file__, str(world)]
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    kept.write_text(text, "utf-8")
    return cast(Figures, json.loads(text))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="up to 10^6 Gaussians")
    parser.add_argument("--most", type=float, default=1e7, metavar="N", help="Gaussians of the largest world")
    parser.add_argument("--world", type=Path, metavar="DIR", help="where the street is made and kept; else it is gone")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was measured")
    parser.add_argument("--read", type=Path, metavar="FILE", help="show what --json wrote; measure nothing")
    parser.add_argument("--plot", type=Path, metavar="FILE.png", help="draw it")
    parser.add_argument("--into", type=Path, metavar="FILE.md", help=f"put the table between its {BEGIN} and {END}")
    asked = parser.parse_args()
    for file in (asked.read, asked.into):
        if file and not file.is_file():
            parser.error(f"{file}: no such file")
    return asked


if __name__ == "__main__":
    main()
