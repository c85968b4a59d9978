"""`check`: what is wrong with a layout, each with its place and what to do."""

from __future__ import annotations

import numpy as np

from spatialmem.generators.worlds.footprints import CELL, HIGH, LOW, ROBOT
from spatialmem.generators.worlds.layouts.draft import Body, Draft, Finding, Passage, Space
from spatialmem.generators.worlds.layouts.islands import islands
from spatialmem.generators.worlds.layouts.overlaps import overlaps
from spatialmem.generators.worlds.layouts.standing import Standing, carried
from spatialmem.generators.worlds.places.rooms import Rect
from spatialmem.labels import SemanticClass

NARROWEST = 2 * ROBOT + CELL
"""Metres: a robot passes an opening of this width wherever it lies on the grid."""

_POCKET = 1.0
"""Square metres of floor that nobody misses."""
_THRESHOLD = 0.1
"""Share of a room's floor that is no more than its doorway."""
_FRONT = (0.3, 0.8)
"""Metres from a door within which somebody must be able to stand."""
_SIDES = {(0, -1): "west", (0, 1): "east", (1, -1): "south", (1, 1): "north"}
_INDOORS = frozenset((SemanticClass.TABLE, SemanticClass.CHAIR, SemanticClass.SOFA, SemanticClass.BED,
                      SemanticClass.CABINET, SemanticClass.SHELF, SemanticClass.SINK, SemanticClass.TOILET,
                      SemanticClass.BATHTUB, SemanticClass.STOVE, SemanticClass.FRIDGE, SemanticClass.CURTAIN,
                      SemanticClass.RUG, SemanticClass.PICTURE))


def check(draft: Draft, standing: Standing) -> tuple[Finding, ...]:
    """All findings, the severe ones first."""
    findings = list(draft.findings)
    for passage in draft.passages:
        if passage.kind == "door":
            findings += _door(passage, draft, standing)
    if standing.start is not None:
        findings += [found for space in draft.spaces if (found := _room(space, draft, standing)) is not None]
        findings += _pockets(draft, standing)
    findings += overlaps(draft.bodies)
    findings += _outside(draft)
    return tuple(sorted(findings, key=lambda finding: not finding.severe))


def _door(passage: Passage, draft: Draft, standing: Standing) -> list[Finding]:
    """A door must have floor on both sides, and nothing that blocks it."""
    findings, hole, axis = [], passage.hole, passage.across
    place = (hole.x0 + hole.x1) / 2, (hole.y0 + hole.y1) / 2
    for side in (-1, 1):
        front = _in_front(passage, side)
        cells = standing.window(*front)
        name = _SIDES[axis, side]
        if not any(carried(draft, *point) for point in _across(front)):
            findings.append(Finding(True, f"{passage.entry} leads into nothing on its {name} side; put a room or a "
                                    "floor there, give the layout a 'ground', or remove it", place))
        elif not standing.standable[cells].any() and passage.width >= NARROWEST:
            blocking = _nearest(draft.bodies, front)
            findings.append(Finding(True, f"{passage.entry} is blocked on its {name} side"
                                    + (f" by {blocking.entry}" if blocking else "") + "; leave 0.8 m free there",
                                    place))
    if not findings and passage.width >= NARROWEST and not _passable(passage, standing):
        findings.append(Finding(True, f"{passage.entry} is walled up or blocked: nobody gets through it; let the edges "
                                "of its rooms meet, and leave 0.8 m free on both sides", place))
    if passage.width < NARROWEST:
        findings.append(Finding(False, f"{passage.entry} is {passage.width:.2f} m wide; a robot of "
                                f"{2 * ROBOT:g} m needs {NARROWEST:g} m", place))
    return findings


def _passable(passage: Passage, standing: Standing) -> bool:
    """Whether one gets from one side of a door to the other through its hole."""
    x0, y0, x1, y1 = passage.hole
    front = _FRONT[1]
    around = Rect(x0 - front, y0, x1 + front, y1) if passage.across == 0 else Rect(x0, y0 - front, x1, y1 + front)
    rows, columns = standing.window(*around)
    numbers = islands(standing.standable[rows, columns])
    sides = [standing.window(*_in_front(passage, side)) for side in (-1, 1)]
    found = [np.unique(numbers[_within(near, rows), _within(beside, columns)]) for near, beside in sides]
    return bool(np.intersect1d(found[0][found[0] > 0], found[1]).size)


def _within(part: slice, whole: slice) -> slice:
    """A part of a range, counted from where the range begins."""
    return slice(part.start - whole.start, part.stop - whole.start)


def _across(rect: Rect) -> list[tuple[float, float]]:
    """A few points of a rectangle."""
    return [(rect.x0 + u * rect.width, rect.y0 + v * rect.depth) for u in (0.2, 0.5, 0.8) for v in (0.2, 0.5, 0.8)]


