"""The colour of a material at a point of a surface: which pattern, between which colours."""

from __future__ import annotations

from math import sqrt

from spatialmem.generators.worlds.cpu import laid, loose
from spatialmem.generators.worlds.cpu.layout import COLOUR_A, COLOUR_B, CONTRAST, F32, PATTERN, UNITS, Triple
from spatialmem.generators.worlds.cpu.motif import carpeted, picture, spines
from spatialmem.generators.worlds.materials import Pattern
from spatialmem.render.cpu.jit import bare_inlined, bare_kernel

PLAIN, PLASTER, BRICK, WOOD, PLANKS = (int(p) for p in (Pattern.PLAIN, Pattern.PLASTER, Pattern.BRICK, Pattern.WOOD,
                                                        Pattern.PLANKS))
PARQUET, TILES, CHECKER, STONE, CONCRETE = (int(p) for p in (Pattern.PARQUET, Pattern.TILES, Pattern.CHECKER,
                                                             Pattern.STONE, Pattern.CONCRETE))
CARPET, GRASS, GRAVEL, ASPHALT, PAVING = (int(p) for p in (Pattern.CARPET, Pattern.GRASS, Pattern.GRAVEL,
                                                           Pattern.ASPHALT, Pattern.PAVING))
GLASS = int(Pattern.GLASS)
FABRIC, METAL, FOLIAGE, BARK, BOOKS = (int(p) for p in (Pattern.FABRIC, Pattern.METAL, Pattern.FOLIAGE, Pattern.BARK,
                                                        Pattern.BOOKS))
PAINTING, MARBLE, ROOF_TILES, WATER, FOLDS = (int(p) for p in (Pattern.PAINTING, Pattern.MARBLE, Pattern.ROOF_TILES,
                                                               Pattern.WATER, Pattern.FOLDS))
ROCK, RUG, SAND, SLATS, WALLPAPER = (int(p) for p in (Pattern.ROCK, Pattern.RUG, Pattern.SAND, Pattern.SLATS,
                                                      Pattern.WALLPAPER))


_LAID = (BRICK, WOOD, PLANKS, PARQUET, TILES, CHECKER, STONE, CONCRETE, PAVING, METAL, ROOF_TILES, SLATS, WALLPAPER)


@bare_kernel
def _laid(kind: int, u: float, v: float, fu: float, fv: float, wrap: float, scale: float, contrast: float,
          seed: int) -> laid.Look:
    """Mix and brightness of what people lay; u runs along the grain."""
    if kind == BRICK:
        return laid.masonry(u, v, fu, fv, wrap, scale, scale / 3, 0.012, 0.5, contrast, seed)
    if kind == WOOD:
        return laid.grain(u, v, fu, fv, contrast, seed)
    if kind == PLANKS:
        return laid.boards(u, v, fu, fv, scale, contrast, seed)
    if kind == PARQUET:
        return laid.weave(u, v, fu, fv, scale, contrast, seed)
    if kind == TILES:
        return laid.masonry(u, v, fu, fv, wrap, scale, scale, 0.008, 0.0, 0.5 * contrast, seed)
    if kind == PAVING:
        return laid.masonry(u, v, fu, fv, wrap, scale, scale, 0.012, 0.5, contrast, seed)
    if kind == CHECKER:
        return laid.checker(u, v, fu, fv, scale, contrast, seed)
    if kind == STONE:
        return laid.hewn(u, v, fu, fv, wrap, scale, contrast, seed)
    if kind == CONCRETE:
        return laid.cast(u, v, fu, fv, wrap, scale, contrast, seed)
    if kind == ROOF_TILES:
        return laid.shingles(u, v, fu, fv, scale, contrast, seed)
    if kind == SLATS:
        return laid.planking(u, v, fu, fv, scale, contrast, seed)
    if kind == METAL:
        return laid.brushed(u, v, fu, fv, wrap, contrast, seed)
    return laid.papered(u, v, fu, fv, wrap, scale, contrast)


