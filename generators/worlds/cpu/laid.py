"""Patterns of what people lay, build and work: bricks, boards, tiles, stones, slats.

Every pattern is averaged over the pixel's footprint: trains of pulses (joints, boards, stripes) by their
integral, noise by fading octaves out before they could alias. Both keep the mean, so that a surface
neither crawls when the camera moves nor changes its tone with distance.

Each function takes the surface coordinates u, v and the footprint along them in metres, the metres
`wrap` after which u repeats, the scale, the contrast and a seed; it returns the mix 0..1 between the two
colours of a material and the brightness around 1.
"""

from __future__ import annotations

from math import floor

from spatialmem.generators.worlds.cpu.noise import chance, fade, fraction, pulse, ripple, smooth, wave, wrapped
from spatialmem.render.cpu.jit import bare_inlined, bare_kernel

Look = tuple[float, float]


@bare_inlined
def unit_at(u: float, size: float, wrap: float) -> int:
    """Number of the unit of `size` metres that holds u, repeating after `wrap` metres."""
    return wrapped(floor(u / size), max(1, round(wrap / size)))


@bare_inlined
def tone_of(i: int, j: int, seed: int, contrast: float, size_u: float, size_v: float, fu: float, fv: float) -> float:
    """How much brighter one unit is than its neighbours: -contrast / 2 .. contrast / 2, gone where units blur."""
    return contrast * (chance(i, j, seed) - 0.5) * fade(0.8 * fu / size_u) * fade(0.8 * fv / size_v)


@bare_inlined
def dip(x: float, width: float, duty: float) -> float:
    """A train of pulses with its mean taken out: what darkens a groove without darkening the whole."""
    return pulse(x, width, duty) - duty


@bare_kernel
def masonry(u: float, v: float, fu: float, fv: float, wrap: float, length: float, height: float, joint: float,
            shift: float, contrast: float, seed: int) -> Look:
    """Courses of equal stones (bricks, slabs, tiles) `length` by `height` with joints of `joint` metres."""
    row = unit_at(v, height, 16.0)
    x = u / length + shift * (row & 1)
    jx, jy = joint / length, joint / height
    cover = (1 - pulse(x, fu / length, jx)) * (1 - pulse(v / height, fv / height, jy))
    tone = tone_of(unit_at(x * length, length, wrap), row, seed, contrast, length, height, fu, fv)
    grain = 0.10 * contrast * ripple(u, v, 0.04, 0.04, wrap, fu, fv, seed)
    # the lower edge of each stone lies in its own shadow
    shade = -0.18 * dip(v / height - jy, fv / height, 0.10) - 0.06 * dip(x - jx, fu / length, 0.06)
    return 1 - cover, 1 + cover * tone + grain + shade


@bare_kernel
def hewn(u: float, v: float, fu: float, fv: float, wrap: float, scale: float, contrast: float, seed: int) -> Look:
    """Courses of stones of uneven length."""
    height = scale / 2
    row = unit_at(v, height, 16.0)
    units = max(1, round(wrap / scale))
    x = u / scale + 0.5 * (row & 1)
    k = floor(x)
    left = k + 0.6 * (chance(wrapped(k, units), row, seed) - 0.5)
    right = k + 1 + 0.6 * (chance(wrapped(k + 1, units), row, seed) - 0.5)
    if x < left:
        k, right = k - 1, left
        left = k + 0.6 * (chance(wrapped(k, units), row, seed) - 0.5)
    elif x >= right:
        k, left = k + 1, right
        right = k + 1 + 0.6 * (chance(wrapped(k + 1, units), row, seed) - 0.5)
    edge = min(x - left, right - x)
    width = max(fu / scale, 0.01)
    joint = (smooth(0.5 + (0.035 - edge) / (2 * width)) - 0.07) * fade(fu / scale) + 0.07
    bed = pulse(v / height, fv / height, 0.08)
    tone = tone_of(wrapped(k, units), row, seed + 1, contrast, scale, height, fu, fv)
    rough = 0.16 * ripple(u, v, 0.1, 0.1, wrap, fu, fv, seed)
    rough += 0.10 * ripple(u, v, 0.03125, 0.03125, wrap, fu, fv, seed)
    shade = -0.22 * dip(v / height - 0.08, fv / height, 0.12)
    return 1 - (1 - joint) * (1 - bed), 1 + tone + contrast * rough + shade


