"""`build_plan`: a floor plan as a picture, turned into walls, doors, windows, rooms and furniture."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from spatialmem.generators.worlds.layouts.draft import Body, Draft, Finding, Passage, Space
from spatialmem.generators.worlds.layouts.islands import islands
from spatialmem.generators.worlds.layouts.legend import (
    DOOR,
    FREE,
    HEIGHTS,
    WALL,
    WINDOW,
    legend_of,
    meaning_classes,
)
from spatialmem.generators.worlds.layouts.openings import frame
from spatialmem.generators.worlds.layouts.pieces import compressed, pieces_of
from spatialmem.generators.worlds.layouts.rooms import CEILING, ROOF, SLAB
from spatialmem.generators.worlds.layouts.scan import classify, pixels_of, unknown_colours
from spatialmem.generators.worlds.layouts.spec import Plan, Spec
from spatialmem.generators.worlds.layouts.stairs import corners, stairs
from spatialmem.generators.worlds.layouts.surfaces import Surfaces
from spatialmem.generators.worlds.layouts.things import STRUCTURE
from spatialmem.generators.worlds.places.rooms import Rect
from spatialmem.generators.worlds.solids import Shape
from spatialmem.labels import SemanticClass

_MOST_CORNERS = 12_000
"""Corners above which a plan is coarsened: slanted and hand-drawn lines become stairs."""
_RAGGED = 400
_COARSEST = 0.1
_SMALLEST = 0.02
"""Square metres of furniture, and of rooms 0.3: specks are noise."""
_ROOM = 0.3

Mask = NDArray[np.bool_]


def build_plan(path: Path, spec: Spec, plan: Plan, surfaces: Surfaces, draft: Draft) -> None:
    """Adds what a floor plan shows; x grows along its rows and y up its columns, from its lower left corner.

    Raises:
        LayoutError: the picture is missing, damaged or too large, or its legend has a meaning that is none.
    """
    pixels, metres = pixels_of(path, plan.metres_per_pixel)
    read = classify(pixels, legend_of(plan.legend, draft.source))
    found = unknown_colours(read, metres)
    draft.findings += [] if found is None else [found]
    meaning, free = read.meaning[::-1], read.names.index(FREE)
    while corners(meaning).sum() > _MOST_CORNERS and 2 * metres <= _COARSEST:
        meaning, metres = _halved(meaning, free), 2 * metres
    _Plan(spec, plan, surfaces, draft, (meaning, read.names, metres)).build()


class _Plan:
    """One reading of a plan: the meaning of its cells, rows upwards, and their size."""

    def __init__(self, spec: Spec, plan: Plan, surfaces: Surfaces, draft: Draft,
                 read: tuple[NDArray[np.int16], tuple[str, ...], float]) -> None:
        self._spec, self._plan, self._surfaces, self._draft = spec, plan, surfaces, draft
        self._meaning, self._names, self._metres = read
        self._height = spec.height
        self._rooms = self._enclosed()

    def build(self) -> None:
        """Adds everything."""
        wall = self._surfaces.of(SemanticClass.WALL)
        walls = self._rects(np.where(self._is(WALL), 0, -1))
        if not walls:
            self._draft.findings.append(Finding(True, "plan: shows no wall; draw walls in black (#000000), or name "
                                                "their colour in plan.legend"))
        elif not self._rooms.any():
            self._draft.findings.append(Finding(False, "plan: its walls enclose no room, so that all of it lies in the "
                                                "open; close the gaps with walls, doors or windows"))
        if len(walls) > _RAGGED:
            self._draft.findings.append(Finding(
                False, f"plan: its walls are slanted or ragged and need {len(walls)} boxes; turn the picture level, or "
                "draw it anew with straight lines"))
        else:
            self._draft.findings += stairs(self._is(WALL), self._metres)
        for x0, y0, x1, y1 in (rect for rect, _ in walls):
            self._draft.add_box("plan wall", (x0, y0, -SLAB), (x1, y1, self._height), SemanticClass.WALL, wall)
        self._add_passages("door", DOOR)
        self._add_passages("window", WINDOW)
        self._add_rooms()
        for name, cls in meaning_classes().items():
            if name in self._names:
                self._add_things(name, cls)

    def _is(self, name: str) -> Mask:
        if name not in self._names:
            return np.zeros(self._meaning.shape, np.bool_)
        found: Mask = self._meaning == self._names.index(name)
        return found

    def _enclosed(self) -> NDArray[np.int32]:
        """`[H, W]` number of the room of each cell, from 1 in reading order; 0 = wall, or outdoors."""
        solid = self._is(WALL) | self._is(DOOR) | self._is(WINDOW)
        # from the top of the picture, where people begin to read
        numbers = islands(~solid[::-1])[::-1]
        sizes = np.bincount(numbers.ravel())
        border = np.unique(np.concatenate([numbers[0], numbers[-1], numbers[:, 0], numbers[:, -1]]))
        dropped = sizes * self._metres ** 2 < _ROOM
        dropped[border] = True
        dropped[0] = True
        renumbered = np.cumsum(~dropped) * ~dropped
        return renumbered[numbers].astype(np.int32)

    def _add_passages(self, kind: str, name: str) -> None:
        """Doors or windows: each connected patch, and the wall above and below it."""
        numbers = islands(self._is(name))
        material = self._surfaces.of(SemanticClass.WALL)
        for rows, columns in ndimage.find_objects(numbers):
            hole = self._rect(rows, columns)
            if hole.area < 2 * self._metres ** 2 or max(hole.width, hole.depth) < 0.1:
                continue
            entry = f"{kind} at ({hole.middle[0]:.1f}, {hole.middle[1]:.1f})"
            if not self._in_wall(rows, columns):
                self._draft.findings.append(Finding(True, f"{entry} stands in no wall; draw it between two ends of a "
                                                    "wall, or remove it", hole.middle))
                continue
            bottom, top = (0.0, self._plan.door_height) if kind == "door" else (self._plan.sill, self._plan.window_top)
            top = min(top, self._height - 0.05)
            passage = Passage(entry, "door" if kind == "door" else "window", hole, self._across(rows, columns),
                              min(bottom, top - 0.2), top)
            self._draft.passages.append(passage)
            for low, high in ((-SLAB, passage.bottom), (top, self._height)):
                if high > 0:
                    self._draft.add_box("plan wall", (hole.x0, hole.y0, low), (hole.x1, hole.y1, high),
                                        SemanticClass.WALL, material)
            frame(passage, self._surfaces, self._draft)

    def _across(self, rows: slice, columns: slice) -> Literal[0, 1]:
        """The axis through the wall that a patch lies in: the one along which it does not end at walls."""
        along, upright = self._walled(rows, columns)
        if along == upright:
            return 1 if columns.stop - columns.start >= rows.stop - rows.start else 0
        return 1 if along > upright else 0

    def _in_wall(self, rows: slice, columns: slice) -> bool:
        return max(self._walled(rows, columns)) > 0

    def _walled(self, rows: slice, columns: slice) -> tuple[float, float]:
        """How much of the ends of a patch, along rows and along columns, is wall."""
        wall = np.pad(self._is(WALL), 1)
        inner_rows, inner_columns = slice(rows.start + 1, rows.stop + 1), slice(columns.start + 1, columns.stop + 1)
        return (float(wall[inner_rows, [columns.start, columns.stop + 1]].mean()),
                float(wall[[rows.start, rows.stop + 1], inner_columns].mean()))

    def _add_rooms(self) -> None:
        """Floors, ceilings and light of the enclosed regions; a roof over them and the walls between them."""
        floor, ceiling = self._surfaces.of(SemanticClass.FLOOR), self._surfaces.of(SemanticClass.CEILING)
        top = self._height
        areas: dict[int, list[Rect]] = {}
        for rect, number in self._rects(np.where(self._rooms > 0, self._rooms, -1)):
            areas.setdefault(number, []).append(rect)
        for number, rects in sorted(areas.items()):
            entry = f"room {number}"
            self._draft.spaces.append(Space(entry, entry, tuple(rects), top))
            for x0, y0, x1, y1 in rects:
                self._draft.add_box(f"{entry} floor", (x0, y0, -SLAB), (x1, y1, 0.0), SemanticClass.FLOOR, floor)
                self._draft.add_box(f"{entry} ceiling", (x0, y0, top), (x1, y1, top + CEILING), SemanticClass.CEILING,
                                    ceiling)
        built = (self._rooms > 0) | self._is(WALL) | self._is(DOOR) | self._is(WINDOW)
        near = ndimage.binary_dilation(self._rooms > 0, iterations=max(1, round(0.5 / self._metres)))
        covered: Mask = built & np.asarray(near, np.bool_)
        roof = self._surfaces.of(SemanticClass.ROOF)
        for (x0, y0, x1, y1), _ in self._rects(np.where(covered, 0, -1)):
            self._draft.add_box("plan roof", (x0, y0, top + CEILING), (x1, y1, top + ROOF), SemanticClass.ROOF, roof)
        # walls end at the ceiling's underside: these close the gap that one would see from outside
        for (x0, y0, x1, y1), _ in self._rects(np.where(covered & (self._rooms == 0), 0, -1)):
            self._draft.add_box("plan wall", (x0, y0, top), (x1, y1, top + CEILING), SemanticClass.WALL,
                                self._surfaces.of(SemanticClass.WALL))

    def _add_things(self, name: str, cls: SemanticClass) -> None:
        """Each connected patch of a colour as a box, or as a few where its outline is not a rectangle."""
        numbers = islands(self._is(name))
        top, low = HEIGHTS[cls], 0.0 if HEIGHTS[cls] > 0.1 else -0.05
        material = self._surfaces.of(cls)
        for number, (rows, columns) in enumerate(ndimage.find_objects(numbers), 1):
            patch = numbers[rows, columns] == number
            if patch.sum() * self._metres ** 2 < _SMALLEST:
                continue
            around = self._rect(rows, columns)
            entry = f"{name} at ({around.middle[0]:.1f}, {around.middle[1]:.1f})"
            disc = _is_disc(patch)
            rects = [around] if disc or patch.mean() > 0.85 else [
                rect for rect, _ in self._rects(np.where(numbers == number, 0, -1))]
            for rect in rects:
                radius = (rect.width + rect.depth) / 4
                half = (radius, radius) if disc else (rect.width / 2, rect.depth / 2)
                self._draft.bodies.append(Body(
                    entry, (*rect.middle, (low + top) / 2), (*half, (top - low) / 2), cls, material,
                    shape=Shape.CYLINDER if disc else Shape.BOX, fixed=cls in STRUCTURE, thing=entry))

    def _rect(self, rows: slice, columns: slice) -> Rect:
        return Rect(columns.start * self._metres, rows.start * self._metres, columns.stop * self._metres,
                    rows.stop * self._metres)

    def _rects(self, labels: NDArray[np.integer]) -> list[tuple[Rect, int]]:
        """Labelled cells as few rectangles in metres."""
        small, (rows, columns) = compressed(labels)
        return [(self._rect(slice(int(rows[piece.low[0]]), int(rows[piece.high[0]])),
                            slice(int(columns[piece.low[1]]), int(columns[piece.high[1]]))), piece.label)
                for piece in pieces_of(small)]


def _is_disc(patch: Mask) -> bool:
    """Whether a patch fills its bounds as a disc does."""
    height, width = patch.shape
    return abs(height - width) <= 0.1 * max(height, width) and abs(float(patch.mean()) - math.pi / 4) < 0.04


def _halved(meaning: NDArray[np.int16], free: int) -> NDArray[np.int16]:
    """Cells of twice the size: what most of the four mean; of a tie what is not free, so that walls stay whole."""
    height, width = meaning.shape[0] // 2, meaning.shape[1] // 2
    four = meaning[:2 * height, :2 * width].reshape(height, 2, width, 2).swapaxes(1, 2).reshape(height, width, 4)
    votes = (four[..., :, None] == four[..., None, :]).sum(-1) + 0.5 * (four != free)
    halved: NDArray[np.int16] = np.take_along_axis(four, votes.argmax(-1)[..., None], -1)[..., 0]
    return halved
