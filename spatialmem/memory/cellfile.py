"""One version of one cell as an object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from spatialmem.errors import InvalidValueError, ShapeError, WorldFormatError
from spatialmem.memory.cells import OBJECT_LIMIT, CellKey, locate
from spatialmem.memory.tensorfile import pack, unpack
from spatialmem.poses import matrix_from_quat
from spatialmem.protocols import Json
from spatialmem.splats import FIELDS, Splats

Point = tuple[float, float, float]

KIND = "cell"

_OPTIONAL = "labels"
"""Left out where all are 0, as they are in every world that was made before there were any."""


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


def encode_cell(splats: Splats, key: CellKey, box: Extent, *, world: str, commit: int,
                origin: str | None = None) -> bytes:
    """The object of a cell; `box` is the extent of `splats`, `origin` the damaged object that it stands for.

    Raises:
        InvalidValueError: more Gaussians than an object takes.
    """
    if len(splats) > OBJECT_LIMIT:
        raise InvalidValueError(f"splats: {len(splats)} Gaussians within one smallest cell {tuple(key)}, at "
                                f"most {OBJECT_LIMIT} fit; merge coinciding Gaussians before the commit")
    record: dict[str, Json] = {
        "kind": KIND, "world": world, "key": list(key), "commit": commit, "count": len(splats),
        "low": list(box.low), "high": list(box.high), "reach": box.reach,
    }
    if origin is not None:
        record["origin"] = origin
    labelled = bool(splats.labels.any())
    return pack({name: getattr(splats, name) for name in FIELDS if labelled or name != _OPTIONAL}, record)


def decode_cell(blob: bytes, where: str, *, world: str, key: CellKey, commit: int, edge: float) -> Splats:
    """The Gaussians of a cell object, each judged.

    Raises:
        WorldFormatError: no cell object, of another world, cell or commit, or Gaussians that are not
            finite, out of range or outside the cell.
    """
    tensors, record = unpack(blob, where)
    want = {"kind": KIND, "world": world, "key": list(key), "commit": commit}
    if {name: record.get(name) for name in want} != want or set(tensors) | {_OPTIONAL} != set(FIELDS):
        raise WorldFormatError(f"{where}: is not cell {tuple(key)} of commit {commit} of this world; "
                               "restore it from a backup")
    try:
        splats = Splats(**{_OPTIONAL: _no_labels(tensors), **tensors})
    except (ShapeError, InvalidValueError) as error:
        raise WorldFormatError(f"{where}: {error}") from None
    if not 0 < len(splats) <= OBJECT_LIMIT or record.get("count") != len(splats):
        raise WorldFormatError(f"{where}: holds {len(splats)} Gaussians, its record says "
                               f"{record.get('count')}; restore it from a backup")
    if bool((locate(splats.means, key.level, edge) != list(key[1:])).any()):
        raise WorldFormatError(f"{where}: has Gaussians outside its cell {tuple(key)}")
    return splats


def _no_labels(tensors: Mapping[str, Tensor]) -> Tensor:
    return torch.zeros(tensors["means"].shape[:1], dtype=torch.int32)


def _point(vector: Tensor) -> Point:
    x, y, z = (float(v) for v in vector)
    return x, y, z