@bare_kernel
def _loose(kind: int, u: float, v: float, fu: float, fv: float, wrap: float, scale: float, contrast: float,
           seed: int) -> laid.Look:
    """Mix and brightness of what grows, lies loose or is woven."""
    if kind == PLASTER:
        return loose.mottled(u, v, fu, fv, wrap, scale, 0.5 * contrast, seed)
    if kind == SAND:
        return loose.mottled(u, v, fu, fv, wrap, 0.5, 2 * contrast, seed)
    if kind == ROCK:
        return loose.mottled(u, v, fu, fv, wrap, 1.0, 2 * contrast, seed)
    if kind == GRASS:
        return loose.lawn(u, v, fu, fv, contrast, seed)
    if kind == GRAVEL:
        return loose.stones(u, v, fu, fv, wrap, scale, contrast, seed)
    if kind == ASPHALT:
        return loose.grit(u, v, fu, fv, contrast, seed)
    if kind == FOLIAGE:
        return loose.leaves(u, v, fu, fv, wrap, scale, contrast, seed)
    if kind == BARK:
        return loose.furrows(u, v, fu, fv, wrap, scale, contrast, seed)
    if kind == MARBLE:
        return loose.veins(u, v, fu, fv, wrap, contrast, seed)
    if kind == FOLDS:
        return loose.folds(u, v, fu, fv, wrap, scale, contrast, seed)
    if kind == CARPET:
        return loose.pile(u, v, fu, fv, wrap, contrast, seed)
    if kind == FABRIC:
        return loose.cloth(u, v, fu, fv, wrap, scale, contrast, seed)
    if kind == WATER:
        return loose.ripples(u, v, fu, fv, wrap, contrast, seed)
    return 0.0, 1.0


@bare_inlined
def look(kind: int, u: float, v: float, fu: float, fv: float, wrap: float, scale: float, contrast: float,
         upright: bool) -> laid.Look:
    """Mix and brightness of a pattern between two colours; `upright`: the face is longer along v."""
    if kind not in _LAID:
        return _loose(kind, u, v, fu, fv, wrap, scale, contrast, kind)
    if upright and kind in (WOOD, PLANKS):
        # the grain follows the longer side of a piece
        return _laid(kind, v, u, fv, fu, wrap, scale, contrast, kind)
    return _laid(kind, u, v, fu, fv, wrap, scale, contrast, kind)


@bare_inlined
def unit(kind: int, scale: float, place: tuple[float, float, float, float, float, float, float], fu: float,
         fv: float) -> tuple[float, float, float, float, float, float]:
    """Where a surface point lies as its pattern counts: u and v, the footprint along them, and the repeating unit's
    extents. Of pictures and rugs the unit is the whole face; boards and grain follow its longer side.
    """
    u, v, _, from_middle_u, from_middle_v, half_u, half_v = place
    if kind in (PAINTING, RUG):
        return from_middle_u + half_u, from_middle_v + half_v, fu, fv, 2 * half_u, 2 * half_v
    course = scale / 3 if kind == BRICK else scale / 2 if kind == STONE else scale
    if kind in (WOOD, PLANKS) and half_v > half_u:
        return v, u, fv, fu, scale, course
    return u, v, fu, fv, scale, course


@bare_inlined
def colours(materials: F32, row: int) -> tuple[Triple, Triple]:
    """The two linear colours of a material."""
    # element by element: a row taken out of an array is counted as a reference, which costs more than all of this
    return ((float(materials[row, COLOUR_A]), float(materials[row, COLOUR_A + 1]), float(materials[row, COLOUR_A + 2])),
            (float(materials[row, COLOUR_B]), float(materials[row, COLOUR_B + 1]), float(materials[row, COLOUR_B + 2])))


@bare_kernel
def albedo(materials: F32, row: int, instance: int, place: tuple[float, float, float, float, float, float, float],
           fu: float, fv: float) -> Triple:
    """Linear colour of a surface point, averaged over the footprint fu by fv metres.

    Args:
        row: the material. instance: what sets one picture apart from the next.
        place: see `surface.coordinates`.
    """
    kind, scale = int(materials[row, PATTERN]), 16.0 / materials[row, UNITS]
    a, b = colours(materials, row)
    if kind == PLAIN:
        return a
    u, v, wrap, from_middle_u, from_middle_v, half_u, half_v = place
    if kind == BOOKS:
        return spines(u, v, fu, fv, from_middle_v / half_v, scale, a, b, instance)
    if kind in (PAINTING, RUG):
        s, t, ratio, width = from_middle_u / half_u, from_middle_v / half_v, half_v / half_u, sqrt(fu * fv)
        if kind == RUG:
            return carpeted(s, t, ratio, half_u, width, a, b, instance)
        return picture(s, t, ratio, half_u, width, a, b, instance)
    mix, bright = look(kind, u, v, fu, fv, wrap, scale, float(materials[row, CONTRAST]), half_v > half_u)
    mix, bright = min(max(mix, 0.0), 1.0), max(bright, 0.05)
    return ((a[0] + mix * (b[0] - a[0])) * bright, (a[1] + mix * (b[1] - a[1])) * bright,
            (a[2] + mix * (b[2] - a[2])) * bright)
