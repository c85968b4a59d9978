"""How many pixels a rasteriser of this kind looks at, and how many of those a Gaussian changes.

A replica, one pixel after another, of how the CPU kernels visit pixels: tiles of 32x32; a tile's Gaussians from near
to far; of each its rows, and of a row vectors of eight lanes from the first to past the last pixel that the Gaussian
reaches and that still takes light. Which pixels do is looked up anew every sixteen Gaussians. It counts from the
projection alone and shares no code with the kernels, which would be slower if they counted.
"""
# mypy: allow-untyped-defs, allow-untyped-decorators

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
import torch_tile
from numba import njit, prange
from rasterizer_scenes import Floats, Scene

TILE, LANES, BATCH = 32, 8, 16
ENTRIES, DRAWN, BOX, EVALUATED, CONTRIBUTING = range(5)

FORWARD_FLOP = 32
"""Of one lane: exponent 4, exp 15 (range 5, polynomial 10), alpha and transmittance 4, four sums 8, step 1."""
BACKWARD_FLOP = 56
"""Of one lane: the forward's without its sums 23, g·c 9, what is behind 5, colours 8, moments 11."""


class Lanes(NamedTuple):
    """Counts over all tiles.

    Attributes:
        entries: pairs of a Gaussian and a tile that its box touches.
        drawn: those met before the tile was full.
        box: lanes of the whole boxes of those in their tiles, whatever the Gaussians' shape.
        evaluated: lanes looked at, row by row.
        contributing: lanes of which a pixel's colour changed.
    """

    entries: int
    drawn: int
    box: int
    evaluated: int
    contributing: int


def count(scene: Scene) -> Lanes:
    """What it takes to draw a scene once."""
    opacities = scene.leaves[3].detach()
    with torch.no_grad():
        seen = torch_tile.project(scene.leaves[:3], scene.viewmats[0], scene.Ks[0], scene.width, scene.height)
    reached = torch.log(255 * opacities).clamp(min=0)
    shown = (seen.radii > 0).all(1) & (reached > 0)
    order = torch.nonzero(shown)[:, 0]
    order = order[torch.argsort(seen.depths[order], stable=True)]
    centres, conics, limits = (x[order].numpy() for x in (seen.centres, seen.conics, reached))
    return _count(centres, conics, limits, scene.width, scene.height)