@bare_kernel
def grain(u: float, v: float, fu: float, fv: float, contrast: float, seed: int) -> Look:
    """Wood: rings that wander along u, and fine pores."""
    wander = ripple(u, v, 0.8, 0.25, 16.0, fu, fv, seed) + 0.35 * ripple(u, v, 0.25, 0.0625, 16.0, fu, fv, seed)
    rings = wave(v / 0.08 + 1.3 * wander, fv / 0.08)
    pores = ripple(u, v, 0.125, 0.005, 16.0, fu, fv, seed + 1)
    cloud = ripple(u, v, 1.0, 0.1, 16.0, fu, fv, seed + 2)
    return 0.4 + contrast * (0.3 * rings + 0.18 * pores + 0.2 * cloud), 1.0


@bare_kernel
def boards(u: float, v: float, fu: float, fv: float, width: float, contrast: float, seed: int) -> Look:
    """A floor of boards along u, each with its own tone and grain."""
    board = unit_at(v, width, 16.0)
    x = u / 1.6 + chance(board, 7, seed)
    number = unit_at(x * 1.6, 1.6, 16.0)
    tone = tone_of(number, board, seed, contrast, 1.6, width, fu, fv)
    ring = wave(v / 0.05 + 1.2 * ripple(u, v, 0.5, 0.0625, 16.0, fu, fv, seed + number), fv / 0.05)
    pores = ripple(u, v, 0.1, 0.005, 16.0, fu, fv, seed + number)
    gap = pulse(v / width, fv / width, 0.05) + pulse(x, fu / 1.6, 0.003)
    mix = 0.38 + contrast * (0.22 * ring + 0.2 * pores) + 0.55 * tone
    return mix, 1 + 0.9 * tone - 0.75 * (gap - 0.053)


@bare_kernel
def weave(u: float, v: float, fu: float, fv: float, scale: float, contrast: float, seed: int) -> Look:
    """Parquet: squares of five strips, turned by a quarter from one to the next."""
    i, j = unit_at(u, scale, 16.0), unit_at(v, scale, 16.0)
    along, across, fa, fc = u, v, fu, fv
    if (i + j) & 1:
        along, across, fa, fc = v, u, fv, fu
    strip = unit_at(across, scale / 5, 16.0)
    tone = tone_of(strip, i * 64 + j, seed, contrast, scale, scale / 5, fa, fc)
    pores = ripple(along, across, 0.1, 0.005, 16.0, fa, fc, seed + strip)
    gap = pulse(across * 5 / scale, fc * 5 / scale, 0.05) + pulse(along / scale, fa / scale, 0.012)
    return 0.35 + 0.2 * contrast * pores + 0.55 * tone, 1 + 0.8 * tone - 0.5 * (gap - 0.062)


@bare_inlined
def _square(x: float, width: float) -> float:
    """A box-filtered square wave between -1 and 1 of period 2."""
    return 2 * pulse(x / 2, width / 2, 0.5) - 1


@bare_kernel
def checker(u: float, v: float, fu: float, fv: float, scale: float, contrast: float, seed: int) -> Look:
    squares = _square(u / scale, fu / scale) * _square(v / scale, fv / scale)
    joint = pulse(u / scale, fu / scale, 0.015) + pulse(v / scale, fv / scale, 0.015) - 0.03
    tone = tone_of(unit_at(u, scale, 16.0), unit_at(v, scale, 16.0), seed, contrast, scale, scale, fu, fv)
    return 0.5 - 0.5 * squares, 1 + 0.5 * tone - 0.3 * joint


