"""Mazes: a spanning tree of lanes between hedges or walls, under the sky or under a vault."""

from __future__ import annotations

from itertools import pairwise

from spatialmem.generators.worlds.attributes import WallName
from spatialmem.generators.worlds.blocks import SIDES, Block, BlockBuilder, Room, Side, Site
from spatialmem.generators.worlds.furniture.floor import Floor
from spatialmem.generators.worlds.furniture.interior import YAW
from spatialmem.generators.worlds.furniture.piece import Piece
from spatialmem.generators.worlds.materials import Material
from spatialmem.generators.worlds.places.adornments import adornment
from spatialmem.generators.worlds.places.lanes import CELL, CELLS, Cell, Lanes, lanes_of
from spatialmem.generators.worlds.places.look import Look, look_of, wall_material
from spatialmem.generators.worlds.places.nooks import nook
from spatialmem.generators.worlds.places.rooms import Rect
from spatialmem.generators.worlds.solids import BLOCK
from spatialmem.labels import SemanticClass

_HALF = 0.21
"""Half the thickness of a wall, metres: lanes are 2.25 m wide."""


def build(site: Site) -> Block:
    """One block of lanes; what is planted or built is the same all over a district."""
    district, builder = site.district, BlockBuilder()
    hedge = site.attributes.wall == "hedge" or (site.attributes.wall == "any" and district.child("hedge").chance(0.45))
    roofed = not hedge and district.child("roofed").chance(0.4)
    height = 2.7 if roofed else round(district.child("height").uniform(2.0, 2.6), 2)
    look = look_of("maze", site, site.style)
    ground = _floor(site, hedge)
    builder.solids.box((0.0, 0.0, -0.3), (BLOCK, BLOCK, 0.0), material=ground,
                       cls=SemanticClass.PATH if hedge else SemanticClass.FLOOR, instance=builder.thing())
    if roofed:
        _vault(builder, look, height, ground)
    lanes = lanes_of(site.dice.child("lanes"))
    wall = _wall_material(site, hedge), SemanticClass.HEDGE if hedge else SemanticClass.WALL
    masonry = _posts(site, hedge, height)
    masonry += _inner_walls(lanes, wall, height)
    masonry += _outer_walls(site, wall, height)
    for piece in masonry:
        piece.build(builder)
    floor = Floor(Rect(0.0, 0.0, BLOCK, BLOCK), fenced=False)
    floor.put([part for piece in masonry for part in piece.parts])
    _furnish(site, lanes, (floor, builder), (look, height, hedge))
    for i in range(CELLS):
        for j in range(CELLS):
            builder.rooms.append(Room("maze", (CELL * i + _HALF, CELL * j + _HALF),
                                      (CELL * (i + 1) - _HALF, CELL * (j + 1) - _HALF), height if roofed else 0.0))
    return builder.block()


def _wall_material(site: Site, hedge: bool) -> Material:
    if hedge:
        return site.scheme.material("hedge", "foliage")
    names: tuple[WallName, ...] = ("brick", "stone", "sandstone", "concrete", "plaster")
    drawn = site.district_style.child("maze").choice(names, (3, 3, 2, 1, 1))
    return wall_material(site.attributes.wall, drawn, site.scheme)


def _floor(site: Site, hedge: bool) -> Material:
    asked = site.attributes.ground
    if asked == "any":
        names = ("gravel", "grass", "sand") if hedge else ("paving", "stone", "gravel", "concrete")
        return site.scheme.material(site.district_style.child("ground").choice(names), "ground")
    return site.scheme.material(asked, "ground")


def _vault(builder: BlockBuilder, look: Look, height: float, stone: Material) -> None:
    builder.lights.room((0.0, 0.0, -0.01), (BLOCK, BLOCK, height))
    builder.solids.box((0.0, 0.0, height), (BLOCK, BLOCK, height + 0.3), material=look.ceiling,
                       cls=SemanticClass.CEILING, instance=builder.thing())
    builder.solids.box((0.0, 0.0, height + 0.302), (BLOCK, BLOCK, height + 0.4), material=stone,
                       cls=SemanticClass.ROOF, instance=builder.thing())


def _inner_walls(lanes: Lanes, looks: tuple[Material, SemanticClass], height: float) -> list[Piece]:
    """Walls between cells that are not joined, as long as they run straight."""
    walls: list[Piece] = []
    for upright in (True, False):
        for line in range(1, CELLS):
            start: int | None = None
            for step in range(CELLS + 1):
                a, b = ((line - 1, step), (line, step)) if upright else ((step, line - 1), (step, line))
                closed = step < CELLS and not lanes.open(a, b)
                if closed and start is None:
                    start = step
                if not closed and start is not None:
                    walls.append(_stretch(upright, line, (start, step), (*looks, height)))
                    start = None
    return walls


