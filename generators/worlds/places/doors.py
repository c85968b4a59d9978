"""`build_doors`: frames in doorways, and doors that stand open where there is room for them."""

from __future__ import annotations

from spatialmem.generators.worlds.furniture.interior import Interior
from spatialmem.generators.worlds.furniture.piece import Piece
from spatialmem.generators.worlds.materials import MATERIALS, Material
from spatialmem.generators.worlds.places.rooms import Hole
from spatialmem.labels import SemanticClass

JAMB = 0.035
"""What a frame takes from a doorway on either side, metres."""
_CASING = 0.055
_PROUD = 0.015
_LEAF = 0.04
_NEARLY_FLAT = 0.12
"""Radians between the wall and a door that stands wide open."""


def build_doors(interior: Interior, door: Material) -> None:
    """Frames all doorways of the room, and hangs an open door where the plan wants one and it blocks nothing."""
    for hole in interior.plan.holes:
        if hole.kind == "door":
            thickness = interior.plan.wall(hole.side)
            interior.fix(_frame(hole, thickness, interior.look.trim), hole.side, (hole.low + hole.high) / 2)
    for hole in interior.plan.holes:
        if hole.leaf and hole.kind == "door":
            _hang(interior, hole, door)


def _frame(hole: Hole, thickness: float, trim: Material) -> Piece:
    """Jambs, head and casing of this room's half of the doorway; the origin is its middle at the wall's face."""
    piece, half = Piece(), (hole.high - hole.low) / 2
    frame = SemanticClass.DOORFRAME
    for side in (-1.0, 1.0):
        x0, x1 = sorted((side * half, side * (half - JAMB)))
        piece.box((x0, 0.002 - thickness, 0.0), (x1, _PROUD, hole.top), trim, frame)
        x0, x1 = sorted((side * half, side * (half + _CASING)))
        piece.box((x0, -0.002, 0.0), (x1, _PROUD, hole.top + _CASING), trim, frame)
    piece.box((JAMB - half, 0.002 - thickness, hole.top - JAMB), (half - JAMB, _PROUD, hole.top), trim, frame)
    piece.box((-half, -0.002, hole.top), (half, _PROUD, hole.top + _CASING), trim, frame)
    return piece


def _hang(interior: Interior, hole: Hole, material: Material) -> None:
    width, height = hole.high - hole.low - 2 * JAMB - 0.01, hole.top - JAMB - 0.01
    ends = [hole.low - _CASING - 0.01, hole.high + _CASING + 0.01]
    # with its back to the west or north wall, right is towards the low end
    turned = hole.side in {"west", "north"}
    for flat in (True, False):
        for right, place in interior.dice.shuffled([(turned, ends[0]), (not turned, ends[1])]):
            leaf = _flat(width, height, material) if flat else _square(width, height, material)
            if interior.at_wall(leaf if right else _mirrored(leaf), hole.side, place, gap=0.0):
                return


def _square(width: float, height: float, material: Material) -> Piece:
    """A door at right angles to the wall, to the right of the origin."""
    piece = Piece()
    piece.box((0.0, 0.02, 0.008), (_LEAF, 0.02 + width, height), material, SemanticClass.DOOR)
    for x0, x1 in ((-0.008, 0.0), (_LEAF, _LEAF + 0.008)):
        for z0, z1 in ((0.2, 0.9), (1.1, height - 0.15)):
            piece.box((x0, 0.14, z0), (x1, width - 0.1, z1), material, SemanticClass.DOOR, fine=True)
    handle = piece.thing()
    for x0, x1 in ((-0.05, -0.01), (_LEAF + 0.01, _LEAF + 0.05)):
        _lever(piece, (min(x0, x1), width - 0.16), (max(x0, x1), width - 0.03), handle)
    return piece


def _flat(width: float, height: float, material: Material) -> Piece:
    """A door that lies almost at the wall, to the right of the origin: its hinge there, its end a little off."""
    turned = Piece(parts=[part.moved(0.0, 0.0, 0.0, _NEARLY_FLAT - 1.5707963267948966)
                          for part in _square(width, height, material).parts], things=2)
    low, _ = turned.bounds()
    return turned.moved(-low[0], 0.005 - low[1])


def _mirrored(piece: Piece) -> Piece:
    """The same to the left of the origin."""
    mirrored = Piece(front=piece.front, things=piece.things)
    for part in piece.parts:
        x, y, z = part.center
        mirrored.parts.append(type(part)(part.shape, (-x, y, z), part.half, -part.yaw, part.material, part.cls,
                                         part.fine, part.thing))
    return mirrored


def _lever(piece: Piece, low: tuple[float, float], high: tuple[float, float], thing: int) -> None:
    piece.box((*low, 1.0), (*high, 1.025), MATERIALS["metal"], SemanticClass.HANDLE, fine=True, thing=thing)
