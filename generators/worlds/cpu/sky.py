"""The colour of the sky in a direction, and the light of the whole sky on a surface."""

from __future__ import annotations

from spatialmem.generators.worlds.cpu.layout import F32, Triple
from spatialmem.generators.worlds.cpu.noise import noise, smooth
from spatialmem.render.cpu.jit import bare_inlined, bare_kernel

# columns of `Looks.sky`
TOWARD, SUN, ZENITH, HORIZON, AMBIENT, LAMPS, LIT, DISC, CLOUDS, HAZE, SNOW = 0, 3, 6, 9, 12, 13, 14, 15, 16, 17, 18

_ENDLESS = 1 << 20


@bare_inlined
def gradient(sky: F32, dz: float) -> Triple:
    """The clear sky in a unit direction of height `dz`; below the horizon as on it."""
    low = 1 - max(dz, 0.0)
    low = low * low * low
    return (sky[ZENITH] + low * (sky[HORIZON] - sky[ZENITH]),
            sky[ZENITH + 1] + low * (sky[HORIZON + 1] - sky[ZENITH + 1]),
            sky[ZENITH + 2] + low * (sky[HORIZON + 2] - sky[ZENITH + 2]))


@bare_kernel
def colour_of(sky: F32, dx: float, dy: float, dz: float) -> Triple:
    """The sky in the unit direction d: gradient, glow and disc of the sun, clouds on a level sheet."""
    r, g, b = gradient(sky, dz)
    toward = max(dx * sky[TOWARD] + dy * sky[TOWARD + 1] + dz * sky[TOWARD + 2], 0.0)
    near = toward * toward * toward * toward
    glow = (0.10 * near * near + 0.22 * near ** 16) * min(float(sky[DISC]), 1.5)
    cover = 0.0
    if sky[CLOUDS] > 0 and dz > 0.02:
        x, y = 1.3 * dx / (dz + 0.12), 1.3 * dy / (dz + 0.12)
        field = (0.55 * noise(x, y, _ENDLESS, _ENDLESS, 91) + 0.28 * noise(2.1 * x, 2.1 * y, _ENDLESS, _ENDLESS, 92)
                 + 0.17 * noise(4.3 * x, 4.3 * y, _ENDLESS, _ENDLESS, 93))
        cover = smooth((field - 0.78 + 0.55 * sky[CLOUDS]) / 0.30) * smooth(dz / 0.25)
    disc = float(sky[DISC]) * smooth((toward - 0.99945) / 0.00025) * (1 - cover)
    white = 0.9 + 0.25 * near
    lit = 0.55 * cover
    # clouds take the horizon's light, and a share of the sun's
    cr, cg, cb = (white * (0.8 * sky[HORIZON] + 0.13 * sky[SUN]),
                  white * (0.8 * sky[HORIZON + 1] + 0.13 * sky[SUN + 1]),
                  white * (0.8 * sky[HORIZON + 2] + 0.13 * sky[SUN + 2]))
    r, g, b = r + lit * (cr - r), g + lit * (cg - g), b + lit * (cb - b)
    shine = glow + disc
    return r + shine * sky[SUN], g + shine * sky[SUN + 1], b + shine * sky[SUN + 2]


@bare_inlined
def overhead(sky: F32, nz: float) -> Triple:
    """Light of the open sky and of sunlit ground on a surface whose normal has the height `nz`."""
    up = 0.5 + 0.5 * nz
    high = float(sky[AMBIENT]) * (0.25 + 0.75 * up)
    bounce = 0.14 * (1 - up) * float(sky[TOWARD + 2])
    return (high * (0.5 * sky[ZENITH] + 0.5 * sky[HORIZON]) + bounce * sky[SUN],
            high * (0.5 * sky[ZENITH + 1] + 0.5 * sky[HORIZON + 1]) + bounce * sky[SUN + 1],
            high * (0.5 * sky[ZENITH + 2] + 0.5 * sky[HORIZON + 2]) + bounce * sky[SUN + 2])
