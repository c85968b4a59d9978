"""`worded`: the generator of a world that words, a seed and perhaps a layout choose."""

from __future__ import annotations

from pathlib import Path

from spatialmem.generators.faults.faults import Faults
from spatialmem.generators.truth import NO_FAULTS
from spatialmem.generators.worlds.attributes import Attributes
from spatialmem.generators.worlds.generator import Procedural
from spatialmem.generators.worlds.grow import Grown
from spatialmem.generators.worlds.layouts.open import open_layout
from spatialmem.generators.worlds.vocabulary import Understood, attributes_from
from spatialmem.generators.worlds.words import TABLES


def worded(prompt: str = "", *, seed: int = 0, style_seed: int = 0, layout: Path | str | None = None,
           up: str | None = None, faults: Faults = NO_FAULTS) -> Procedural:
    """The painted world that `prompt` asks for.

    Words that are not understood, or that others overrule, are told in the generator's `remarks`; its `summary`
    says what was chosen, also where they leave it open.

    Args:
        prompt: what it is to look like, such as "a street with brick houses at dusk".
        seed: which of the worlds that look so.
        style_seed: which materials and colours, where the words leave them open; the layout stays.
        layout: a file of a user's own layout (see docs/layouts.md) in place of an endless world; the
            words then choose its materials and light.
        up: the up axis of a layout that is a mesh file.
        faults: what goes wrong.

    Raises:
        InvalidValueError: the seed is no whole number.
        LayoutError: the layout cannot be used.
    """
    understood = attributes_from(prompt, style_seed=style_seed)
    said = remarks_on(understood, layout=layout is not None)
    if layout is None:
        grown = Grown(seed, understood.attributes)
        summary = f"{_summary(grown.attributes.place, grown.attributes)}; seed {seed}, style {style_seed}"
        return Procedural(grown, prompt=prompt, remarks=said, summary=summary, faults=faults)
    laid = open_layout(layout, attributes=understood.attributes, up=up)
    said += tuple(f"layout: {finding.text}" for finding in laid.findings)
    summary = f"{_summary(f'layout {Path(layout).name}', laid.attributes)}; style {style_seed}"
    return Procedural(laid, prompt=prompt, remarks=said, summary=summary, edition=laid.edition, faults=faults)


def remarks_on(understood: Understood, *, layout: bool = False) -> tuple[str, ...]:
    """What somebody who wrote the prompt, perhaps of a `layout`, should know of how it was read."""
    negations, denied = ({pair[side] for pair in understood.denied} for side in (0, 1))
    unknown = [word for word in understood.unknown if word not in negations]
    used = [word for word in understood.used if word not in denied]
    remarks = []
    if unknown:
        words = ", ".join(repr(word) for word in unknown)
        kept = f"; understood were {', '.join(used)}" if used else "; nothing else is in it"
        remarks.append(f"prompt: not understood: {words}{kept} (docs/worlds.md lists the words)")
    remarks += [f"prompt: {negation!r} is not understood: {word} was asked for" for negation, word in understood.denied]
    remarks += [f"prompt: {later!r} overrules {earlier!r}" for earlier, later in understood.overruled]
    # materials only hint at a place: "parquet" asks for no home
    if layout and any(word in TABLES["place"] for word in understood.used):
        remarks.append(f"prompt: a layout has its own place; {understood.attributes.place!r} is not used")
    return tuple(remarks)


def _summary(place: str, chosen: Attributes) -> str:
    """What a world is, in a line; materials and colours only where they were asked for."""
    walls = " ".join(word for word in (chosen.wall_colour, chosen.wall) if word != "any")
    asked = ((walls or "any", f"{walls} walls"), (chosen.floor, f"floors of {chosen.floor}"),
             (chosen.ground, f"paths of {chosen.ground}"), (chosen.palette, f"{chosen.palette} colours"))
    words = (words for value, words in asked if value != "any")
    return f"world: {', '.join((place, chosen.light, chosen.weather, *words))}"
