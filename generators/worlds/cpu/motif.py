"""Patterns with colours of their own: pictures, the spines of books, rugs."""

from __future__ import annotations

from math import floor

from spatialmem.generators.worlds.cpu.layout import Triple
from spatialmem.generators.worlds.cpu.noise import chance, fade, fraction, noise, pulse, smooth, wrapped
from spatialmem.render.cpu.jit import bare_inlined, bare_kernel


@bare_inlined
def _mixed(a: Triple, b: Triple, share: float) -> Triple:
    return a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1]), a[2] + share * (b[2] - a[2])


@bare_inlined
def hue(turn: float, vivid: float, light: float) -> Triple:
    """A linear colour by its hue (turns), saturation 0..1 and lightness."""
    r = min(max(abs(fraction(turn) * 6 - 3) - 1, 0.0), 1.0)
    g = min(max(2 - abs(fraction(turn) * 6 - 2), 0.0), 1.0)
    b = min(max(2 - abs(fraction(turn) * 6 - 4), 0.0), 1.0)
    return light * (1 + vivid * (r - 1)), light * (1 + vivid * (g - 1)), light * (1 + vivid * (b - 1))


@bare_kernel
def spines(u: float, v: float, fu: float, fv: float, along: float, scale: float, a: Triple, b: Triple,
           seed: int) -> Triple:
    """A row of books: uneven widths, heights and colours, a band on some; `along` is -1..1 up the row."""
    group = floor(u / (4 * scale))
    inside = fraction(u / (4 * scale))
    cuts = (0.0, 0.19 + 0.1 * chance(group, 1, seed), 0.46 + 0.1 * chance(group, 2, seed),
            0.70 + 0.1 * chance(group, 3, seed))
    k = (inside > cuts[1]) + (inside > cuts[2]) + (inside > cuts[3])
    left = cuts[0] if k == 0 else (cuts[1] if k == 1 else (cuts[2] if k == 2 else cuts[3]))
    right = cuts[1] if k == 0 else (cuts[2] if k == 1 else (cuts[3] if k == 2 else 1.0))
    one = chance(4 * wrapped(group, max(1, round(4 / scale))) + k, 5, seed)
    other = fraction(one * 512)
    cover = _mixed(a, b, 1.0 if other > 0.5 else 0.0)
    cover = _mixed(cover, hue(one, 0.55, 0.06 + 0.4 * fraction(one * 64) * fraction(one * 64)), 0.6)
    across = (inside - left) / (right - left)
    shade = 1.12 - 1.1 * (across - 0.5) * (across - 0.5) * 2
    band = smooth((0.10 - abs(along - 0.45 + 0.3 * other)) / 0.04) * (fraction(one * 128) > 0.4)
    paper = _mixed(cover, (0.7, 0.6, 0.38), 0.7 * band)
    top = 0.55 + 0.4 * fraction(one * 32)
    dark = 0.15 + 0.85 * smooth(0.5 + (top - along) / max(4 * fv, 0.04))
    edge = 1 - 0.6 * (pulse(inside - left, fu / (4 * scale), 0.04) if k > 0 else pulse(inside, fu / (4 * scale), 0.04))
    left_over = fade(fu / scale)
    mean = _mixed(_mixed(a, b, 0.5), (0.12, 0.11, 0.10), 0.6)
    gain = shade * dark * edge
    return _mixed((0.8 * mean[0], 0.8 * mean[1], 0.8 * mean[2]), (paper[0] * gain, paper[1] * gain, paper[2] * gain),
                  left_over)


@bare_kernel
def carpeted(s: float, t: float, ratio: float, half: float, width: float, a: Triple, b: Triple, seed: int) -> Triple:
    """A rug by its own face: borders along the edge, a field of lozenges and a medallion.

    Args:
        s, t: -1..1 along u and v of the face; ratio: extent of v to u; half: half the extent of u, metres.
        width: the footprint, metres.
    """
    x, y = (1 - abs(s)) * half, (1 - abs(t)) * half * ratio
    edge = min(x, y)
    blur = max(width, 0.004)
    first, second = smooth(0.5 + (0.05 - edge) / blur), smooth(0.5 + (0.20 - edge) / blur)
    third = smooth(0.5 + (0.24 - edge) / blur)
    px, py = s * half, t * half * ratio
    cell = 0.34
    lozenge = abs(fraction(px / cell) - 0.5) + abs(fraction(py / cell) - 0.5)
    figure = smooth(0.5 + (0.27 - lozenge) * cell / blur) - smooth(0.5 + (0.14 - lozenge) * cell / blur)
    along = px if y < x else py
    beads = smooth(0.5 + (0.25 - abs(fraction(along / 0.16) - 0.5)) * 0.16 / blur) * fade(blur / 0.14)
    third_colour = hue(chance(seed, 11, 3), 0.6, 0.16)
    field = _mixed(a, b, 0.75 * figure * fade(blur / 0.3))
    middle = smooth(0.5 + (0.62 - (abs(s) / 0.62 + abs(t) / 0.62)) * half / (2 * blur))
    field = _mixed(field, third_colour, 0.8 * middle * (1 - 0.5 * figure))
    border = _mixed(third_colour, b, 0.8 * beads)
    return _mixed(_mixed(_mixed(field, b, third), border, second), a, first)


