"""Trees of several kinds, each a trunk with a crown of ellipsoids; those that shed their leaves are bare in snow."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from spatialmem.generators.worlds.dice import Dice
from spatialmem.generators.worlds.materials import MATERIALS, Material
from spatialmem.generators.worlds.nature.green import leafy
from spatialmem.generators.worlds.plot import Plot, Rect
from spatialmem.generators.worlds.solids import BLOCK
from spatialmem.generators.worlds.thing import Thing
from spatialmem.labels import SemanticClass

Species = Literal["round", "broad", "poplar", "birch", "blossom", "conifer"]
SPECIES: tuple[Species, ...] = get_args(Species)

HEIGHTS: dict[Species, tuple[float, float]] = {
    "round": (5.5, 7.5), "broad": (6.5, 9.0), "poplar": (8.0, 11.0), "birch": (6.5, 8.5), "blossom": (4.2, 5.4),
    "conifer": (5.5, 9.5)}
"""Metres, how tall each kind grows."""

CLEAR = 2.15
"""Metres under the crowns of trees with bare trunks: one walks below them."""

_BLOSSOM = MATERIALS["blossom"]
_PETALS = ((0.85, 0.58, 0.66), (0.93, 0.78, 0.8), (0.92, 0.88, 0.84), (0.8, 0.5, 0.62))

_GOLDEN = 2.4
"""Radians, the golden angle: it spreads lobes evenly, however many there are."""


def foot_radius(species: Species, height: float) -> float:
    """Metres of ground around its middle that a tree takes: its trunk, or a conifer's lowest branches."""
    return 0.2 * height if species == "conifer" else 0.3


def plant(plot: Plot, x: float, y: float, species: Species, height: float) -> None:
    """A tree at a place that the caller has taken.

    Args:
        plot: where it is built.
        x, y: foot of the trunk, metres.
        species: its kind.
        height: metres from the ground to its top.
    """
    trunk = plot.stand(x, y, 0.0, SemanticClass.TRUNK)
    tree = _Tree(trunk, height, plot.dice.child("tree", trunk.instance), _leaves(plot, species, trunk.instance))
    if plot.snowy and species != "conifer":
        _bare(tree)
    else:
        _GROW[species](tree)


def plant_somewhere(plot: Plot, species: Species, tallness: float, *, within: Rect = (0.0, 0.0, BLOCK, BLOCK)) -> None:
    """A tree wherever there is room in a rectangle; `tallness` 0..1 between the least and the most of its kind."""
    low, high = HEIGHTS[species]
    height = low + tallness * (high - low)
    radius = foot_radius(species, height)
    spot = plot.spot(radius, radius, within=within)
    if spot:
        plant(plot, *spot, species, height)


def _leaves(plot: Plot, species: Species, number: int) -> Material:
    style = plot.style.child("leaves", number)
    if species == "blossom" and style.chance(0.75):
        return leafy(_BLOSSOM.tinted(style.choice(_PETALS)))
    if plot.scheme.palette.name == "autumn" and species != "conifer":
        return leafy(plot.scheme.varied("autumn_foliage", "foliage", style))
    leaves = leafy(plot.scheme.varied("foliage", "foliage", style))
    if species != "conifer":
        return leaves
    red, green, blue = leaves.colour_a
    return leaves.tinted((0.62 * red, 0.72 * green, 0.75 * blue))


@dataclass(frozen=True)
class _Tree:
    """What a tree is grown from, in axes about its foot."""

    trunk: Thing
    height: float
    dice: Dice
    leaves: Material

    def stem(self, radius: float, height: float, *, pale: bool = False) -> None:
        bark = MATERIALS["bark"].tinted((0.83, 0.81, 0.77)) if pale else MATERIALS["bark"]
        self.trunk.cylinder((0.0, 0.0, -0.05), radius, height + 0.05, bark)
        self.trunk.cylinder((0.0, 0.0, -0.05), 1.35 * radius, 0.22, bark)

    def lobe(self, angle: float, out: float, z: float, size: tuple[float, float], *, fine: bool = False) -> None:
        """A lump of leaves `out` metres from the middle; `size` is its width and height, halved."""
        wide, tall = size
        self.trunk.as_(SemanticClass.FOLIAGE).ellipsoid((out * math.cos(angle), out * math.sin(angle), z),
                                                        (wide, wide, tall), self.leaves, fine=fine)

    def crown(self, wide: float, lobes: int) -> None:
        """A core with lobes around it, and small tufts that break its outline, from `CLEAR` to the top."""
        tall = (self.height - CLEAR) / 2
        z = self.height - tall
        self.lobe(0.0, 0.0, z, (0.8 * wide, 0.82 * tall))
        turn = self.dice.uniform(0.0, 2 * math.pi)
        for k in range(lobes):
            level, size = -0.55 + 1.25 * (k + 0.5) / lobes, self.dice.uniform(0.42, 0.58) * wide
            out = 0.62 * wide * math.sqrt(1 - level * level)
            self.lobe(turn + _GOLDEN * k, out, max(z + 0.75 * level * tall, CLEAR + 0.8 * size), (size, 0.8 * size))
        self.tufts((0.92 * wide, 0.95 * tall), z, 2 * lobes + 4)

    def tufts(self, radii: tuple[float, float], z: float, count: int) -> None:
        """Small clumps that break the outline of a crown of these radii (sideways, upwards) about height z."""
        wide, tall = radii
        for k in range(count):
            level, size = -0.6 + 1.5 * (k + 0.5) / count, self.dice.uniform(0.1, 0.22) * min(wide, 1.3 * tall)
            out = wide * math.sqrt(1 - min(1.0, level * level)) * self.dice.uniform(0.85, 1.02)
            self.lobe(self.dice.uniform(0.0, 2 * math.pi), out, max(z + level * tall, CLEAR + size),
                      (size, 0.7 * size), fine=True)


