"""Reports of the benchmark as a run might write them, made of noise."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from spatialmem.camera import Cameras
from spatialmem.frames import Frames
from spatialmem.revisit.records import Gate, PairRecord, ProtocolRecord, Report, RouteRecord, RowRecord
from spatialmem.revisit.rows import ALL
from spatialmem.revisit.strips import save_strip
from spatialmem.revisit.summary import summarise

ROUTES = ("01-left", "02-right", "03-round", "04-back", "05-stairs", "06-attic")
GAPS = (50, 200, 1000)
SCORES = {"none": 13.0, "keyframes": 17.0, "points": 19.0, "gaussians": 21.0, "hybrid": 23.0, "memory-only": 25.0,
          "copy-first": 16.0}
STILL = "the picture never changes while the camera moves"


def report(rows: Sequence[str] = ALL, *, routes: Sequence[str] = ROUTES, gaps: Sequence[int] = GAPS, more: float = 0.0,
           seed: int = 0, refuse: Sequence[str] = ("copy-first",), about: str = "a row") -> Report:
    """A report in which `more` is added to every score, and the gate refuses some rows."""
    dice = np.random.default_rng(seed)
    hard = dict(zip(routes, np.linspace(-2, 2, len(routes)), strict=True))
    made = []
    for row in rows:
        records = tuple(route(name, SCORES.get(row, 18.0) + more + float(hard[name]), gaps, dice, refused=row in refuse)
                        for name in routes)
        summary, by_gap = summarise(records)
        made.append(RowRecord(name=row, about=about, routes=records, summary=summary, by_gap=by_gap))
    protocol = ProtocolRecord(name="gaps", version=1, fingerprint="9f2c4e8a", about="Returns after longer and longer.",
                              against="first visit", size=(48, 64), fov_degrees=70.0, fps=16.0, frames=1300,
                              routes=tuple(routes), deviations=("measured at 64x48, the protocol says 256x192",))
    return Report(protocol=protocol, subject={"generator": "scene", "seed": 7}, repeat="spatialmem revisit run gaps",
                  rows=tuple(made), absent={"lpips": "the package lpips is not installed"}, made_with={"torch": "2"})


def route(name: str, score: float, gaps: Sequence[int], dice: np.random.Generator, *, refused: bool = False
          ) -> RouteRecord:
    """A route with two pairs after each gap; the longer the gap, the lower the score."""
    pairs = []
    for i, gap in enumerate(gaps):
        for first in range(2):
            value = score - i + float(dice.normal(0, 0.2))
            pairs.append(PairRecord(first=first, again=first + gap, gap=gap, measures={
                "psnr_aligned": value, "psnr_unaligned": value - 0.5, "ssim_aligned": value / 30,
                "changed": 100 - 3 * value, "depth_agreement": 3 * value, "camera_cm": 1.0 + 0.1 * first,
                "lpips": None}))
    return RouteRecord(route=name, scale=1.0, gate=Gate(passed=not refused, reasons=(STILL,) if refused else ()),
                       pairs=tuple(pairs), whole={"path_cm": 2.0, "sharpness_drift": -0.1, "colour_drift": None})


def with_strips(folder: Path, of: Report, routes: Sequence[str] = ROUTES, size: tuple[int, int] = (48, 64)) -> None:
    """Keep a strip for every row and pair of some routes."""
    cameras = Cameras(torch.tensor([[[50.0, 0, 32], [0, 50.0, 24], [0, 0, 1]]], dtype=torch.float64),
                      torch.eye(4, dtype=torch.float64)[None], *size)
    first = torch.linspace(0, 0.5, size[0] * size[1] * 3).reshape(1, *size, 3)
    for row in of.rows:
        for record in row.routes:
            for pair in record.pairs if record.route in routes else ():
                again = (first + 0.02 * pair.first + pair.gap / 4000).clamp(0, 1)
                save_strip(folder, row.name, record.route, pair, Frames(first, cameras), Frames(again, cameras))
