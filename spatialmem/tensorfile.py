"""Tensors and a JSON record to safetensors bytes and back, within limits."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from spatialmem import strictjson
from spatialmem.errors import InvalidValueError
from spatialmem.strictjson import Json

_RECORD = "spatialmem"
_MOST_AXES, _LARGEST = 8, 1 << 40
_ELEMENTS = {"F64", "F32", "I64", "I32", "I16", "U8", "BOOL"}


@dataclass(frozen=True)
class TensorLimits:
    """How large a file's head may be.

    Attributes:
        header: bytes of the header, in which the record travels escaped.
        tensors: how many.
        depth: of the record's JSON; None = as deep as the parser goes.
    """

    header: int
    tensors: int
    depth: int | None = None


def pack(tensors: Mapping[str, Tensor], record: Mapping[str, Json], limits: TensorLimits) -> bytes:
    """One safetensors file of CPU `tensors`; `record` travels in its header.

    Raises:
        InvalidValueError: the record exceeds half the header's limit, or there are too many tensors.
    """
    # One metadata key only: the order of several is not fixed, and equal content must hash alike.
    text = strictjson.dumps(record, "record")
    if len(text) > limits.header // 2 or len(tensors) > limits.tensors:
        raise InvalidValueError(f"an object takes {limits.tensors} tensors and a record of {limits.header // 2} "
                                f"bytes, got {len(tensors)} and {len(text)}")
    # Clones, because the library refuses tensors that share memory, as a clip's two sets of poses may.
    own = {name: value.clone(memory_format=torch.contiguous_format) for name, value in tensors.items()}
    return safetensors.torch.save(own, {_RECORD: text})


def unpack(blob: bytes, where: str, limits: TensorLimits) -> tuple[dict[str, Tensor], dict[str, Json]]:
    """Tensors and record of a packed file; the header is judged before anything is allocated.

    Raises:
        InvalidValueError: limits exceeded, or no such file; names `where`.
    """
    header, record = _header(blob, where, limits)
    metadata = header["__metadata__"]
    kinds = {str(entry.get("dtype")) for entry in header.values() if isinstance(entry, dict) and entry is not metadata}
    if kinds - _ELEMENTS:
        raise InvalidValueError(f"{where}: tensors of type {min(kinds - _ELEMENTS)[:20]!r} are not accepted")
    shapes = [entry.get("shape") for entry in header.values() if isinstance(entry, dict) and entry is not metadata]
    if not all(_plausible(shape, len(blob)) for shape in shapes):
        raise InvalidValueError(f"{where}: a tensor's shape must be at most {_MOST_AXES} sizes that the file can fill")
    try:
        tensors = safetensors.torch.load(blob)
    except safetensors.SafetensorError as error:
        raise InvalidValueError(f"{where}: no safetensors file ({error})") from None
    return tensors, strictjson.loads(record, where, limit=limits.header, depth=limits.depth)


def peek(beginning: bytes, where: str, limits: TensorLimits) -> dict[str, Json]:
    """The record of a packed file of which the first `8 + limits.header` bytes, or all, are given.

    Raises:
        InvalidValueError: as `unpack`; nothing is said of the tensors.
    """
    _, record = _header(beginning, where, limits)
    return strictjson.loads(record, where, limit=limits.header, depth=limits.depth)


def _header(blob: bytes, where: str, limits: TensorLimits) -> tuple[dict[str, Json], str]:
    """What is said of the tensors, and the record as text."""
    length = int.from_bytes(blob[:8], "little")
    if length > limits.header or 8 + length > len(blob):
        raise InvalidValueError(f"{where}: its header claims {length} bytes; at most {limits.header} and no "
                                "more than the file are accepted")
    header = strictjson.loads(blob[8:8 + length], where, limit=limits.header, depth=8)
    metadata = header.get("__metadata__")
    record = metadata.get(_RECORD) if isinstance(metadata, dict) else None
    if len(header) - 1 > limits.tensors or not isinstance(record, str):
        raise InvalidValueError(f"{where}: at most {limits.tensors} tensors and a record are accepted")
    return header, record


def _plausible(shape: Json, size: int) -> bool:
    """Whether a header's shape is whole numbers, and no more elements than fit in a file of `size` bytes."""
    if not isinstance(shape, list) or len(shape) > _MOST_AXES:
        return False
    sides = [side for side in shape if type(side) is int and 0 <= side <= _LARGEST]
    most = _LARGEST if 0 in sides else size  # an empty tensor's other sides take no bytes
    return len(sides) == len(shape) and math.prod(filter(None, sides)) <= most
