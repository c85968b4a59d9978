"""Trees in winter: a stem that forks into limbs, and limbs into twigs."""

from __future__ import annotations

import math

from spatialmem.generators.worlds.nature.tree import CLEAR, GOLDEN, Limb, Tree

_LIMBS = 6


def bare(tree: Tree, wide: float) -> None:
    """A tree without leaves whose crown reaches `wide` metres to each side."""
    height, dice = tree.height, tree.dice
    turn = dice.uniform(0.0, 2 * math.pi)
    _leader(tree)
    for k in range(_LIMBS):
        level = k / (_LIMBS - 1)
        low = max(CLEAR + 0.05, (0.32 + 0.34 * level) * height)
        reach = wide * (1 - 0.55 * level) * dice.uniform(0.85, 1.05)
        limb = Limb((0.0, 0.0, low), turn + GOLDEN * k, reach, (height - low) * dice.uniform(0.72, 0.92),
                    (0.013 - 0.005 * level) * height)
        tree.limb(limb)
        _twigs(tree, limb)


def _leader(tree: Tree) -> None:
    """The stem, thinner and thinner to the top."""
    radius, low = 0.021 * tree.height, 0.0
    tree.stem(radius, 0.38 * tree.height)
    for share, top in ((0.8, 0.55), (0.58, 0.7), (0.36, 0.84), (0.18, 0.97)):
        low = (top - 0.19) * tree.height
        tree.trunk.cylinder((0.0, 0.0, low), share * radius, top * tree.height - low, tree.bark, fine=top > 0.6)


def _twigs(tree: Tree, limb: Limb) -> None:
    """Thin branches that leave a limb by turns to the left and to the right."""
    for k, share in enumerate((0.35, 0.55, 0.75)):
        angle = limb.angle + (0.8 if k % 2 else -0.8) * tree.dice.uniform(0.6, 1.3)
        tree.limb(Limb(limb.at(share), angle, (0.45 - 0.25 * share) * limb.reach,
                       tree.dice.uniform(0.2, 0.34) * limb.rise, 0.36 * limb.radius), fine=True)
