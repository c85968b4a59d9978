"""Bad layouts: each mistake is found, by its entry and its place, and good layouts have no findings."""

import re
from pathlib import Path

import pytest
from layout_files import TWO_ROOMS, write

from spatialmem.errors import LayoutError
from spatialmem.generators.worlds.layouts.draft import Finding
from spatialmem.generators.worlds.layouts.open import draw, open_layout

ROOMS = TWO_ROOMS["rooms"]
DOORS = TWO_ROOMS["doors"]
BASE: dict[str, object] = dict(TWO_ROOMS)


def box(cls: str, low: tuple[float, ...], high: tuple[float, ...], **more: object) -> dict[str, object]:
    return {"class": cls, "low": low, "high": high, **more}


def findings(folder: Path, **entries: object) -> tuple[Finding, ...]:
    return draw(write(folder, **{**BASE, **entries})).findings


def test_a_good_layout_has_no_findings(tmp_path: Path) -> None:
    boxes = [box("table", (1, 1, 0), (1.5, 1.5, 0.7)), box("box", (1, 1, 0.7), (1.3, 1.3, 0.9)),
             box("sofa", (5, 0.1, 0), (7, 1, 0.5), name="sofa"), box("sofa", (5, 0.1, 0), (7, 0.4, 0.9), name="sofa"),
             box("rug", (1, 2.2, 0), (2, 3.2, 0.01)), box("picture", (0.07, 2, 1), (0.1, 3, 2))]
    assert findings(tmp_path, boxes=boxes) == ()


ERRORS: dict[str, tuple[dict[str, object], str, tuple[float, float] | None]] = {
    "closed room": ({"doors": []}, r"rooms\[1\] 'east' is closed: .*give it a door", (6, 2)),
    "narrow door": ({"doors": [{**DOORS[0], "width": 0.5}]}, r"'east' is closed: .*make doors\[0\] wider than 0.6 m",
                    (6, 2)),
    "furniture in the way": ({"boxes": [box("cabinet", (4.2, 1, 0), (4.9, 3, 1))]},
                             r"doors\[0\] is blocked on its east side by boxes\[0\] 'cabinet'", (4, 2)),
    "door in a door": ({"doors": [*DOORS, {"at": [4, 2.3]}]}, r"doors\[1\] and doors\[0\] lie in one another",
                       (4, 2.3)),
    "rooms a little apart": ({"rooms": [ROOMS[0], {"name": "east", "low": [4.12, 0], "high": [8, 4]}],
                              "doors": [{"at": [4, 2]}, {"at": [0, 2]}, {"at": [8, 2]}]},
                             r"doors\[0\] is walled up or blocked", (4, 2)),
    "window above the wall": ({"windows": [{"at": [2, 0], "sill": 3, "top": 4}]},
                              r"windows\[0\]: its sill at 3 m is too high .* below 2.45 m", (2, 0)),
    "room without an area": ({"rooms": [*ROOMS, {"name": "slit", "low": [0, 6], "high": [1e-7, 9]}]},
                             r"rooms\[2\] 'slit' has no area", (0, 6)),
    "door into nothing": ({"ground": None, "doors": [*DOORS, {"at": [0, 2]}]},
                          r"doors\[1\] leads into nothing on its west side", (0, 2)),
    "no wall": ({"doors": [*DOORS, {"at": [2, 2]}]}, r"doors\[1\]: there is no wall at \(2, 2\)", (2, 2)),
    "no shared wall": ({"rooms": [*ROOMS, {"name": "far", "low": [20, 0], "high": [23, 3]}],
                        "doors": [*DOORS, {"between": ["west", "far"]}]}, "'west' and 'far' share no wall", None),
    "past its wall": ({"windows": [{"at": [3.6, 0], "width": 1.4}]},
                      r"windows\[0\]: 1.4 m wide, it does not fit its wall, which is free from 0.08 to 3.92 along x",
                      (3.6, 0)),
    "rooms overlap": ({"rooms": [ROOMS[0], {"name": "east", "low": [3, 0], "high": [8, 4]}]},
                      r"rooms\[1\] 'east' lies on rooms\[0\] 'west'", None),
    "one in another": ({"boxes": [box("table", (1, 3, 0), (2, 3.5, 0.7)),
                                  box("chair", (1.4, 3.2, 0), (1.8, 3.6, 0.6))]},
                       r"boxes\[1\] 'chair' is mostly inside boxes\[0\] 'table'", (1.6, 3.4)),
    "start in a thing": ({"boxes": [box("bed", (1, 1, 0), (3, 3, 0.5))]}, r"start: nobody can stand at \(2, 2\)",
                         (2, 2)),
    "doors without rooms": ({"rooms": [], "doors": [{"at": [1, 2]}]},
                            r"doors\[0\]: there are no 'rooms' whose walls could hold it", None),
}


