"""`worded`: the generator of a world that words, a seed and perhaps a layout choose."""

from __future__ import annotations

from pathlib import Path

from spatialmem.generators.faults.faults import Faults
from spatialmem.generators.truth import NO_FAULTS
from spatialmem.generators.worlds.generator import Procedural
from spatialmem.generators.worlds.grow import Grown
from spatialmem.generators.worlds.layouts.open import open_layout
from spatialmem.generators.worlds.vocabulary import Understood, attributes_from


def worded(prompt: str = "", *, seed: int = 0, style_seed: int = 0, layout: Path | str | None = None,
           up: str | None = None, faults: Faults = NO_FAULTS) -> Procedural:
    """The painted world that `prompt` asks for.

    Words that are not understood, or that others overrule, are told in the generator's `remarks`.

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
    said = _remarks(understood)
    if layout is None:
        return Procedural(Grown(seed, understood.attributes), prompt=prompt, remarks=said, faults=faults)
    laid = open_layout(layout, attributes=understood.attributes, up=up)
    said += tuple(f"layout: {finding.text}" for finding in laid.findings)
    return Procedural(laid, prompt=prompt, remarks=said, edition=laid.edition, faults=faults)


def _remarks(understood: Understood) -> tuple[str, ...]:
    """What somebody who wrote the prompt should know of how it was read."""
    remarks = []
    if understood.unknown:
        words = ", ".join(repr(word) for word in understood.unknown)
        kept = f"; understood were {', '.join(understood.used)}" if understood.used else "; nothing else is in it"
        remarks.append(f"prompt: not understood: {words}{kept} (docs/worlds.md lists the words)")
    remarks += [f"prompt: {later!r} overrules {earlier!r}" for earlier, later in understood.overruled]
    return tuple(remarks)
