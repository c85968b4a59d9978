"""Generators by name: built in, a user's class, or served elsewhere; wrong names say what is meant."""

from pathlib import Path

import pytest
import recordings_on_disk
from box_room import RoomGenerator, room_walk
from scene_room import write_room
from served import serving

from spatialmem.camera import Cameras
from spatialmem.errors import GenerationError, InvalidValueError
from spatialmem.generators.recorded import Recorded
from spatialmem.generators.remote.client import Remote
from spatialmem.generators.scene.generator import Scene
from spatialmem.generators.select import Options, open_candidate, open_generator


class FromPath(RoomGenerator):
    """Keeps the input that it is made from."""

    def __init__(self, source: Path) -> None:
        super().__init__()
        self.source = source


class Bare:
    """No generator."""


class OnRails(RoomGenerator):
    """Has a path of its own."""

    cameras: Cameras = room_walk(3)


def test_the_input_decides_where_no_name_is_given(tmp_path: Path):
    walk, room = recordings_on_disk.write_open3d(tmp_path / "walk"), write_room(tmp_path / "room.glb")
    assert isinstance(open_generator(None, walk), Recorded)
    assert isinstance(open_generator(None, room), Scene)
    assert isinstance(open_generator("scene", room, Options(faults="blur=2", up="+Y", seed=3)), Scene)
    small = open_generator("recorded", walk, Options(size=(6, 8)))
    assert isinstance(small, Recorded)
    assert (small.cameras.height, small.cameras.width) == (6, 8)


def test_a_users_class_is_made_with_its_input_or_without():
    assert type(open_generator(f"{__name__}:OnRails", None)).__name__ == "OnRails"
    made = open_generator(f"{__name__}:FromPath", Path("weights.bin"))
    assert made.source == Path("weights.bin")  # type: ignore[attr-defined]


def test_a_served_generator_is_one_by_its_address():
    with serving(OnRails()) as server:
        for size in (None, (36, 48)):
            assert isinstance(open_generator(str(server.address), None, Options(size=size)), Remote)
        with pytest.raises(GenerationError, match=r"plays at 48x36; leave --size out, or give it to 'spatialmem serve"):
            open_generator(str(server.address), None, Options(size=(48, 64)))


@pytest.mark.parametrize(("name", "source", "extras", "why"), [
    ("http://:s3cret@h:1", "walk", {},
     "has its input elsewhere; give --input, --up, --faults, --style-seed and --layout to 'spatialmem serve"),
    ("http://:s3cret@h:1", None, {"faults": "blur=2"}, "has its input elsewhere"),
    ("http://:s3cret@h:1", None, {"up": "+Y"}, "has its input elsewhere"),
    ("https://:s3cret@h:1", None, {}, "https is not spoken"),
    ("recorded", None, {}, "--generator recorded needs --input .the folder of a recording"),
    ("scene", None, {}, "--generator scene needs --input .a mesh file"),
    ("recorded", "walk", {"up": "+Y"}, "--up belongs to --generator scene"),
    ("recorded", "walk", {"style_seed": 0},
     "--style-seed belongs to --generator procedural or embedded, not to recorded"),
    ("scene", "room.glb", {"layout": Path("plan.json")},
     "--layout belongs to --generator procedural or embedded, not to scene"),
    ("recorded", "walk", {"faults": "blur=2"}, "--faults belongs to --generator scene or procedural, not to recorded"),
    ("procedural", "room.glb", {}, "procedural needs no --input: --prompt and --seed choose its world"),
    ("procedural", None, {"up": "+Y"}, "only a --layout can be one"),
    ("magic", None, {}, "'magic' is unknown; choose recorded, scene, procedural, embedded or package.module:Class, or http://HOST:PORT"),
    ("a.b:", None, {}, "is unknown"),
    ("no_such_module:X", None, {}, "no module 'no_such_module' on the import path"),
    ("box_room:Nothing", None, {}, "box_room has no class 'Nothing'"),
    ("box_room:HEIGHT", None, {}, "box_room has no class 'HEIGHT'"),
    (f"{__name__}:FromPath", None, {}, "cannot be made from nothing"),
    (f"{__name__}:OnRails", None, {"up": "+Y"}, "--up belongs to"),
    (f"{__name__}:Bare", None, {}, "it needs clip, size_multiple, generate.request., state.*check-generator"),
    (None, None, {}, "say what to explore"),
    (None, "table.xlsx", {}, "file"),
])
def test_wrong_names_are_refused_and_never_show_a_token(name: str | None, source: str | None, extras: dict[str, object],
                                                        why: str):
    with pytest.raises((GenerationError, InvalidValueError, ValueError), match=why) as refusal:
        open_generator(name, None if source is None else Path(source), Options(**extras))  # type: ignore[arg-type]
    assert "s3cret" not in str(refusal.value)


def test_a_candidate_may_be_anything():
    assert type(open_candidate(f"{__name__}:Bare", None)).__name__ == "Bare"
