"""Patterns of what grows, lies loose or is woven: grass, gravel, leaves, bark, marble, cloth.

They follow the rules of `laid`.
"""

from __future__ import annotations

from spatialmem.generators.worlds.cpu.laid import Look, dip
from spatialmem.generators.worlds.cpu.noise import blades, fade, pebbles, ripple, smooth, wave
from spatialmem.render.cpu.jit import bare_inlined, bare_kernel


@bare_inlined
def _askew(u: float, v: float, size: float, fu: float, fv: float, seed: int) -> float:
    """Noise like `ripple` on a lattice turned by an eighth: added to a straight one, neither shows its squares."""
    return ripple(u + v, u - v, 1.6 * size, 1.6 * size, 16.0, fu + fv, fu + fv, seed)


@bare_kernel
def lawn(u: float, v: float, fu: float, fv: float, contrast: float, seed: int) -> Look:
    """Grass: fields of two greens, tufts, and blades that lean all ways."""
    fields = 0.6 * ripple(u, v, 2.0, 2.0, 16.0, fu, fv, seed) + 0.6 * _askew(u, v, 0.5, fu, fv, seed + 1)
    tufts = ripple(u, v, 0.16, 0.16, 16.0, fu, fv, seed + 2) + _askew(u, v, 0.1, fu, fv, seed + 3)
    small = ripple(u, v, 0.05, 0.05, 16.0, fu, fv, seed + 4) + _askew(u, v, 0.025, fu, fv, seed + 5)
    blades = ripple(u, v, 0.0125, 0.05, 16.0, fu, fv, seed + 6) + ripple(u, v, 0.04, 0.0125, 16.0, fu, fv, seed + 7)
    return (0.4 + contrast * (0.3 * fields + 0.2 * tufts + 0.15 * small),
            1 + contrast * (0.10 * fields + 0.22 * tufts + 0.3 * small + 0.45 * blades))


@bare_kernel
def stones(u: float, v: float, fu: float, fv: float, wrap: float, scale: float, contrast: float, seed: int) -> Look:
    """Gravel: pebbles of many tones with dark gaps."""
    left = fade(max(fu, fv) / scale)
    patch = 0.12 * ripple(u, v, 0.64, 0.64, wrap, fu, fv, seed) + 0.15 * ripple(u, v, 0.16, 0.16, wrap, fu, fv, seed)
    if left <= 0:
        return 0.4, 1 + contrast * patch
    period = max(1, round(wrap / scale))
    near, gap, one = pebbles(u * (period / wrap), v / scale, period, round(16.0 / scale), seed)
    dome = smooth(gap / 0.35)
    body = 0.9 * (one - 0.5) + 0.75 * (dome - 0.64) + 0.35 * (0.41 - near)
    return 0.4 + left * 0.6 * (one * dome - 0.32), 1 + contrast * (left * body + patch)


@bare_kernel
def grit(u: float, v: float, fu: float, fv: float, contrast: float, seed: int) -> Look:
    """Asphalt: grit, patches where it is worn, and a crack here and there."""
    fine = ripple(u, v, 0.0125, 0.0125, 16.0, fu, fv, seed) + ripple(u, v, 0.03125, 0.03125, 16.0, fu, fv, seed + 1)
    coarse = ripple(u, v, 0.0625, 0.0625, 16.0, fu, fv, seed + 4) + _askew(u, v, 0.04, fu, fv, seed + 5)
    worn = ripple(u, v, 2.0, 2.0, 16.0, fu, fv, seed + 2) + 0.6 * _askew(u, v, 0.5, fu, fv, seed + 3)
    bend = ripple(u, v, 0.8, 0.8, 16.0, fu, fv, seed + 6) + 0.25 * ripple(u, v, 0.125, 0.125, 16.0, fu, fv, seed + 7)
    crack = max(0.0, 1 - abs(bend) / 0.02) * smooth(3 * ripple(u, v, 4.0, 4.0, 16.0, fu, fv, seed + 8) - 0.6)
    crack *= fade(20 * max(fu, fv))
    return 0.4 + contrast * 0.5 * worn, 1 + contrast * (0.3 * fine + 0.16 * coarse + 0.08 * worn - 0.5 * crack)


@bare_inlined
def leaf_at(u: float, v: float, wrap: float, scale: float, seed: int) -> tuple[float, float, float]:
    """The leaf at a point of a surface that repeats in u after `wrap` metres: see `noise.blades`."""
    period = max(1, round(wrap / scale))
    return blades(u * (period / wrap), v / scale, period, round(16.0 / scale), seed)


@bare_kernel
def leaves(u: float, v: float, fu: float, fv: float, wrap: float, scale: float, contrast: float, seed: int) -> Look:
    """Foliage: leaves of their own tone, dark where one sees between them, in clumps."""
    clumps = ripple(u, v, 0.5, 0.4, wrap, fu, fv, seed) + 0.8 * ripple(u, v, 0.2, 0.16, wrap, fu, fv, seed + 1)
    left = fade(0.8 * max(fu, fv) / scale)
    mix, bright = 0.42 + 0.2 * clumps, 1 + 0.4 * contrast * clumps
    if left > 0:
        inside, side, one = leaf_at(u, v, wrap, scale, seed)
        leaf = smooth(3 * inside)
        rib = 0.12 if side > 0 else -0.12
        mix += left * 0.9 * (one - 0.545) * leaf
        # a twentieth less: bright leaves are also those of the brighter colour
        bright += left * contrast * (1.3 * (leaf - 0.615) + (0.8 * (one - 0.545) + rib) * leaf - 0.05)
    return mix, bright


