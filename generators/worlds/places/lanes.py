"""`Lanes`: which cells of a maze's block are joined, a spanning tree with a few loops."""

from __future__ import annotations

from dataclasses import dataclass

from spatialmem.generators.worlds.blocks import SIDES
from spatialmem.generators.worlds.dice import Dice
from spatialmem.generators.worlds.solids import BLOCK

CELLS = 6
CELL = BLOCK / CELLS
"""Metres from the middle of one lane to the next."""
_LOOPS = 0.07

Cell = tuple[int, int]


@dataclass(frozen=True)
class Lanes:
    """Which neighbouring cells of a block are joined: pairs of cells, the lower one first."""

    joined: frozenset[tuple[Cell, Cell]]

    def open(self, a: Cell, b: Cell) -> bool:
        return (min(a, b), max(a, b)) in self.joined

    def dead_ends(self) -> list[tuple[Cell, Cell]]:
        """Cells with one way out, each with the neighbour that it leads to."""
        ends: dict[Cell, list[Cell]] = {}
        for a, b in sorted(self.joined):
            ends.setdefault(a, []).append(b)
            ends.setdefault(b, []).append(a)
        return [(cell, ways[0]) for cell, ways in sorted(ends.items()) if len(ways) == 1]


def lanes_of(dice: Dice) -> Lanes:
    """A spanning tree of the cells by a walk that backtracks, and a few loops."""
    joined: set[tuple[Cell, Cell]] = set()
    walk: list[Cell] = [(dice.integer(0, CELLS - 1), dice.integer(0, CELLS - 1))]
    seen = set(walk)
    while walk:
        here = walk[-1]
        fresh = [cell for cell in _beside(here) if cell not in seen]
        if not fresh:
            walk.pop()
            continue
        there = dice.choice(fresh)
        joined.add((min(here, there), max(here, there)))
        seen.add(there)
        walk.append(there)
    for i in range(CELLS):
        for j in range(CELLS):
            for there in ((i + 1, j), (i, j + 1)):
                if max(there) < CELLS and dice.chance(_LOOPS):
                    joined.add(((i, j), there))
    return Lanes(frozenset(joined))


def _beside(cell: Cell) -> list[Cell]:
    i, j = cell
    return [(i + di, j + dj) for di, dj in SIDES.values() if 0 <= i + di < CELLS and 0 <= j + dj < CELLS]
