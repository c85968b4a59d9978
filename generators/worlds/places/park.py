"""Parks: wide lawns with winding paths, groups of trees, ponds and playgrounds, along avenues that go on."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

from spatialmem.generators.worlds.blocks import SIDES, Block, Site
from spatialmem.generators.worlds.houses.sheds import PAVILION, pavilion
from spatialmem.generators.worlds.nature.green import bed_somewhere, round_bed, shrub_somewhere
from spatialmem.generators.worlds.nature.stones import fountain, pond_somewhere, rocks, rocks_somewhere
from spatialmem.generators.worlds.nature.trees import HEIGHTS, SPECIES, Species, plant, plant_somewhere
from spatialmem.generators.worlds.outdoors.furniture import bench, bench_towards, bin_, park_lamp
from spatialmem.generators.worlds.outdoors.ground import Paths, lawn, slab
from spatialmem.generators.worlds.outdoors.play import TOYS
from spatialmem.generators.worlds.places.garden import CLEAR, strip_along
from spatialmem.generators.worlds.plot import Plot, around
from spatialmem.generators.worlds.solids import BLOCK
from spatialmem.labels import SemanticClass

Part = Literal["plaza", "avenue", "meadow", "grove", "pond", "playground", "pavilion"]

_PATH = 1.8
_AVENUE = 2.0
"""Metres, half the width of an avenue."""


def part_of(site: Site) -> Part:
    """What a block of a park is: avenues run along the middle rows of districts and meet a fountain halfway."""
    if site.key[1] % 3 == 1:
        return "plaza" if site.key[0] % 3 == 1 else "avenue"
    parts: tuple[Part, ...] = ("meadow", "grove", "pond", "playground", "pavilion")
    return site.dice.child("part").choice(parts, (4, 3, 3, 2, 1))


def build(site: Site) -> Block:
    """A piece of a park."""
    plot, part = Plot(site), part_of(site)
    lawn(plot)
    for side in SIDES:
        if not site.outdoors(side):
            plot.keep_free(strip_along(side, CLEAR))
    if part in {"plaza", "avenue"}:
        _along_avenue(plot, fountain_here=part == "plaza")
    else:
        _in_the_green(plot, part)
    for _ in range(site.dice.child("shrubs").integer(1, 4)):
        shrub_somewhere(plot, plot.dice.uniform(0.4, 0.8))
    return plot.block()


def _along_avenue(plot: Plot, *, fountain_here: bool) -> None:
    """A straight wide path along x between two rows of trees, lamps and benches."""
    middle = BLOCK / 2
    paths = Paths.of(plot)
    paths.strip((0.0, middle - _AVENUE, BLOCK, middle + _AVENUE))
    paths.meet((middle, middle), _PATH, [
        side for side in SIDES if side in {"south", "north"} or plot.site.neighbours[side] != "park"])
    if fountain_here:
        paths.disc((middle, middle), 4.2)
        plot.take(around(middle, middle, 1.7))
        fountain(plot, middle, middle, 1.7)
        plot.room("plaza", (middle - 1.5, middle + 2.2, middle + 1.5, middle + 3.4))
        _benches_around(plot)
    else:
        plot.room("avenue", (1.0, middle - 1.2, BLOCK - 1.0, middle + 1.2))
    _rows(plot)
    for _ in range(2):
        bed_somewhere(plot, 2.8, 1.1, along_x=True)


def _benches_around(plot: Plot) -> None:
    """Four benches on the corners of the plaza that look at the fountain."""
    middle, out = BLOCK / 2, 3.5
    for k, (x, y) in enumerate(((-1, -1), (1, -1), (1, 1), (-1, 1))):
        at = (middle + out * x, middle + out * y)
        plot.take(around(*at, 0.85))
        bench(plot, *at, (k + 1.5) * _QUARTER)


def _rows(plot: Plot) -> None:
    """Trees every 5.3 m on both sides; a lamp and a bench between them by turns."""
    species: Species = plot.site.district.child("avenue").choice(("round", "broad", "poplar", "birch", "blossom"))
    low, high = HEIGHTS[species]
    for flank in (-1, 1):
        y = BLOCK / 2 + flank * (_AVENUE + 1.3)
        for slot in range(3):
            x = (slot + 0.5) * BLOCK / 3
            if plot.claim(around(x, y, 0.3), gap=0.4):
                plant(plot, x, y, species, plot.dice.uniform(low, (low + high) / 2))
        _between_trees(plot, y, flank)


def _between_trees(plot: Plot, y: float, flank: int) -> None:
    near = BLOCK / 2 + flank * (_AVENUE + 0.55)
    for k, x in enumerate((BLOCK / 3, 2 * BLOCK / 3)):
        if (k == 0) == (flank > 0):
            if plot.claim((x - 0.9, near - 0.35, x + 0.9, near + 0.35), gap=0.5):
                bench(plot, x, near, 0.0 if flank > 0 else 2 * _QUARTER)
            if plot.claim(around(x + 1.5, near, 0.26), gap=0.4):
                bin_(plot, x + 1.5, near)
        elif plot.claim(around(x, near, 0.15), gap=0.5):
            park_lamp(plot, x, near)


def _in_the_green(plot: Plot, part: Part) -> None:
    """Paths that meet somewhere, and around them what the part is about."""
    dice = plot.dice.child("hub")
    hub = (dice.uniform(5.0, 11.0), dice.uniform(5.0, 11.0))
    paths = Paths.of(plot)
    paths.disc(hub, 1.4)
    paths.meet(hub, _PATH)
    plot.room("park", around(*hub, 0.8))
    _PARTS[part](plot, hub)
    bench_towards(plot, hub)
    for reach in (3.5, 7.0):
        spot = plot.spot(0.15, 0.15, within=(hub[0] - reach, hub[1] - reach, hub[0] + reach, hub[1] + reach))
        if spot:
            park_lamp(plot, *spot)


def _meadow(plot: Plot, hub: tuple[float, float]) -> None:
    """A wide lawn with a few big trees, a round bed or boulders."""
    dice = plot.dice.child("meadow")
    if dice.chance(0.5):
        spot = plot.spot(1.4, 1.4)
        if spot:
            round_bed(plot, *spot, 1.4)
    elif (spot := plot.spot(0.9, 0.9)) is not None:
        rocks(plot, *spot, 0.9)
    for _ in range(dice.integer(2, 4)):
        plant_somewhere(plot, dice.choice(("broad", "round", "birch", "blossom")), dice.uniform(0.3, 1.0))


def _grove(plot: Plot, hub: tuple[float, float]) -> None:
    dice = plot.dice.child("grove")
    kinds = dice.shuffled(SPECIES)[:3]
    for _ in range(dice.integer(8, 12)):
        plant_somewhere(plot, dice.choice(kinds), dice.uniform(0.2, 1.0))
    for _ in range(dice.integer(1, 3)):
        rocks_somewhere(plot, dice.uniform(0.5, 0.9))


def _pond(plot: Plot, hub: tuple[float, float]) -> None:
    spot = pond_somewhere(plot, (3.6, 3.1, 2.6, 2.1, 1.7), tries=40)
    if spot:
        bench_towards(plot, spot)
    for _ in range(4):
        plant_somewhere(plot, plot.dice.choice(("birch", "broad", "conifer")), plot.dice.uniform(0.2, 0.8))


def _playground(plot: Plot, hub: tuple[float, float]) -> None:
    """Three or four toys, each on a bed of sand or rubber."""
    for toy, (half_x, half_y) in plot.dice.child("toys").shuffled(TOYS)[:4]:
        spot = plot.spot(half_x, half_y, tries=30, gap=1.0)
        if spot:
            x, y = spot
            slab(plot, (x - half_x - 0.3, y - half_y - 0.3, x + half_x + 0.3, y + half_y + 0.3), 0.003,
                 SemanticClass.PATH, plot.scheme.material("sand", "ground"))
            toy(plot, x, y)
    for _ in range(3):
        plant_somewhere(plot, plot.dice.choice(("round", "birch", "blossom")), plot.dice.uniform(0.2, 0.7))


def _with_pavilion(plot: Plot, hub: tuple[float, float]) -> None:
    spot = plot.spot(PAVILION, PAVILION, tries=40)
    if spot:
        pavilion(plot, *spot)
    for _ in range(3):
        bed_somewhere(plot, 2.4, 1.0, along_x=plot.dice.chance(0.5))
    _meadow(plot, hub)


_QUARTER = math.pi / 2
_PARTS: dict[Part, Callable[[Plot, tuple[float, float]], None]] = {
    "meadow": _meadow, "grove": _grove, "pond": _pond, "playground": _playground, "pavilion": _with_pavilion}
