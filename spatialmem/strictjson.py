"""Strict JSON: no NaN, no infinity, no duplicate keys, bounded size and depth."""

import json
from collections.abc import Mapping
from math import isfinite
from typing import NoReturn

from spatialmem.errors import InvalidValueError

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]


def dumps(value: Mapping[str, Json], name: str) -> str:
    """`value` as compact ASCII JSON with sorted keys, so that equal values give equal text.

    Raises:
        InvalidValueError: `name` holds something that strict JSON cannot say (NaN, a tensor ...).
    """
    try:
        return json.dumps(value, allow_nan=False, sort_keys=True, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidValueError(f"{name}: expected strict JSON (text, finite numbers, lists, objects); "
                                f"{error}") from None


def loads(text: str | bytes, where: str, *, limit: int, depth: int | None = None) -> dict[str, Json]:
    """The JSON object in `text`, nested at most `depth` deep; None = as deep as the parser goes.

    Raises:
        InvalidValueError: longer than `limit` bytes, too deep, not strict JSON, or no object; names `where`.
    """
    if len(text) > limit:
        raise InvalidValueError(f"{where}: its JSON has {len(text)} bytes, at most {limit} are accepted")
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise InvalidValueError(f"{where}: not strict JSON ({error})") from None
    if not isinstance(value, dict):
        raise InvalidValueError(f"{where}: expected a JSON object, got {type(value).__name__}")
    if depth is not None and _deeper_than(value, depth):
        raise InvalidValueError(f"{where}: its JSON is nested more than {depth} deep")
    return value


def _deeper_than(value: Json, depth: int) -> bool:
    level = [value]
    for _ in range(depth):
        level = [inner for outer in level if isinstance(outer, dict | list)
                 for inner in (outer.values() if isinstance(outer, dict) else outer)]
    return any(isinstance(outer, dict | list) for outer in level)


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key occurs twice")
    return value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not allowed")


def _finite(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise ValueError(f"{text} is too large")
    return value