@bare_kernel
def picture(s: float, t: float, ratio: float, half: float, width: float, a: Triple, b: Triple, seed: int) -> Triple:
    """A framed sheet: a mount and, by chance, a landscape, coloured fields or a still life."""
    x, y = (1 - abs(s)) * half, (1 - abs(t)) * half * ratio
    blur = max(width / half, 0.004)
    edge = min(x, y) / half
    kind, one = chance(seed, 1, 77), chance(seed, 2, 77)
    mount = 0.16 if chance(seed, 3, 77) > 0.45 else 0.0
    sheet = smooth(0.5 + (edge - mount) / blur)
    if kind < 0.45:
        colour = _landscape(s, t * ratio, blur, a, b, seed, one)
    elif kind < 0.75:
        colour = _fields(s, t, blur, a, b, seed)
    else:
        colour = _still_life(s, t * ratio, blur, a, b, one)
    return _mixed((0.8, 0.78, 0.72), colour, sheet)


@bare_inlined
def _landscape(x: float, y: float, blur: float, a: Triple, b: Triple, seed: int, one: float) -> Triple:
    """Sky, sun, two chains of hills and a foreground."""
    colour = _mixed(_mixed(a, (0.85, 0.85, 0.8), 0.75), _mixed(a, (0.5, 0.65, 0.85), 0.4), smooth(0.5 + y))
    sx, sy = x - (one - 0.5), y - 0.32
    colour = _mixed(colour, _mixed(b, (1.0, 0.9, 0.6), 0.5), smooth(0.5 + (0.15 - (sx * sx + sy * sy) ** 0.5) / blur))
    for layer in range(3):
        base = 0.15 - 0.3 * layer
        rise = (0.5 - 0.1 * layer) * (noise((x + 1) * (1.4 + layer) + 9 * one, 0.5, 64, 64, seed + layer) - 0.45)
        rise += 0.08 * (noise((x + 1) * 7, 0.5, 64, 64, seed + layer) - 0.5)
        tint = _mixed(hue(0.28 + 0.25 * one + 0.08 * layer, 0.55, 0.36 - 0.13 * layer), a, 0.35 - 0.1 * layer)
        colour = _mixed(colour, tint, smooth(0.5 + (base + rise - y) / blur))
    return colour


@bare_inlined
def _fields(s: float, t: float, blur: float, a: Triple, b: Triple, seed: int) -> Triple:
    """Rectangles of few colours, with dark lines between."""
    x, y = (s + 1) / 2, (t + 1) / 2
    cut_x, cut_y = 0.25 + 0.5 * chance(seed, 5, 77), 0.25 + 0.5 * chance(seed, 6, 77)
    more = cut_x * (0.35 + 0.3 * chance(seed, 7, 77))
    column = (x > more) + (x > cut_x)
    number = 3 * (y > cut_y) + column
    tone = chance(number, seed, 78)
    colour = _mixed(a, b, smooth(tone * 1.4 - 0.2))
    if fraction(tone * 64) > 0.55:
        colour = hue(fraction(tone * 512), 0.7, 0.5)
    line = min(abs(x - cut_x), abs(x - more), abs(y - cut_y))
    return _mixed(colour, (0.03, 0.03, 0.03), smooth(0.5 + (0.018 - line) / blur))


@bare_inlined
def _still_life(x: float, y: float, blur: float, a: Triple, b: Triple, one: float) -> Triple:
    """A table, a vase and three round fruits before a plain ground."""
    colour = _mixed(a, (0.08, 0.07, 0.06), 0.55 - 0.25 * y)
    colour = _mixed(colour, _mixed(b, (0.2, 0.1, 0.05), 0.5), smooth(0.5 + (-0.3 - y) / blur))
    body = 0.17 + 0.12 * smooth((0.25 - y) * 2) * smooth((y + 0.65) * 4)
    vase = smooth(0.5 + (body - abs(x + 0.3 - 0.3 * one)) / blur) * smooth(0.5 + (0.4 - abs(y + 0.05)) / blur)
    light = 0.5 + 0.5 * smooth(0.6 - 2.0 * (x + 0.3 - 0.3 * one))
    pot = hue(0.55 + 0.3 * one, 0.5, 0.6 * light)
    colour = _mixed(colour, pot, vase)
    for k in range(3):
        px, py = x - (0.18 + 0.26 * k - 0.25 * one), y + 0.38 - 0.04 * (k & 1)
        round_ = smooth(0.5 + (0.15 - (px * px + py * py) ** 0.5) / blur)
        shine = 0.55 + 0.45 * smooth(0.6 - 3 * (px - py))
        colour = _mixed(colour, hue(0.02 + 0.07 * k + 0.1 * one, 0.85, 0.7 * shine), round_)
    return colour
