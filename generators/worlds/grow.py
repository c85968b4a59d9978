"""`Grown`: a world that grows block by block, the same for a seed whatever the order in which it is visited."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache
from itertools import product
from typing import cast, get_args

from spatialmem.errors import InvalidValueError
from spatialmem.generators.worlds.attributes import KINDS, Attributes, Kind
from spatialmem.generators.worlds.blocks import LANES, SIDES, Block, Edge, Side, Site, edge_between
from spatialmem.generators.worlds.dice import Dice
from spatialmem.generators.worlds.free_space import WorldFreeSpace
from spatialmem.generators.worlds.palettes import scheme_of
from spatialmem.generators.worlds.places import builder_of
from spatialmem.generators.worlds.skies import LightName, WeatherName, sky_of
from spatialmem.generators.worlds.solids import BLOCK
from spatialmem.generators.worlds.window import Window, Windows

KEPT = 512
"""Blocks that are kept; older ones are grown again when they are seen again."""

_COURTS = {"corridor": 0.08, "hall": 0.14, "gallery": 0.12}
"""Share of courts with gardens among other kinds under a roof."""

_NEAR = 4
"""Blocks from the origin within which a world starts."""

_DISTRICT = 3
"""Blocks along the side of a district: a neighbourhood of one kind and one scheme of colours."""


class Grown:
    """An endless world in the plane z = 0.

    Block `(i, j)` covers x of `16 i..16 i + 16` and y of `16 j..16 j + 16`, metres.

    Args:
        seed: which of the worlds.
        attributes: what it is to look like; place, light and weather are settled here if they were left open.

    Attributes:
        sky: the light of its hour and weather; where the sun stands is the world's own.
        free_space: where somebody may walk.

    Raises:
        InvalidValueError: the seed is not a whole number.
    """

    def __init__(self, seed: int, attributes: Attributes | None = None) -> None:
        if isinstance(seed, bool) or not isinstance(seed, int):
            raise InvalidValueError(f"world seed: expected a whole number, got {seed!r}")
        self.seed = seed
        self._layout = Dice(seed, "layout")
        self.attributes = _settled(attributes or Attributes(), self._layout)
        self._style = Dice(seed, "style", self.attributes.style_seed)
        self._grown = lru_cache(KEPT)(self._grow)
        self._windows = Windows(self.block)
        light, weather = cast(LightName, self.attributes.light), cast(WeatherName, self.attributes.weather)
        self.sky = sky_of(light, weather, azimuth=self._layout.child("sun").uniform(-math.pi, math.pi))
        self.free_space = WorldFreeSpace(self.block)

    def kind(self, i: int, j: int) -> Kind:
        """What block `(i, j)` is."""
        place = self.attributes.place
        if place in {"any", "mixed"}:
            place = self._layout.child("district", *_district(i, j)).choice(KINDS)
        if place == "home" and self._is_yard(i, j):
            return "garden"
        if place in _COURTS and self._layout.child("court", i, j).chance(_COURTS[place]):
            return "garden"
        return cast(Kind, place)

    def edge(self, i: int, j: int, axis: int) -> Edge:
        """Where block `(i, j)` meets the next one along x (axis 0) or y (axis 1)."""
        above = self.kind(i + 1, j) if axis == 0 else self.kind(i, j + 1)
        lane = self._layout.child("lane", axis, j if axis == 0 else i).choice(LANES)
        return edge_between(self.kind(i, j), above, self._layout.child("edge", i, j, axis), lane)

    def site(self, i: int, j: int) -> Site:
        """What the builder of block `(i, j)` is told."""
        neighbours: dict[Side, Kind] = {side: self.kind(i + di, j + dj) for side, (di, dj) in SIDES.items()}
        edges: dict[Side, Edge] = {"west": self.edge(i - 1, j, 0), "east": self.edge(i, j, 0),
                                   "south": self.edge(i, j - 1, 1), "north": self.edge(i, j, 1)}
        district_style = self._style.child("district", *_district(i, j))
        scheme = scheme_of(self.attributes.palette, district_style.child("scheme"),
                           wall_colour=self.attributes.wall_colour)
        return Site((i, j), self.kind(i, j), neighbours, edges, self._layout.child("block", i, j),
                    self._style.child("block", i, j), self._layout.child("neighbourhood", *_district(i, j)),
                    district_style, scheme, self.attributes)

    def block(self, i: int, j: int) -> Block:
        """Block `(i, j)`: always the same one."""
        return self._grown(i, j)

    def window(self, x: float, y: float) -> Window:
        """The blocks around the one that holds the world position (x, y), metres."""
        return self._windows.at(x, y)

    def start(self) -> tuple[float, float, float]:
        """x, y (metres) and heading (radians about +Z from +X) of the most open view near the origin.

        It is one of the place that was asked for: a world of homes is not first seen from a yard.
        """
        near = sorted(product(range(-_NEAR, _NEAR + 1), repeat=2), key=lambda key: (key[0] ** 2 + key[1] ** 2, key))
        i, j = next((key for key in near if self.kind(*key) == self.attributes.place), (0, 0))
        return self.free_space.first_view(BLOCK * (i + 0.5), BLOCK * (j + 0.5))

    def _grow(self, i: int, j: int) -> Block:
        site = self.site(i, j)
        return builder_of(site.kind)(site)

    def _is_yard(self, i: int, j: int) -> bool:
        """Every home has a yard on at least one side: the pattern is a perfect cover of the grid by crosses."""
        turn = self._layout.child("yards").integer(0, 4)
        return (i + 2 * j + turn) % 5 == 0 or self._layout.child("yard", i, j).chance(0.22)


def _district(i: int, j: int) -> tuple[int, int]:
    return i // _DISTRICT, j // _DISTRICT


def _settled(asked: Attributes, dice: Dice) -> Attributes:
    """What was asked for, with what concerns the whole world chosen: weather moves solids (bare trees)."""
    place, light, weather = asked.place, asked.light, asked.weather
    if place == "any":
        place = dice.child("place").choice(KINDS)
    if light == "any":
        light = dice.child("light").choice(get_args(LightName), (6, 2, 1, 1))
    if weather == "any":
        weather = dice.child("weather").choice(get_args(WeatherName), (12, 2, 1, 1))
    return replace(asked, place=place, light=light, weather=weather)
