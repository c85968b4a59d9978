"""Semantic labels: what a pixel or a Gaussian shows, as stable numbers with a name and a colour each."""

from __future__ import annotations

from enum import IntEnum
from functools import cache

import numpy as np
from numpy.typing import NDArray

MAX_LABEL = 65535
"""Labels are stored in 16 bits."""


class SemanticClass(IntEnum):
    """What a pixel or a Gaussian shows. The numbers are stored in worlds: append, never renumber.

    A generator with classes of its own may use numbers from 256 up to 65535.
    """

    SKY = 0
    WALL = 1
    FLOOR = 2
    CEILING = 3
    DOOR = 4
    DOORFRAME = 5
    WINDOW = 6
    WINDOWFRAME = 7
    PICTURE = 8
    TABLE = 9
    CHAIR = 10
    SOFA = 11
    BED = 12
    CABINET = 13
    SHELF = 14
    LAMP = 15
    PLANT = 16
    FOLIAGE = 17
    TRUNK = 18
    GRASS = 19
    ROAD = 20
    SIDEWALK = 21
    PATH = 22
    BUILDING = 23
    ROOF = 24
    FENCE = 25
    HEDGE = 26
    CAR = 27
    BENCH = 28
    ROCK = 29
    WATER = 30
    SINK = 31
    TOILET = 32
    BATHTUB = 33
    STOVE = 34
    FRIDGE = 35
    COLUMN = 36
    CURTAIN = 37
    RUG = 38
    BOX = 39
    HANDLE = 40
    OTHER = 41


DISPLAY_COLOURS: dict[SemanticClass, str] = {
    SemanticClass.SKY: "#9ecbf0",
    SemanticClass.WALL: "#c9c3b8",
    SemanticClass.FLOOR: "#9a7b5a",
    SemanticClass.CEILING: "#ece9e2",
    SemanticClass.DOOR: "#a0522d",
    SemanticClass.DOORFRAME: "#d9a066",
    SemanticClass.WINDOW: "#4fb3d9",
    SemanticClass.WINDOWFRAME: "#e8f4fa",
    SemanticClass.PICTURE: "#d6336c",
    SemanticClass.TABLE: "#e8a33d",
    SemanticClass.CHAIR: "#f2c14e",
    SemanticClass.SOFA: "#8e5ea2",
    SemanticClass.BED: "#b48ead",
    SemanticClass.CABINET: "#b5651d",
    SemanticClass.SHELF: "#7f4f24",
    SemanticClass.LAMP: "#fff06a",
    SemanticClass.PLANT: "#5fd068",
    SemanticClass.FOLIAGE: "#2f9e44",
    SemanticClass.TRUNK: "#6b4226",
    SemanticClass.GRASS: "#8bc34a",
    SemanticClass.ROAD: "#54565b",
    SemanticClass.SIDEWALK: "#a8a9ad",
    SemanticClass.PATH: "#cbb994",
    SemanticClass.BUILDING: "#b0573a",
    SemanticClass.ROOF: "#8c2f1b",
    SemanticClass.FENCE: "#d0b58a",
    SemanticClass.HEDGE: "#1f6b35",
    SemanticClass.CAR: "#1f5fbf",
    SemanticClass.BENCH: "#c47f3a",
    SemanticClass.ROCK: "#77808a",
    SemanticClass.WATER: "#1c7ed6",
    SemanticClass.SINK: "#a5d8ff",
    SemanticClass.TOILET: "#dbe4ff",
    SemanticClass.BATHTUB: "#99e9f2",
    SemanticClass.STOVE: "#343a40",
    SemanticClass.FRIDGE: "#ced4da",
    SemanticClass.COLUMN: "#e0d3b8",
    SemanticClass.CURTAIN: "#e599f7",
    SemanticClass.RUG: "#c2255c",
    SemanticClass.BOX: "#d9a441",
    SemanticClass.HANDLE: "#ff922b",
    SemanticClass.OTHER: "#ff00ff",
}
"""Colour of each class in pictures of classes, sRGB."""

_NUMBERS = frozenset(SemanticClass)


@cache
def class_colours() -> NDArray[np.uint8]:
    """`[65536, 3]` sRGB display colour of every label; numbers without a class get colours that differ."""
    numbers = np.arange(MAX_LABEL + 1)
    # steps of the golden ratio around the colour circle keep successive hues far apart
    hue = (numbers * 0.618033988749895) % 1.0
    waves = np.abs((hue[:, None] * 6 + np.array([0, 4, 2])) % 6 - 3) - 1
    table: NDArray[np.uint8] = (60 + 175 * np.clip(waves, 0, 1)).astype(np.uint8)
    for member, colour in DISPLAY_COLOURS.items():
        table[member] = list(bytes.fromhex(colour[1:]))
    table.setflags(write=False)
    return table


def class_name(label: int) -> str:
    """What to call a label: the name of its class, or its number."""
    if label == SemanticClass.SKY:
        return "unknown or sky"
    return SemanticClass(label).name.lower() if label in _NUMBERS else f"label {label}"
