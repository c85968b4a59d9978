"""The model's weights as a file: half precision, with the sizes they belong to."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path

import safetensors
import safetensors.torch

from spatialmem import strictjson
from spatialmem.errors import GenerationError, WorldFormatError
from spatialmem.generators.embedded.code import CODE_NAMES
from spatialmem.generators.embedded.model import KNOWN, Model, channels_last
from spatialmem.generators.embedded.network import Shape
from spatialmem.strictjson import Json
from spatialmem.wholefile import write_whole

LARGEST = 25 * 10**6
"""Bytes of a weights file, at most."""

FORMAT = "spatialmem-embedded-2"
_RECORD = "spatialmem"
_SHIPPED = "weights.safetensors"


def save_weights(file: Path, model: Model, record: dict[str, Json]) -> None:
    """Write the weights of `model` as float16, with a `record` of how they came about.

    Raises:
        GenerationError: they would be larger than a weights file may be.
    """
    halves = {name: value.detach().cpu().half().contiguous() for name, value in model.state_dict().items()}
    shape: dict[str, Json] = {name: list(value) if isinstance(value, tuple) else value
                              for name, value in asdict(model.network.shape).items()}
    text = strictjson.dumps({**record, "format": FORMAT, "shape": shape, "code": list(CODE_NAMES)}, "weights")
    blob = safetensors.torch.save(halves, {_RECORD: text})
    if len(blob) > LARGEST:
        raise GenerationError(f"{file}: the weights take {len(blob)} bytes, at most {LARGEST} are allowed")
    write_whole(file, blob)


def load_weights(file: Path | None = None) -> tuple[Model, dict[str, Json]]:
    """The model of a weights file, ready to use, and the file's record; None = the weights that are shipped.

    A record without a `version` gets one from the file's content, so that other weights are another generator.

    Raises:
        GenerationError: none are shipped with this installation.
        WorldFormatError: the file is no weights file, is damaged, or was made for other conditions.
    """
    path = Path(str(files("spatialmem.generators.embedded") / _SHIPPED)) if file is None else file
    if not path.exists():
        raise GenerationError(f"{path}: there are no weights; train some (python -m "
                              "spatialmem.generators.embedded.train --help), or name a file that has them")
    if path.stat().st_size > LARGEST:
        raise WorldFormatError(f"{path}: takes {path.stat().st_size} bytes; weights have at most {LARGEST}")
    try:
        blob = path.read_bytes()
        tensors = safetensors.torch.load(blob)
        with safetensors.safe_open(path, "pt") as opened:
            record = strictjson.loads((opened.metadata() or {}).get(_RECORD, ""), str(path), limit=1 << 20)
    except (safetensors.SafetensorError, ValueError) as error:
        raise WorldFormatError(f"{path}: no weights file ({error})") from None
    record.setdefault("version", hashlib.sha256(blob).hexdigest()[:12])
    if record.get("format") != FORMAT or record.get("code") != list(CODE_NAMES):
        raise WorldFormatError(f"{path}: its weights were trained for other conditions (format "
                               f"{record.get('format')!r}, this version reads {FORMAT!r}); train them anew")
    model = Model(len(CODE_NAMES), _shape(record, path))
    try:
        model.load_state_dict({name: value.float() for name, value in tensors.items()})
    except RuntimeError as error:
        raise WorldFormatError(f"{path}: its weights do not fit their sizes ({error})") from None
    return channels_last(model.eval().requires_grad_(False)), record


def _shape(record: dict[str, Json], path: Path) -> Shape:
    """The sizes that a record tells, within reason."""
    told = record.get("shape")
    try:
        if not isinstance(told, dict):
            raise TypeError
        widths = told["widths"]
        if not isinstance(widths, list) or len(widths) != 2:
            raise TypeError
        wide, wider = widths
        shape = Shape(**{**told, "widths": (wide, wider)})  # type: ignore[arg-type]
        numbers = (shape.known, shape.attributes, shape.stem, wide, wider, shape.tokens, shape.blocks, shape.heads,
                   shape.texture, shape.embedding)
        if any(type(number) is not int or not 1 <= number <= 2048 for number in numbers):
            raise TypeError
    except (TypeError, KeyError, ValueError):
        raise WorldFormatError(f"{path}: its record tells no sizes of a network") from None
    if (shape.known, shape.attributes) != (KNOWN, len(CODE_NAMES)):
        raise WorldFormatError(f"{path}: its weights read {shape.known} numbers a pixel and {shape.attributes} "
                               f"attributes, this version has {KNOWN} and {len(CODE_NAMES)}; train them anew")
    return shape
