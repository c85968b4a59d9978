"""The same as a picture: which measure sees which fault, and curves of the return score and the camera error."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray
from revisit_faults_table import Correlations

from spatialmem.revisit.measures import MEASURES

Numbers = NDArray[np.float64]
_CURVES = ("psnr_aligned", "psnr_static", "camera_cm", "changed")
_COLOURS = ("#2f6f9f", "#c4572e", "#3f8f8a", "#b08a2e", "#7a5ca8", "#6b6f73", "#a03a5a", "#4c7a34",
            "#8a5a34", "#3a5aa0", "#222222")


def plot(correlations: Correlations, values: Mapping[str, Mapping[str, Numbers]], file: Path) -> None:
    """Draw `file`.

    Args:
        correlations: as `revisit_faults_table.table` takes them.
        values: by fault and measure, `[9, routes]`.
    """
    figure, axes = plt.subplot_mosaic([["map", "map"], [*_CURVES[:2]], [*_CURVES[2:]]], figsize=(11, 14),
                                      height_ratios=[1.5, 1, 1], layout="constrained")
    _map(axes["map"], correlations)
    for name in _CURVES:
        _curves(axes[name], name, values)
    handles, labels = axes[_CURVES[0]].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=6, frameon=False, fontsize=9)
    figure.savefig(file, dpi=110)
    plt.close(figure)


def _map(axes: plt.Axes, correlations: Correlations) -> None:
    names = [name for name in MEASURES if any(of.get(name) for of in correlations.values())]
    found = [[of.get(name) for of in correlations.values()] for name in names]
    grid = np.array([[np.nan if each is None else each.mean for each in line] for line in found])
    axes.imshow(grid, cmap="RdBu_r", vmin=-1, vmax=1, aspect="auto")
    for row, line in enumerate(grid):
        for column, value in enumerate(line):
            if np.isfinite(value):
                axes.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=8.5,
                          color="white" if abs(value) > 0.6 else "black")
    axes.set_xticks(range(len(correlations)), [fault.replace("_", "\n") for fault in correlations], fontsize=9)
    axes.set_yticks(range(len(names)), [MEASURES[name].label for name in names], fontsize=9)
    axes.set_title("Rank correlation with severity: 1 = worse with every step", loc="left", fontsize=11)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)


def _curves(axes: plt.Axes, name: str, values: Mapping[str, Mapping[str, Numbers]]) -> None:
    measure = MEASURES[name]
    for colour, (fault, of) in zip(_COLOURS, values.items(), strict=False):
        usable = of[name][:, np.isfinite(of[name]).all(axis=0)]
        if usable.shape[1]:
            axes.plot(range(len(usable)), usable.mean(axis=1), color=colour, marker="o", markersize=3, linewidth=1.4,
                      label=fault.replace("_", " "))
    axes.set_title(measure.label, loc="left", fontsize=11)
    axes.set_xlabel("severity", fontsize=9)
    axes.set_ylabel(measure.unit, fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", linewidth=0.4)
