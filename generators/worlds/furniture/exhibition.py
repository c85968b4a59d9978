"""What galleries show: pictures on walls and partitions, objects on plinths, benches before them."""

from __future__ import annotations

import math

from spatialmem.generators.worlds.blocks import SIDES
from spatialmem.generators.worlds.dice import Dice
from spatialmem.generators.worlds.furniture.decor import picture
from spatialmem.generators.worlds.furniture.dressing import light_ceiling, stand_plants
from spatialmem.generators.worlds.furniture.interior import Interior
from spatialmem.generators.worlds.furniture.piece import Piece
from spatialmem.generators.worlds.furniture.seats import bench
from spatialmem.generators.worlds.materials import MATERIALS, Material
from spatialmem.generators.worlds.places.look import Look
from spatialmem.labels import SemanticClass

_EYE = 1.6


def furnish_gallery(interior: Interior) -> None:
    """A hanging on every wall, a partition or two, plinths, benches."""
    dice = interior.dice
    if min(interior.inner.width, interior.inner.depth) > 5.5:
        for _ in range(dice.integer(1, 2)):
            interior.free_standing(_partition(interior), spread=0.6)
    for _ in range(round(interior.inner.area / 11)):
        interior.free_standing(_exhibit(interior.look, dice), spread=0.9)
    for _ in range(dice.integer(1, 3)):
        interior.free_standing(_bench(interior.look), spread=0.7)
    _hanging(interior)
    stand_plants(interior, dice.integer(0, 2))
    light_ceiling(interior, "panel")


def _hanging(interior: Interior) -> None:
    """Pictures side by side at one height, large and small in turn."""
    dice = interior.dice.child("hanging")
    for side in SIDES:
        low, high = interior.inner.along(side)
        place = low + 0.4
        while place < high - 0.8:
            width = min(dice.uniform(0.6, 2.0), high - place - 0.4)
            height = min(width * dice.choice((0.7, 0.8, 1.0, 1.25)), 1.7)
            interior.at_wall(_framed(width, height, interior.look), side, place + width / 2, lift=_EYE - height / 2,
                             gap=0.002)
            place += width + dice.uniform(0.4, 0.9)


def _framed(width: float, height: float, look: Look) -> Piece:
    piece = picture(width, height, look.metal)
    label = piece.thing()
    piece.box((width / 2 + 0.06, 0.0, 0.1), (width / 2 + 0.18, 0.01, 0.22), MATERIALS["plastic"], SemanticClass.PICTURE,
              fine=True, thing=label)
    return piece


def _partition(interior: Interior) -> Piece:
    """A wall that stands free, with a picture on either face; the origin is its middle."""
    dice, look = interior.dice, interior.look
    width, height = dice.uniform(2.2, 3.4), min(2.6, interior.height - 0.4)
    piece = Piece(front=0.8, sides=0.8, back=0.8)
    piece.box((-width / 2, -0.1, 0.0), (width / 2, 0.1, height), look.wall, SemanticClass.WALL)
    for yaw in (0.0, math.pi):
        wide = dice.uniform(0.9, width - 0.8)
        high = min(1.5, wide * dice.choice((0.7, 1.0)))
        face = Piece()
        face.add(picture(wide, high, look.metal), 0.0, 0.102)
        piece.add(face, 0.0, 0.0, _EYE - high / 2, yaw)
    return piece


def _bench(look: Look) -> Piece:
    piece = Piece(front=0.7, sides=0.4, back=0.7)
    piece.add(bench(1.6, look.wood, look.metal), 0.0, -0.24)
    return piece


def _exhibit(look: Look, dice: Dice) -> Piece:
    """An object on a plinth, or one that stands on the floor; the origin is its middle."""
    piece = Piece(front=0.55, sides=0.55, back=0.55)
    high = dice.choice((0.25, 0.6, 0.95, 1.05))
    half = dice.uniform(0.2, 0.32) if high > 0.5 else dice.uniform(0.4, 0.6)
    piece.box((-half, -half, 0.0), (half, half, high), MATERIALS["paint"], SemanticClass.TABLE)
    _object(piece, high, 0.85 * half, dice.choice((MATERIALS["marble"], MATERIALS["brass"], MATERIALS["dark_metal"],
                                                     look.pot, look.wood, MATERIALS["dark_marble"])), dice)
    return piece


def _object(piece: Piece, z: float, size: float, material: Material, dice: Dice) -> None:
    thing, other = piece.thing(), SemanticClass.OTHER
    shape = dice.choice(("vase", "stack", "bust", "tower", "egg"))
    if shape == "vase":
        piece.cylinder((0.0, 0.0, z), 0.5 * size, 0.05, material, other, thing=thing)
        piece.ellipsoid((0.0, 0.0, z + 0.8 * size), (0.75 * size, 0.75 * size, 0.8 * size), material, other,
                        thing=thing)
        piece.cylinder((0.0, 0.0, z + 1.4 * size), 0.3 * size, 0.5 * size, material, other, thing=thing)
    elif shape == "stack":
        for k in range(4):
            half = size * (0.9 - 0.18 * k)
            piece.box((-half, -half, z + 0.5 * size * k), (half, half, z + 0.5 * size * (k + 1)), material, other,
                      thing=thing, yaw=0.35 * k)
    elif shape == "bust":
        piece.box((-0.5 * size, -0.3 * size, z), (0.5 * size, 0.3 * size, z + 0.4 * size), material, other, thing=thing)
        piece.cylinder((0.0, 0.0, z + 0.4 * size), 0.25 * size, 0.4 * size, material, other, thing=thing)
        piece.ellipsoid((0.0, 0.0, z + 1.3 * size), (0.48 * size, 0.48 * size, 0.62 * size), material, other,
                        thing=thing)
    elif shape == "tower":
        for k in range(3):
            piece.ellipsoid((0.0, 0.0, z + size * (0.5 + 0.8 * k)), (size * (0.8 - 0.2 * k),) * 2 + (0.55 * size,),
                            material, other, thing=thing)
    else:
        piece.ellipsoid((0.0, 0.0, z + size), (0.7 * size, 0.7 * size, size), material, other, thing=thing)
