"""`Draft`: what every kind of layout file is read into, in world coordinates, before it is checked and built."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

from spatialmem.generators.worlds.materials import Colour, Material
from spatialmem.generators.worlds.places.rooms import Rect
from spatialmem.generators.worlds.solids import Shape
from spatialmem.labels import SemanticClass

Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Body:
    """One solid.

    Attributes:
        entry: the entry of the file that it comes from, such as "boxes[3] 'desk'".
        center, half: middle and half extents along its own axes, metres.
        cls: what it is.
        material: what it is made of.
        yaw: its turn about +Z, radians.
        shape: a box, or the bowl of a lamp.
        fixed: part of the building: it may cross others.
        thing: bodies of one thing share an instance and may cross; "" = a thing of its own.
        fine: detail that blockouts leave out.
        drawn: a box that somebody drew: only such can be in the way of others by mistake.
    """

    entry: str
    center: Triple
    half: Triple
    cls: SemanticClass
    material: Material
    yaw: float = 0.0
    shape: Shape = Shape.BOX
    fixed: bool = True
    thing: str = ""
    fine: bool = False
    drawn: bool = False

    @property
    def bottom(self) -> float:
        return self.center[2] - self.half[2]

    @property
    def top(self) -> float:
        return self.center[2] + self.half[2]

    @property
    def reach(self) -> Triple:
        """Half extents of the upright box around it."""
        cos, sin = abs(math.cos(self.yaw)), abs(math.sin(self.yaw))
        return cos * self.half[0] + sin * self.half[1], sin * self.half[0] + cos * self.half[1], self.half[2]


@dataclass(frozen=True)
class Space:
    """A room: disjoint rectangles, and the height of its ceiling; 0 = under the open sky."""

    entry: str
    name: str
    areas: tuple[Rect, ...]
    height: float

    def holds(self, x: float, y: float) -> bool:
        return any(x0 <= x <= x1 and y0 <= y <= y1 for x0, y0, x1, y1 in self.areas)

    @property
    def area(self) -> float:
        return sum(rect.area for rect in self.areas)

    @property
    def middle(self) -> tuple[float, float]:
        """The middle of its largest rectangle."""
        return max(self.areas, key=lambda rect: rect.area).middle


@dataclass(frozen=True)
class Passage:
    """A hole through a wall: `hole` in the plane, from `bottom` to `top`; `across` is the axis through the wall."""

    entry: str
    kind: Literal["door", "window"]
    hole: Rect
    across: Literal[0, 1]
    bottom: float
    top: float

    @property
    def width(self) -> float:
        return self.hole.depth if self.across == 0 else self.hole.width


@dataclass(frozen=True)
class Glow:
    """Light of a lamp; colour linear."""

    position: Triple
    colour: Colour
    power: float
    reach: float


@dataclass(frozen=True)
class Finding:
    """Something that is wrong with a layout.

    Attributes:
        severe: whether it keeps the layout from being used.
        text: what is wrong and what to do, on one line; begins with the entries that it is about.
        place: where, metres; None = nowhere in particular.
    """

    severe: bool
    text: str
    place: tuple[float, float] | None = None


@dataclass
class Draft:
    """Collects what a layout consists of.

    Attributes:
        source: the file, for messages.
        title: what it calls itself.
        ground: what lies around; None = nothing.
        start: x, y and heading (radians) that the file asks for.
    """

    source: str
    title: str
    ground: Material | None = None
    start: tuple[float, float, float] | None = None
    bodies: list[Body] = field(default_factory=list)
    spaces: list[Space] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)
    glows: list[Glow] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def space_at(self, x: float, y: float) -> Space | None:
        return next((space for space in self.spaces if space.holds(x, y)), None)

    def add_box(self, entry: str, low: Triple, high: Triple, cls: SemanticClass, material: Material, *,
                thing: str = "", fine: bool = False) -> None:
        """A part of the building from corner to corner."""
        center = ((low[0] + high[0]) / 2, (low[1] + high[1]) / 2, (low[2] + high[2]) / 2)
        half = ((high[0] - low[0]) / 2, (high[1] - low[1]) / 2, (high[2] - low[2]) / 2)
        self.bodies.append(Body(entry, center, half, cls, material, thing=thing or entry, fine=fine))