def _count(centres: Floats, conics: Floats, reached: Floats, width: int, height: int) -> Lanes:
    columns, rows = -(-width // TILE), -(-height // TILE)
    boxes = _boxes(centres, conics, reached, (width, height))
    counts = _touching(boxes, columns, rows)
    offsets = np.concatenate([[0], np.cumsum(counts)])
    lists = np.empty(offsets[-1], np.int64)
    _fill(boxes, columns, offsets[:-1].copy(), lists)
    totals = np.zeros((columns * rows, CONTRIBUTING + 1), np.int64)
    _visit(centres, conics, reached, boxes, offsets, lists, columns, width, height, totals)
    return Lanes(*totals.sum(0).tolist())


@njit(cache=True)
def _boxes(centres, conics, reached, size):
    """Pixels x0, x1, y0, y1 that hold each Gaussian's ellipse, past-last ones excluded."""
    boxes = np.empty((len(centres), 4), np.int64)
    for n in range(len(centres)):
        a, b, c = conics[n]
        square = 2 * reached[n] / (a * c - b * b)
        for axis, reach in ((0, math.sqrt(square * c)), (1, math.sqrt(square * a))):
            first, last = _between(centres[n, axis] - reach, centres[n, axis] + reach, 0, size[axis])
            boxes[n, 2 * axis], boxes[n, 2 * axis + 1] = first, last
    return boxes


@njit(cache=True)
def _touching(boxes, columns, rows):
    """How many Gaussians touch each tile."""
    counts = np.zeros(columns * rows, np.int64)
    for n in range(len(boxes)):
        x0, x1, y0, y1 = boxes[n]
        if x1 > x0 and y1 > y0:
            for j in range(y0 // TILE, (y1 - 1) // TILE + 1):
                for i in range(x0 // TILE, (x1 - 1) // TILE + 1):
                    counts[j * columns + i] += 1
    return counts


@njit(cache=True)
def _between(low, high, first, last):
    """First and past-last pixel of first..last - 1 whose centres lie within low..high."""
    return max(first, math.ceil(max(low, -1.0) - 0.5)), min(last, math.floor(min(high, last + 1.0) - 0.5) + 1)


@njit(cache=True)
def _fill(boxes, columns, at, lists):
    """The Gaussians of each tile, from near to far; `at` is where each tile's list begins."""
    for n in range(len(boxes)):
        x0, x1, y0, y1 = boxes[n]
        if x1 > x0 and y1 > y0:
            for j in range(y0 // TILE, (y1 - 1) // TILE + 1):
                for i in range(x0 // TILE, (x1 - 1) // TILE + 1):
                    lists[at[j * columns + i]] = n
                    at[j * columns + i] += 1


@njit(cache=True, parallel=True)
def _visit(centres, conics, reached, boxes, offsets, lists, columns, width, height, totals):  # noqa: PLR0917
    for tile in prange(len(totals)):
        left, top = tile % columns * TILE, tile // columns * TILE
        right, bottom = min(left + TILE, width), min(top + TILE, height)
        light = np.ones((bottom - top, right - left), np.float32)
        firsts, lasts = np.full(bottom - top, left), np.full(bottom - top, right)
        begin, end = offsets[tile], offsets[tile + 1]
        totals[tile, ENTRIES] = end - begin
        for k in range(begin, end):
            if k > begin and (k - begin) % BATCH == 0 and not _living(light, left, firsts, lasts):
                break
            n = lists[k]
            x0, x1 = max(boxes[n, 0], left), min(boxes[n, 1], right)
            y0, y1 = max(boxes[n, 2], top), min(boxes[n, 3], bottom)
            totals[tile, DRAWN] += 1
            totals[tile, BOX] += (y1 - y0) * _padded(x1 - x0)
            for y in range(y0, y1):
                row = y - top
                _row(y, left, centres[n], conics[n], reached[n], light[row], firsts[row], lasts[row], totals[tile])


@njit(cache=True)
def _row(y, left, centre, conic, reached, light, first, last, totals):  # noqa: PLR0917
    """One Gaussian in one row: exponent ax²/2 + bxy + cy²/2 is at most `reached` between two roots."""
    a, b, c = conic
    dy = y + 0.5 - centre[1]
    root = b * b * dy * dy - a * (c * dy * dy - 2 * reached)
    if root < 0:
        return
    low, high = (-b * dy - math.sqrt(root)) / a, (-b * dy + math.sqrt(root)) / a
    x0, x1 = _between(centre[0] + low, centre[0] + high, first, last)
    totals[EVALUATED] += _padded(max(x1 - x0, 0))
    for x in range(x0, x1):
        dx = x + 0.5 - centre[0]
        exponent = 0.5 * (a * dx * dx + c * dy * dy) + b * dx * dy
        alpha = min(0.999, math.exp(reached - exponent) / 255)
        before = light[x - left]
        after = before * (1 - alpha)
        if alpha >= 1 / 255 and before > 0:
            totals[CONTRIBUTING] += after > 1e-4
            light[x - left] = after if after > 1e-4 else 0


@njit(cache=True)
def _padded(pixels):
    return -(-pixels // LANES) * LANES


@njit(cache=True)
def _living(light, left, firsts, lasts):
    """Narrow each row to its pixels that still take light; whether any does."""
    found = False
    for y in range(len(light)):
        x0, x1 = firsts[y], lasts[y]
        while x0 < x1 and light[y, x0 - left] == 0:
            x0 += 1
        while x1 > x0 and light[y, x1 - 1 - left] == 0:
            x1 -= 1
        firsts[y], lasts[y] = x0, x1
        found |= x1 > x0
    return found


