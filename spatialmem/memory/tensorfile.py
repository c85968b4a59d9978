"""Objects of a world as safetensors bytes: tensors and a JSON record, within fixed limits."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from torch import Tensor

from spatialmem import tensorfile
from spatialmem.errors import InvalidValueError, WorldFormatError
from spatialmem.strictjson import Json

HEADER_LIMIT = 64 * 1024
TENSOR_LIMIT = 32
_LIMITS = tensorfile.TensorLimits(HEADER_LIMIT, TENSOR_LIMIT)


def pack(tensors: Mapping[str, Tensor], record: Mapping[str, Json]) -> bytes:
    """One safetensors file of CPU `tensors`; `record` travels in its header.

    Raises:
        InvalidValueError: the header would exceed 64 kB, or there are more than 32 tensors.
    """
    return tensorfile.pack(tensors, record, _LIMITS)


def unpack(blob: bytes, where: str) -> tuple[dict[str, Tensor], dict[str, Json]]:
    """Tensors and record of a packed file; the header is judged before anything is allocated.

    Raises:
        WorldFormatError: limits exceeded, or no such file; names `where`.
    """
    with _damage():
        return tensorfile.unpack(blob, where, _LIMITS)


def peek(beginning: bytes, where: str) -> dict[str, Json]:
    """The record of a packed file, of which the first `8 + HEADER_LIMIT` bytes are enough.

    Raises:
        WorldFormatError: limits exceeded, or no such file; names `where`.
    """
    with _damage():
        return tensorfile.peek(beginning, where, _LIMITS)


@contextmanager
def _damage() -> Iterator[None]:
    """Turns what a file breaks of the limits into damage to the world that it belongs to."""
    try:
        yield
    except InvalidValueError as error:
        raise WorldFormatError(f"{error}; restore it from a backup") from None
