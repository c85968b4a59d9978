"""`SemanticClass`: what a pixel shows, as stable numbers, with a colour to display each."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class SemanticClass(IntEnum):
    """What a solid is. The numbers are stored in frames and Gaussians: append, never renumber."""

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


def class_colours() -> NDArray[np.uint8]:
    """`[256, 3]` sRGB display colour of every class number; numbers without a class are black."""
    table = np.zeros((256, 3), np.uint8)
    for member, colour in DISPLAY_COLOURS.items():
        table[member] = list(bytes.fromhex(colour[1:]))
    return table
