"""A small world of three blocks for tests of rendering: a furnished house, a street corner, a garden."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from spatialmem.camera import Cameras, pinhole
from spatialmem.generators.worlds.lights import LightBuilder, Lights
from spatialmem.generators.worlds.materials import MATERIALS, Material
from spatialmem.generators.worlds.solids import SolidBuilder, Solids
from spatialmem.generators.worlds.window import FixedBlocks
from spatialmem.labels import SemanticClass as C
from spatialmem.poses import look_at

CEILING = 2.7
T = 0.08


@dataclass(frozen=True)
class Place:
    """What a window takes of a block."""

    solids: Solids
    lights: Lights


def world() -> FixedBlocks:
    """House at (0, 0), garden south of it, streets around."""
    blocks = {(0, 0): house(), (0, -1): garden(), (1, 0): street(), (1, -1): street()}
    blocks |= {(i, j): lawn() for i in range(-3, 5) for j in range(-4, 4) if (i, j) not in blocks}
    return FixedBlocks(blocks)


def camera(eye: tuple[float, float, float], target: tuple[float, float, float], height: int = 192, width: int = 256,
           fov: float = 75.0) -> Cameras:
    """A camera at `eye` that looks at `target`."""
    pose = look_at(torch.tensor(eye, dtype=torch.float64), torch.tensor(target, dtype=torch.float64),
                   torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64))
    return Cameras(pinhole(math.radians(fov), height, width)[None], pose[None], height, width)


class Things:
    """A `SolidBuilder` that counts instances."""

    def __init__(self) -> None:
        self.solids = SolidBuilder()
        self.lights = LightBuilder()
        self.count = 0

    def next(self) -> int:
        self.count += 1
        return self.count

    def box(self, low: tuple[float, float, float], high: tuple[float, float, float], material: str | Material,
            cls: C, instance: int = 0, *, yaw: float = 0.0, fine: bool = False) -> None:
        self.solids.box(low, high, material=material, cls=cls, instance=instance or self.next(), yaw=yaw, fine=fine)

    def place(self) -> Place:
        return Place(self.solids.solids(), self.lights.lights())


def house() -> Place:
    """Two rooms of a house of 16 m: a living room with windows to the south, and a kitchen."""
    b = Things()
    ground = b.next()
    b.box((0, 0, -0.3), (16, 16, 0), "parquet", C.FLOOR, ground)
    b.box((0, 0, CEILING), (16, 16, CEILING + 0.3), MATERIALS["paint"], C.CEILING)
    b.lights.room((0.1, 0.1, 0.0), (10, 15.9, CEILING))
    b.lights.room((10.1, 0.1, 0.0), (15.9, 15.9, CEILING))
    _south_wall(b)
    wall = MATERIALS["plaster"].tinted((0.80, 0.78, 0.68))
    tiles = MATERIALS["wall_tiles"]
    b.box((0, 0.16, 0), (0.16, 16, CEILING), wall, C.WALL)
    b.box((0.16, 15.84, 0), (10, 16, CEILING), MATERIALS["wallpaper"], C.WALL)
    b.box((10, 15.84, 0), (16, 16, CEILING), tiles, C.WALL)
    b.box((15.84, 0.16, 0), (16, 15.84, CEILING), tiles, C.WALL)
    partition = b.next()
    b.box((9.92, 0.16, 0), (10.08, 6, CEILING), "brick", C.WALL, partition)
    b.box((9.92, 7.2, 0), (10.08, 15.84, CEILING), "brick", C.WALL, partition)
    b.box((9.92, 6, 2.1), (10.08, 7.2, CEILING), "brick", C.WALL, partition)
    for y in (6.0, 7.14):
        b.box((9.9, y, 0), (10.1, y + 0.06, 2.1), "white_wood", C.DOORFRAME, fine=True)
    b.lights.opening((9.95, 6, 0), (10.05, 7.2, 2.1), daylight=0.15)
    b.box((10.08, 0.16, 0), (15.84, 15.84, 0.012), "checker", C.FLOOR)
    _living(b)
    _kitchen(b)
    return b.place()


def _south_wall(b: Things) -> None:
    """A wall along y = 0 with two windows and a garden door; plaster inside, brick outside."""
    holes = [(1.5, 3.9, 0.85, 2.25), (5.0, 6.2, 0.0, 2.2), (7.2, 9.0, 0.85, 2.25), (12.0, 14.0, 1.0, 2.2)]
    inner, outer = MATERIALS["plaster"].tinted((0.80, 0.78, 0.68)), MATERIALS["brick"]
    for (y0, y1), material in (((0.08, 0.16), inner), ((0.0, 0.08), outer)):
        number, x = b.next(), 0.0
        for x0, x1, z0, z1 in holes:
            b.box((x, y0, 0), (x0, y1, CEILING), material, C.WALL, number)
            if z0 > 0:
                b.box((x0, y0, 0), (x1, y1, z0), material, C.WALL, number)
            b.box((x0, y0, z1), (x1, y1, CEILING), material, C.WALL, number)
            x = x1
        b.box((x, y0, 0), (16, y1, CEILING), material, C.WALL, number)
    for x0, x1, z0, z1 in holes:
        b.lights.opening((x0, 0.05, z0), (x1, 0.11, z1))
        frame = b.next()
        for xa in (x0, (x0 + x1) / 2 - 0.025, x1 - 0.05):
            if z0 > 0 or xa != (x0 + x1) / 2 - 0.025:
                b.box((xa, 0.04, z0), (xa + 0.05, 0.12, z1), "white_wood", C.WINDOWFRAME, frame)
        for za in (z0, z1 - 0.05):
            if za > 0:
                b.box((x0, 0.035, za), (x1, 0.125, za + 0.05), "white_wood", C.WINDOWFRAME, frame)
        if z0 > 0:
            b.box((x0 - 0.1, 0.16, z0 - 0.04), (x1 + 0.1, 0.32, z0), "white_wood", C.WINDOWFRAME, frame)
            b.box((x0 - 0.35, 0.2, 0.1), (x0 - 0.02, 0.3, 2.5), "curtain", C.CURTAIN)
            b.box((x1 + 0.02, 0.2, 0.1), (x1 + 0.35, 0.3, 2.5), "curtain", C.CURTAIN)


def table(b: Things, x: float, y: float, width: float, depth: float, *, material: str = "wood",
          yaw: float = 0.0) -> None:
    """A table of 0.74 m with four legs."""
    number = b.next()
    b.box((x - width / 2, y - depth / 2, 0.70), (x + width / 2, y + depth / 2, 0.74), material, C.TABLE, number,
          yaw=yaw)
    for sx in (-1, 1):
        for sy in (-1, 1):
            lx, ly = sx * (width / 2 - 0.06), sy * (depth / 2 - 0.06)
            px = x + lx * math.cos(yaw) - ly * math.sin(yaw)
            py = y + lx * math.sin(yaw) + ly * math.cos(yaw)
            b.box((px - 0.03, py - 0.03, 0), (px + 0.03, py + 0.03, 0.70), material, C.TABLE, number, yaw=yaw)


def chair(b: Things, x: float, y: float, yaw: float) -> None:
    """A chair whose back stands towards its own +y, turned by `yaw`."""
    number = b.next()

    def part(low: tuple[float, float, float], high: tuple[float, float, float], fine: bool = False) -> None:
        mx, my = (low[0] + high[0]) / 2, (low[1] + high[1]) / 2
        px, py = x + mx * math.cos(yaw) - my * math.sin(yaw), y + mx * math.sin(yaw) + my * math.cos(yaw)
        hx, hy = (high[0] - low[0]) / 2, (high[1] - low[1]) / 2
        b.box((px - hx, py - hy, low[2]), (px + hx, py + hy, high[2]), "light_wood", C.CHAIR, number, yaw=yaw,
              fine=fine)

    part((-0.21, -0.21, 0.43), (0.21, 0.21, 0.47))
    part((-0.21, 0.17, 0.47), (0.21, 0.21, 0.92))
    for sx in (-0.19, 0.16):
        for sy in (-0.19, 0.16):
            part((sx, sy, 0), (sx + 0.03, sy + 0.03, 0.43), fine=True)


def _living(b: Things) -> None:
    sofa = b.next()
    cloth = MATERIALS["fabric"].tinted((0.30, 0.42, 0.48))
    b.box((3, 8.6, 0.08), (5.4, 9.5, 0.42), cloth, C.SOFA, sofa)
    b.box((3, 9.3, 0.42), (5.4, 9.55, 0.85), cloth, C.SOFA, sofa)
    b.box((2.8, 8.6, 0.08), (3, 9.55, 0.62), cloth, C.SOFA, sofa)
    b.box((5.4, 8.6, 0.08), (5.6, 9.55, 0.62), cloth, C.SOFA, sofa)
    b.solids.ellipsoid((3.4, 9.1, 0.58), (0.24, 0.12, 0.2), material=MATERIALS["linen"], cls=C.SOFA, instance=sofa,
                       yaw=0.3, fine=True)
    b.box((2.6, 5.6, 0), (5.8, 7.9, 0.015), "rug", C.RUG)
    table(b, 4.2, 6.8, 1.1, 0.6, material="dark_wood")
    table(b, 7.4, 4.0, 1.8, 0.9)
    for x, yaw in ((6.9, 0.0), (7.9, 0.1), (6.9, math.pi), (7.9, math.pi - 0.15)):
        chair(b, x, 4.0 + (0.65 if abs(yaw) < 1 else -0.65), yaw)
    b.solids.cylinder((7.4, 4.0, 0.74), 0.12, 0.1, material="ceramic", cls=C.OTHER, instance=b.next(), fine=True)
    shelf = b.next()
    for z in (0.05, 0.45, 0.85, 1.25, 1.65, 2.05):
        b.box((0.16, 10.5, z), (0.5, 13.0, z + 0.03), "dark_wood", C.SHELF, shelf)
        if z < 2:
            b.box((0.2, 10.56, z + 0.03), (0.42, 12.2 + 0.4 * math.sin(9 * z), z + 0.31), "books", C.SHELF, fine=True)
    for y in (10.5, 12.97):
        b.box((0.16, y, 0), (0.5, y + 0.03, 2.08), "dark_wood", C.SHELF, shelf)
    b.box((0.2, 10.53, 0.05), (0.22, 12.97, 2.05), "dark_wood", C.SHELF, shelf)
    for y in (5.2, 7.0):
        number = b.next()
        b.box((0.16, y, 1.2), (0.185, y + 1.2, 2.0), "painting", C.PICTURE, number)
        for y0, y1, z0, z1 in ((y - 0.05, y, 1.15, 2.05), (y + 1.2, y + 1.25, 1.15, 2.05), (y, y + 1.2, 1.15, 1.2),
                               (y, y + 1.2, 2.0, 2.05)):
            b.box((0.16, y0, z0), (0.2, y1, z1), "dark_wood", C.PICTURE, number, fine=True)
    b.box((3.4, 15.8, 1.25), (4.4, 15.84, 1.95), "painting", C.PICTURE)
    b.box((9.9, 10.5, 1.2), (9.92, 12.0, 2.0), "painting", C.PICTURE)
    cabinet = b.next()
    b.box((9.4, 9.8, 0), (9.92, 12.6, 0.8), "wood", C.CABINET, cabinet)
    for y in (9.85, 10.8, 11.75):
        b.box((9.38, y, 0.06), (9.4, y + 0.85, 0.74), "light_wood", C.CABINET, cabinet)
        b.box((9.36, y + 0.38, 0.5), (9.38, y + 0.48, 0.52), "brass", C.HANDLE, fine=True)
    bed = b.next()
    b.box((6.0, 13.6, 0.1), (7.8, 15.7, 0.5), "linen", C.BED, bed)
    b.box((5.9, 15.7, 0), (7.9, 15.8, 1.1), "wood", C.BED, bed)
    b.box((5.98, 13.55, 0.44), (7.82, 14.9, 0.54), MATERIALS["fabric"].tinted((0.62, 0.32, 0.28)), C.BED, bed)
    for x in (6.1, 7.0):
        b.box((x, 15.1, 0.5), (x + 0.7, 15.6, 0.62), "linen", C.BED, bed, fine=True)
    pot = b.next()
    b.solids.cylinder((1.0, 3.0, 0), 0.2, 0.4, material=MATERIALS["brick"].tinted((0.55, 0.32, 0.22)), cls=C.PLANT,
                      instance=pot)
    for k in range(5):
        b.solids.ellipsoid((1.0 + 0.16 * math.cos(2.4 * k), 3.0 + 0.16 * math.sin(2.4 * k), 0.65 + 0.14 * k),
                           (0.24, 0.24, 0.17), material="hedge", cls=C.PLANT, instance=pot)
    _lamp(b, 4.5, 7.0)
    _lamp(b, 7.4, 4.0)
    _lamp(b, 5.0, 13.0)
    lamp = b.next()
    b.solids.cylinder((6.3, 9.2, 0), 0.14, 0.03, material="dark_metal", cls=C.LAMP, instance=lamp, fine=True)
    b.solids.cylinder((6.3, 9.2, 0.03), 0.015, 1.35, material="dark_metal", cls=C.LAMP, instance=lamp, fine=True)
    b.solids.cylinder((6.3, 9.2, 1.35), 0.2, 0.28, material="lamp_shade", cls=C.LAMP, instance=lamp)
    b.lights.lamp((6.3, 9.2, 1.75), power=0.5, reach=5)


def _lamp(b: Things, x: float, y: float) -> None:
    number = b.next()
    b.solids.cylinder((x, y, 2.28), 0.01, 0.42, material="dark_metal", cls=C.LAMP, instance=number, fine=True)
    b.solids.ellipsoid((x, y, 2.2), (0.17, 0.17, 0.12), material="lamp", cls=C.LAMP, instance=number)
    b.lights.lamp((x, y, 2.0), power=0.9)


def _kitchen(b: Things) -> None:
    counter = b.next()
    b.box((15.24, 2, 0), (15.84, 8, 0.86), "white_wood", C.CABINET, counter)
    b.box((15.2, 1.98, 0.86), (15.84, 8.02, 0.9), "dark_marble", C.CABINET, counter)
    for k in range(10):
        b.box((15.22, 2.03 + 0.6 * k, 0.1), (15.24, 2.57 + 0.6 * k, 0.8), "white_wood", C.CABINET, counter)
        b.box((15.2, 2.2 + 0.6 * k, 0.7), (15.22, 2.4 + 0.6 * k, 0.72), "metal", C.HANDLE, fine=True)
    b.box((15.5, 2, 1.5), (15.84, 8, 2.2), "light_wood", C.CABINET)
    b.box((15.2, 8.1, 0), (15.84, 8.8, 1.9), "metal", C.FRIDGE)
    table(b, 13.0, 5.0, 1.4, 0.9, material="light_wood", yaw=0.35)
    chair(b, 13.0, 6.0, 0.1)
    _lamp(b, 13.0, 5.0)
    _lamp(b, 13.0, 12.0)
    b.solids.cylinder((12.0, 10.0, 0), 0.25, CEILING, material="marble", cls=C.COLUMN, instance=b.next())


def lawn() -> Place:
    """Nothing but grass."""
    b = Things()
    b.box((0, 0, -0.3), (16, 16, 0), "grass", C.GRASS)
    return b.place()


def tree(b: Things, x: float, y: float, size: float, leaf: str = "foliage") -> None:
    """A trunk with a crown of ellipsoids."""
    number, crown = b.next(), b.next()
    b.solids.cylinder((x, y, 0), 0.12 * size, 1.9 * size, material="bark", cls=C.TRUNK, instance=number)
    for k in range(7):
        a, r = 2.4 * k, 0.62 * size * (k > 0)
        b.solids.ellipsoid((x + r * math.cos(a), y + r * math.sin(a), (2.2 + 0.16 * k) * size),
                           (0.75 * size, 0.75 * size, 0.55 * size), material=leaf, cls=C.FOLIAGE, instance=crown)


def garden() -> Place:
    """A lawn with a terrace, a gravel path, trees, a hedge, a fence, a pond, rocks and a bench."""
    b = Things()
    b.box((0, 0, -0.3), (16, 16, 0), "grass", C.GRASS)
    b.box((1, 13, -0.1), (10, 16, 0.03), "paving", C.PATH)
    b.box((5, 0, -0.1), (6.4, 13, 0.02), "gravel", C.PATH)
    tree(b, 2.5, 5, 1.2)
    tree(b, 12.0, 9.5, 1.5, "autumn_foliage")
    tree(b, 9.0, 2.5, 1.1, "blossom")
    b.box((0.2, 0.2, 0), (0.8, 12, 1.3), "hedge", C.HEDGE)
    b.box((15.2, 0, 0), (15.26, 16, 1.4), "fence_wood", C.FENCE)
    b.box((0.8, 0.2, 0), (5, 0.5, 1.6), "stone", C.WALL)
    b.solids.cylinder((11.5, 5.0, -0.1), 2.0, 0.12, material="water", cls=C.WATER, instance=b.next())
    for k in range(11):
        a = 0.57 * k
        b.solids.ellipsoid((11.5 + 2.1 * math.cos(a), 5.0 + 2.1 * math.sin(a), 0.05), (0.4, 0.33, 0.22),
                           material="rock", cls=C.ROCK, instance=b.next(), yaw=a)
    bench = b.next()
    for k in range(3):
        b.box((7.2 + 0.16 * k, 8, 0.42), (7.34 + 0.16 * k, 9.8, 0.46), "wood", C.BENCH, bench)
    for y in (8.2, 9.5):
        b.box((7.2, y, 0), (7.66, y + 0.08, 0.42), "dark_metal", C.BENCH, bench)
    return b.place()


def street() -> Place:
    """A road along y with two pavements, houses with a gabled roof, a car and a street lamp."""
    b = Things()
    b.box((0, 0, -0.3), (16, 16, 0), "asphalt", C.ROAD)
    b.box((0, 0, -0.2), (2.5, 16, 0.12), "paving", C.SIDEWALK)
    b.box((8, 0, -0.2), (16, 16, 0.12), "paving", C.SIDEWALK)
    for k in range(8):
        b.box((5.2, 2 * k + 0.4, -0.1), (5.32, 2 * k + 1.4, 0.004), MATERIALS["paint"], C.ROAD)
    for y0, skin, roof in ((0.5, "brick", "roof_tiles"), (8.5, "plaster", "slate")):
        number = b.next()
        b.box((10, y0, 0), (15.5, y0 + 7, 5.6), skin, C.BUILDING, number)
        b.solids.gable((9.6, y0 - 0.4, 5.6), (15.9, y0 + 7.4, 8.2), "y", material=roof, cls=C.ROOF, instance=b.next())
        for z in (0.9, 3.5):
            for y in (y0 + 0.7, y0 + 2.9, y0 + 5.2):
                if z < 1 and y == y0 + 2.9:
                    b.box((9.96, y, 0.12), (10, y + 1.0, 2.3), "dark_wood", C.DOOR)
                    b.box((9.94, y + 0.85, 1.1), (9.96, y + 0.92, 1.2), "brass", C.HANDLE, fine=True)
                    continue
                b.box((9.97, y, z), (10.0, y + 1.2, z + 1.5), "glass", C.WINDOW)
                for ya in (y - 0.06, y + 0.57, y + 1.2):
                    b.box((9.94, ya, z), (9.99, ya + 0.06, z + 1.5), "white_wood", C.WINDOWFRAME, fine=True)
                for za in (z - 0.06, z + 1.5):
                    b.box((9.92, y - 0.06, za), (9.99, y + 1.26, za + 0.06), "white_wood", C.WINDOWFRAME)
    car = b.next()
    b.box((6.1, 4, 0.3), (7.7, 8, 0.75), "car_paint", C.CAR, car)
    b.box((6.2, 4.8, 0.75), (7.6, 7.2, 1.3), "glass", C.CAR, car)
    b.box((6.22, 4.9, 1.3), (7.58, 7.1, 1.36), "car_paint", C.CAR, car)
    for x in (6.1, 7.5):
        for y in (4.7, 7.1):
            b.box((x, y - 0.3, 0.02), (x + 0.2, y + 0.3, 0.6), "rubber", C.CAR, car)
    lamp = b.next()
    b.solids.cylinder((2.1, 8, 0.1), 0.06, 4.2, material="dark_metal", cls=C.LAMP, instance=lamp)
    b.solids.ellipsoid((2.1, 8, 4.4), (0.22, 0.22, 0.18), material="lamp", cls=C.LAMP, instance=lamp)
    b.lights.lamp((2.1, 8, 4.2), power=9.0, reach=14.0)
    tree(b, 1.4, 13.5, 1.3)
    return b.place()
