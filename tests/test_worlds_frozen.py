"""What grows from a seed is frozen for a version of `Procedural`: resumed worlds must not mix two."""

from dataclasses import astuple, fields
from hashlib import blake2b
from itertools import product
from typing import Any, get_args

import numpy as np
import pytest
from numpy.typing import NDArray

from spatialmem.generators.worlds.attributes import KINDS, Attributes, Kind
from spatialmem.generators.worlds.generator import Procedural
from spatialmem.generators.worlds.grow import Grown
from spatialmem.generators.worlds.looks import material_table
from spatialmem.generators.worlds.materials import MATERIALS, Material
from spatialmem.generators.worlds.palettes import COLOURS, PALETTES
from spatialmem.generators.worlds.skies import LightName, WeatherName, sky_of

VERSION = "1"
"""The version of `Procedural` that the digests below were taken of."""

BLOCKS: dict[Kind, str] = {
    "home": "36e0e539e2e9",
    "corridor": "d1a5d4721bef",
    "maze": "e6e680d06f77",
    "hall": "60177f44c028",
    "gallery": "2965014a599f",
    "street": "3cf857084502",
    "garden": "56197fa724c7",
    "park": "22a6717471d0",
}
SKIES = "85f931511c4f"
MATERIAL_TABLE = "f3462f3ddb78"
PALETTE_TABLE = "2e9aece91f7b"

CHANGED = ("{what} no longer looks as in version {version}: raise Procedural.version, so that no world that was begun "
           "before goes on with it, and renew VERSION and the digests here (this one is now {digest!r})")


class Digest:
    """A short digest of numbers, rounded so that it is the same on every machine, and of words."""

    def __init__(self) -> None:
        self._hash = blake2b(digest_size=6)

    def add(self, *values: str | NDArray[Any]) -> "Digest":
        for value in values:
            if isinstance(value, str):
                self._hash.update(value.encode() + b"\n")
            else:
                # off the halves, where numbers that are round in decimals would fall to either side
                whole = np.floor(np.asarray(value, np.float64) * 1e4 + 0.37).astype("<i8")
                self._hash.update(f"{whole.shape}".encode() + whole.tobytes())
        return self

    def text(self) -> str:
        return self._hash.hexdigest()


def materials_digest(digest: Digest, materials: tuple[Material, ...]) -> Digest:
    return digest.add(*(material.name for material in materials), material_table(materials))


def blocks_digest(kind: Kind) -> str:
    """The solids, lights and rooms of the kind's first few blocks in a fixed world: of a street, lots and roads."""
    # the parks stand in snow: bare trees are grown too
    asked = Attributes(place=kind, light="dusk", weather="snow" if kind == "park" else "clear")
    world, digest = Grown(7, asked), Digest()
    keys = [key for key in (*product(range(2), repeat=2), *product(range(2, 5), repeat=2)) if world.kind(*key) == kind]
    for block in (world.block(*key) for key in keys[:4]):
        for part in (block.solids, block.lights):
            digest.add(*(getattr(part, field.name) for field in fields(part) if field.name != "materials"))
        for room in block.rooms:
            digest.add(room.name, np.array([*room.low, *room.high, room.height]))
        materials_digest(digest, block.solids.materials)
    return digest.text()


def check(what: str, digest: str, frozen: str) -> None:
    assert digest == frozen, CHANGED.format(what=what, version=VERSION, digest=digest)


@pytest.mark.parametrize("kind", KINDS)
def test_blocks_are_those_of_their_version(kind: Kind) -> None:
    check(f"a block of kind {kind}", blocks_digest(kind), BLOCKS[kind])


def test_skies_are_those_of_their_version() -> None:
    skies = (sky_of(light, weather).numbers() for light in get_args(LightName) for weather in get_args(WeatherName))
    check("the sky", Digest().add(*skies).text(), SKIES)


def test_materials_and_palettes_are_those_of_their_version() -> None:
    check("a material", materials_digest(Digest(), tuple(MATERIALS.values())).text(), MATERIAL_TABLE)
    names = (repr(astuple(palette)) for palette in PALETTES.values())
    check("a palette", Digest().add(*names, *COLOURS, np.array([*COLOURS.values()])).text(), PALETTE_TABLE)


def test_the_digests_are_of_the_present_version() -> None:
    assert Procedural.version == VERSION, "renew VERSION and all digests here: they are of an earlier version"


def test_rounding_swallows_what_machines_differ_in_and_nothing_else() -> None:
    values = np.array([0.00005, 0.0125, 1 / 3, -2.55555])
    plain = Digest().add(values).text()
    assert Digest().add(values + 1e-6).text() == Digest().add(values - 1e-6).text() == plain
    assert Digest().add(values + 2e-4).text() != plain != Digest().add(values[:3]).text()
