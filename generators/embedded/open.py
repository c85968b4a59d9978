"""`embedded` and `pictured`: the generator that comes with the package, for what words, or a picture, choose."""

from __future__ import annotations

from pathlib import Path

from spatialmem.generators.embedded.generator import Embedded
from spatialmem.generators.embedded.picture import FromPicture
from spatialmem.generators.embedded.weights import load_weights
from spatialmem.generators.worlds.vocabulary import attributes_from
from spatialmem.generators.worlds.worded import remarks_on, worded
from spatialmem.seeds import hypothesis_seed


def embedded(prompt: str = "", *, seed: int = 0, style_seed: int = 0, layout: Path | str | None = None,
             up: str | None = None, weights: Path | None = None, hypothesis: int = 0) -> Embedded:
    """A generator that paints the world that `prompt` asks for.

    Args:
        prompt: what it is to look like, such as "a street with brick houses at dusk".
        seed: which of the worlds that look so, and what the model invents in it.
        style_seed: which materials and colours, where the words leave them open; the layout stays.
        layout: a file of a user's own layout (see docs/layouts.md) in place of an endless world.
        up: the up axis of a layout that is a mesh file.
        weights: of the model; None = those that are shipped.
        hypothesis: which of the things that the model may invent in that world.

    Raises:
        InvalidValueError: the seed is no whole number.
        LayoutError: the layout cannot be used.
        GenerationError: there are no weights.
        WorldFormatError: the weights are damaged or for another version.
    """
    model, record = load_weights(weights)
    plan = worded(prompt, seed=seed, style_seed=style_seed, layout=layout, up=up)
    return Embedded(plan, model, version=str(record["version"]),
                    seed=hypothesis_seed(seed, hypothesis))


def pictured(image: Path, prompt: str = "", *, fov: float | None = None, seed: int = 0, weights: Path | None = None,
             hypothesis: int = 0) -> FromPicture:
    """A generator that goes on from a picture.

    Args:
        image: a PNG or JPEG.
        prompt: what kind of place it is.
        fov: degrees across it; None = a usual one.
        seed: of all that is invented.
        weights: of the model; None = those that are shipped.
        hypothesis: which of the things that the model may invent.

    Raises:
        InvalidValueError: the field of view is out of range.
        RecordingError: the file is no picture.
        GenerationError: there are no weights.
        WorldFormatError: the weights are damaged or for another version.
    """
    model, record = load_weights(weights)
    understood = attributes_from(prompt, style_seed=0)
    return FromPicture(image, understood.attributes, model, version=str(record["version"]), prompt=prompt,
                       remarks=remarks_on(understood), fov=fov, seed=hypothesis_seed(seed, hypothesis))
