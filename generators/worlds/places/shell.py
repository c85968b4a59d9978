"""`build_shell`: floor, ceiling and walls of a room, with the holes of its plan."""

from __future__ import annotations

from collections.abc import Sequence

from spatialmem.generators.worlds.blocks import SIDES, BlockBuilder, Side
from spatialmem.generators.worlds.materials import Material
from spatialmem.generators.worlds.places.look import Look
from spatialmem.generators.worlds.places.rooms import OUTER, Hole, Plan, Rect
from spatialmem.labels import SemanticClass

SLAB = 0.3
SKIN = 0.03
"""Thickness of a facade's outer layer, metres."""
_SKIRTING = (0.012, 0.08)

Span = tuple[float, float]


def build_shell(plan: Plan, look: Look, builder: BlockBuilder, roof: float) -> None:
    """Adds the room's floor, its ceiling up to the underside of the roof at `roof`, its walls and skirting."""
    x0, y0, x1, y1 = plan.outline
    builder.solids.box((x0, y0, -SLAB), (x1, y1, 0.0), material=look.floor, cls=SemanticClass.FLOOR,
                       instance=builder.thing())
    ceiling = builder.thing()
    for x0, y0, x1, y1 in plan.outline.around(plan.skylight):
        builder.solids.box((x0, y0, plan.height), (x1, y1, roof), material=look.ceiling, cls=SemanticClass.CEILING,
                           instance=ceiling)
    for side in SIDES:
        _wall(plan, side, look, builder)


def pieces(low: float, high: float, top: float, holes: Sequence[Hole]) -> list[tuple[Span, Span]]:
    """What is left of a wall `low`..`high` of height `top` beside, below and above its holes: (along, upright)."""
    left: list[tuple[Span, Span]] = []
    start = low
    for hole in sorted(holes, key=lambda hole: hole.low):
        left.append(((start, hole.low), (0.0, top)))
        left.append(((hole.low, hole.high), (0.0, hole.bottom)))
        left.append(((hole.low, hole.high), (hole.top, top)))
        start = hole.high
    left.append(((start, high), (0.0, top)))
    return [(along, upright) for along, upright in left
            if along[1] - along[0] > 1e-3 and upright[1] - upright[0] > 1e-3]


def slab_of(side: Side, outline: Rect, along: Span, across: Span, upright: Span) -> tuple[list[float], list[float]]:
    """Corners of a box in a side's own terms: along it, from its outer face inwards, and upwards."""
    border, inward = outline.at(side), 1.0 if side in {"west", "south"} else -1.0
    near, far = sorted((border + inward * across[0], border + inward * across[1]))
    if side in {"west", "east"}:
        return [near, along[0], upright[0]], [far, along[1], upright[1]]
    return [along[0], near, upright[0]], [along[1], far, upright[1]]


def build_skin(plan: Plan, side: Side, material: Material, builder: BlockBuilder, height: float) -> None:
    """Adds the outer layer of a facade over this room's side, up to `height`."""
    low, high = plan.outline.along(side)
    instance = builder.thing()
    for along, upright in pieces(low, high, height, [hole for hole in plan.holes if hole.side == side]):
        corners = slab_of(side, plan.outline, along, (0.0, SKIN), upright)
        builder.solids.box(*corners, material=material, cls=SemanticClass.BUILDING, instance=instance)


def _wall(plan: Plan, side: Side, look: Look, builder: BlockBuilder) -> None:
    holes = [hole for hole in plan.holes if hole.side == side]
    # walls to west and east run through the corners, the others between them
    low, high = plan.outline.along(side) if side in {"west", "east"} else plan.inner.along(side)
    thickness = plan.wall(side)
    across = (SKIN if thickness == OUTER else 0.0, thickness)
    instance = builder.thing()
    for along, upright in pieces(low, high, plan.height + 0.02, holes):
        builder.solids.box(*slab_of(side, plan.outline, along, across, upright), material=look.wall,
                           cls=SemanticClass.WALL, instance=instance)
    depth, top = _SKIRTING
    low, high = plan.inner.along(side)
    standing = [hole for hole in holes if hole.bottom < top]
    for along, _ in pieces(low, high, top, [_tall(hole, top) for hole in standing]):
        corners = slab_of(side, plan.outline, along, (thickness - 0.002, thickness + depth), (0.0, top))
        builder.solids.box(*corners, material=look.trim, cls=SemanticClass.WALL, instance=instance, fine=True)


def _tall(hole: Hole, top: float) -> Hole:
    """The hole widened by the casing, as the skirting sees it."""
    return Hole(hole.side, hole.low - 0.06, hole.high + 0.06, 0.0, max(hole.top, top), hole.kind)
