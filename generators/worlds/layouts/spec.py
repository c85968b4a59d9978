"""`Spec`: a layout file as users write it; its types are the format, and `SCHEMA` is made from them."""

from __future__ import annotations

import json
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct, field

from spatialmem.generators.worlds.attributes import FloorName, GroundName, WallName
from spatialmem.generators.worlds.materials import MATERIALS
from spatialmem.generators.worlds.palettes import ColourName, PaletteName
from spatialmem.generators.worlds.skies import LightName, WeatherName
from spatialmem.labels import SemanticClass
from spatialmem.strictjson import Json

FARTHEST = 500.0
"""Metres from the origin within which a layout lies."""

CLASSES: dict[str, SemanticClass] = {each.name.lower(): each for each in SemanticClass if each is not SemanticClass.SKY}
"""Classes by the names that layouts use."""

Metres = Annotated[float, Meta(ge=-FARTHEST, le=FARTHEST)]
Length = Annotated[float, Meta(gt=0, le=FARTHEST)]
Name = Annotated[str, Meta(min_length=1, max_length=40)]
Point = tuple[Metres, Metres]
Point3 = tuple[Metres, Metres, Metres]
Size3 = tuple[Length, Length, Length]
Colour = Annotated[str, Meta(pattern="^#[0-9a-fA-F]{6}$", description="sRGB, such as '#c0502f'.")]
ClassName = Annotated[str, Meta(description="What it is.", extra_json_schema={"enum": list(CLASSES)})]
MaterialName = Annotated[str, Meta(description="What it is made of.", extra_json_schema={"enum": list(MATERIALS)})]


class Entry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all objects of a layout file share: nothing is accepted that is not understood."""


class Look(Entry, frozen=True):
    """Words for what the file leaves open; those of a prompt overrule them."""

    palette: PaletteName | None = None
    wall: WallName | None = None
    floor: FloorName | None = None
    ground: GroundName | None = None
    wall_colour: ColourName | None = None
    light: LightName | None = None
    weather: WeatherName | None = None


class Box(Entry, frozen=True):
    """A box: from `low` to `high`, or of `size` about `center`; then turned by `yaw`."""

    cls: ClassName = field(name="class")
    name: Annotated[Name | None, Meta(description="Boxes of one name are one thing and may overlap.")] = None
    low: Point3 | None = None
    high: Point3 | None = None
    center: Point3 | None = None
    size: Size3 | None = None
    yaw: Annotated[float, Meta(ge=-360, le=360, description="Degrees about its upright middle axis.")] = 0.0
    material: MaterialName | None = None
    colour: Colour | None = None


class Room(Entry, frozen=True):
    """A room: a rectangle from `low` to `high`, or an `outline` with level and upright edges.

    Walls stand half on either side of its edges, so rooms that share an edge share a wall.
    """

    name: Name
    low: Point | None = None
    high: Point | None = None
    outline: Annotated[tuple[Point, ...], Meta(min_length=4, max_length=200)] | None = None
    height: Annotated[float, Meta(ge=1.9, le=30)] | None = None
    ceiling: Annotated[bool, Meta(description="False: a court under the open sky.")] = True
    wall: MaterialName | None = None
    wall_colour: Colour | None = None
    floor: MaterialName | None = None
    floor_colour: Colour | None = None


class Door(Entry, frozen=True):
    """A way through a wall of rooms: `at` a point of it, or in the middle of the wall `between` two rooms."""

    at: Point | None = None
    between: Annotated[tuple[Name, Name] | None, Meta(description="Names of rooms; 'outside' is one too.")] = None
    width: Annotated[float, Meta(gt=0, le=20, description="Clear width.")] = 0.9
    height: Annotated[float, Meta(ge=1.8, le=30)] = 2.1


class Window(Entry, frozen=True):
    """A hole in a wall of rooms: `at` a point of it, or in the middle of the wall `between` two rooms."""

    at: Point | None = None
    between: Annotated[tuple[Name, Name] | None, Meta(description="Names of rooms; 'outside' is one too.")] = None
    width: Annotated[float, Meta(gt=0.1, le=20)] = 1.4
    sill: Annotated[float, Meta(gt=0, le=30)] = 0.9
    top: Annotated[float, Meta(gt=0, le=30)] = 2.2


class Lamp(Entry, frozen=True):
    """A lamp under the ceiling; without `height` it hangs where its room wants it."""

    at: Point
    height: Annotated[float, Meta(ge=0.3, le=30)] | None = None
    power: Annotated[float, Meta(gt=0, le=100, description="1 suits a room of 4 by 4 m.")] = 1.0
    colour: Colour = "#ffd7a0"


class Start(Entry, frozen=True):
    """Where the first view is taken from."""

    at: Point
    heading: Annotated[float, Meta(ge=-360, le=360, description="Degrees from +X towards +Y.")] = 90.0


class Plan(Entry, frozen=True):
    """A floor plan as a picture: its lower left corner is the origin, its columns run along +X."""

    image: Annotated[str, Meta(min_length=1, max_length=200, description="A PNG beside this file.")]
    metres_per_pixel: Annotated[float, Meta(ge=0.001, le=1)]
    legend: dict[Colour, str] = {}
    door_height: Annotated[float, Meta(ge=1.8, le=30)] = 2.1
    sill: Annotated[float, Meta(gt=0, le=30)] = 0.9
    window_top: Annotated[float, Meta(gt=0, le=30)] = 2.2


class Mesh(Entry, frozen=True):
    """A mesh, taken as boxes."""

    file: Annotated[str, Meta(min_length=1, max_length=200, description="A .glb .gltf .obj or .ply beside this file.")]
    up: str | None = None
    voxel: Annotated[float, Meta(ge=0.02, le=1, description="Side of the cubes that it is cut into.")] = 0.1


class Spec(Entry, frozen=True):
    """A layout: what stands where in a world that a user drew. Metres, +Z up, floors at z = 0."""

    version: Literal[1]
    schema: Annotated[str | None, Meta(description="Where this schema is, for editors.")] = field(
        name="$schema", default=None)
    units: Literal["metres"] = "metres"
    name: Name | None = None
    look: Look = Look()
    ground: Annotated[MaterialName | None, Meta(description="What lies around; null = nothing.")] = "grass"
    height: Annotated[float, Meta(ge=1.9, le=30, description="Of rooms that say nothing else.")] = 2.6
    wall_thickness: Annotated[float, Meta(ge=0.04, le=1)] = 0.16
    rooms: Annotated[tuple[Room, ...], Meta(max_length=200)] = ()
    doors: Annotated[tuple[Door, ...], Meta(max_length=1000)] = ()
    windows: Annotated[tuple[Window, ...], Meta(max_length=1000)] = ()
    lamps: Annotated[tuple[Lamp, ...], Meta(max_length=1000)] = ()
    boxes: Annotated[tuple[Box, ...], Meta(max_length=20000)] = ()
    start: Start | None = None
    plan: Plan | None = None
    mesh: Mesh | None = None


def schema() -> dict[str, Json]:
    """The JSON Schema (draft 2020-12) of layout files."""
    made: dict[str, Json] = msgspec.json.schema(Spec)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "spatialmem layout", **made}


if __name__ == "__main__":
    print(json.dumps(schema(), indent=1))
