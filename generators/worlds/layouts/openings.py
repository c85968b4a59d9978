"""`place_openings`: doors and windows put into the walls of rooms; `frame`: what is built into such a hole."""

from __future__ import annotations

from collections.abc import Sequence

from spatialmem.generators.worlds.layouts.draft import Draft, Finding, Passage, Triple
from spatialmem.generators.worlds.layouts.spec import Door, Spec, Window
from spatialmem.generators.worlds.layouts.surfaces import Surfaces
from spatialmem.generators.worlds.layouts.walls import OUTSIDE, Wall
from spatialmem.generators.worlds.places.rooms import Rect
from spatialmem.labels import SemanticClass

_SNAP = 0.15
"""Metres beside a wall within which a point still means it."""
_CASING, _PROUD, _INSET = 0.07, 0.015, 0.003
_FRAME, _BAR, _DEPTH = 0.05, 0.035, 0.06
_LOWEST = 0.1
"""Metres: no window is lower than that."""
_SLIT = 0.3
"""Metres: a window that is narrower has no frame."""
_PANE = 0.8
"""Width of a pane about, metres."""


def place_openings(spec: Spec, walls: Sequence[Wall], draft: Draft) -> None:
    """Adds a passage for each door and window; those without a wall, or in one another, become findings."""
    openings: list[tuple[str, Door | Window]] = [(f"doors[{k}]", door) for k, door in enumerate(spec.doors)]
    openings += [(f"windows[{k}]", window) for k, window in enumerate(spec.windows)]
    placed: list[Passage] = []
    for entry, opening in openings:
        passage = _place(entry, opening, spec, walls, draft)
        if passage is None:
            continue
        taken = next((other for other in placed if _collide(passage, other)), None)
        if taken is not None:
            draft.findings.append(Finding(True, f"{entry} and {taken.entry} lie in one another; move one, or make it "
                                          "narrower", passage.hole.middle))
            continue
        placed.append(passage)
    draft.passages += placed


def frame(passage: Passage, surfaces: Surfaces, draft: Draft) -> None:
    """Adds jambs and head of a door, or frame, bars and sill of a window."""
    if passage.kind == "door":
        _frame_door(passage, surfaces, draft)
    elif min(passage.width, passage.top - passage.bottom) > _SLIT:
        _frame_window(passage, surfaces, draft)


def _collide(a: Passage, b: Passage) -> bool:
    return a.hole.overlaps(b.hole) and min(a.top, b.top) > max(a.bottom, b.bottom) + 1e-6


def _place(entry: str, opening: Door | Window, spec: Spec, walls: Sequence[Wall], draft: Draft) -> Passage | None:
    """The hole of a door or window in the wall that it means; None = it became a finding."""
    number = {room.name: k for k, room in enumerate(spec.rooms)} | {"outside": OUTSIDE}
    if opening.between is not None:
        pair = {number[name] for name in opening.between}
        walls = [wall for wall in walls if {wall.below, wall.above} == pair]
        if not walls:
            a, b = opening.between
            draft.findings.append(Finding(True, f"{entry}: '{a}' and '{b}' share no wall; let their edges meet, or "
                                          "give another pair", opening.at or _between(spec, opening.between)))
            return None
    if opening.at is not None:
        walls = [wall for wall in walls if _distance(wall, opening.at) <= spec.wall_thickness / 2 + _SNAP]
        if not walls:
            draft.findings.append(Finding(True, f"{entry}: there is no wall at ({opening.at[0]:g}, {opening.at[1]:g}); "
                                          "put it on the edge of a room", opening.at))
            return None
    at = opening.at
    wall = max(walls, key=lambda w: w.high - w.low) if at is None else min(walls, key=lambda w: _distance(w, at))
    middle = (wall.low + wall.high) / 2 if at is None else at[1 - wall.across]
    low, high = middle - opening.width / 2, middle + opening.width / 2
    margin = spec.wall_thickness / 2
    if low < wall.low + margin - 1e-6 or high > wall.high - margin + 1e-6:
        place = (wall.at, middle) if wall.across == 0 else (middle, wall.at)
        draft.findings.append(Finding(True, f"{entry}: {opening.width:g} m wide, it does not fit its wall, which is "
                                      f"free from {wall.low + margin:.2f} to {wall.high - margin:.2f} along "
                                      f"{'y' if wall.across == 0 else 'x'}; move it or make it narrower", place))
        return None
    across = wall.at - margin, wall.at + margin
    hole = Rect(across[0], low, across[1], high) if wall.across == 0 else Rect(low, across[0], high, across[1])
    lowest = min(spec.rooms[k].height or spec.height for k in (wall.below, wall.above) if k != OUTSIDE) - 0.05
    if isinstance(opening, Door):
        return Passage(entry, "door", hole, wall.across, 0.0, min(opening.height, lowest))
    if opening.sill > lowest - _LOWEST:
        draft.findings.append(Finding(True, f"{entry}: its sill at {opening.sill:g} m is too high for its wall; it "
                                      f"must lie below {lowest - _LOWEST:.2f} m", hole.middle))
        return None
    return Passage(entry, "window", hole, wall.across, opening.sill, min(opening.top, lowest))


