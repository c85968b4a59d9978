"""Strict JSON of a world: what cannot be read is damage, and says so."""

from spatialmem import strictjson
from spatialmem.errors import InvalidValueError, WorldFormatError
from spatialmem.strictjson import Json, dumps

__all__ = ["Json", "dumps", "loads"]


def loads(text: str | bytes, where: str, *, limit: int) -> dict[str, Json]:
    """The JSON object in `text`.

    Raises:
        WorldFormatError: longer than `limit` bytes, not strict JSON, or no object; names `where`.
    """
    try:
        return strictjson.loads(text, where, limit=limit)
    except InvalidValueError as error:
        raise WorldFormatError(f"{error}; restore it from a backup") from None
