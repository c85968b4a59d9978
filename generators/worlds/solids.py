"""`Solids`: the bodies that a block is made of, and `SolidBuilder`, which collects them one by one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spatialmem.errors import InvalidValueError, ShapeError
from spatialmem.generators.worlds.materials import MATERIALS, TILE_M, Material
from spatialmem.labels import SemanticClass

BLOCK = TILE_M
"""Metres, side of a block: the square piece of a world that is grown at once."""

OVERHANG = 8.0
"""Metres that a solid may reach out of its block sideways (crowns, eaves)."""

MAX_HEIGHT = 120.0
MAX_INSTANCE = (1 << 16) - 1

Point = Sequence[float]


class Shape(IntEnum):
    """The convex bodies that there are; the numbers are shared with the kernels."""

    BOX = 0
    CYLINDER = 1
    ELLIPSOID = 2
    GABLE = 3


@dataclass(frozen=True, eq=False)
class Solids:
    """`N` convex bodies, in the coordinates of their block (origin = its low corner), metres.

    Attributes:
        shape: `[N]` uint8, a `Shape`.
        center: `[N, 3]` float32, middle of the body's own bounding box.
        half: `[N, 3]` float32, half its extent along its own axes, before the turn.
        yaw_cos, yaw_sin: `[N]` float32, the turn of its axes about +Z.
        material: `[N]` int32, row of `materials`.
        cls: `[N]` uint8, a `SemanticClass`.
        instance: `[N]` int32, number of the thing it belongs to, from 1 within the block.
        fine: `[N]` bool, detail that is only painted and left out of blockouts.
        materials: the materials that are used.

    Raises:
        ShapeError: arrays do not match in length, shape or type.
    """

    shape: NDArray[np.uint8]
    center: NDArray[np.float32]
    half: NDArray[np.float32]
    yaw_cos: NDArray[np.float32]
    yaw_sin: NDArray[np.float32]
    material: NDArray[np.int32]
    cls: NDArray[np.uint8]
    instance: NDArray[np.int32]
    fine: NDArray[np.bool_]
    materials: tuple[Material, ...]

    def __post_init__(self) -> None:
        count = len(self.shape)
        kinds = {"shape": np.uint8, "center": np.float32, "half": np.float32, "yaw_cos": np.float32,
                 "yaw_sin": np.float32, "material": np.int32, "cls": np.uint8, "instance": np.int32, "fine": np.bool_}
        for name, kind in kinds.items():
            array = getattr(self, name)
            wanted = (count, 3) if name in {"center", "half"} else (count,)
            if array.shape != wanted or array.dtype != kind:
                raise ShapeError(f"solids {name}: expected {list(wanted)} {np.dtype(kind)}, got "
                                 f"{list(array.shape)} {array.dtype}")

    def __len__(self) -> int:
        return len(self.shape)

    @property
    def bounds(self) -> NDArray[np.float32]:
        """`[N, 2, 3]` low and high corners of the upright boxes around the turned bodies."""
        cos, sin = np.abs(self.yaw_cos), np.abs(self.yaw_sin)
        x, y, z = self.half.T
        reach = np.stack([cos * x + sin * y, sin * x + cos * y, z], 1)
        return np.stack([self.center - reach, self.center + reach], 1)


class _Tag(NamedTuple):
    """What a body is, beside its shape."""

    material: str | Material
    cls: SemanticClass
    instance: int
    fine: bool


@dataclass
class SolidBuilder:
    """Collects solids; `solids()` freezes them.

    Every method takes a material (one of `MATERIALS` by name, or any `Material`), a class and the
    number of the thing it is part of (1..65535 within the block), and raises InvalidValueError where
    numbers are not finite, an extent is not positive, or the body leaves its block by more than 8 m.
    """

    _rows: list[tuple[Shape, tuple[float, ...], int, _Tag]] = field(default_factory=list)
    _materials: dict[Material, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._rows)

    def box(self, low: Point, high: Point, *, material: str | Material, cls: SemanticClass, instance: int,
            yaw: float = 0.0, fine: bool = False) -> None:
        """A box from corner `low` to corner `high`, then turned by `yaw` radians about its upright middle axis."""
        x, y, z, hx, hy, hz = _between(low, high)
        quarters = yaw / (math.pi / 2)
        if yaw and abs(quarters - round(quarters)) < 1e-9:
            # a quarter turn leaves a box aligned: its pattern joins that of its neighbours
            hx, hy = (hy, hx) if round(quarters) % 2 else (hx, hy)
            yaw = 0.0
        self._add(Shape.BOX, (x, y, z, hx, hy, hz, yaw), _Tag(material, cls, instance, fine))

    def cylinder(self, base: Point, radius: float, height: float, *, material: str | Material, cls: SemanticClass,
                 instance: int, fine: bool = False) -> None:
        """An upright cylinder that stands on the middle of its base."""
        x, y, z = _three("cylinder", base)
        self._add(Shape.CYLINDER, (x, y, z + height / 2, radius, radius, height / 2, 0.0),
                  _Tag(material, cls, instance, fine))

    def ellipsoid(self, center: Point, radii: Point, *, material: str | Material, cls: SemanticClass, instance: int,
                  yaw: float = 0.0, fine: bool = False) -> None:
        """An ellipsoid with the given half axes, turned by `yaw` radians about +Z."""
        numbers = (*_three("ellipsoid", center), *_three("ellipsoid", radii), yaw)
        self._add(Shape.ELLIPSOID, numbers, _Tag(material, cls, instance, fine))

    def gable(self, low: Point, high: Point, ridge_axis: Literal["x", "y"], *, material: str | Material,
              cls: SemanticClass, instance: int, yaw: float = 0.0, fine: bool = False) -> None:
        """A roof: a prism over the rectangle of `low`..`high` whose ridge runs along an axis at the top.

        The whole is then turned by `yaw` radians about its upright middle axis.
        """
        if ridge_axis not in {"x", "y"}:
            raise InvalidValueError(f"gable: ridge_axis must be 'x' or 'y', got {ridge_axis!r}")
        x, y, z, hx, hy, hz = _between(low, high)
        if ridge_axis == "y":
            # a gable's own ridge runs along its x
            hx, hy, yaw = hy, hx, yaw + math.pi / 2
        self._add(Shape.GABLE, (x, y, z, hx, hy, hz, yaw), _Tag(material, cls, instance, fine))

    def solids(self) -> Solids:
        """All bodies so far, in the order in which they were added."""
        numbers = np.array([row[1] for row in self._rows], np.float64).reshape(-1, 7)
        tags = [row[3] for row in self._rows]
        yaw = numbers[:, 6]
        return Solids(np.array([row[0] for row in self._rows], np.uint8), numbers[:, :3].astype(np.float32),
                      numbers[:, 3:6].astype(np.float32), _exact(np.cos(yaw)), _exact(np.sin(yaw)),
                      np.array([row[2] for row in self._rows], np.int32),
                      np.array([tag.cls for tag in tags], np.uint8),
                      np.array([tag.instance for tag in tags], np.int32),
                      np.array([tag.fine for tag in tags], np.bool_),
                      tuple(self._materials))

    def _add(self, shape: Shape, numbers: tuple[float, ...], tag: _Tag) -> None:
        _check(shape, numbers, tag.instance)
        material = tag.material
        if isinstance(material, str):
            if material not in MATERIALS:
                raise InvalidValueError(f"unknown material {material!r}; known are {', '.join(MATERIALS)}")
            material = MATERIALS[material]
        row = self._materials.setdefault(material, len(self._materials))
        self._rows.append((shape, numbers, row, tag._replace(cls=SemanticClass(tag.cls))))


def _check(shape: Shape, numbers: tuple[float, ...], instance: int) -> None:
    what = f"{shape.name.lower()} of instance {instance}"
    if not all(math.isfinite(number) for number in numbers):
        raise InvalidValueError(f"{what}: numbers must be finite, got {numbers}")
    x, y, z, *half = numbers[:6]
    if min(half) <= 0:
        raise InvalidValueError(f"{what}: every extent must be positive, got half extents {half}; is low above high?")
    cos, sin = abs(math.cos(numbers[6])), abs(math.sin(numbers[6]))
    sideways = max(abs(x - BLOCK / 2) + cos * half[0] + sin * half[1],
                   abs(y - BLOCK / 2) + sin * half[0] + cos * half[1])
    if sideways > BLOCK / 2 + OVERHANG + 1e-6 or abs(z) + half[2] > MAX_HEIGHT:
        raise InvalidValueError(f"{what}: must lie within its block of {BLOCK:g} m and {OVERHANG:g} m around it, and "
                                f"within {MAX_HEIGHT:g} m of the ground, got centre {(x, y, z)} and half sizes {half}")
    if not 1 <= instance <= MAX_INSTANCE:
        raise InvalidValueError(f"{what}: instance numbers run from 1 to {MAX_INSTANCE} within a block")


def _three(what: str, point: Point) -> tuple[float, float, float]:
    if len(point) != 3:
        raise InvalidValueError(f"{what}: points and radii have three numbers each, got {point}")
    return point[0], point[1], point[2]


def _between(low: Point, high: Point) -> tuple[float, ...]:
    """Middle and half extents of the box between two corners."""
    corners = list(zip(_three("low corner", low), _three("high corner", high), strict=True))
    return (*((a + b) / 2 for a, b in corners), *((b - a) / 2 for a, b in corners))


def _exact(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """Cosines and sines with those of quarter turns exact: a box turned by pi / 2 stays aligned."""
    return np.where(np.abs(values) < 1e-12, 0.0, values).astype(np.float32)
