"""The Gaussians of a cell as stored: steps within its cube, halves and small integers.

What a commit keeps in memory is rounded by the same code (`rounded`), so that it equals what is read back. Rounding
twice changes nothing: a cell that nobody changed is recognised, and not written again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from spatialmem.errors import InvalidValueError
from spatialmem.memory.cells import CellKey
from spatialmem.memory.columns import Column, Columns
from spatialmem.splats import FIELDS, Splats
from spatialmem.strictjson import Json

Floats = NDArray[np.float64]

FINENESS = 16
"""Steps of a centre's coordinate to the smallest standard deviation in the cell, at least."""

LEAST_BITS, MOST_BITS = 8, 24

TURNS = 2047
"""Steps from 0 to the largest component of a quaternion: half of one turns by less than a thousandth."""

HALVES = {"scales": 0.0, "opacities": 2.0**-16, "colors": 2.0**-16, "confidence": 2.0**-16}
"""Fields stored as float16 where no value errs by more than 2⁻¹¹ of itself, or by this much."""


@dataclass(frozen=True)
class Layout:
    """How the columns of one cell are to be read.

    Attributes:
        bits: the cube's edge has 2^bits steps; 0 = centres are float32.
        single: those of `HALVES` that are float32.
    """

    bits: int
    single: frozenset[str]

    def columns(self) -> dict[str, Column]:
        """Name -> type and width of each column, in storage order."""
        halves = {name: Column("<f4" if name in self.single else "<f2", FIELDS[name][0]) for name in HALVES}
        return {"means": Column("<u4" if self.bits else "<f4", (3,)), "quats": Column("<i2", (4,)),
                **halves, "clip": Column("<i4"), "seen": Column("<i4"),
                "generated": Column("|u1"), "labels": Column("<u2")}


def rounded(splats: Splats, key: CellKey, edge: float) -> Splats:
    """`splats`, which lie in cell `key`, as they come back from its object; `edge` of a level-0 cell in metres.

    A centre moves by at most a sixteenth of the smallest standard deviation in the cell, and stays in its cube.
    """
    return restore(*quantise(splats, key, edge), key, edge)


def quantise(splats: Splats, key: CellKey, edge: float) -> tuple[Layout, Columns]:
    """How at least one Gaussian in cell `key` is stored."""
    columns: Columns = {name: _narrowed(getattr(splats, name).numpy(), slack) for name, slack in HALVES.items()}
    bits, means = _bits(float(columns["scales"].min()), key, edge), splats.means.numpy()
    columns["means"] = _steps(means, bits, key, edge) if bits else means
    columns["quats"] = _turns(splats.quats.numpy())
    columns |= {name: getattr(splats, name).numpy() for name in ("clip", "seen", "generated", "labels")}
    layout = Layout(bits, frozenset(name for name in HALVES if columns[name].dtype == np.float32))
    return layout, {name: columns[name].astype(column.dtype) for name, column in layout.columns().items()}


def restore(layout: Layout, columns: Columns, key: CellKey, edge: float) -> Splats:
    """The Gaussians that were stored, each judged.

    Raises:
        InvalidValueError: not finite, or out of range.
    """
    turns = columns["quats"].astype(np.float32)
    if not bool((_largest(turns) == TURNS).all()) or bool((columns["generated"] > 1).any()):
        raise InvalidValueError(f"quats need a largest component of {TURNS}, and generated 0 or 1")
    values = {**columns, "quats": turns / np.sqrt(np.einsum("ni,ni->n", turns, turns))[:, None]}
    if layout.bits:
        corner, side = _cube(key, edge)
        values["means"] = corner + columns["means"] * (side / 2**layout.bits)
    tensors = {name: torch.from_numpy(value.astype(np.float32) if value.dtype.kind == "f" else value.astype(np.int32))
               for name, value in values.items() if name in FIELDS}
    return Splats(**tensors | {"generated": tensors["generated"].bool()})


def layout_of(bits: Json, single: Json) -> Layout:
    """The layout that a record tells.

    Raises:
        InvalidValueError: it tells none.
    """
    if type(bits) is not int or not (bits == 0 or LEAST_BITS <= bits <= MOST_BITS):
        raise InvalidValueError(f"bits: expected 0 or {LEAST_BITS}..{MOST_BITS}")
    if not isinstance(single, list) or not all(isinstance(name, str) and name in HALVES for name in single):
        raise InvalidValueError(f"single: expected some of {', '.join(HALVES)}")
    return Layout(bits, frozenset(str(name) for name in single))


def _narrowed(values: NDArray[np.float32], slack: float) -> NDArray[np.float16] | NDArray[np.float32]:
    """`values` as float16 if they survive it."""
    with np.errstate(over="ignore"):
        halves = values.astype(np.float16)
    error = np.abs(halves.astype(np.float32) - values)
    return halves if bool((error <= np.maximum(np.abs(values) * 2.0**-11, slack)).all()) else values


def _bits(smallest: float, key: CellKey, edge: float) -> int:
    """The fewest bits whose steps are fine enough for a Gaussian of scale `smallest`; 0 if float32 is coarser."""
    corner, side = _cube(key, edge)
    bits = max(LEAST_BITS, math.ceil(math.log2(FINENESS * side / smallest)))
    spacing = (float(np.abs(corner).max()) + side) * 2.0**-23
    return bits if bits <= MOST_BITS and side / 2**bits >= 2 * spacing else 0


def _steps(means: NDArray[np.float32], bits: int, key: CellKey, edge: float) -> Floats:
    """Whole steps from the cube's lower corner, never on its border: there, rounding might leave it."""
    corner, side = _cube(key, edge)
    return np.asarray(np.rint((means.astype(np.float64) - corner) * (2**bits / side)).clip(1, 2**bits - 1))


def _cube(key: CellKey, edge: float) -> tuple[Floats, float]:
    """Lower corner and edge of a cell, metres."""
    side = edge / 2**key.level
    return np.array(key[1:], dtype=np.float64) * side, side


def _turns(quats: NDArray[np.float32]) -> NDArray[np.float32]:
    """Quaternions in whole steps, the largest component `TURNS` long.

    Projected onto a cube instead of the sphere, as here, what was rounded once lies on the lattice for good.
    """
    return np.asarray(np.rint(quats / _largest(quats)[:, None] * np.float32(TURNS)))


def _largest(quats: NDArray[np.float32]) -> NDArray[np.float32]:
    w, x, y, z = np.abs(quats).T
    return np.asarray(np.maximum(np.maximum(w, x), np.maximum(y, z)))
