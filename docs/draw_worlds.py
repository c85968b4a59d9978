"""Draws the pictures of docs/worlds.md and the README: python docs/draw_worlds.py [sheet] [styles] [blockout].

Views are not picked by hand: of many at free places of the room that is named, each tile shows the one
in which there is most to see.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from spatialmem.camera import Cameras, pinhole
from spatialmem.generators.worlds.blockout import blockout
from spatialmem.generators.worlds.blocks import Room
from spatialmem.generators.worlds.grow import Grown
from spatialmem.generators.worlds.paint import Painted, paint
from spatialmem.generators.worlds.solids import BLOCK
from spatialmem.generators.worlds.vocabulary import attributes_from
from spatialmem.labels import SemanticClass, class_colours

IMAGES = Path(__file__).parent / "images"

_STRIP = 8
"""Tiles of the sheet that the README shows."""

Picture = NDArray[np.uint8]
View = tuple[float, float, float]
"""x and y of a camera, metres, and its heading, radians."""


class Tile(NamedTuple):
    """A prompt, the seed of its world, the name of the room from which it is seen, and what is to be in the view."""

    prompt: str
    seed: int
    room: str
    shows: Sequence[SemanticClass] = ()


TILES = (
    Tile("a street with brick houses at dusk", 3, "street"),
    Tile("a cosy living room with an oak floor, day", 2, "living room", (SemanticClass.SOFA,)),
    Tile("a snowy park", 4, "park"),
    Tile("a hallway of red brick at night", 1, "corridor"),
    Tile("a maze of hedges on a sunny day", 41, "maze"),
    Tile("a museum with white walls and parquet, day", 7, "gallery"),
    Tile("a sunny garden in spring", 16, "garden"),
    Tile("a wooden hall at night", 31, "reading hall"),
    Tile("a nordic bedroom on a clear morning", 20, "bedroom", (SemanticClass.BED,)),
    Tile("a street in fog", 21, "street"),
    Tile("a labyrinth of sandstone at sunset", 26, "maze"),
    Tile("a retro kitchen with a checkered floor, sunny", 9, "kitchen",
         (SemanticClass.STOVE, SemanticClass.FRIDGE)),
    Tile("a sunny park in autumn", 52, "avenue"),
    Tile("a hall with marble walls by day", 44, "columned hall"),
    Tile("a snowy village at night", 12, "street"),
    Tile("a corridor with blue walls and a carpet", 6, "corridor"),
    Tile("a garden at night", 5, "garden"),
    Tile("an italian street on a sunny day", 29, "street", (SemanticClass.BUILDING,)),
    Tile("an industrial gallery of concrete", 17, "gallery"),
    Tile("a bathroom with turquoise tiled walls, day", 3, "bathroom", (SemanticClass.BATHTUB, SemanticClass.TOILET)),
    Tile("an overcast park with gravel paths", 8, "avenue"),
    Tile("a sandstone hall by day", 36, "market hall"),
    Tile("a town street with its lamps on", 10, "street", (SemanticClass.BUILDING,)),
    Tile("a maze of brick in snow", 28, "maze"),
)

_TILE = (320, 240)
_COLUMNS = 4
_EYE, _FIELD = 1.5, math.radians(75)
_SPOTS, _TURNS = 12, 8
_SMALL = (48, 36)
_PAPER, _INK, _GAP, _TEXT = (24, 26, 30), (222, 224, 228), 6, 14
_OUTDOORS = [SemanticClass[name] for name in ("SKY", "GRASS", "ROAD", "SIDEWALK", "PATH", "BUILDING", "ROOF", "FOLIAGE",
                                              "TRUNK", "HEDGE", "CAR")]


def draw_sheet() -> None:
    """24 worlds, one tile each, under the words that asked for them."""
    pictures = []
    for tile in TILES:
        world = _world(tile.prompt, tile.seed)
        pictures.append(_rgb(world, best_view(world, tile.room, tile.shows)))
    prompts = [tile.prompt for tile in TILES]
    _save(pictures, prompts, "worlds.jpg")
    _save(pictures[:_STRIP], prompts[:_STRIP], "worlds_strip.jpg")


def draw_styles() -> None:
    """Two layouts, each in four styles: things stay where they are, their materials and colours change."""
    pictures, captions = [], []
    for prompt, seed, room, shows in (("home, day, clear", 2, "living room", (SemanticClass.SOFA,)),
                                      ("street, day, clear", 29, "street", (SemanticClass.BUILDING,))):
        view = best_view(_world(prompt, seed), room, shows)
        for style in range(_COLUMNS):
            pictures.append(_rgb(_world(prompt, seed, style), view))
            captions.append(f"{prompt}; style seed {style}")
    _save(pictures, captions, "worlds_styles.jpg")


def draw_blockout() -> None:
    """All channels of both renderings of one view."""
    world = _world("a cosy living room with an oak floor, day, clear", 2)
    view = best_view(world, "living room", (SemanticClass.SOFA, SemanticClass.WINDOWFRAME))
    cameras = cameras_at([view], _TILE)
    painted, coarse = paint(world, cameras, world.sky), blockout(world, cameras, world.sky)
    shuffled = np.random.default_rng(4).permutation(256)
    channels = {
        "painted: rgb": _bytes(painted.rgb[0]), "painted: depth": _near(painted.depth[0]),
        "painted: classes": class_colours()[painted.classes[0]],
        "painted: instances": _hues(shuffled[painted.instances[0] % 251], painted.instances[0] > 0),
        "painted: normals": _bytes(0.5 + 0.5 * painted.normals[0]), "blockout: depth": _near(coarse.depth[0]),
        "blockout: classes": class_colours()[coarse.classes[0]],
        "blockout: materials": _hues(8 * coarse.materials[0].astype(np.int64), coarse.depth[0] > 0),
        "blockout: palette": _bytes(coarse.palette[0]), "blockout: normals": _bytes(0.5 + 0.5 * coarse.normals[0]),
        "blockout: phases (sin u 2 m, sin v 2 m, sin u 0.5 m)": _bytes(0.5 + 0.5 * coarse.phases[0][..., [0, 2, 4]]),
        "blockout: light (lamps, openness, sun)": _bytes(coarse.light[0][..., [0, 3, 2]])}
    _save(list(channels.values()), list(channels), "worlds_blockout.jpg")


def cameras_at(views: list[View], size: tuple[int, int]) -> Cameras:
    """Cameras of `size` (width, height) that look level."""
    width, height = size
    poses = torch.zeros(len(views), 4, 4, dtype=torch.float64)
    for pose, (x, y, heading) in zip(poses, views, strict=True):
        cos, sin = math.cos(heading), math.sin(heading)
        axes = [[sin, 0.0, cos, x], [-cos, 0.0, sin, y], [0.0, -1.0, 0.0, _EYE], [0.0, 0.0, 0.0, 1.0]]
        pose[:] = torch.tensor(axes, dtype=torch.float64)
    return Cameras(pinhole(_FIELD, height, width).repeat(len(views), 1, 1), poses, height, width)


def best_view(world: Grown, room: str, shows: Sequence[SemanticClass] = ()) -> View:
    """Of the views from free places of rooms of this name near the origin, the one that shows most.

    Raises:
        ValueError: there is no such room.
    """
    rooms = [(BLOCK * i, BLOCK * j, place) for i in range(-1, 2) for j in range(-1, 2)
             for place in world.block(i, j).rooms if place.name == room]
    spots = [spot for x, y, place in rooms for spot in _ends(world, x, y, place)]
    chosen = np.random.default_rng(0).permutation(len(spots))[:_SPOTS].tolist()
    views = [(*spots[k], 2 * math.pi * (turn + 0.37 * (n % 3)) / _TURNS)
             for n, k in enumerate(chosen) for turn in range(_TURNS)]
    seen = paint(world, cameras_at(views, _SMALL), world.sky, samples=1)
    worth = [_worth(seen, k, shows, indoors=rooms[0][2].height > 0) for k in range(len(views))]
    return max(zip(worth, views, strict=True))[1]


def _ends(world: Grown, x: float, y: float, room: Room) -> list[tuple[float, float]]:
    """The free places nearest to the corners of a room of the block at (x, y): from there one sees all of it."""
    first = math.ceil(10 * (x + room.low[0])), math.ceil(10 * (y + room.low[1]))
    free = world.free_space.free(first, (math.floor(10 * (x + room.high[0])), math.floor(10 * (y + room.high[1]))))
    rows, columns = np.nonzero(free)
    ends = [int(np.argmax(a * columns + b * rows)) for a in (-1, 1) for b in (-1, 1)] if len(rows) else []
    return [(float(first[0] + columns[k] + 0.5) / 10, float(first[1] + rows[k] + 0.5) / 10) for k in ends]


def _worth(seen: Painted, view: int, shows: Sequence[SemanticClass], *, indoors: bool) -> float:
    """How much there is to see: many classes and things, none of them too large, little that is too near."""
    classes = np.bincount(seen.classes[view].ravel(), minlength=64) / seen.classes[view].size
    shares = classes[classes > 0]
    variety = -float((shares * np.log(shares)).sum())
    depth = np.where(seen.depth[view] == 0, 30.0, seen.depth[view])
    things = math.log(len(np.unique(seen.instances[view])))
    near, crowded = float((depth < 1.2).mean()), max(0.0, float(shares.max()) - 0.45)
    # a trunk or a column before everything else spoils a view
    middle = depth[:, depth.shape[1] // 4 : -depth.shape[1] // 4]
    hidden = float((middle[: 2 * len(middle) // 3] < 2.5).mean())
    wanted = sum(min(float(classes[cls]), 0.1) - 0.2 * bool(classes[cls] < 0.01) for cls in shows)
    if indoors:
        hidden += 3 * max(0.0, float(classes[_OUTDOORS].sum()) - 0.15)
    return (10 * wanted + variety + 0.25 * math.log(float(np.quantile(depth, 0.6))) + 0.25 * things
            - 4 * near - 3 * crowded - hidden)


def _world(prompt: str, seed: int, style: int = 0) -> Grown:
    return Grown(seed, attributes_from(prompt, style_seed=style).attributes)


def _rgb(world: Grown, view: View) -> Picture:
    return _bytes(paint(world, cameras_at([view], _TILE), world.sky).rgb[0])


def _bytes(values: NDArray[np.float32]) -> Picture:
    return np.round(255 * np.clip(values, 0, 1)).astype(np.uint8)


def _near(depth: NDArray[np.float32]) -> Picture:
    """Depth as grey, near places bright; the sky is black."""
    grey = np.where(depth > 0, np.exp(-depth / 4), 0).astype(np.float32)
    return _bytes(np.repeat(grey[..., None], 3, axis=2))


def _hues(numbers: NDArray[np.integer], known: NDArray[np.bool_]) -> Picture:
    """A colour for each number 0..255; black where nothing is known."""
    shape = (*numbers.shape, 1)
    bright = np.full(shape, 225) * known[..., None]
    tints = np.concatenate([numbers.reshape(shape), np.full(shape, 150), bright], axis=2)
    return np.asarray(Image.fromarray(tints.astype(np.uint8), "HSV").convert("RGB"))


def _save(pictures: Sequence[Picture], captions: Sequence[str], name: str) -> None:
    """A sheet of equal pictures in rows of four, each over its caption."""
    (width, height), rows = _TILE, -(-len(pictures) // _COLUMNS)
    line = height + _TEXT + 2 * _GAP
    sheet = Image.new("RGB", (_COLUMNS * (width + _GAP) + _GAP, rows * line + _GAP), _PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=_TEXT)
    for k, (picture, caption) in enumerate(zip(pictures, captions, strict=True)):
        x, y = _GAP + k % _COLUMNS * (width + _GAP), _GAP + k // _COLUMNS * line
        sheet.paste(Image.fromarray(picture), (x, y))
        draw.text((x + 2, y + height + 2), caption, font=font, fill=_INK)
    sheet.save(IMAGES / name, quality=88)


if __name__ == "__main__":
    drawings = {"sheet": draw_sheet, "styles": draw_styles, "blockout": draw_blockout}
    for asked in sys.argv[1:] or drawings:
        drawings[asked]()
