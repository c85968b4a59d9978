"""The words that prompts are made of, and what each stands for: the published vocabulary."""

from __future__ import annotations

from typing import Literal

Topic = Literal["place", "palette", "wall", "floor", "ground", "wall_colour", "light", "weather"]
Surface = Literal["wall", "floor", "ground"]


def _spelt(rows: dict[str, str]) -> dict[str, str]:
    """From a value's words, apart by commas, to the value of each word."""
    return {word: value for value, words in rows.items() for word in words.split(", ")}


PLACES = _spelt({
    "home": "home, apartment, flat, interior, indoors", "corridor": "corridor, hallway, passage",
    "maze": "maze, labyrinth", "hall": "hall, great hall, atrium, ballroom", "gallery": "gallery, museum, exhibition",
    "street": "street, town, city, village, suburb, neighbourhood, neighborhood",
    "garden": "garden, backyard, courtyard, yard, orchard", "park": "park, meadow", "mixed": "mixed, everything"})
"""Words that say what the world is."""

PLACE_HINTS = _spelt({
    "home": "house, room, living room, bedroom, bathroom, kitchen, study, villa, cottage, floor, parquet, carpet",
    "street": "road, sidewalk, pavement, building, crossing", "garden": "lawn, flower bed, terrace, shed",
    "park": "avenue, fountain, playground, pond"})
"""Words that suggest a place where no other word says one."""

PALETTES = _spelt({
    "warm": "warm, cosy, cozy", "cool": "cool, icy", "nordic": "nordic, scandinavian, scandi",
    "pastel": "pastel, soft", "earthy": "earthy, rustic", "industrial": "industrial, loft",
    "monochrome": "monochrome, monochromatic, black and white", "autumn": "autumn, autumnal, fall",
    "mediterranean": "mediterranean, italian, greek", "coastal": "coastal, seaside, maritime",
    "forest": "forest, woodland", "jewel": "jewel, luxurious, opulent", "retro": "retro, vintage, seventies",
    "spring": "spring, springtime, fresh"})

COLOURS = _spelt({
    "red": "red, crimson", "orange": "orange", "yellow": "yellow, ochre", "green": "green, olive",
    "turquoise": "turquoise, teal", "blue": "blue, navy", "purple": "purple, violet, lilac", "pink": "pink, rose",
    "brown": "brown, chocolate", "beige": "beige, cream, sand-coloured", "white": "white, ivory",
    "grey": "grey, gray, silver", "black": "black, charcoal"})
"""Colours of walls: before a wall, a house, a room or what walls are made of."""

LIGHTS = _spelt({
    "day": "day, daylight, daytime, noon, morning, afternoon, sunny, sunlit",
    "dusk": "dusk, sunset, evening, twilight, dawn, sunrise, golden hour",
    "night": "night, nighttime, midnight, dark, moonlit, moonlight",
    "lamps": "lamps, lamps on, lamplight, lamplit"})

LAMPLIT = frozenset(("dusk", "night"))
"""Hours at which lamps burn anyway: words for lamps beside them change nothing."""

WEATHERS = _spelt({
    "clear": "clear, cloudless, blue sky, sunny, sunlit", "overcast": "overcast, cloudy, clouded, grey sky, gray sky",
    "fog": "fog, foggy, mist, misty, haze, hazy",
    "snow": "snow, snowy, snow cover, snow covered, winter, wintry"})

_MATERIAL_WORDS: tuple[tuple[str, dict[Surface, str]], ...] = (
    ("brick", {"wall": "brick", "ground": "paving"}),
    ("plaster, plastered, stucco", {"wall": "plaster"}),
    ("paint, painted", {"wall": "paint"}),
    ("wallpaper, papered", {"wall": "wallpaper"}),
    ("wood, wooden, timber, oak, pine", {"wall": "wood", "floor": "planks"}),
    ("plank, floorboard", {"floor": "planks", "wall": "wood"}),
    ("parquet", {"floor": "parquet"}),
    ("tile, tiled", {"floor": "tiles", "wall": "tiles"}),
    ("checker, checkered, chequered, checkerboard", {"floor": "checker"}),
    ("carpet, carpeted", {"floor": "carpet"}),
    ("stone", {"wall": "stone", "floor": "stone", "ground": "paving"}),
    ("sandstone", {"wall": "sandstone", "ground": "paving"}),
    ("concrete", {"wall": "concrete", "floor": "concrete", "ground": "paving"}),
    ("marble", {"floor": "marble", "wall": "marble"}),
    ("hedge", {"wall": "hedge"}),
    ("grass, grassy", {"ground": "grass"}),
    ("gravel, pebble", {"ground": "gravel"}),
    ("paved, paving, cobbled, cobblestone, flagstone", {"ground": "paving"}),
    ("asphalt, tarmac", {"ground": "asphalt"}),
    ("sand, sandy", {"ground": "sand"}),
    ("soil, earth, dirt", {"ground": "soil"}))
MATERIALS: dict[str, dict[Surface, str]] = {word: meant for words, meant in _MATERIAL_WORDS
                                            for word in words.split(", ")}
"""Materials by surface; the first surface is meant where no surface is named."""

_SURFACE_WORDS: tuple[tuple[str, Surface], ...] = (
    ("wall, facade, façade, house, building, villa, cottage, room", "wall"),
    ("floor, flooring, kitchen, bathroom, bedroom, living room, study", "floor"),
    ("ground, path, pathway, footpath, road, roadway, pavement, sidewalk, terrace", "ground"))
SURFACES: dict[str, Surface] = {word: surface for words, surface in _SURFACE_WORDS for word in words.split(", ")}
"""Words for what a material or a colour belongs to."""

_FILLER_WORDS = """a an the of with and or in on at to from made by is are was some very under beside near between
its it that this there where all along around into onto through as for one two three any many few full scene view
picture photo image world place sky weather colour color colours colors coloured colored style small big large little
old new"""
FILLERS = frozenset(_FILLER_WORDS.split())
"""Words that say nothing here; they are not reported."""

NEGATIONS = frozenset(("no", "not", "without", "never", "nor"))
"""Words that are not understood, and that somebody may rely on."""

LINKS = frozenset(("of", "in", "made", "from", "is", "are"))
"""Fillers that tie a material to the surface before it: walls of brick, a house in blue."""

TABLES: dict[Topic, dict[str, str]] = {
    "place": PLACES, "palette": PALETTES, "wall_colour": COLOURS, "light": LIGHTS, "weather": WEATHERS}
