"""`class_of`: what an object of a mesh is by the words of its name."""

from __future__ import annotations

import re

from spatialmem.generators.worlds.layouts.spec import CLASSES
from spatialmem.labels import SemanticClass

C = SemanticClass
SYNONYMS: dict[str, SemanticClass] = {
    "ground": C.FLOOR, "roofing": C.ROOF, "desk": C.TABLE, "counter": C.CABINET, "cupboard": C.CABINET,
    "wardrobe": C.CABINET, "drawer": C.CABINET, "dresser": C.CABINET, "bookcase": C.SHELF, "bookshelf": C.SHELF,
    "shelves": C.SHELF, "couch": C.SOFA, "armchair": C.SOFA, "stool": C.CHAIR, "seat": C.CHAIR, "tree": C.FOLIAGE,
    "leaves": C.FOLIAGE, "bush": C.HEDGE, "lawn": C.GRASS, "street": C.ROAD, "pavement": C.SIDEWALK,
    "painting": C.PICTURE, "poster": C.PICTURE, "carpet": C.RUG, "pillar": C.COLUMN, "oven": C.STOVE,
    "refrigerator": C.FRIDGE, "tub": C.BATHTUB, "bath": C.BATHTUB, "basin": C.SINK, "light": C.LAMP,
    "house": C.BUILDING, "vehicle": C.CAR, "stone": C.ROCK,
}


def class_of(name: str) -> SemanticClass | None:
    """What an object is by its name, "node/geometry/material": the last word that is known of the first that has one.

    So "oak_table_01//paint" is a table and "floor lamp" a lamp.
    """
    words = [word.lower() for part in name.split("/")
             for word in reversed(re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", part))]
    for word in words:
        for form in (word, word.removesuffix("s"), word.removesuffix("es")):
            known = CLASSES.get(form) or SYNONYMS.get(form)
            if known is not None:
                return known
    return None