@bare_kernel
def furrows(u: float, v: float, fu: float, fv: float, wrap: float, scale: float, contrast: float, seed: int) -> Look:
    """Bark: upright ridges that break off."""
    bend = 0.35 * ripple(u, v, 2 * scale, 0.32, wrap, fu, fv, seed)
    bend += 0.25 * ripple(u, v, scale, 0.08, wrap, fu, fv, seed)
    ridges = max(1, round(wrap / scale))
    ridge = wave(u * (ridges / wrap) + bend, fu / scale)
    broken = ripple(u, v, scale, 0.1, wrap, fu, fv, seed + 1)
    broken += 0.6 * ripple(u, v, scale / 2, 0.03125, wrap, fu, fv, seed + 2)
    return 0.45 + contrast * (0.35 * ridge + 0.35 * broken), 1 + contrast * (0.3 * broken - 0.25 * ridge)


@bare_kernel
def veins(u: float, v: float, fu: float, fv: float, wrap: float, contrast: float, seed: int) -> Look:
    """Marble: soft clouds, and thin veins where a warped noise crosses its middle, in polished slabs of 1 m."""
    warp = 0.5 * ripple(u, v, 0.25, 0.25, wrap, fu, fv, seed + 1)
    warp += 0.22 * ripple(u, v, 0.1, 0.1, wrap, fu, fv, seed + 2)
    broad = abs(ripple(u, v, 1.0, 0.8, wrap, fu, fv, seed) + warp)
    thin = abs(ripple(u, v, 0.4, 0.64, wrap, fu, fv, seed + 3) + warp)
    left = fade(2 * max(fu, fv))
    vein = 0.6 * max(0.0, 1 - broad / 0.12) + 0.4 * max(0.0, 1 - thin / 0.06) - 0.075
    seam = dip(u, fu, 0.004) + dip(v, fv, 0.004)
    return contrast * (0.2 + 0.12 * warp + left * vein), 1 - 0.3 * seam


@bare_kernel
def folds(u: float, v: float, fu: float, fv: float, wrap: float, scale: float, contrast: float, seed: int) -> Look:
    """Cloth that hangs in folds."""
    bend = 0.6 * ripple(u, v, 0.4, 1.6, wrap, fu, fv, seed)
    fold = wave(u / scale + bend, fu / scale) + 0.35 * wave(u / scale * 2.0 + 2 * bend, 2 * fu / scale)
    return 0.45 + 0.35 * contrast * fold, 1 - 0.3 * contrast * fold


@bare_kernel
def mottled(u: float, v: float, fu: float, fv: float, wrap: float, size: float, contrast: float, seed: int) -> Look:
    """Five octaves of noise from `size` down: plaster, sand, rock, leather."""
    big = ripple(u, v, size, size, wrap, fu, fv, seed) + 0.6 * ripple(u, v, size / 4, size / 4, wrap, fu, fv, seed + 1)
    small = ripple(u, v, size / 10, size / 10, wrap, fu, fv, seed + 4)
    small += ripple(u, v, size / 16, size / 16, wrap, fu, fv, seed + 2)
    small += 0.6 * ripple(u, v, size / 40, size / 40, wrap, fu, fv, seed + 3)
    return 0.45 + contrast * 0.4 * big, 1 + contrast * (0.14 * small + 0.10 * big)


@bare_kernel
def pile(u: float, v: float, fu: float, fv: float, wrap: float, contrast: float, seed: int) -> Look:
    """Carpet: loops, and a faint lozenge weave that tells it from plaster."""
    loops = ripple(u, v, 0.0125, 0.0125, wrap, fu, fv, seed) + ripple(u, v, 0.04, 0.04, wrap, fu, fv, seed + 1)
    worn = ripple(u, v, 0.4, 0.4, wrap, fu, fv, seed + 2)
    lozenge = wave((u + v) / 0.2, (fu + fv) / 0.2) * wave((u - v) / 0.2, (fu + fv) / 0.2)
    return 0.5 + contrast * (0.3 * loops + 0.6 * lozenge), 1 + contrast * (0.22 * loops + 0.08 * worn)


@bare_kernel
def cloth(u: float, v: float, fu: float, fv: float, wrap: float, scale: float, contrast: float, seed: int) -> Look:
    """Woven threads, ribs two fingers wide, and creases."""
    thread = wave(u / (2 * scale), fu / (2 * scale)) * wave(v / (2 * scale), fv / (2 * scale))
    rib = wave(u / 0.05, fu / 0.05)
    crease = ripple(u, v, 0.32, 0.2, wrap, fu, fv, seed) + ripple(u, v, 0.08, 0.0625, wrap, fu, fv, seed + 1)
    return 0.5 + contrast * (0.4 * thread + 0.35 * rib), 1 + contrast * (0.12 * crease + 0.05 * rib)


@bare_kernel
def ripples(u: float, v: float, fu: float, fv: float, wrap: float, contrast: float, seed: int) -> Look:
    """Water in a light wind."""
    waves = ripple(u, v, 0.8, 0.4, wrap, fu, fv, seed) + 0.6 * ripple(u, v, 0.2, 0.1, wrap, fu, fv, seed)
    return 0.4 + 0.5 * contrast * waves, 1 + 0.25 * contrast * waves
