"""`overlaps`: boxes of a layout that stand in one another, and faces that lie in one plane and would flicker."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from spatialmem.generators.worlds.layouts.draft import Body, Finding
from spatialmem.generators.worlds.solids import Shape
from spatialmem.labels import SemanticClass

DEEP = 0.02
"""Metres that two things may stand in one another."""
_IN_WALL = 0.1
_PLANE = 0.001
_WALLS = frozenset((SemanticClass.WALL, SemanticClass.BUILDING))
_SAMPLES = 6


def overlaps(bodies: list[Body]) -> list[Finding]:
    """Findings about pairs of which at least one is drawn; severe where half of the smaller one is in the other."""
    boxes = [body for body in bodies if body.shape is Shape.BOX and not body.fine]
    findings: list[Finding] = []
    told: set[frozenset[str]] = set()
    for a, b in _pairs(boxes):
        # two rooms share a wall: each has its half, and one word about it is enough
        pair = frozenset("wall" if body.cls in _WALLS and not body.drawn else body.entry for body in (a, b))
        if a.thing == b.thing or pair in told:
            continue
        found = _crossing(a, b) or _flicker(a, b)
        if found is not None:
            told.add(pair)
            findings.append(found)
    return findings


def _pairs(boxes: list[Body]) -> Iterator[tuple[Body, Body]]:
    """Pairs whose upright bounds meet, one of them drawn: sorted along x, each with those that begin before it ends."""
    boxes = sorted(boxes, key=lambda body: body.center[0] - body.reach[0])
    low = np.array([np.subtract(body.center, body.reach) for body in boxes]).reshape(-1, 3)
    high = np.array([np.add(body.center, body.reach) for body in boxes]).reshape(-1, 3)
    drawn = np.array([body.drawn for body in boxes], np.bool_)
    for i in range(len(boxes)):
        end = int(np.searchsorted(low[:, 0], high[i, 0] + _PLANE, "right"))
        near = (low[i + 1:end] <= high[i] + _PLANE).all(1) & (high[i + 1:end] >= low[i] - _PLANE).all(1)
        for j in np.flatnonzero(near & (drawn[i] | drawn[i + 1:end])):
            yield boxes[i], boxes[i + 1 + int(j)]


def _crossing(a: Body, b: Body) -> Finding | None:
    walls = [body for body in (a, b) if body.fixed]
    if len(walls) == 2 or (walls and walls[0].cls not in _WALLS):
        return None
    depth = _penetration(a, b)
    if depth <= (_IN_WALL if walls else DEEP):
        return None
    small, large = sorted((a, b), key=lambda body: math.prod(body.half))
    place = small.center[0], small.center[1]
    if walls:
        thing, wall = (b, a) if a.fixed else (a, b)
        return Finding(False, f"{thing.entry} stands in {wall.entry}; move it out", thing.center[:2])
    severe = _share_inside(small, large) >= 0.5
    how = f"is mostly inside {large.entry}" if severe else f"and {large.entry} overlap by {100 * depth:.0f} cm"
    return Finding(severe, f"{small.entry} {how}; move one, or give both one 'name' if they are one thing", place)


def _penetration(a: Body, b: Body) -> float:
    """How far one must move for the two not to meet, metres (separating axes; negative = that far apart)."""
    least = a.half[2] + b.half[2] - abs(a.center[2] - b.center[2])
    dx, dy = b.center[0] - a.center[0], b.center[1] - a.center[1]
    for yaw in (a.yaw, a.yaw + math.pi / 2, b.yaw, b.yaw + math.pi / 2):
        nx, ny = math.cos(yaw), math.sin(yaw)
        spans = sum(body.half[0] * abs(math.cos(body.yaw) * nx + math.sin(body.yaw) * ny)
                    + body.half[1] * abs(math.cos(body.yaw) * ny - math.sin(body.yaw) * nx) for body in (a, b))
        least = min(least, spans - abs(dx * nx + dy * ny))
    return least


def _share_inside(small: Body, large: Body) -> float:
    """Share of points spread through `small` that lie in `large`."""
    steps = (np.arange(_SAMPLES) + 0.5) / _SAMPLES * 2 - 1
    u, v, w = (axis.ravel() for axis in np.meshgrid(*(steps * half for half in small.half)))
    x, y = _turned(u, v, small.yaw)
    x, y = _turned(x + small.center[0] - large.center[0], y + small.center[1] - large.center[1], -large.yaw)
    z = w + small.center[2] - large.center[2]
    inside = (abs(x) <= large.half[0]) & (abs(y) <= large.half[1]) & (abs(z) <= large.half[2])
    return float(inside.mean())


def _turned(x: NDArray[np.float64], y: NDArray[np.float64],
            yaw: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return math.cos(yaw) * x - math.sin(yaw) * y, math.sin(yaw) * x + math.cos(yaw) * y


def _flicker(a: Body, b: Body) -> Finding | None:
    """Two faces that look the same way in one plane, of different looks: which one is seen is left to rounding."""
    if a.yaw != 0 or b.yaw != 0 or a.material == b.material:
        return None
    shared = [min(a.center[k] + a.half[k], b.center[k] + b.half[k]) - max(a.center[k] - a.half[k],
                                                                        b.center[k] - b.half[k]) for k in range(3)]
    for k in range(3):
        others = [shared[m] for m in range(3) if m != k]
        for side in (-1, 1):
            gap = abs(a.center[k] + side * a.half[k] - b.center[k] - side * b.half[k])
            underside = k == 2 and side < 0 and a.bottom <= _PLANE
            if gap <= _PLANE and min(others) > DEEP and shared[k] > _PLANE and not underside:
                first, second = (a, b) if a.drawn else (b, a)
                face = ("side", "side", "top" if side > 0 else "underside")[k]
                return Finding(False, f"{first.entry} and {second.entry} have a {face} in one plane, which will "
                               "flicker; move one by 2 mm", first.center[:2])
    return None
