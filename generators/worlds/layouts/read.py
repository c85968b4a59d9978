"""`read_spec`: a layout file's JSON as a `Spec`, or a line that says which entry is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from spatialmem.errors import InvalidValueError, LayoutError
from spatialmem.generators.worlds.layouts import spec
from spatialmem.generators.worlds.layouts.spec import CLASSES, Box, Door, Room, Spec, Window
from spatialmem.generators.worlds.materials import MATERIALS
from spatialmem.strictjson import loads

LARGEST = 8 << 20
"""Bytes of the longest file that is read."""

_FIELDS = sorted({field.encode_name for kind in vars(spec).values()
                  if isinstance(kind, type) and issubclass(kind, msgspec.Struct)
                  for field in msgspec.structs.fields(kind)})


def read_spec(path: Path) -> Spec:
    """The layout that a JSON file describes.

    Raises:
        LayoutError: the file is missing, too long, not strict JSON, or an entry is not as the format wants it.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise LayoutError(f"{path}: has {path.stat().st_size} bytes, at most {LARGEST} are read")
        text = path.read_bytes()
    except OSError as error:
        raise LayoutError(f"{path}: cannot be read ({error.strerror}); give a layout .json, a floor plan .png or a "
                          "mesh") from None
    return parse_spec(text, str(path))


def parse_spec(text: bytes, where: str) -> Spec:
    """The layout in `text`; messages begin with `where`.

    Raises:
        LayoutError: it is not strict JSON, or an entry is not as the format wants it.
    """
    try:
        content = loads(text, where, limit=LARGEST, depth=8)
    except InvalidValueError as error:
        raise LayoutError(str(error)) from None
    if content.get("version") != 1:
        raise LayoutError(f"{where}: version: expected 1, got {content.get('version')!r}; see docs/layouts.md")
    try:
        read = msgspec.convert(content, Spec)
    except msgspec.ValidationError as error:
        raise LayoutError(f"{where}: {_said(str(error))}") from None
    _check(read, where)
    return read


def one_of(word: str, known: Iterable[str], what: str) -> str:
    """`word` if it is known.

    Raises:
        LayoutError: it is not; the message offers what comes near.
    """
    known = list(known)
    if word in known:
        return word
    near = get_close_matches(word.lower(), known, 1, 0.6)
    hint = f"did you mean '{near[0]}'?" if near else f"known are {', '.join(known)}"
    raise LayoutError(f"{word!r} is no {what}; {hint}")


def _check(read: Spec, where: str) -> None:
    """What the types cannot say: names that must be known, corners that belong together."""
    named = [("ground", read.ground)] if read.ground is not None else []
    for k, box in enumerate(read.boxes):
        _within(where, f"boxes[{k}].class", box.cls, CLASSES, "class")
        named += [(f"boxes[{k}].material", box.material)] if box.material is not None else []
        _extent(where, f"boxes[{k}]", box)
    for k, room in enumerate(read.rooms):
        _outline(where, f"rooms[{k}]", room)
        named += [(f"rooms[{k}].{part}", name) for part, name in (("wall", room.wall), ("floor", room.floor))
                  if name is not None]
    for entry, name in named:
        _within(where, entry, name, MATERIALS, "material")
    names = [room.name for room in read.rooms]
    for k, name in enumerate(names):
        if name in names[:k] or name == "outside":
            raise LayoutError(f"{where}: rooms[{k}].name: {name!r} is taken; give every room its own name")
    openings: dict[str, Sequence[Door | Window]] = {"doors": read.doors, "windows": read.windows}
    for kind, holes in openings.items():
        for k, hole in enumerate(holes):
            if hole.at is None and hole.between is None:
                raise LayoutError(f"{where}: {kind}[{k}]: give 'at': [x, y] or 'between': [room, room]")
            for name in hole.between or ():
                _within(where, f"{kind}[{k}].between", name, [*names, "outside"], "room")
    for k, window in enumerate(read.windows):
        if window.top <= window.sill:
            raise LayoutError(f"{where}: windows[{k}]: its top must lie above its sill, got {window.top:g} and "
                              f"{window.sill:g} m")


def _within(where: str, entry: str, word: str, known: Iterable[str], what: str) -> None:
    try:
        one_of(word, known, what)
    except LayoutError as error:
        raise LayoutError(f"{where}: {entry}: {error}") from None


def _extent(where: str, entry: str, box: Box) -> None:
    corners, middle = (box.low, box.high), (box.center, box.size)
    if (None in corners) == (None in middle) or any(given is not None for given in (
            corners if None in corners else middle)):
        raise LayoutError(f"{where}: {entry}: give either 'low' and 'high', or 'center' and 'size'")
    if box.low is not None and box.high is not None and any(a >= b for a, b in zip(box.low, box.high, strict=True)):
        raise LayoutError(f"{where}: {entry}: 'low' must lie below 'high', got {list(box.low)} and {list(box.high)}")


def _outline(where: str, entry: str, room: Room) -> None:
    given = [room.low is not None, room.high is not None, room.outline is not None]
    if given not in ([True, True, False], [False, False, True]):
        raise LayoutError(f"{where}: {entry}: give either 'low' and 'high', or 'outline'")
    if room.low is not None and room.high is not None and any(a >= b for a, b in zip(room.low, room.high, strict=True)):
        raise LayoutError(f"{where}: {entry}: 'low' must lie below 'high', got {list(room.low)} and {list(room.high)}")
    corners = room.outline or ()
    for k, (a, b) in enumerate(zip(corners, corners[1:] + corners[:1], strict=True)):
        if (a[0] == b[0]) == (a[1] == b[1]):
            raise LayoutError(f"{where}: {entry}.outline[{k}]: the edge from {list(a)} to {list(b)} must run along one "
                              "axis; a rectangular outline has four corners, an L-shaped one six")
    if corners and _meets_itself(np.array(corners)):
        raise LayoutError(f"{where}: {entry}.outline: it crosses or touches itself; go once around the room, and draw "
                          "two rooms where it would fall in two")


def _meets_itself(corners: NDArray[np.float64]) -> bool:
    """Whether edges `[N, 2]`, each along an axis, meet elsewhere than at the corner that neighbours share."""
    ends = np.roll(corners, -1, 0)
    low, high = np.minimum(corners, ends), np.maximum(corners, ends)
    shared = np.minimum(high[:, None], high) - np.maximum(low[:, None], low)
    meet, apart = (shared >= 0).all(2), (np.arange(len(corners))[:, None] - np.arange(len(corners))) % len(corners)
    neighbours = (apart == 1) | (apart == len(corners) - 1)
    return bool((meet & (apart != 0) & (~neighbours | (shared > 0).any(2))).any())


def _said(message: str) -> str:
    """A parser's complaint with the entry first: "boxes[3].yaw: expected `float`, got `str`"."""
    text, _, place = message.replace("`key` in ", "").partition(" - at `$")
    place = place.rstrip("`").removeprefix(".").replace("[...]", "")
    text = text[0].lower() + text[1:]
    text = text.replace(" matching regex '^#[0-9a-fA-F]{6}$'", " such as '#c0502f'")
    match = re.search(r"unknown field `(.*)`", text)
    if match is not None:
        near = get_close_matches(match[1], _FIELDS, 1, 0.6)
        text = f"unknown field '{match[1]}'" + (f"; did you mean '{near[0]}'?" if near else "; see docs/layouts.md")
    return f"{place}: {text}" if place else text