def _round(tree: _Tree) -> None:
    tree.stem(0.024 * tree.height, max(CLEAR, 0.38 * tree.height) + 0.5)
    tree.crown(tree.dice.uniform(0.4, 0.47) * (tree.height - CLEAR), 7)


def _broad(tree: _Tree) -> None:
    tree.stem(0.03 * tree.height, 0.5 * tree.height)
    tree.crown(tree.dice.uniform(0.53, 0.6) * (tree.height - CLEAR), 9)


def _blossom(tree: _Tree) -> None:
    tree.stem(0.025 * tree.height, CLEAR + 0.4)
    tree.crown(tree.dice.uniform(0.6, 0.7) * (tree.height - CLEAR), 7)


def _poplar(tree: _Tree) -> None:
    tree.stem(0.016 * tree.height, 0.4 * tree.height)
    slim, tall = tree.dice.uniform(0.095, 0.12) * tree.height, tree.height - CLEAR
    tree.lobe(0.0, 0.0, CLEAR + 0.5 * tall, (slim, 0.5 * tall))
    for k in range(6):
        level = (k + 0.5) / 6
        tree.lobe(_GOLDEN * k, 0.45 * slim * (1.2 - level), CLEAR + (0.2 + 0.55 * level) * tall,
                  (0.72 * slim, 0.19 * tall))


def _birch(tree: _Tree) -> None:
    """A pale stem under a loose, tall crown that is widest below its middle."""
    tree.stem(0.015 * tree.height, 0.75 * tree.height, pale=True)
    wide, low = tree.dice.uniform(0.17, 0.2) * tree.height, CLEAR + 0.1
    for k in range(12):
        level = (k + 0.5) / 12
        size = wide * (0.72 - 0.36 * level) * tree.dice.uniform(0.85, 1.15)
        z = max(CLEAR + size, low + level * (tree.height - low) - 0.4 * size)
        tree.lobe(_GOLDEN * k + tree.dice.uniform(-0.3, 0.3), 0.55 * wide * (1.1 - level), z, (size, 0.95 * size))
    tree.tufts((0.95 * wide, 0.4 * (tree.height - low)), (tree.height + low) / 2 - 0.3, 12)


def _conifer(tree: _Tree) -> None:
    """Tiers of branches that taper: each a star of wedges about a core."""
    height = tree.height
    tree.stem(0.02 * height, 0.5 * height)
    tiers, wide = 5, tree.dice.uniform(0.19, 0.21) * height
    for k in range(tiers):
        share = k / tiers
        radius, low = wide * (1 - 0.86 * share), (0.07 + 0.72 * share) * height
        top = low + 0.3 * height * (1 - 0.25 * share)
        for turn in range(5):
            star = tree.trunk.as_(SemanticClass.FOLIAGE).moved(0.0, 0.0, (turn + 0.4 * k) * math.pi / 5)
            thick = 0.16 * radius
            star.gable((-thick, -radius, low), (thick, radius, top), "x", tree.leaves)
        tree.lobe(0.0, 0.0, low + 0.1 * height, (0.6 * radius, 0.09 * height))


def _bare(tree: _Tree) -> None:
    """A trunk, and branches that climb outwards in short pieces, steeper and thinner towards their tips."""
    height, dice = tree.height, tree.dice
    tree.stem(0.022 * height, 0.6 * height)
    turn = dice.uniform(0.0, 2 * math.pi)
    for k in range(6):
        angle, z, out = turn + _GOLDEN * k, max(CLEAR, (0.36 + 0.04 * k) * height), 0.0
        radius, rise = 0.016 * height, 0.034 * height
        for step in range(9):
            tree.trunk.ellipsoid((out * math.cos(angle), out * math.sin(angle), z + 0.5 * rise),
                                 (1.35 * radius, 1.35 * radius, 1.1 * rise), "bark", fine=step > 3)
            out, z, radius = out + 2.1 * radius, z + rise, 0.87 * radius
        for twig in range(3):
            side = angle + 0.35 * (twig - 1)
            tree.trunk.ellipsoid((0.8 * out * math.cos(side), 0.8 * out * math.sin(side), z - 0.04 * height * twig),
                                 (0.02, 0.02, 0.07 * height), "bark", fine=True)


_GROW: dict[Species, Callable[[_Tree], None]] = {
    "round": _round, "broad": _broad, "poplar": _poplar, "birch": _birch, "blossom": _blossom, "conifer": _conifer}
