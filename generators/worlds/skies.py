"""`Sky`: where the light comes from: sun or moon, sky, weather, and how bright lamps are against it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from spatialmem.errors import InvalidValueError

LightName = Literal["day", "dusk", "night", "lamps"]
WeatherName = Literal["clear", "overcast", "fog", "snow"]

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Sky:
    """The light of an hour and its weather. Colours are linear; 1 is a white wall in good light.

    Attributes:
        azimuth, elevation: where the sun (or moon) stands, radians from +X towards +Y, and upwards.
        sun: its light on a surface that faces it.
        zenith, horizon: colours of the sky above and all around.
        ambient: light that the whole sky gives an open level surface, as a share of its colours.
        lamps: how bright lamps are.
        lit: share of facade panes 0..1 behind which a lamp burns.
        disc: brightness of the sun's disc.
        clouds: 0..1, share of the sky that is clouded.
        haze: share of the light that a metre of air scatters.
        snow: 0..1, how much of what lies open is covered.

    Raises:
        InvalidValueError: a value is out of its range.
    """

    azimuth: float
    elevation: float
    sun: Colour
    zenith: Colour
    horizon: Colour
    ambient: float
    lamps: float
    lit: float
    disc: float
    clouds: float
    haze: float = 0.0008
    snow: float = 0.0

    def __post_init__(self) -> None:
        numbers = self.numbers()
        if not np.isfinite(numbers).all() or float(numbers[3:].min()) < 0:
            raise InvalidValueError(f"sky: values must be finite, and light, haze and snow not negative, got {self}")
        for name in ("lit", "clouds", "snow", "haze"):
            if not 0 <= getattr(self, name) <= 1:
                raise InvalidValueError(f"sky {name}: must lie in 0..1, got {getattr(self, name)}")
        if not 0 < self.elevation <= math.pi / 2:
            raise InvalidValueError(f"sky elevation: must lie above 0 and at most pi / 2 radians, got {self.elevation}")

    def numbers(self) -> NDArray[np.float32]:
        """The values as kernels read them, `[20]`; `cpu.sky` names the columns."""
        level = math.cos(self.elevation)
        toward = (level * math.cos(self.azimuth), level * math.sin(self.azimuth), math.sin(self.elevation))
        return np.array([*toward, *self.sun, *self.zenith, *self.horizon, self.ambient, self.lamps, self.lit, self.disc,
                         self.clouds, self.haze, self.snow, 0.0], np.float32)


_HOURS: dict[str, Sky] = {
    "day": Sky(0.0, 0.72, (1.9, 1.74, 1.48), (0.15, 0.33, 0.74), (0.60, 0.72, 0.88), 0.85, 0.75, 0.0, 6.0, 0.45),
    "dusk": Sky(0.0, 0.16, (1.9, 0.92, 0.38), (0.15, 0.19, 0.40), (0.86, 0.50, 0.34), 0.62, 0.85, 0.35, 4.0, 0.5),
    "night": Sky(0.0, 0.75, (0.15, 0.19, 0.28), (0.012, 0.020, 0.046), (0.034, 0.048, 0.085), 3.0, 0.95, 0.4, 1.2, 0.3),
    "lamps": Sky(0.0, 0.5, (0.02, 0.03, 0.05), (0.034, 0.062, 0.15), (0.14, 0.16, 0.25), 1.5, 1.1, 0.65, 0.0, 0.4),
}


def sky_of(light: LightName, weather: WeatherName = "clear", *, azimuth: float = 0.9) -> Sky:
    """The sky of an hour ("lamps" is the blue hour, when lamps rule) in a kind of weather.

    Args:
        azimuth: where the sun or moon stands, radians from +X towards +Y.

    Raises:
        InvalidValueError: a name is unknown, or `azimuth` is not finite.
    """
    if light not in _HOURS:
        raise InvalidValueError(f"unknown light {light!r}; known are {', '.join(_HOURS)}")
    sky = replace(_HOURS[light], azimuth=azimuth)
    if weather == "clear":
        return sky
    if weather == "overcast":
        return _veiled(sky, sun=0.0, grey=0.75, clouds=1.0, haze=0.0025, snow=0.0, gain=1.6)
    if weather == "fog":
        return _veiled(sky, sun=0.22, grey=0.85, clouds=0.0, haze=0.045, snow=0.0)
    if weather == "snow":
        return _veiled(sky, sun=0.4, grey=0.6, clouds=0.75, haze=0.008, snow=1.0)
    raise InvalidValueError(f"unknown weather {weather!r}; known are {', '.join(get_args(WeatherName))}")


def _veiled(sky: Sky, *, sun: float, grey: float, clouds: float, haze: float, snow: float, gain: float = 1.15) -> Sky:
    """A sky behind cloud or fog: one grey from zenith to horizon, `gain` times its light, a weaker sun without disc."""
    middle = [0.5 * a + 0.5 * b for a, b in zip(sky.zenith, sky.horizon, strict=True)]
    mean = sum(middle) / 3
    veil = [0.35 * channel + 0.65 * mean for channel in middle]

    def mixed(colour: Colour, share: float) -> Colour:
        red, green, blue = (c + grey * (share * v - c) for c, v in zip(colour, veil, strict=True))
        return red, green, blue

    red, green, blue = (sun * channel for channel in sky.sun)
    return replace(sky, sun=(red, green, blue), zenith=mixed(sky.zenith, 0.95), horizon=mixed(sky.horizon, 1.1),
                   ambient=gain * sky.ambient, lit=max(sky.lit, 0.1), disc=0.0, clouds=clouds, haze=haze, snow=snow)
