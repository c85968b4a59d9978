"""`plan_windows`, `build_windows`: windows towards the open air, with frame, bars, sill and curtains."""

from __future__ import annotations

from spatialmem.generators.worlds.blocks import SIDES, BlockBuilder, Side
from spatialmem.generators.worlds.dice import Dice
from spatialmem.generators.worlds.furniture.interior import Interior
from spatialmem.generators.worlds.furniture.piece import Piece
from spatialmem.generators.worlds.materials import Material
from spatialmem.generators.worlds.places.rooms import Hole, Plan
from spatialmem.generators.worlds.places.shell import slab_of
from spatialmem.labels import SemanticClass

_FROM_CORNER = 0.55
_FROM_DOOR = 0.5
_FRAME = 0.05
_BAR = 0.035


def plan_windows(plan: Plan, dice: Dice, *, sill: float, top: float, width: float = 1.5) -> None:
    """Adds windows to the plan on every side that looks outdoors, between corners and doors.

    Args:
        plan: the room; doors to the outside are in it already.
        dice: chance.
        sill, top: heights of the lower and upper end, metres.
        width: about how wide one is, metres.
    """
    for side in SIDES:
        if not plan.fronts(side):
            continue
        for low, high in _stretches(plan, side):
            count = int((high - low + 0.7) / (width + 0.7))
            if count == 0 and high - low >= 0.7:
                count = 1
            for k in range(count):
                span = (high - low) / count
                middle = low + (k + 0.5) * span
                half = min(width * dice.uniform(0.85, 1.15), span - (0.3 if count > 1 else 0.0)) / 2
                plan.holes.append(Hole(side, round(middle - half, 2), round(middle + half, 2), sill, top, "window"))


def light_holes(plan: Plan, builder: BlockBuilder) -> None:
    """Lets the sky shine in through the windows and doors that lead outdoors."""
    for hole in plan.holes:
        if plan.fronts(hole.side):
            across = plan.wall(hole.side) - 0.02
            corners = slab_of(hole.side, plan.outline, (hole.low, hole.high), (across, across + 0.01),
                              (hole.bottom, hole.top))
            builder.lights.opening(*corners, daylight=1.0 if hole.kind == "window" else 0.8)
    if plan.skylight is not None:
        x0, y0, x1, y1 = plan.skylight
        builder.lights.opening((x0, y0, plan.height), (x1, y1, plan.height + 0.01), daylight=1.0)


def build_windows(interior: Interior, *, curtains: bool, bars: tuple[int, int] = (2, 1)) -> None:
    """Frames the room's windows: `bars` panes across and bars between them upwards, sill, curtains if wanted."""
    for hole in interior.windows():
        middle, thickness = (hole.low + hole.high) / 2, interior.plan.wall(hole.side)
        interior.fix(_window(hole, thickness, interior.look.trim, bars), hole.side, middle)
    for hole in interior.windows():
        if curtains:
            _curtains(interior, hole)


def _stretches(plan: Plan, side: Side) -> list[tuple[float, float]]:
    """Where on this side windows may be."""
    low, high = plan.inner.along(side)
    start, found = low + _FROM_CORNER, []
    for hole in sorted((h for h in plan.holes if h.side == side), key=lambda h: h.low):
        found.append((start, hole.low - _FROM_DOOR))
        start = hole.high + _FROM_DOOR
    return [(a, b) for a, b in (*found, (start, high - _FROM_CORNER)) if b - a >= 0.7]


def _window(hole: Hole, thickness: float, trim: Material, bars: tuple[int, int]) -> Piece:
    """Frame and sill; the origin is the middle of the hole at the wall's inner face, on the floor."""
    piece, half, frame = Piece(), (hole.high - hole.low) / 2, SemanticClass.WINDOWFRAME
    near, far = 0.05 - thickness, 0.11 - thickness
    bottom, top = hole.bottom, hole.top
    for x in (-half, half - _FRAME):
        piece.box((x, near, bottom), (x + _FRAME, far, top), trim, frame)
    for z in (bottom, top - _FRAME):
        piece.box((_FRAME - half, near, z), (half - _FRAME, far, z + _FRAME), trim, frame)
    across, up = bars
    for k in range(1, across):
        x = -half + k * 2 * half / across
        piece.box((x - _BAR / 2, near + 0.01, bottom + _FRAME), (x + _BAR / 2, far - 0.01, top - _FRAME), trim, frame,
                  fine=True)
    for k in range(1, up + 1):
        z = bottom + (top - bottom) * (k / (up + 1) if up > 1 else 0.68)
        piece.box((_FRAME - half, near + 0.012, z - _BAR / 2), (half - _FRAME, far - 0.012, z + _BAR / 2), trim, frame,
                  fine=True)
    piece.box((-half - 0.05, -0.002, bottom - 0.035), (half + 0.05, 0.07, bottom - 0.002), trim, frame)
    return piece


def _curtains(interior: Interior, hole: Hole) -> None:
    """Two gathered curtains beside the window, if nothing is in their way, under a rod."""
    top = min(hole.top + 0.16, interior.height - 0.06)
    cloth, look = SemanticClass.CURTAIN, interior.look
    for place in (hole.low - 0.17, hole.high + 0.17):
        piece = Piece()
        for k in range(3):
            piece.cylinder(((k - 1) * 0.085, 0.075, 0.03), 0.048, top - 0.03, look.curtain, cloth)
        interior.at_wall(piece, hole.side, place, gap=0.075)
    rod = Piece()
    half = (hole.high - hole.low) / 2 + 0.32
    rod.box((-half, 0.06, top), (half, 0.085, top + 0.025), look.metal, cloth, fine=True)
    interior.at_wall(rod, hole.side, (hole.low + hole.high) / 2, gap=0.07)