def _in_front(passage: Passage, side: int) -> Rect:
    """Where one stands before a door on one side."""
    x0, y0, x1, y1 = passage.hole
    near, far = _FRONT
    if passage.across == 0:
        return Rect(x1 + near, y0, x1 + far, y1) if side > 0 else Rect(x0 - far, y0, x0 - near, y1)
    return Rect(x0, y1 + near, x1, y1 + far) if side > 0 else Rect(x0, y0 - far, x1, y0 - near)


def _nearest(bodies: list[Body], front: Rect) -> Body | None:
    """The body between 0.1 and 1.8 m that is nearest to the middle of a place; drawn ones first."""
    x, y = front.middle
    standing = [body for body in bodies if body.top > LOW and body.bottom < HIGH
                and abs(body.center[0] - x) < body.half[0] + 1 and abs(body.center[1] - y) < body.half[1] + 1]
    return min(standing, key=lambda body: (body.fixed, (body.center[0] - x) ** 2 + (body.center[1] - y) ** 2),
               default=None)


def _room(space: Space, draft: Draft, standing: Standing) -> Finding | None:
    """Whether a room can be walked in, all of it."""
    windows = [standing.window(*rect) for rect in space.areas]
    free = sum(int((standing.regions[cells] > 0).sum()) for cells in windows)
    reached = sum(int(standing.reached[cells].sum()) for cells in windows)
    if free == 0:
        return Finding(False, f"{space.entry}: nobody can stand in it; make it larger or remove things", space.middle)
    lost = (free - reached) * CELL * CELL
    if reached < _THRESHOLD * free:
        return Finding(True, f"{space.entry} is closed: it cannot be reached from the start; {_way_in(space, draft)}",
                       space.middle)
    if lost >= _POCKET:
        return Finding(False, f"{space.entry}: {lost:.1f} m2 of its floor cannot be reached; leave wider ways between "
                       "things", _lost_place(standing, windows))
    return None


def _way_in(space: Space, draft: Draft) -> str:
    """What would open a closed room."""
    reach = [Rect(x0 - 0.3, y0 - 0.3, x1 + 0.3, y1 + 0.3) for x0, y0, x1, y1 in space.areas]
    doors = [passage for passage in draft.passages
             if passage.kind == "door" and any(passage.hole.overlaps(rect) for rect in reach)]
    if not doors:
        return "give it a door"
    narrow = [door.entry for door in doors if door.width < NARROWEST]
    if narrow:
        return f"make {', '.join(narrow)} wider than {NARROWEST:g} m"
    return f"free the way through {', '.join(door.entry for door in doors)}"


def _lost_place(standing: Standing, windows: list[tuple[slice, slice]]) -> tuple[float, float] | None:
    """Somewhere on the floor of these rectangles that cannot be reached."""
    for rows, columns in windows:
        lost = np.argwhere((standing.regions[rows, columns] > 0) & ~standing.reached[rows, columns])
        if len(lost):
            row, column = lost[len(lost) // 2]
            return standing.middle(rows.start + int(row), columns.start + int(column))
    return None


def _pockets(draft: Draft, standing: Standing) -> list[Finding]:
    """Closed places outside of rooms: walled in by boxes. The open land around a layout is none."""
    numbers = standing.regions.copy()
    numbers[standing.reached] = 0
    for space in draft.spaces:
        for rect in space.areas:
            numbers[standing.window(*rect)] = 0
    border = np.unique(np.concatenate([standing.regions[0], standing.regions[-1], standing.regions[:, 0],
                                       standing.regions[:, -1]]))
    sizes = np.bincount(numbers.ravel(), minlength=int(standing.regions.max()) + 1)
    sizes[0] = 0
    sizes[border] = 0
    findings = []
    for number in np.flatnonzero(sizes * CELL * CELL >= _POCKET):
        cells = np.argwhere(numbers == number)
        row, column = cells[len(cells) // 2]
        place = standing.middle(int(row), int(column))
        findings.append(Finding(True, f"a closed place of {sizes[number] * CELL * CELL:.1f} m2 around "
                                f"({place[0]:.1f}, {place[1]:.1f}) cannot be reached from the start; open its walls",
                                place))
    return findings


def _outside(draft: Draft) -> list[Finding]:
    """Furniture that stands in no room, where there are rooms."""
    if not draft.spaces:
        return []
    return [Finding(False, f"{body.entry} is outside of every room; move it in, or ignore this if it belongs there",
                    body.center[:2])
            for body in draft.bodies
            if body.drawn and body.cls in _INDOORS and draft.space_at(*body.center[:2]) is None]