def _stretch(upright: bool, line: int, span: tuple[int, int], looks: tuple[Material, SemanticClass, float]) -> Piece:
    material, cls, top = looks
    low, high, piece = max(0.0, CELL * span[0] - _HALF), min(BLOCK, CELL * span[1] + _HALF), Piece()
    near, far = CELL * line - _HALF, CELL * line + _HALF
    # level walls are lower by 4 mm and shorter, so that no faces of crossing walls lie in one plane
    if upright:
        piece.box((near, low, 0.0), (far, high, top), material, cls)
    else:
        piece.box((low + 0.002, near, 0.0), (high - 0.002, far, top - 0.004), material, cls)
    return piece


def _posts(site: Site, hedge: bool, height: float) -> list[Piece]:
    """Pillars, or round shrubs, at the corners of all cells within the block: they give the walls a measure."""
    stone = site.scheme.material(site.district_style.child("posts").choice(("stone", "sandstone", "brick")), "wall")
    bush = site.scheme.material("hedge", "foliage")
    capped, wide = site.district.child("capped").chance(0.6), _HALF + 0.07
    posts: list[Piece] = []
    for i in range(1, CELLS):
        for j in range(1, CELLS):
            piece = Piece()
            if hedge:
                piece.cylinder((0.0, 0.0, 0.0), wide + 0.02, height - 0.1, bush, SemanticClass.HEDGE)
                piece.ellipsoid((0.0, 0.0, height + 0.05), (0.3, 0.3, 0.3), bush, SemanticClass.HEDGE)
            else:
                _pillar(piece, wide, height, stone, capped)
            posts.append(piece.moved(CELL * i, CELL * j))
    return posts


def _pillar(piece: Piece, wide: float, height: float, stone: Material, capped: bool) -> None:
    column, foot = SemanticClass.COLUMN, wide + 0.05
    piece.box((-wide, -wide, 0.0), (wide, wide, height - 0.012), stone, column)
    piece.box((-foot, -foot, 0.0), (foot, foot, 0.2), stone, column)
    if capped:
        piece.box((-foot, -foot, height - 0.14), (foot, foot, height + 0.06), stone, column)


def _outer_walls(site: Site, looks: tuple[Material, SemanticClass], height: float) -> list[Piece]:
    """This block's half of the walls to its neighbours, with the ways through."""
    material, cls = looks
    walls: list[Piece] = []
    for side, edge in site.edges.items():
        piece, upright = Piece(), side in {"west", "east"}
        near, far = (0.0, _HALF) if side in {"west", "south"} else (BLOCK - _HALF, BLOCK)
        ends = [0.0, *(end for way in edge.openings for end in (way.low, way.high)), BLOCK]
        for k, (low, high) in enumerate(pairwise(ends)):
            # every other stretch is a way through, with wall above it only; hedges do not grow over ways
            bottom = edge.openings[k // 2].height if k % 2 else 0.0
            if bottom > height - 0.05 or (bottom and cls is SemanticClass.HEDGE):
                continue
            if upright:
                piece.box((near, low, bottom), (far, high, height - 0.008), material, cls)
            else:
                piece.box((low, near, bottom), (high, far, height - 0.012), material, cls)
        walls.append(piece)
    return walls


def _furnish(site: Site, lanes: Lanes, ground: tuple[Floor, BlockBuilder], looks: tuple[Look, float, bool]) -> None:
    """Something to find at dead ends; something on most of the other walls; nothing that cuts off a corner."""
    floor, builder = ground
    look, height, hedge = looks
    dead = dict(lanes.dead_ends())
    for i in range(CELLS):
        for j in range(CELLS):
            for side, (di, dj) in SIDES.items():
                there = (i + di, j + dj)
                if lanes.open((i, j), there) or not _is_wall(site, (i, j), side):
                    continue
                dice = site.dice.child("wall", i, j, side)
                way = dead.get((i, j))
                if way is not None and (way[0] - i, way[1] - j) == (-di, -dj):
                    piece = nook(look, dice, hedge)
                elif dice.chance(0.85):
                    piece = adornment(look, dice, hedge=hedge, height=height)
                else:
                    continue
                reach = CELL / 2 - _HALF - 0.005
                x, y = CELL * (i + 0.5) + di * reach, CELL * (j + 0.5) + dj * reach
                stood = piece.moved(x, y, YAW[side])
                if floor.accepts(stood.parts):
                    stood.build(builder)


def _is_wall(site: Site, cell: Cell, side: Side) -> bool:
    """Whether that side of the cell is closed, where it is one of the block's own."""
    along = cell[1] if side in {"west", "east"} else cell[0]
    across = cell[0] if side in {"west", "east"} else cell[1]
    if across != (0 if side in {"west", "south"} else CELLS - 1):
        return True
    return all(way.high < CELL * along or CELL * (along + 1) < way.low for way in site.edges[side].openings)
