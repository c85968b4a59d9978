"""Trees of several kinds, each a trunk with a crown of ellipsoids; those that shed their leaves are bare in snow."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal, get_args

from spatialmem.generators.worlds.materials import MATERIALS, Material
from spatialmem.generators.worlds.nature.bare import bare
from spatialmem.generators.worlds.nature.green import leafy
from spatialmem.generators.worlds.nature.tree import CLEAR, GOLDEN, Tree
from spatialmem.generators.worlds.plot import Plot, Rect
from spatialmem.generators.worlds.solids import BLOCK
from spatialmem.labels import SemanticClass

Species = Literal["round", "broad", "poplar", "birch", "blossom", "conifer"]
SPECIES: tuple[Species, ...] = get_args(Species)

HEIGHTS: dict[Species, tuple[float, float]] = {
    "round": (5.5, 7.5), "broad": (6.5, 9.0), "poplar": (8.0, 11.0), "birch": (6.5, 8.5), "blossom": (4.2, 5.4),
    "conifer": (5.5, 9.5)}
"""Metres, how tall each kind grows."""

_SPREADS: dict[Species, float] = {"round": 0.27, "broad": 0.36, "poplar": 0.1, "birch": 0.2, "blossom": 0.34}
"""How far the crown of a bare tree reaches to each side, as a share of its height."""

_PALE = MATERIALS["bark"].tinted((0.83, 0.81, 0.77))
_BLOSSOM = MATERIALS["blossom"]
_PETALS = ((0.85, 0.58, 0.66), (0.93, 0.78, 0.8), (0.92, 0.88, 0.84), (0.8, 0.5, 0.62))


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
    tree = Tree(trunk, height, plot.dice.child("tree", trunk.instance), _leaves(plot, species, trunk.instance),
                _PALE if species == "birch" else MATERIALS["bark"])
    if plot.snowy and species != "conifer":
        bare(tree, _SPREADS[species] * height)
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


def _round(tree: Tree) -> None:
    tree.stem(0.024 * tree.height, max(CLEAR, 0.38 * tree.height) + 0.5)
    tree.crown(tree.dice.uniform(0.42, 0.48) * (tree.height - CLEAR), 9)


def _broad(tree: Tree) -> None:
    tree.stem(0.03 * tree.height, 0.5 * tree.height)
    tree.crown(tree.dice.uniform(0.53, 0.6) * (tree.height - CLEAR), 11)


def _blossom(tree: Tree) -> None:
    tree.stem(0.025 * tree.height, CLEAR + 0.4)
    tree.crown(tree.dice.uniform(0.6, 0.7) * (tree.height - CLEAR), 9)


def _poplar(tree: Tree) -> None:
    tree.stem(0.016 * tree.height, 0.4 * tree.height)
    slim, tall = tree.dice.uniform(0.095, 0.12) * tree.height, tree.height - CLEAR
    tree.lobe(0.0, 0.0, CLEAR + 0.5 * tall, (slim, 0.5 * tall))
    for k in range(6):
        level = (k + 0.5) / 6
        tree.lobe(GOLDEN * k, 0.45 * slim * (1.2 - level), CLEAR + (0.2 + 0.55 * level) * tall,
                  (0.72 * slim, 0.19 * tall))


def _birch(tree: Tree) -> None:
    """A pale stem under a loose, tall crown of hanging clumps that is widest below its middle."""
    tree.stem(0.015 * tree.height, 0.75 * tree.height)
    wide, tall = tree.dice.uniform(0.17, 0.2) * tree.height, tree.height - CLEAR
    tree.lobe(0.0, 0.0, CLEAR + 0.53 * tall, (0.5 * wide, 0.47 * tall))
    for k in range(13):
        level = (k + 0.5) / 13
        size = wide * (0.52 - 0.3 * level) * tree.dice.uniform(0.85, 1.15)
        z = CLEAR + 1.35 * size + level * (tall - 2.2 * size)
        tree.clump(GOLDEN * k, 0.75 * wide * (1.0 - level) ** 0.7, z, (size, 1.3 * size), 2)


def _conifer(tree: Tree) -> None:
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


_GROW: dict[Species, Callable[[Tree], None]] = {
    "round": _round, "broad": _broad, "poplar": _poplar, "birch": _birch, "blossom": _blossom, "conifer": _conifer}
