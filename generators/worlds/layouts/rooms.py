"""`build_rooms`: walls, floors, ceilings and spaces of the rooms that a layout lists."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spatialmem.generators.worlds.layouts.draft import Draft, Finding, Passage, Space
from spatialmem.generators.worlds.layouts.openings import frame, place_openings
from spatialmem.generators.worlds.layouts.spec import Room, Spec
from spatialmem.generators.worlds.layouts.surfaces import Surfaces
from spatialmem.generators.worlds.layouts.walls import OUTSIDE, FloorGrid, Outline
from spatialmem.generators.worlds.materials import Material
from spatialmem.generators.worlds.places.rooms import Rect
from spatialmem.labels import SemanticClass

SLAB = 0.3
"""Metres, thickness of floors."""
CEILING, ROOF = 0.1, 0.25
"""Metres above a room's height up to which its ceiling and its roof reach."""


def build_rooms(spec: Spec, surfaces: Surfaces, draft: Draft) -> None:
    """Adds all rooms of `spec`, with their doors and windows."""
    if not spec.rooms:
        named = [(f"doors[{k}]", door.at) for k, door in enumerate(spec.doors)]
        named += [(f"windows[{k}]", window.at) for k, window in enumerate(spec.windows)]
        draft.findings += [Finding(True, f"{entry}: there are no 'rooms' whose walls could hold it", at)
                           for entry, at in named]
        return
    outlines = [_outline(room) for room in spec.rooms]
    before = len(draft.passages)
    place_openings(spec, FloorGrid(outlines).walls(), draft)
    passages = draft.passages[before:]
    builder = _Builder(spec, surfaces, draft, outlines, passages)
    builder.report_overlaps()
    for k, room in enumerate(spec.rooms):
        builder.build(k, room)
    for passage in passages:
        frame(passage, surfaces, draft)


class _Builder:
    """The grid of all rooms, and what is built on it."""

    def __init__(self, spec: Spec, surfaces: Surfaces, draft: Draft, outlines: list[Outline],
                 passages: list[Passage]) -> None:
        self._spec, self._surfaces, self._draft = spec, surfaces, draft
        half = spec.wall_thickness / 2
        holes = [passage.hole for passage in passages]
        xs = [x + s * half for outline in outlines for x, _ in outline for s in (-1, 1)]
        ys = [y + s * half for outline in outlines for _, y in outline for s in (-1, 1)]
        self.grid = FloorGrid(outlines, [*xs, *(x for hole in holes for x in (hole.x0, hole.x1))],
                              [*ys, *(y for hole in holes for y in (hole.y0, hole.y1))])
        self._half = half
        # index of the passages that pierce a cell, from below; a window may lie above a door
        self._stacks: list[tuple[Passage, ...]] = [()]
        self._pierced = np.zeros(self.grid.owner.shape, np.intp)
        for passage in sorted(passages, key=lambda passage: passage.bottom):
            inside = self.grid.within(passage.hole)
            for known in np.unique(self._pierced[inside]):
                self._pierced[inside & (self._pierced == known)] = len(self._stacks)
                self._stacks.append((*self._stacks[known], passage))
        self._clad = np.zeros(self.grid.owner.shape, np.bool_)

    def report_overlaps(self) -> None:
        """One finding for each room that lies on another."""
        grid, rooms = self.grid, self._spec.rooms
        for k in sorted(set(grid.doubled[grid.doubled != OUTSIDE].tolist())):
            j, i = np.argwhere(grid.doubled == k)[0]
            place = float(grid.middle_x[i]), float(grid.middle_y[j])
            other = grid.owner[j, i]
            self._draft.findings.append(Finding(
                True, f"rooms[{k}] '{rooms[k].name}' lies on rooms[{other}] '{rooms[other].name}'; rooms may share an "
                "edge, never an area", place))

    def build(self, k: int, room: Room) -> None:
        """Floor, ceiling, walls inside and out, and the space of one room."""
        owned = self.grid.owner == k
        if not owned.any():
            if not (self.grid.doubled == k).any():
                self._draft.findings.append(Finding(True, f"rooms[{k}] '{room.name}' has no area; make it larger",
                                                    room.low))
            return
        height = room.height or self._spec.height
        areas = self._rects(owned)
        entry = f"rooms[{k}] '{room.name}'"
        walls = owned & self.grid.near(self.grid.owner != k, self._half)
        skin = (self.grid.owner == OUTSIDE) & self.grid.near(owned, self._half) & ~self._clad
        self._clad |= skin
        wall = self._surfaces.of(SemanticClass.WALL, room.wall, room.wall_colour)
        outer = self._surfaces.of(SemanticClass.BUILDING)
        self._add_walls(f"{entry} wall", walls, height, SemanticClass.WALL, wall)
        top = height + (ROOF if room.ceiling else 0.0)
        self._add_walls(f"{entry} facade", skin, top, SemanticClass.BUILDING, outer)
        self._add_slabs(entry, areas, height, room)
        self._draft.spaces.append(Space(entry, room.name, tuple(areas), height if room.ceiling else 0.0))

    def _add_slabs(self, entry: str, areas: list[Rect], height: float, room: Room) -> None:
        floor = self._surfaces.of(SemanticClass.FLOOR, room.floor, room.floor_colour)
        layers = [("floor", -SLAB, 0.0, SemanticClass.FLOOR, floor)]
        if room.ceiling:
            layers += [("ceiling", height, height + CEILING, SemanticClass.CEILING,
                        self._surfaces.of(SemanticClass.CEILING)),
                       ("roof", height + CEILING, height + ROOF, SemanticClass.ROOF,
                        self._surfaces.of(SemanticClass.ROOF))]
        for name, bottom, top, cls, material in layers:
            for x0, y0, x1, y1 in areas:
                self._draft.add_box(f"{entry} {name}", (x0, y0, bottom), (x1, y1, top), cls, material)

    def _add_walls(self, entry: str, cells: NDArray[np.bool_], height: float, cls: SemanticClass,
                   material: Material) -> None:
        """Walls on these cells, with lintels and sills where doors and windows pierce them."""
        labels = np.where(cells, self._pierced, -1)
        for (x0, y0, x1, y1), label in self.grid.rects(labels):
            ends = [0.0, *(z for hole in self._stacks[label] for z in (hole.bottom, hole.top)), height]
            for bottom, top in zip(ends[::2], ends[1::2], strict=True):
                if top - bottom > 1e-6:
                    low = -SLAB if bottom == 0.0 else bottom
                    self._draft.add_box(entry, (x0, y0, low), (x1, y1, top), cls, material)

    def _rects(self, cells: NDArray[np.bool_]) -> list[Rect]:
        return [rect for rect, _ in self.grid.rects(np.where(cells, 0, -1))]


def _outline(room: Room) -> Outline:
    if room.outline is not None:
        return room.outline
    (x0, y0), (x1, y1) = room.low or (0.0, 0.0), room.high or (0.0, 0.0)
    return (x0, y0), (x1, y0), (x1, y1), (x0, y1)
