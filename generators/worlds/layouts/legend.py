"""`LEGEND`: what the colours of a floor plan mean, and how high furniture in it stands."""

from __future__ import annotations

from collections.abc import Mapping

from spatialmem.errors import LayoutError
from spatialmem.generators.worlds.layouts.read import one_of
from spatialmem.generators.worlds.layouts.spec import CLASSES
from spatialmem.labels import DISPLAY_COLOURS, SemanticClass

FREE, WALL, DOOR, WINDOW = "free", "wall", "door", "window"

HEIGHTS: dict[SemanticClass, float] = {
    SemanticClass.TABLE: 0.75, SemanticClass.CHAIR: 0.85, SemanticClass.SOFA: 0.75, SemanticClass.BED: 0.5,
    SemanticClass.CABINET: 0.9, SemanticClass.SHELF: 2.0, SemanticClass.LAMP: 1.6, SemanticClass.PLANT: 1.1,
    SemanticClass.FOLIAGE: 2.5, SemanticClass.TRUNK: 3.0, SemanticClass.FENCE: 1.1, SemanticClass.HEDGE: 1.4,
    SemanticClass.CAR: 1.4, SemanticClass.BENCH: 0.45, SemanticClass.ROCK: 0.4, SemanticClass.SINK: 0.85,
    SemanticClass.TOILET: 0.45, SemanticClass.BATHTUB: 0.55, SemanticClass.STOVE: 0.9, SemanticClass.FRIDGE: 1.8,
    SemanticClass.COLUMN: 2.6, SemanticClass.CURTAIN: 2.3, SemanticClass.RUG: 0.012, SemanticClass.BOX: 0.5,
    SemanticClass.WATER: 0.01, SemanticClass.PATH: 0.01, SemanticClass.GRASS: 0.01, SemanticClass.ROAD: 0.01,
    SemanticClass.SIDEWALK: 0.01, SemanticClass.OTHER: 1.0,
}
"""Classes that a floor plan may show, and how high they stand, metres."""

LEGEND: dict[str, str] = {"#ffffff": FREE, "#000000": WALL, "#ff0000": DOOR, "#8b4513": DOOR,
                          DISPLAY_COLOURS[SemanticClass.DOOR]: DOOR, "#0000ff": WINDOW,
                          DISPLAY_COLOURS[SemanticClass.WINDOW]: WINDOW,
                          **{DISPLAY_COLOURS[cls]: cls.name.lower() for cls in HEIGHTS}}
"""Meanings by colour, before a layout's own `legend`."""


def legend_of(own: Mapping[str, str], where: str) -> dict[str, str]:
    """The legend with a layout's own colours.

    Raises:
        LayoutError: a meaning is not known.
    """
    meanings = [FREE, WALL, DOOR, WINDOW, *(cls.name.lower() for cls in HEIGHTS)]
    for colour, meaning in own.items():
        try:
            one_of(meaning, meanings, "meaning of a colour")
        except LayoutError as error:
            raise LayoutError(f"{where}: plan.legend['{colour}']: {error}") from None
    return {**LEGEND, **{colour.lower(): meaning for colour, meaning in own.items()}}


def meaning_classes() -> dict[str, SemanticClass]:
    """Classes by the meanings that are furniture or ground."""
    return {cls.name.lower(): CLASSES[cls.name.lower()] for cls in HEIGHTS}
