"""`blocks_of`: a draft as blocks of 16 m with their solids and lights."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import fields, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from spatialmem.generators.worlds.blocks import Block, Room
from spatialmem.generators.worlds.layouts.draft import Body, Draft, Passage, Space
from spatialmem.generators.worlds.lights import Lights
from spatialmem.generators.worlds.materials import Material
from spatialmem.generators.worlds.places.rooms import Rect
from spatialmem.generators.worlds.solids import BLOCK, Shape, SolidBuilder
from spatialmem.generators.worlds.window import Key, block_at
from spatialmem.labels import SemanticClass

PIECE = BLOCK / 2
"""Metres: what is longer is cut, for a solid may reach no farther out of its block."""

GROUND = -0.02
"""Height of the ground around a layout, metres."""

_GROUND_CLASSES = {"grass": SemanticClass.GRASS, "asphalt": SemanticClass.ROAD, "paving": SemanticClass.SIDEWALK,
                   "water": SemanticClass.WATER, "planks": SemanticClass.FLOOR, "parquet": SemanticClass.FLOOR,
                   "tiles": SemanticClass.FLOOR, "carpet": SemanticClass.FLOOR, "concrete": SemanticClass.FLOOR}
_NEAR = 9.0
"""Metres from an opening within which it lights parts of a room."""
_STEP = 0.3
_FEW = 4
"""Rectangles of a room, above which its outline is stairs, and light takes it for one box."""

Row = tuple[float, ...]
Corners = tuple[float, ...]


def blocks_of(draft: Draft) -> dict[Key, Block]:
    """The blocks that hold anything of the draft, by their place."""
    builders: dict[Key, SolidBuilder] = defaultdict(SolidBuilder)
    instances: dict[Key, dict[str, int]] = defaultdict(dict)
    for body in draft.bodies:
        for piece in _pieces(body):
            key = block_at(*piece.center[:2])
            known = instances[key]
            number = known.setdefault(body.thing or f"{body.entry} {id(body)}", len(known) + 1)
            _add(builders[key], piece, key, number)
    for key, builder in builders.items():
        if draft.ground is not None:
            lay_ground(builder, draft.ground, len(instances[key]) + 1)
    lights = _lights_of(draft)
    rooms: dict[Key, list[Room]] = defaultdict(list)
    for space in draft.spaces:
        key = block_at(*space.middle)
        largest = max(space.areas, key=lambda rect: rect.area)
        x, y = BLOCK * key[0], BLOCK * key[1]
        rooms[key].append(Room(space.name, (largest.x0 - x, largest.y0 - y), (largest.x1 - x, largest.y1 - y),
                               space.height))
    keys = {*builders, *_keys(lights.rooms.mean(1)), *_keys(lights.lamps), *_keys(lights.openings), *rooms}
    return {key: Block(builders[key].solids(), _share(lights, key), tuple(rooms[key])) for key in keys}


def lay_ground(builder: SolidBuilder, material: Material, instance: int) -> None:
    """Adds the ground of one block; it lies a little lower than floors, so that no two faces share a plane."""
    builder.box((0.0, 0.0, GROUND - 0.3), (BLOCK, BLOCK, GROUND), material=material,
                cls=_GROUND_CLASSES.get(material.name, SemanticClass.PATH), instance=instance)


def _pieces(body: Body) -> Iterator[Body]:
    """The body, or what it is cut into along its own axes: at block edges where it is aligned."""
    if body.shape is not Shape.BOX:
        yield body
        return
    spans = [_spans(body.center[axis], body.half[axis], body.yaw == 0) for axis in (0, 1)]
    if len(spans[0]) == len(spans[1]) == 1:
        yield body
        return
    cos, sin = math.cos(body.yaw), math.sin(body.yaw)
    for a0, a1 in spans[0]:
        for b0, b1 in spans[1]:
            u, v = (a0 + a1) / 2, (b0 + b1) / 2
            center = body.center[0] + cos * u - sin * v, body.center[1] + sin * u + cos * v, body.center[2]
            yield replace(body, center=center, half=((a1 - a0) / 2, (b1 - b0) / 2, body.half[2]))


def _spans(center: float, half: float, aligned: bool) -> list[tuple[float, float]]:
    """Parts of -half..half that are at most 8 m long."""
    if 2 * half <= PIECE:
        return [(-half, half)]
    if aligned:
        lines = PIECE * np.arange(math.floor((center - half) / PIECE) + 1, math.ceil((center + half) / PIECE)) - center
        ends = np.concatenate([[-half], lines, [half]])
    else:
        ends = np.linspace(-half, half, math.ceil(2 * half / PIECE) + 1)
    return [(float(a), float(b)) for a, b in pairwise(ends) if b - a > 1e-6]


def _add(builder: SolidBuilder, body: Body, key: Key, number: int) -> None:
    x, y, z = body.center[0] - BLOCK * key[0], body.center[1] - BLOCK * key[1], body.center[2]
    hx, hy, hz = body.half
    if body.shape is Shape.CYLINDER:
        builder.cylinder((x, y, z - hz), hx, 2 * hz, material=body.material, cls=body.cls, instance=number,
                         fine=body.fine)
    elif body.shape is Shape.ELLIPSOID:
        builder.ellipsoid((x, y, z), (hx, hy, hz), material=body.material, cls=body.cls, instance=number,
                          fine=body.fine)
    else:
        builder.box((x - hx, y - hy, z - hz), (x + hx, y + hy, z + hz), material=body.material, cls=body.cls,
                    instance=number, yaw=body.yaw, fine=body.fine)


def _lights_of(draft: Draft) -> Lights:
    """All lights in world coordinates.

    A lamp has one row, and the box around all of its room: each row counts as a lamp of its own in the
    light that the walls give back. So it shines around the corner of an L, and through the walls of what
    lies in it. Of boxes that cross, the first holds a point: that of an L-shaped room comes last.
    """
    roofed = sorted((space for space in draft.spaces if space.height), key=lambda space: (len(space.areas), space.area))
    boxes = {space.entry: _boxes(space, roofed) for space in roofed}
    lamps: list[Row] = []
    lamp_boxes: list[Corners] = []
    for glow in draft.glows:
        space = next((space for space in roofed if space.holds(*glow.position[:2])), None)
        lamps.append((*glow.position, *(glow.power * channel for channel in glow.colour), glow.reach))
        lamp_boxes.append((-1e4,) * 3 + (1e4,) * 3 if space is None else _upright(_around(space), space))
    openings: list[Row] = []
    opening_boxes: list[Corners] = []
    for passage in draft.passages:
        for side in (-1, 1):
            for row, corners in _daylight(passage, side, draft, boxes):
                openings.append(row)
                opening_boxes.append(corners)
    rooms = [corners for space in roofed for corners in boxes[space.entry]]
    return Lights(_table(rooms, 2, 3), _table(lamps, 7), _table(lamp_boxes, 2, 3), _table(openings, 10),
                  _table(opening_boxes, 2, 3))


def _boxes(space: Space, roofed: list[Space]) -> list[Corners]:
    """The boxes that a room is for light: one around all of it, unless it is simple and open air lies within."""
    around = x0, y0, x1, y1 = _around(space)
    inside = sum(max(0.0, min(r.x1, x1) - max(r.x0, x0)) * max(0.0, min(r.y1, y1) - max(r.y0, y0))
                 for other in roofed for r in other.areas)
    if inside > 0.9 * around.area or len(space.areas) > _FEW:
        return [_upright(around, space)]
    return [_upright(rect, space) for rect in space.areas]


def _around(space: Space) -> Rect:
    """The rectangle around all of a room."""
    return Rect(min(r.x0 for r in space.areas), min(r.y0 for r in space.areas),
                max(r.x1 for r in space.areas), max(r.y1 for r in space.areas))


def _daylight(passage: Passage, side: int, draft: Draft,
              boxes: dict[str, list[Corners]]) -> Iterator[tuple[Row, Corners]]:
    """Rows of `Lights.openings` for what the sky sends through a hole into the room on one of its sides."""
    hole, axis = passage.hole, passage.across
    middle = [(hole.x0 + hole.x1) / 2, (hole.y0 + hole.y1) / 2]
    depth = (hole.width if axis == 0 else hole.depth) / 2 + _STEP
    near, far = list(middle), list(middle)
    near[axis] += side * depth
    far[axis] -= side * depth
    room, behind = draft.space_at(*near), draft.space_at(*far)
    if room is None or not room.height:
        return
    # a door between two rooms passes a little of the light of the next window on
    share = (1.0 if passage.kind == "window" else 0.8) if behind is None or not behind.height else 0.15
    half = [passage.width / 2] * 2
    half[axis] = 0.0
    normal = [0.0, 0.0]
    normal[axis] = float(side)
    row = (*middle, (passage.bottom + passage.top) / 2, *half, (passage.top - passage.bottom) / 2, *normal, 0.0, share)
    for corners in boxes[room.entry]:
        if all(corners[k] - _NEAR < middle[k] < corners[k + 3] + _NEAR for k in (0, 1)):
            yield row, corners


def _upright(rect: Rect, space: Space) -> Corners:
    return rect.x0, rect.y0, 0.0, rect.x1, rect.y1, space.height


def _table(rows: list[tuple[float, ...]], *shape: int) -> NDArray[np.float32]:
    return np.array(rows, np.float32).reshape(-1, *shape)


def _keys(points: NDArray[np.float32]) -> list[Key]:
    return [block_at(float(x), float(y)) for x, y in points[:, :2]]


def _share(lights: Lights, key: Key) -> Lights:
    """What of the lights stands in a block, in its coordinates."""
    shift = np.array([BLOCK * key[0], BLOCK * key[1], 0.0], np.float32)
    arrays: dict[str, NDArray[np.float32]] = {field.name: getattr(lights, field.name) for field in fields(lights)}
    held = {"rooms": _keys(arrays["rooms"].mean(1)), "lamps": _keys(arrays["lamps"]),
            "openings": _keys(arrays["openings"])}
    held |= {"lamp_boxes": held["lamps"], "opening_boxes": held["openings"]}
    chosen = {name: array[[each == key for each in held[name]]].reshape(-1, *array.shape[1:])
              for name, array in arrays.items()}
    for array in chosen.values():
        array[..., :3] -= shift
    return Lights(**chosen)
