"""Homes: rooms that make sense, doors and windows that nothing blocks, furniture where it belongs."""

import numpy as np
import pytest

from spatialmem.generators.worlds.attributes import Attributes
from spatialmem.generators.worlds.blocks import Block, BlockBuilder
from spatialmem.generators.worlds.dice import Dice
from spatialmem.generators.worlds.furniture.floor import Floor
from spatialmem.generators.worlds.furniture.furnish import furnish
from spatialmem.generators.worlds.furniture.interior import Interior
from spatialmem.generators.worlds.furniture.piece import Piece
from spatialmem.generators.worlds.furniture.seats import chair, sofa
from spatialmem.generators.worlds.grow import Grown
from spatialmem.generators.worlds.materials import MATERIALS
from spatialmem.generators.worlds.places.doors import JAMB
from spatialmem.generators.worlds.places.home import plan_home
from spatialmem.generators.worlds.places.look import look_of
from spatialmem.generators.worlds.places.rooms import Hole, Plan, Rect
from spatialmem.generators.worlds.places.shell import slab_of
from spatialmem.labels import SemanticClass
from tests.worlds_floor import FRAMES, touching

BELONGS = {"bedroom": SemanticClass.BED, "bathroom": SemanticClass.SINK, "living room": SemanticClass.SOFA,
           "study": SemanticClass.TABLE, "dining room": SemanticClass.CHAIR, "kitchen": SemanticClass.STOVE}
SEEDS = range(16)


@pytest.fixture(scope="module")
def homes() -> list[tuple[list[Plan], Block]]:
    """One home of each seed, with its plans."""
    found = []
    for seed in SEEDS:
        world = Grown(seed, Attributes(place="home", weather="clear"))
        key = next((i, 2) for i in range(9) if world.kind(i, 2) == "home")
        site = world.site(*key)
        height = round(site.district.child("storey").uniform(2.5, 3.0), 2)
        found.append((plan_home(world.site(*key), height), world.block(*key)))
    return found


def within(block: Block, plan: Plan) -> set[SemanticClass]:
    x0, y0, x1, y1 = plan.inner
    return touching(block, (x0 + 0.05, y0 + 0.05, 0.05), (x1 - 0.05, y1 - 0.05, plan.height - 0.05))


def test_a_home_has_what_one_lives_with(homes: list[tuple[list[Plan], Block]]) -> None:
    for plans, _ in homes:
        names = [plan.name for plan in plans]
        assert {"living room", "kitchen", "bathroom", "bedroom"} <= set(names)
        assert names.count("hallway") <= 0.4 * len(names)


def test_rooms_hold_what_their_name_promises(homes: list[tuple[list[Plan], Block]]) -> None:
    kept = {name: [thing in within(block, plan) for plans, block in homes for plan in plans if plan.name == name]
            for name, thing in BELONGS.items()}
    for name, found in kept.items():
        # a room may be all doors; nearly all are not
        assert np.mean(found) > 0.9, name
    assert all(SemanticClass.LAMP in within(block, plan) for plans, block in homes for plan in plans)


def test_nothing_stands_in_a_doorway(homes: list[tuple[list[Plan], Block]]) -> None:
    for plans, block in homes:
        for plan in plans:
            for hole in plan.holes:
                if hole.kind != "window":
                    assert hole.high - hole.low - 2 * JAMB >= 0.9
                    reach = (0.0, plan.wall(hole.side) + 0.5)
                    low, high = slab_of(hole.side, plan.outline, (hole.low + JAMB, hole.high - JAMB), reach,
                                        (0.02, 1.9))
                    assert touching(block, tuple(low), tuple(high)) == set(), (plan.name, hole)


def test_nothing_stands_in_or_before_a_window(homes: list[tuple[list[Plan], Block]]) -> None:
    windows = 0
    for plans, block in homes:
        for plan in plans:
            for hole in plan.holes:
                if hole.kind == "window":
                    reach = (0.0, plan.wall(hole.side) + 0.2)
                    low, high = slab_of(hole.side, plan.outline, (hole.low + 0.01, hole.high - 0.01), reach,
                                        (hole.bottom + 0.01, hole.top - 0.01))
                    assert touching(block, tuple(low), tuple(high)) <= FRAMES, (plan.name, hole)
                    windows += 1
    assert windows > 2 * len(homes)


def test_every_room_is_joined_to_the_others(homes: list[tuple[list[Plan], Block]]) -> None:
    for plans, _ in homes:
        for plan in plans:
            for hole in plan.holes:
                if hole.kind != "window" and not hole.edge:
                    twins = [other for other in plans for twin in other.holes if other is not plan
                             and (twin.low, twin.high, twin.top) == (hole.low, hole.high, hole.top)]
                    assert twins, "a door into nothing"


def test_doors_have_handles_and_stand_open(homes: list[tuple[list[Plan], Block]]) -> None:
    for _, block in homes:
        cls, fine = block.solids.cls, block.solids.fine
        assert (cls == SemanticClass.DOOR).any()
        assert fine[cls == SemanticClass.HANDLE].all()


def _room(holes: list[Hole], width: float = 4.0) -> Interior:
    site = Grown(1, Attributes(place="home")).site(0, 0)
    plan = Plan("living room", Rect(4.0, 4.0, 4.0 + width, 8.0), 2.6, site, holes)
    return Interior(plan, look_of("living room", site, site.style), Dice("room"), BlockBuilder())


def test_a_piece_that_would_cut_the_room_in_two_finds_no_place() -> None:
    ways = [Hole("west", 5.5, 6.5, 0.0, 2.0, "door"), Hole("east", 5.5, 6.5, 0.0, 2.0, "door")]
    block = Piece()
    block.box((-0.3, 0.0, 0.0), (0.3, 3.6, 1.0), MATERIALS["wood"], SemanticClass.SHELF)
    assert _room(ways).against(block, ("south",)) is None
    assert _room(ways).against(sofa(2.0, _room(ways).look), ("south",)) is not None


def test_pieces_do_not_run_into_each_other() -> None:
    room = _room([])
    stood = [room.against(chair(MATERIALS["wood"], MATERIALS["linen"])) for _ in range(40)]
    assert stood.count(None) > 0
    bounds = room.builder.block().solids.bounds
    seats = bounds[np.isclose(bounds[:, 1, 2], 0.47)]
    overlap = np.all((seats[:, None, 0] < seats[None, :, 1] - 1e-4) & (seats[None, :, 0] < seats[:, None, 1] - 1e-4), 2)
    assert overlap.sum() == len(seats) == len(stood) - stood.count(None)


def test_a_floor_refuses_pockets() -> None:
    wall = Piece()
    wall.box((0.0, 0.0, 0.0), (1.0, 0.1, 1.0), MATERIALS["wood"], SemanticClass.BOX)
    low = Piece()
    low.box((0.0, 0.0, 0.0), (3.0, 3.0, 0.05), MATERIALS["rug"], SemanticClass.RUG)
    floor = Floor(Rect(0.0, 0.0, 3.0, 3.0))
    assert floor.accepts(low.parts)
    assert floor.accepts(wall.moved(1.0, 0.9).parts)
    assert not floor.accepts(wall.moved(0.9, 0.0, np.pi / 2).parts + wall.moved(2.2, 0.0, np.pi / 2).parts)


def test_furnishing_leaves_unknown_rooms_empty() -> None:
    room = _room([])
    room.plan.name = "void"
    furnish(room)
    assert len(room.builder.solids) == 0
