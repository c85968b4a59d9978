"""`draw_prompt`: words for a world, as people write them, such that all of the vocabulary comes up."""

from __future__ import annotations

from collections import Counter
from itertools import chain

from spatialmem.generators.worlds.attributes import FLOORS, GROUNDS, WALLS
from spatialmem.generators.worlds.dice import Dice
from spatialmem.generators.worlds.words import MATERIALS, PLACE_HINTS, SURFACES, TABLES, Surface, Topic

_EMPTY = 0.06
_SHARES: dict[Topic, float] = {"place": 0.92, "palette": 0.35, "wall": 0.45, "floor": 0.4, "ground": 0.4,
                               "wall_colour": 0.2, "light": 0.55, "weather": 0.45}
"""How often a prompt says something of a topic."""

_OUTDOORS, _INDOORS = frozenset(("street", "garden", "park")), frozenset(("home", "corridor", "hall", "gallery"))
_SURFACES: dict[Surface, tuple[str, tuple[str, ...]]] = {
    "wall": ("walls", WALLS), "floor": ("floor", FLOORS), "ground": ("paths", GROUNDS)}

_USES = Counter(chain(*(TABLES.values()), MATERIALS, SURFACES, PLACE_HINTS))


def draw_prompt(dice: Dice) -> str:
    """Words for a world: each value of a topic equally often, in any of its words; empty now and then.

    Only words of one meaning are used, and of surfaces only those that the place has, so that the prompt asks for
    what it says and for nothing else.
    """
    if dice.chance(_EMPTY):
        return ""
    place = _value("place", dice)
    said: dict[Topic, str] = {topic: _value(topic, dice) for topic in _SHARES if topic != "place"}
    if place in _OUTDOORS:
        said["floor"] = ""
    if place in _INDOORS:
        said["ground"] = ""
    head = " ".join(word for word in (_word("palette", said["palette"], dice), _word("place", place, dice)) if word)
    surfaces = [" ".join(words) for surface in _SURFACES if (words := _surface(surface, said, dice))]
    skies = [word for topic in ("light", "weather") if (word := _word(topic, said[topic], dice))]
    return ", ".join(part for part in (head, *dice.shuffled([*surfaces, *skies])) if part)


def _value(topic: Topic, dice: Dice) -> str:
    """A value of the topic, or nothing."""
    if not dice.chance(_SHARES[topic]):
        return ""
    values = _SURFACES[topic][1] if topic in _SURFACES else tuple(dict.fromkeys(TABLES[topic].values()))
    return dice.choice(values)


def _word(topic: Topic, value: str, dice: Dice) -> str:
    """One of the words for a value that mean nothing else; those with a hyphen are read as two."""
    words = [word for word, meant in TABLES[topic].items() if meant == value and _USES[word] == 1 and "-" not in word]
    return dice.choice(words) if words else ""


def _surface(surface: Surface, said: dict[Topic, str], dice: Dice) -> list[str]:
    """Such as "red", "brick" and "walls"; nothing where neither material nor colour is said."""
    colour = _word("wall_colour", said["wall_colour"], dice) if surface == "wall" else ""
    materials = [word for word, meant in MATERIALS.items() if meant.get(surface) == said[surface]]
    words = [word for word in (colour, dice.choice(materials) if materials else "") if word]
    return [*words, _SURFACES[surface][0]] if words else []