def _between(spec: Spec, names: tuple[str, str]) -> tuple[float, float] | None:
    """The middle of the corners of these rooms."""
    corners = [point for room in spec.rooms if room.name in names
               for point in (*(room.outline or ()), room.low, room.high) if point is not None]
    if not corners:
        return None
    return sum(x for x, _ in corners) / len(corners), sum(y for _, y in corners) / len(corners)


def _distance(wall: Wall, point: tuple[float, float]) -> float:
    across, along = point[wall.across], point[1 - wall.across]
    return max(abs(across - wall.at), wall.low - along, along - wall.high, 0.0)


class _Hole:
    """Boxes in the coordinates of a hole: along the wall from its low end, across from its middle plane, up."""

    def __init__(self, passage: Passage, surfaces: Surfaces, draft: Draft, cls: SemanticClass) -> None:
        self._passage, self._draft, self._cls, self._material = passage, draft, cls, surfaces.of(cls)
        hole = passage.hole
        self.depth = hole.width if passage.across == 0 else hole.depth
        self._middle, self._low = (((hole.x0 + hole.x1) / 2, hole.y0) if passage.across == 0
                                   else ((hole.y0 + hole.y1) / 2, hole.x0))

    def box(self, along: tuple[float, float], across: tuple[float, float], up: tuple[float, float], *,
            fine: bool = False) -> None:
        corners: list[Triple] = []
        for a, c, z in zip(along, across, up, strict=True):
            u, v = self._low + a, self._middle + c
            corners.append((v, u, z) if self._passage.across == 0 else (u, v, z))
        self._draft.add_box(self._passage.entry, corners[0], corners[1], self._cls, self._material, fine=fine)


def _frame_door(passage: Passage, surfaces: Surfaces, draft: Draft) -> None:
    hole = _Hole(passage, surfaces, draft, SemanticClass.DOORFRAME)
    across = (-hole.depth / 2 - _PROUD, hole.depth / 2 + _PROUD)
    width, top = passage.width, passage.top
    hole.box((-_CASING, _INSET), across, (0.0, top - _INSET))
    hole.box((width - _INSET, width + _CASING), across, (0.0, top - _INSET))
    hole.box((-_CASING, width + _CASING), across, (top - _INSET, top + _CASING))
    # the threshold: one stands on it between two floors
    hole.box((_INSET, width - _INSET), (-hole.depth / 2, hole.depth / 2), (-0.1, 0.004))


def _frame_window(passage: Passage, surfaces: Surfaces, draft: Draft) -> None:
    hole = _Hole(passage, surfaces, draft, SemanticClass.WINDOWFRAME)
    depth = min(_DEPTH, hole.depth - 0.01) / 2
    width, bottom, top = passage.width, passage.bottom, passage.top
    for x in (0.0, width - _FRAME):
        hole.box((x, x + _FRAME), (-depth, depth), (bottom, top))
    for z in (bottom, top - _FRAME):
        hole.box((_FRAME, width - _FRAME), (-depth, depth), (z, z + _FRAME))
    panes = max(1, round(width / _PANE))
    for k in range(1, panes):
        x = k * width / panes
        hole.box((x - _BAR / 2, x + _BAR / 2), (0.01 - depth, depth - 0.01), (bottom + _FRAME, top - _FRAME), fine=True)
    hole.box((-0.05, width + 0.05), (-hole.depth / 2 - 0.04, hole.depth / 2 + 0.04), (bottom - 0.03, bottom + 0.004))
