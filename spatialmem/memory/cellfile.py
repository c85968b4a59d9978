"""One version of one cell as an object."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from spatialmem.errors import InvalidValueError, ShapeError, WorldFormatError
from spatialmem.memory.cellcodes import layout_of, quantise, restore
from spatialmem.memory.cells import OBJECT_LIMIT, CellKey, locate
from spatialmem.memory.columns import compress, expand
from spatialmem.memory.tensorfile import pack, unpack
from spatialmem.poses import matrix_from_quat
from spatialmem.protocols import Json
from spatialmem.splats import Splats

Point = tuple[float, float, float]

KIND = "cell"


@dataclass(frozen=True)
class Extent:
    """Where the Gaussians of a cell are.

    Attributes:
        low, high: corners of the box around their centres, metres.
        reach: three standard deviations of the widest along any world axis, metres; the box grown by
            it holds all that is drawn.
    """

    low: Point
    high: Point
    reach: float


def extent(splats: Splats) -> Extent:
    """The extent of at least one Gaussian."""
    R = matrix_from_quat(splats.quats)
    sigma = ((R * splats.scales[:, None, :]) ** 2).sum(-1).sqrt()  # diagonal of R S S^T R^T
    low, high = torch.aminmax(splats.means, dim=0)
    return Extent(_point(low), _point(high), 3 * float(sigma.max()))


def encode_cell(splats: Splats, key: CellKey, box: Extent, *, world: str, commit: int, edge: float,
                origin: str | None = None) -> bytes:
    """The object of a cell.

    Args:
        splats: its content, `rounded`.
        key: where it is.
        box: the extent of `splats`.
        world, commit: whose it is, and since when.
        edge: of a level-0 cell, metres.
        origin: the damaged object that it stands for.

    Raises:
        InvalidValueError: more Gaussians than an object takes.
    """
    if len(splats) > OBJECT_LIMIT:
        raise InvalidValueError(f"splats: {len(splats)} Gaussians within one smallest cell {tuple(key)}, at "
                                f"most {OBJECT_LIMIT} fit; merge coinciding Gaussians before the commit")
    layout, columns = quantise(splats, key, edge)
    record: dict[str, Json] = {
        "kind": KIND, "world": world, "key": list(key), "commit": commit, "count": len(splats),
        "low": list(box.low), "high": list(box.high), "reach": box.reach,
        "bits": layout.bits, "single": [*sorted(layout.single)],
    }
    if origin is not None:
        record["origin"] = origin
    rows = np.frombuffer(compress(columns), np.uint8).copy()
    return pack({"rows": torch.from_numpy(rows)}, record)


def decode_cell(blob: bytes, where: str, *, world: str, key: CellKey, commit: int, edge: float) -> Splats:
    """The Gaussians of a cell object, each judged.

    Raises:
        WorldFormatError: no cell object, of another world, cell or commit, or Gaussians that are not
            finite, out of range or outside the cell.
    """
    tensors, record = unpack(blob, where)
    want = {"kind": KIND, "world": world, "key": list(key), "commit": commit}
    if {name: record.get(name) for name in want} != want or set(tensors) != {"rows"}:
        raise WorldFormatError(f"{where}: is not cell {tuple(key)} of commit {commit} of this world; "
                               "restore it from a backup")
    count = record.get("count")
    if type(count) is not int or not 0 < count <= OBJECT_LIMIT:
        raise WorldFormatError(f"{where}: its record says {count} Gaussians, 1..{OBJECT_LIMIT} are accepted; restore "
                               "it from a backup")
    try:
        layout = layout_of(record.get("bits"), record.get("single"))
        columns = expand(tensors["rows"].numpy().tobytes(), layout.columns(), count)
        splats = restore(layout, columns, key, edge)
    except (ShapeError, InvalidValueError) as error:
        raise WorldFormatError(f"{where}: {error}; restore it from a backup") from None
    if bool((locate(splats.means, key.level, edge) != list(key[1:])).any()):
        raise WorldFormatError(f"{where}: has Gaussians outside its cell {tuple(key)}")
    return splats


def _point(vector: Tensor) -> Point:
    x, y, z = (float(v) for v in vector)
    return x, y, z
