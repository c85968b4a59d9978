"""`add_boxes`, `add_lamps`: what stands and hangs in a layout."""

from __future__ import annotations

import math

import numpy as np

from spatialmem.generators.colour import to_linear
from spatialmem.generators.worlds.layouts.draft import Body, Draft, Glow, Space, Triple
from spatialmem.generators.worlds.layouts.spec import CLASSES, Box, Lamp, Spec
from spatialmem.generators.worlds.layouts.surfaces import Surfaces, rgb
from spatialmem.generators.worlds.materials import MATERIALS, Colour
from spatialmem.generators.worlds.solids import Shape
from spatialmem.labels import SemanticClass

STRUCTURE = frozenset((SemanticClass.WALL, SemanticClass.FLOOR, SemanticClass.CEILING, SemanticClass.BUILDING,
                       SemanticClass.ROOF, SemanticClass.DOORFRAME, SemanticClass.WINDOWFRAME, SemanticClass.GRASS,
                       SemanticClass.ROAD, SemanticClass.SIDEWALK, SemanticClass.PATH, SemanticClass.WATER,
                       SemanticClass.RUG))
"""Classes of buildings and ground: their boxes may cross others."""

WARM: Colour = (1.0, 0.82, 0.6)
_SPACING = 4.5
"""Metres between the lamps of a large room, about."""
_BOWL: Triple = (0.2, 0.2, 0.07)
_POST = 3.6


def add_boxes(spec: Spec, surfaces: Surfaces, draft: Draft) -> None:
    """Adds the boxes of `spec`."""
    for k, box in enumerate(spec.boxes):
        cls = CLASSES[box.cls]
        center, half = _middle(box)
        entry = f"boxes[{k}] '{box.name or box.cls}'"
        material = surfaces.of(cls, box.material, box.colour)
        draft.bodies.append(Body(entry, center, half, cls, material, math.radians(box.yaw), fixed=cls in STRUCTURE,
                                 thing=f"box {box.name}" if box.name else entry, drawn=True))


def add_lamps(spec: Spec, draft: Draft) -> None:
    """Adds the lamps of `spec`, and lamps to the rooms without one."""
    for k, lamp in enumerate(spec.lamps):
        _hang(f"lamps[{k}]", lamp, draft)
    lit = {space.entry for lamp in spec.lamps if (space := draft.space_at(*lamp.at)) is not None}
    for space in draft.spaces:
        if space.height and space.entry not in lit:
            light_up(space, draft)


def light_up(space: Space, draft: Draft) -> None:
    """Adds ceiling lamps to a room, about every 4.5 m; those of its roomy parts light its nooks too."""
    roomy = [rect for rect in space.areas
             if rect.area >= 0.2 * space.area or (rect.area >= 4.0 and min(rect.width, rect.depth) >= 1.0)]
    chosen = roomy or [max(space.areas, key=lambda rect: rect.area)]
    share = space.area / sum(rect.area for rect in chosen)
    for rect in chosen:
        across, along = max(1, round(rect.width / _SPACING)), max(1, round(rect.depth / _SPACING))
        power = min(max(share * rect.area / across / along / 16, 0.35), 1.3)
        for i in range(across):
            for j in range(along):
                x = rect.x0 + (i + 0.5) * rect.width / across
                y = rect.y0 + (j + 0.5) * rect.depth / along
                _dome(f"{space.entry} lamp", (x, y, space.height), WARM, power, draft)


def _hang(entry: str, lamp: Lamp, draft: Draft) -> None:
    x, y = lamp.at
    red, green, blue = to_linear(np.array(rgb(lamp.colour), np.float32)).tolist()
    colour = (red, green, blue)
    space = draft.space_at(x, y)
    if space is None or not space.height:
        height = lamp.height or _POST
        post = Body(entry, (x, y, height / 2 - 0.05), (0.05, 0.05, height / 2 - 0.05), SemanticClass.LAMP,
                    MATERIALS["dark_metal"], shape=Shape.CYLINDER, fixed=False, thing=entry)
        draft.bodies += [post, _bowl(entry, (x, y, height), (0.2, 0.2, 0.16))]
        draft.glows.append(Glow((x, y, height - 0.1), colour, 8 * lamp.power, 14.0))
        return
    height = space.height if lamp.height is None else min(lamp.height, space.height)
    if space.height - height < 0.3:
        _dome(entry, (x, y, space.height), colour, lamp.power, draft)
        return
    cord = (space.height - height) / 2
    draft.bodies += [Body(entry, (x, y, height + cord), (0.01, 0.01, cord), SemanticClass.LAMP, MATERIALS["dark_metal"],
                          shape=Shape.CYLINDER, thing=entry, fine=True), _bowl(entry, (x, y, height), (0.2, 0.2, 0.14))]
    draft.glows.append(Glow((x, y, height - 0.25), colour, lamp.power, 9.0))


def _dome(entry: str, at: Triple, colour: Colour, power: float, draft: Draft) -> None:
    """A flat lamp at the ceiling."""
    x, y, ceiling = at
    draft.bodies.append(_bowl(entry, (x, y, ceiling), _BOWL))
    draft.glows.append(Glow((x, y, ceiling - 0.2), colour, power, 9.0))


def _bowl(entry: str, center: Triple, half: Triple) -> Body:
    return Body(entry, center, half, SemanticClass.LAMP, MATERIALS["lamp"], shape=Shape.ELLIPSOID, thing=entry)


def _middle(box: Box) -> tuple[Triple, Triple]:
    """Middle and half extents of a box, however it is given."""
    if box.center is not None and box.size is not None:
        x, y, z = box.center
        width, depth, height = box.size
        return (x, y, z), (width / 2, depth / 2, height / 2)
    (x0, y0, z0), (x1, y1, z1) = box.low or (0.0, 0.0, 0.0), box.high or (0.0, 0.0, 0.0)
    return ((x0 + x1) / 2, (y0 + y1) / 2, (z0 + z1) / 2), ((x1 - x0) / 2, (y1 - y0) / 2, (z1 - z0) / 2)
