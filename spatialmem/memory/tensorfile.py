"""Tensors and a JSON record to safetensors bytes and back, within fixed limits."""

from collections.abc import Mapping

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from spatialmem.errors import InvalidValueError, WorldFormatError
from spatialmem.memory import strictjson
from spatialmem.protocols import Json

HEADER_LIMIT = 64 * 1024
TENSOR_LIMIT = 32
_RECORD = "spatialmem"


def pack(tensors: Mapping[str, Tensor], record: Mapping[str, Json]) -> bytes:
    """One safetensors file of CPU `tensors`; `record` travels in its header.

    Raises:
        InvalidValueError: the header would exceed 64 kB, or there are more than 32 tensors.
    """
    # One metadata key only: the order of several is not fixed, and equal content must hash alike.
    text = strictjson.dumps(record, "record")
    if len(text) > HEADER_LIMIT // 2 or len(tensors) > TENSOR_LIMIT:
        raise InvalidValueError(f"an object takes {TENSOR_LIMIT} tensors and a record of {HEADER_LIMIT // 2} "
                                f"bytes, got {len(tensors)} and {len(text)}")
    # Clones, because the library refuses tensors that share memory, as a clip's two sets of poses may.
    own = {name: value.clone(memory_format=torch.contiguous_format) for name, value in tensors.items()}
    return safetensors.torch.save(own, {_RECORD: text})


def unpack(blob: bytes, where: str) -> tuple[dict[str, Tensor], dict[str, Json]]:
    """Tensors and record of a packed file; the header is judged before anything is allocated.

    Raises:
        WorldFormatError: limits exceeded, or no such file; names `where`.
    """
    length = int.from_bytes(blob[:8], "little")
    if length > HEADER_LIMIT or 8 + length > len(blob):
        raise WorldFormatError(f"{where}: its header claims {length} bytes; at most {HEADER_LIMIT} and no "
                               "more than the file are accepted")
    header = strictjson.loads(blob[8:8 + length], where, limit=HEADER_LIMIT)
    metadata = header.get("__metadata__")
    record = metadata.get(_RECORD) if isinstance(metadata, dict) else None
    if len(header) - 1 > TENSOR_LIMIT or not isinstance(record, str):
        raise WorldFormatError(f"{where}: no object of a world (at most {TENSOR_LIMIT} tensors and a record)")
    try:
        tensors = safetensors.torch.load(blob)
    except safetensors.SafetensorError as error:
        raise WorldFormatError(f"{where}: no safetensors file ({error}); restore it from a backup") from None
    return tensors, strictjson.loads(record, where, limit=HEADER_LIMIT)
