"""`outline`: how what stands in a layout looks from above, and the colours of its plan."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.patches import Circle, Patch, Polygon

from spatialmem.generators.worlds.footprints import HIGH
from spatialmem.generators.worlds.layouts.draft import Body, Finding
from spatialmem.generators.worlds.solids import Shape
from spatialmem.labels import DISPLAY_COLOURS, SemanticClass

INK, PAPER, ROOM = "#26292e", "#ffffff", "#f3efe8"
WALL, DOOR, WINDOW = "#3a3d42", DISPLAY_COLOURS[SemanticClass.DOOR], DISPLAY_COLOURS[SemanticClass.WINDOW]
ERROR, WARNING, START = "#d11f1f", "#d97706", "#0a8f3c"

_WALLS = frozenset((SemanticClass.WALL, SemanticClass.BUILDING, SemanticClass.COLUMN))
_UNSEEN = frozenset((SemanticClass.CEILING, SemanticClass.ROOF, SemanticClass.FLOOR, SemanticClass.DOORFRAME,
                     SemanticClass.WINDOWFRAME))


class Looks(NamedTuple):
    """How matplotlib is to draw a patch."""

    facecolor: str
    edgecolor: str
    linewidth: float
    zorder: float


def outline(body: Body, *, colour: str | None = None, edge: float = 0.6, zorder: float | None = None) -> Patch:
    """The patch that a body covers, higher ones above lower ones."""
    wall = body.cls in _WALLS
    looks = Looks(colour or (WALL if wall else DISPLAY_COLOURS[body.cls]), WALL if wall else INK, edge,
                  2.0 + min(max(body.top, 0.0), 5.0) / 10 if zorder is None else zorder)
    if body.shape is not Shape.BOX and body.half[0] == body.half[1]:
        return Circle(body.center[:2], body.half[0], **looks._asdict())
    cos, sin, (hx, hy, _) = math.cos(body.yaw), math.sin(body.yaw), body.half
    corners = [(body.center[0] + cos * u - sin * v, body.center[1] + sin * u + cos * v)
               for u, v in ((-hx, -hy), (hx, -hy), (hx, hy), (-hx, hy))]
    return Polygon(corners, **looks._asdict())


def is_drawn(body: Body) -> bool:
    """Whether somebody who looks down from 1.8 m would see it."""
    return body.cls not in _UNSEEN and body.bottom < HIGH and not body.fine


def furniture(bodies: Sequence[Body]) -> list[Body]:
    """What is drawn and no wall."""
    return [body for body in bodies if is_drawn(body) and body.cls not in _WALLS]


def colour_of(finding: Finding) -> str:
    """That of its mark."""
    return ERROR if finding.severe else WARNING


def written(text: str) -> str:
    """A text on one line, with a box for every sign that the font of the plan lacks."""
    return "".join(sign if _font_has(sign) else "\u25a1" for sign in " ".join(text.split()))


@cache
def _font_has(sign: str) -> bool:
    return get_font(findfont(FontProperties())).get_char_index(ord(sign)) > 0