@bare_kernel
def cast(u: float, v: float, fu: float, fv: float, wrap: float, width: float, contrast: float, seed: int) -> Look:
    """Concrete: stained panels with seams and the holes of the ties."""
    stains = ripple(u, v, 1.0, 1.6, wrap, fu, fv, seed) + 0.6 * ripple(u, v, 0.25, 0.32, wrap, fu, fv, seed)
    fine = 0.5 * ripple(u, v, 0.0625, 0.0625, wrap, fu, fv, seed) + 0.4 * ripple(u, v, 0.02, 0.02, wrap, fu, fv, seed)
    seam = dip(u / width, fu / width, 0.012) + dip(v / width, fv / width, 0.012)
    x, y = (fraction(2 * u / width + 0.5) - 0.5) * width / 2, (fraction(2 * v / width + 0.5) - 0.5) * width / 2
    distance, blur = (x * x + y * y) ** 0.5, max(fu, fv, 0.002)
    hole = smooth(0.5 + (0.022 - distance) / (2 * blur)) * fade(2 * blur / 0.05)
    tone = tone_of(unit_at(u, width, wrap), unit_at(v, width, 16.0), seed, 0.35 * contrast, width, width, fu, fv)
    return 0.5 + contrast * (0.35 * stains + 0.2 * fine), 1 + tone - 0.35 * seam - 0.4 * hole


@bare_kernel
def shingles(u: float, v: float, fu: float, fv: float, scale: float, contrast: float, seed: int) -> Look:
    """A roof: courses of rounded tiles, each overlapping the next one below."""
    row = unit_at(v, scale, 16.0)
    x = u / scale + 0.5 * (row & 1)
    tone = tone_of(unit_at(x * scale, scale, 16.0), row, seed, contrast, scale, scale, fu, fv)
    lip = -0.5 * dip(v / scale, fv / scale, 0.14) - 0.3 * dip(x, fu / scale, 0.07)
    slope = 0.25 * (fraction(v / scale) - 0.5) * fade(1.5 * fv / scale)
    round_ = 0.2 * wave(x + 0.5, fu / scale)
    moss = 0.5 * ripple(u, v, 1.0, 0.8, 16.0, fu, fv, seed) + 0.4 * ripple(u, v, 0.2, 0.2, 16.0, fu, fv, seed)
    return 0.35 + 0.5 * tone + 0.35 * contrast * moss, 1 + tone + lip + slope + round_


@bare_kernel
def planking(u: float, v: float, fu: float, fv: float, scale: float, contrast: float, seed: int) -> Look:
    """Level slats with a shadow below each."""
    row = unit_at(v, scale, 16.0)
    tone = tone_of(row, 3, seed, contrast, 8.0, scale, fu, fv)
    streak = ripple(u, v, 0.25, 0.008, 16.0, fu, fv, seed + row)
    return 0.35 + 0.25 * contrast * streak + 0.4 * tone, 1 + 0.6 * tone - 0.55 * dip(v / scale, fv / scale, 0.12)


@bare_kernel
def papered(u: float, v: float, fu: float, fv: float, wrap: float, scale: float, contrast: float) -> Look:
    """Wallpaper: soft stripes, and a lozenge in every other one."""
    stripe = pulse(u / (2 * scale), fu / (2 * scale), 0.5) - 0.5
    x, y = fraction(u / (2 * scale)) - 0.25, fraction(v / (2 * scale)) - 0.5
    width = max(fu, fv, 0.002) / scale
    lozenge = smooth(0.5 + (0.16 - 2 * abs(x) - abs(y)) / (2 * width)) * fade(1.5 * width)
    return 0.35 + contrast * (0.5 * stripe + 0.9 * (lozenge - 0.026 * fade(1.5 * width))), 1.0


@bare_kernel
def brushed(u: float, v: float, fu: float, fv: float, wrap: float, contrast: float, seed: int) -> Look:
    """Metal brushed along u."""
    lines = ripple(u, v, 0.5, 0.005, wrap, fu, fv, seed) + ripple(u, v, 1.0, 0.04, wrap, fu, fv, seed)
    return 0.4 + 0.3 * contrast * lines, 1.0
