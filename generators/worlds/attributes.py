"""`Attributes`: what a world is to look like, each of a closed vocabulary or `any`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, get_args

from spatialmem.errors import InvalidValueError
from spatialmem.generators.worlds.palettes import ColourName, PaletteName
from spatialmem.generators.worlds.skies import LightName, WeatherName

Kind = Literal["home", "corridor", "maze", "hall", "gallery", "street", "garden", "park"]
"""What one block is."""
Place = Literal["any", "mixed", "home", "corridor", "maze", "hall", "gallery", "street", "garden", "park"]
"""What a world is: one kind of place, one that the dice choose (`any`), or districts of all (`mixed`)."""
WallName = Literal["brick", "plaster", "paint", "wallpaper", "wood", "stone", "sandstone", "concrete", "tiles",
                   "marble", "hedge"]
FloorName = Literal["planks", "parquet", "tiles", "checker", "carpet", "stone", "concrete", "marble"]
GroundName = Literal["grass", "gravel", "paving", "asphalt", "sand", "soil"]

KINDS: tuple[Kind, ...] = get_args(Kind)
WALLS: tuple[WallName, ...] = get_args(WallName)
FLOORS: tuple[FloorName, ...] = get_args(FloorName)
GROUNDS: tuple[GroundName, ...] = get_args(GroundName)
_NAMES: dict[str, tuple[str, ...]] = {
    "place": get_args(Place), "palette": ("any", *get_args(PaletteName)),
    "wall": ("any", *WALLS), "floor": ("any", *FLOORS), "ground": ("any", *GROUNDS),
    "wall_colour": ("any", *get_args(ColourName)),
    "light": ("any", *get_args(LightName)), "weather": ("any", *get_args(WeatherName)),
}


@dataclass(frozen=True)
class Attributes:
    """What was asked for; `any` leaves a choice to the dice.

    Attributes:
        place: what the world consists of.
        palette: colours that go together.
        wall, floor, ground: materials of walls, floors indoors and paths outdoors.
        wall_colour: colour of painted and plastered walls.
        light, weather: the sky.
        style_seed: another number paints the same layout with other materials and colours.

    Raises:
        InvalidValueError: a word is not in its vocabulary.
    """

    place: Place = "any"
    palette: PaletteName | Literal["any"] = "any"
    wall: WallName | Literal["any"] = "any"
    floor: FloorName | Literal["any"] = "any"
    ground: GroundName | Literal["any"] = "any"
    wall_colour: ColourName | Literal["any"] = "any"
    light: LightName | Literal["any"] = "any"
    weather: WeatherName | Literal["any"] = "any"
    style_seed: int = 0

    def __post_init__(self) -> None:
        for field in fields(self):
            known, word = _NAMES.get(field.name), getattr(self, field.name)
            if known is not None and word not in known:
                raise InvalidValueError(f"attribute {field.name}: expected one of {', '.join(known)}; got {word!r}")
        if isinstance(self.style_seed, bool) or not isinstance(self.style_seed, int):
            raise InvalidValueError(f"attribute style_seed: expected a whole number, got {self.style_seed!r}")
