"""`attributes_from`: what the words of a prompt ask for, and which of them were not understood."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from spatialmem.generators.worlds.attributes import Attributes
from spatialmem.generators.worlds.words import (
    COLOURS,
    FILLERS,
    LAMPLIT,
    LINKS,
    MATERIALS,
    NEGATIONS,
    PLACE_HINTS,
    SURFACES,
    TABLES,
    Surface,
    Topic,
)

_LONGEST = 3
"""Words in the longest phrase of the vocabulary."""


@dataclass(frozen=True)
class Understood:
    """What a prompt was taken for.

    Attributes:
        attributes: what its words ask for; `any` where they say nothing.
        used: the words that were understood, in their order, in lower case.
        unknown: the words that were not, without such as `a`, `the` and `with`.
        overruled: pairs (word, later word) of which the later one won.
        denied: pairs (negation, word) of words that count although a negation stands before them.
    """

    attributes: Attributes
    used: tuple[str, ...]
    unknown: tuple[str, ...]
    overruled: tuple[tuple[str, str], ...]
    denied: tuple[tuple[str, str], ...] = ()


def attributes_from(prompt: str, *, style_seed: int = 0) -> Understood:
    """What the words of `prompt` ask for, in any case and with simple plurals.

    A material or a colour belongs to the surface that follows it ("blue brick walls") or that it
    follows ("a floor of oak"); without one, to where it is most often (brick: walls). Of words that
    contradict each other the last one wins; lamps beside dusk or night leave the hour as it is. Negation is
    not understood: "no snow" asks for snow, `no` is among the unknown words, and both are in `denied`.
    """
    reading = _Reading(_phrases(prompt))
    for at in range(len(reading.phrases)):
        reading.take(at)
    asked = {topic: value for topic, (value, _) in reading.found.items()}
    if "place" not in asked and reading.hints:
        asked["place"] = reading.hints[-1]
    # every value of the tables is one of its attribute's words: tests say so, and Attributes checks it again
    chosen = replace(Attributes(style_seed=style_seed), **asked)  # type: ignore[arg-type]
    return Understood(chosen, tuple(reading.used), tuple(reading.unknown), tuple(reading.overruled),
                      tuple(reading.denied))


def _phrases(prompt: str) -> list[str]:
    """The prompt as phrases of the vocabulary, the longest that fit, single words and commas."""
    words = re.findall(r"[^\W\d_]+|[,;.:!?]", prompt.lower().replace("-", " "))
    phrases, at = [], 0
    while at < len(words):
        sizes = (size for size in range(min(_LONGEST, len(words) - at), 1, -1)
                 if _known(" ".join(words[at:at + size])))
        size = next(sizes, 1)
        phrase = " ".join(words[at:at + size])
        phrases.append(_known(phrase) or phrase)
        at += size
    return phrases


def _known(phrase: str) -> str:
    """The phrase as the vocabulary spells it, in the singular if it must be; empty if it is not there."""
    forms = [phrase]
    for plural, singular in (("ies", "y"), ("es", ""), ("s", "")):
        if phrase.endswith(plural):
            forms.append(phrase[:len(phrase) - len(plural)] + singular)
    return next((form for form in forms if form in _ALL), "")


_ALL = frozenset().union(MATERIALS, SURFACES, PLACE_HINTS, *TABLES.values())


@dataclass
class _Reading:
    """The walk through a prompt: what was found so far."""

    phrases: list[str]
    found: dict[Topic, tuple[str, str]] = field(default_factory=dict)
    hints: list[str] = field(default_factory=list)
    used: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    overruled: list[tuple[str, str]] = field(default_factory=list)
    denied: list[tuple[str, str]] = field(default_factory=list)
    negation: str = ""

    def take(self, at: int) -> None:
        """Read one phrase."""
        phrase = self.phrases[at]
        if not phrase[0].isalpha():
            self.negation = ""
        if phrase in FILLERS or not phrase[0].isalpha():
            return
        understood = self._topics(phrase, at)
        if phrase in MATERIALS:
            meant = MATERIALS[phrase]
            near = self._surface(at)
            surface = near if near is not None and near in meant else next(iter(meant))
            self._set(surface, meant[surface], phrase)
            understood = True
        if phrase in PLACE_HINTS:
            self.hints.append(PLACE_HINTS[phrase])
            understood = True
        understood |= phrase in SURFACES and self._described(at)
        (self.used if understood else self.unknown).append(phrase)
        if understood and self.negation:
            self.denied.append((self.negation, phrase))
        self.negation = phrase if phrase in NEGATIONS else ""

    def _topics(self, phrase: str, at: int) -> bool:
        """Words of one meaning; a colour must have walls to colour."""
        understood = False
        for topic, table in TABLES.items():
            if phrase in table and (topic != "wall_colour" or self._colours_walls(at)):
                self._set(topic, table[phrase], phrase)
                understood = True
        return understood

    def _set(self, topic: Topic, value: str, phrase: str) -> None:
        before = self.found.get(topic)
        if before is not None and value == "lamps" and before[0] in LAMPLIT:
            return
        with_lamps = before is not None and before[0] == "lamps" and value in LAMPLIT
        if before is not None and before[0] != value and not with_lamps:
            self.overruled.append((before[1], phrase))
        self.found[topic] = value, phrase

    def _surface(self, at: int) -> Surface | None:
        """The surface that follows, past other words that describe it; else one that was named just before."""
        for phrase in self.phrases[at + 1:]:
            if phrase in SURFACES:
                return SURFACES[phrase]
            if phrase not in _DESCRIBING:
                break
        return self._surface_before(at)

    def _surface_before(self, at: int) -> Surface | None:
        """The surface in "walls of red brick": past describing words and at least one link."""
        linked = False
        for phrase in reversed(self.phrases[:at]):
            if phrase in SURFACES:
                return SURFACES[phrase] if linked else None
            if phrase not in LINKS and phrase not in _DESCRIBING:
                break
            linked |= phrase in LINKS
        return None

    def _colours_walls(self, at: int) -> bool:
        """Whether a colour is that of walls: of their surface, of their material, or of nothing else."""
        for phrase in self.phrases[at + 1:]:
            if phrase in SURFACES:
                return SURFACES[phrase] == "wall"
            if phrase in MATERIALS and "wall" not in MATERIALS[phrase]:
                return False
            if phrase not in _DESCRIBING:
                if phrase[0].isalpha() and phrase not in FILLERS and phrase not in TABLES["place"]:
                    return False
                break
        return self._surface_before(at) in {None, "wall"}

    def _described(self, at: int) -> bool:
        """Whether a material or a colour belongs to the surface here."""
        before, after = self.phrases[at - 1:at] if at else [], self.phrases[at + 1:at + 2]
        return any(phrase in _DESCRIBING for phrase in before) or any(phrase in LINKS for phrase in after)


_DESCRIBING = frozenset().union(MATERIALS, COLOURS, *(TABLES[topic] for topic in ("palette", "light", "weather")))