@pytest.mark.parametrize("entries, match, place", ERRORS.values(), ids=ERRORS.keys())
def test_errors_are_found_and_refused(tmp_path: Path, entries: dict[str, object], match: str,
                                      place: tuple[float, float] | None) -> None:
    path = write(tmp_path, **{**BASE, **entries})
    found = [each for each in draw(path).findings if each.severe and re.search(match, each.text)]
    assert found, [each.text for each in draw(path).findings]
    if place is not None:
        assert found[0].place == pytest.approx(place, abs=0.06)
    with pytest.raises(LayoutError, match=r"spatialmem layout .*layout.json --out DIR draws a picture") as caught:
        open_layout(path)
    assert "\n" not in str(caught.value)


WARNINGS: dict[str, tuple[dict[str, object], str]] = {
    "narrow": ({"doors": [*DOORS, {"at": [4, 3.3], "width": 0.5}]}, r"doors\[1\] is 0.50 m wide"),
    "overlap": ({"boxes": [box("table", (1, 3, 0), (2, 3.5, 0.7)), box("chair", (1.9, 3, 0), (2.4, 3.5, 0.6))]},
                r"boxes\[1\] 'chair' and boxes\[0\] 'table' overlap by 10 cm"),
    "flicker": ({"boxes": [box("rug", (1, 1, -0.1), (2, 2, 0))]},
                r"boxes\[0\] 'rug' and rooms\[0\] 'west' floor have a top"),
    "in a wall": ({"boxes": [box("shelf", (1, 3.6, 0), (2, 4.2, 2))]}, r"'shelf' stands in rooms\[0\] 'west'"),
    "outside": ({"boxes": [box("bed", (-3, 1, 0), (-1, 2, 0.5))]}, r"boxes\[0\] 'bed' is outside of every room"),
    "cut off": ({"boxes": [box("shelf", (0.1, 2.6, 0), (3.9, 2.8, 2))]}, r"'west': [23]\.\d m2 of its floor cannot"),
}


@pytest.mark.parametrize("entries, match", WARNINGS.values(), ids=WARNINGS.keys())
def test_warnings_are_found_and_do_not_refuse(tmp_path: Path, entries: dict[str, object], match: str) -> None:
    world = open_layout(write(tmp_path, **{**BASE, **entries}))
    assert any(re.search(match, each.text) for each in world.findings), [each.text for each in world.findings]
    assert not any(each.severe for each in world.findings)


def test_two_centimetres_of_overlap_are_nothing(tmp_path: Path) -> None:
    boxes = [box("table", (1, 3, 0), (2, 3.5, 0.7)), box("chair", (1.985, 3, 0), (2.4, 3.5, 0.6))]
    assert findings(tmp_path, boxes=boxes) == ()


def test_turned_boxes_that_only_seem_to_meet_do_not_overlap(tmp_path: Path) -> None:
    boxes = [{"class": "table", "center": [1.2, 3, 0.4], "size": [1, 0.3, 0.7], "yaw": 45},
             {"class": "chair", "center": [1.6, 2.6, 0.4], "size": [0.3, 0.1, 0.7], "yaw": 45}]
    assert findings(tmp_path, boxes=boxes) == ()


def test_nothing_to_stand_on(tmp_path: Path) -> None:
    found = draw(write(tmp_path, ground=None, boxes=[box("table", (0, 0, 0), (1, 1, 1))])).findings
    assert found[0].text.startswith("nothing to stand on")


def test_walls_of_boxes_can_close_a_place(tmp_path: Path) -> None:
    walls = [box("wall", (0, 0, 0), (5, 0.2, 2)), box("wall", (0, 4.8, 0), (5, 5, 2)),
             box("wall", (0, 0.2, 0), (0.2, 4.8, 2)), box("wall", (4.8, 0.2, 0), (5, 4.8, 2))]
    found = draw(write(tmp_path, boxes=walls, start={"at": [-2, 2]})).findings
    assert [each.severe for each in found] == [True]
    assert "a closed place of 1" in found[0].text
    x, y = found[0].place or (0, 0)
    assert 0.4 < x < 4.6
    assert 0.4 < y < 4.6
    assert draw(write(tmp_path, boxes=walls[1:], start={"at": [-2, 2]})).findings == ()
