"""Floor plans as pictures: what stands where, blurred edges, colours that mean nothing, damaged files."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from layout_files import painted, pixels, plan_picture, seen, write
from PIL import Image, ImageDraw

from spatialmem.errors import LayoutError
from spatialmem.generators.worlds.layouts.legend import LEGEND
from spatialmem.generators.worlds.layouts.open import draw, open_layout
from spatialmem.generators.worlds.layouts.scan import NEAREST, classify
from spatialmem.labels import SemanticClass as C

METRES = 0.05


def test_a_plan_becomes_the_rooms_that_it_shows(tmp_path: Path) -> None:
    world = open_layout(plan_picture(tmp_path / "plan.png"), metres_per_pixel=METRES)
    out = seen(world, (3.0, 2.5, 1.5), (0, 2.5, 1.5), (9, 2.5, 1.5), (3, 9, 1.5), (3.0, 2.501, 0), (3, 3.5, 2.6),
               (4.0, 2.5, 2.5))
    np.testing.assert_allclose(out.depth[:5, 0, 0], [1.8, 3.8, 2.3, 1.5, np.hypot(1.0, 1.1)], atol=0.003)
    assert out.classes[:, 0, 0].tolist() == [C.WALL, C.WALL, C.WALL, C.FLOOR, C.CEILING, C.WALL]
    window = seen(world, (5.5, 2.5, 1.5), (5.7, 1, 1.5), (5.7, 1, 0.2), (5.7, 1, 2.5), (5.8, 5, 0.4))
    assert window.classes[:, 0, 0].tolist() == [C.SKY, C.WALL, C.WALL, C.SOFA]
    # the ray sinks by 0.75 m, to the top of the sofa
    assert window.depth[3, 0, 0] == pytest.approx(0.75 / 1.1 * np.linalg.norm((0.3, 2.5, 1.1)), abs=0.003)


def test_doors_lead_where_they_are_drawn(tmp_path: Path) -> None:
    drawn = draw(plan_picture(tmp_path / "plan.png"), metres_per_pixel=METRES)
    assert drawn.findings == ()
    assert [space.name for space in drawn.draft.spaces] == ["room 1", "room 2"]
    assert [round(space.area, 6) for space in drawn.draft.spaces] == [2.7 * 3.6] * 2
    assert {(p.kind, round(p.width, 6), p.across) for p in drawn.draft.passages} == {
        ("door", 1.0, 0), ("window", 1.0, 1)}
    standing = drawn.standing
    assert standing.reaches(5.0, 2.5)
    assert standing.reaches(0.5, 3.5), "the brown door leads outdoors"
    assert not standing.reaches(5.8, 4.2), "the sofa stands there"


def test_blurred_edges_move_nothing_by_more_than_a_pixel(tmp_path: Path) -> None:
    sharp = draw(plan_picture(tmp_path / "a.png"), metres_per_pixel=METRES).draft
    image = Image.open(plan_picture(tmp_path / "b.png", blur=4))
    scanned = image.resize((480, 360), Image.Resampling.BICUBIC).rotate(0.0).convert("RGB")
    noisy = np.asarray(scanned).astype(int) + np.random.default_rng(0).integers(-9, 10, (360, 480, 1))
    Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)).save(tmp_path / "b.png")
    blurred = draw(tmp_path / "b.png", metres_per_pixel=METRES / 3)
    assert blurred.errors == ()
    for one, other in zip(sharp.spaces, blurred.draft.spaces, strict=True):
        assert other.area == pytest.approx(one.area, abs=2 * (2.7 + 3.6) * METRES / 3)
    assert len(blurred.draft.passages) == len(sharp.passages)
    assert {body.cls for body in blurred.draft.bodies} == {body.cls for body in sharp.bodies}


def test_a_door_without_a_wall_and_walls_without_a_room(tmp_path: Path) -> None:
    page = pixels(plan_picture(tmp_path / "a.png")).copy()
    page[50:54, 40:60] = (255, 0, 0)
    Image.fromarray(page).save(tmp_path / "a.png")
    drawn = draw(tmp_path / "a.png", metres_per_pixel=METRES)
    assert [(finding.severe, finding.text[:35]) for finding in drawn.findings] == [
        (True, "door at (2.5, 3.4) stands in no wal")]
    assert drawn.findings[0].place == pytest.approx((2.5, 3.4))
    page = pixels(plan_picture(tmp_path / "b.png")).copy()
    page[:, 75:85] = page[15:30] = 255
    Image.fromarray(page).save(tmp_path / "b.png")
    findings = draw(tmp_path / "b.png", metres_per_pixel=METRES).findings
    assert any("enclose no room" in finding.text for finding in findings)


def test_grey_of_sixteen_bits_means_what_it_shows(tmp_path: Path) -> None:
    page = pixels(plan_picture(tmp_path / "a.png")).copy()
    grey = np.where((page == 0).all(-1), 0x1000, 0xffff).astype(np.uint16)
    Image.fromarray(grey).save(tmp_path / "a.png")
    drawn = draw(tmp_path / "a.png", metres_per_pixel=METRES)
    assert sum(body.entry == "plan wall" for body in drawn.draft.bodies) > 3


def test_a_plan_that_is_too_large_is_refused(tmp_path: Path) -> None:
    Image.new("RGB", (800, 20), "white").save(tmp_path / "a.png")
    with pytest.raises(LayoutError, match="800 x 20 m, at most 500 m a side"):
        draw(tmp_path / "a.png", metres_per_pixel=1.0)


def test_slanted_walls_are_told_and_need_no_more_boxes_than_they_must(tmp_path: Path) -> None:
    image = Image.open(plan_picture(tmp_path / "plan.png", blur=1)).resize((640, 480), Image.Resampling.NEAREST)
    image.rotate(17, Image.Resampling.BICUBIC, expand=True, fillcolor="white").save(tmp_path / "turned.png")
    drawn = draw(tmp_path / "turned.png", metres_per_pixel=METRES / 4)
    assert len(drawn.draft.spaces) == 2
    assert len(drawn.draft.bodies) < 4000
    assert "its walls are slanted or ragged" in drawn.findings[0].text
    assert drawn.errors == ()


@pytest.mark.parametrize("kind", ["line", "disc", "corner"])
def test_a_slanted_or_round_wall_is_told_and_leaves_the_light_as_it_is(tmp_path: Path, kind: str) -> None:
    image = Image.open(plan_picture(tmp_path / "level.png")).resize((480, 360), Image.Resampling.NEAREST)
    pen = ImageDraw.Draw(image)
    if kind == "disc":
        pen.ellipse((320, 190, 340, 210), fill="black")
    else:
        # the corner lies at the end of the layout: beyond it is open air
        pen.line((320, 170, 360, 230) if kind == "line" else (330, 288, 410, 200), fill="black", width=6)
    if kind == "corner":
        ImageDraw.floodfill(image, (404, 280), (0, 0, 0))
    image.save(tmp_path / "slanted.png")
    level = draw(tmp_path / "level.png", metres_per_pixel=METRES)
    slanted = draw(tmp_path / "slanted.png", metres_per_pixel=METRES / 3)
    assert max(len(space.areas) for space in slanted.draft.spaces) > 10
    (finding,) = slanted.findings
    assert not finding.severe
    assert "is slanted, round or ragged and becomes stairs of" in finding.text
    assert finding.place == pytest.approx({"disc": (5.5, 2.67), "line": (5.67, 2.67), "corner": (6.2, 1.9)}[kind],
                                          abs=0.4)
    worlds = level.world(), slanted.world()
    assert [len(world.window(0, 0).lights.rooms) for world in worlds] == [2, 2]
    lamps = worlds[1].window(0, 0).lights.lamps
    assert len({tuple(row) for row in lamps.tolist()}) == len(lamps)
    eye, target = (4.4, 1.5, 1.5), (6.5, 4.0, 1.0)
    assert painted(worlds[1], eye, target) == pytest.approx(painted(worlds[0], eye, target), rel=0.25)


@pytest.mark.parametrize("kind", [".jpg", ".JPEG", ".bmp", ".webp"])
def test_other_pictures_are_to_be_saved_as_png(tmp_path: Path, kind: str) -> None:
    with pytest.raises(LayoutError, match="save it as PNG; only PNG floor plans are read"):
        draw(tmp_path / f"plan{kind}", metres_per_pixel=METRES)
    with pytest.raises(LayoutError, match="only PNG"):
        draw(tmp_path / f"plan{kind}")


def test_unknown_colours_are_told_with_their_place(tmp_path: Path) -> None:
    page = pixels(plan_picture(tmp_path / "plan.png")).copy()
    page[60:64, 40:44] = (200, 255, 30)
    Image.fromarray(page).save(tmp_path / "plan.png")
    found = draw(tmp_path / "plan.png", metres_per_pixel=METRES).findings
    assert found == ()  # specks within three pixels of what is known count as edges
    page[50:64, 40:54] = (200, 255, 30)
    Image.fromarray(page).save(tmp_path / "plan.png")
    found = draw(tmp_path / "plan.png", metres_per_pixel=METRES).findings
    assert [each.severe for each in found] == [False]
    assert "#c8ff1e, such as at pixel (4" in found[0].text
    page[30:90, 30:70] = (200, 255, 30)
    Image.fromarray(page).save(tmp_path / "plan.png")
    with pytest.raises(LayoutError, match="have a colour that means nothing, most of them #c8ff1e"):
        open_layout(tmp_path / "plan.png", metres_per_pixel=METRES)
    path = write(tmp_path, plan={"image": "plan.png", "metres_per_pixel": METRES, "legend": {"#c8ff1e": "rug"}})
    assert draw(path).findings == ()
    path = write(tmp_path, plan={"image": "plan.png", "metres_per_pixel": METRES, "legend": {"#c8ff1e": "rugg"}})
    with pytest.raises(LayoutError, match=r"plan.legend\['#c8ff1e'\]: 'rugg' .* did you mean 'rug'\?"):
        draw(path)


def test_a_plan_without_a_door_is_closed(tmp_path: Path) -> None:
    page = pixels(plan_picture(tmp_path / "plan.png")).copy()
    page[(page == (255, 0, 0)).all(-1)] = 0
    Image.fromarray(page).save(tmp_path / "plan.png")
    with pytest.raises(LayoutError, match=r"room [12] is closed"):
        open_layout(tmp_path / "plan.png", metres_per_pixel=METRES)


@settings(deadline=None, max_examples=50)
@given(st.sampled_from(sorted(LEGEND)), st.tuples(*[st.integers(-20, 20)] * 3))
def test_colours_near_one_of_the_legend_mean_it(colour: str, off: tuple[int, int, int]) -> None:
    rgb = np.clip(np.array(list(bytes.fromhex(colour[1:]))) + off, 0, 255).astype(np.uint8)
    read = classify(np.broadcast_to(rgb, (4, 4, 3)), LEGEND)
    assert not read.unknown.any()
    table = {k: np.array(list(bytes.fromhex(k[1:])), float) for k in LEGEND}
    nearest = min(table, key=lambda k: float(np.linalg.norm(table[k] - rgb)))
    assert np.linalg.norm(table[nearest] - rgb) <= NEAREST
    assert read.names[read.meaning[0, 0]] == LEGEND[nearest]


def test_a_transparent_page_is_white(tmp_path: Path) -> None:
    page = pixels(plan_picture(tmp_path / "plan.png"))
    alpha = np.where((page == 255).all(-1), 0, 255).astype(np.uint8)
    Image.fromarray(np.dstack([np.where(alpha[..., None] > 0, page, 0).astype(np.uint8), alpha])).save(
        tmp_path / "clear.png")
    a, b = (draw(tmp_path / name, metres_per_pixel=METRES).draft.bodies for name in ("plan.png", "clear.png"))
    assert a == b


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(0, 1), st.binary(min_size=1, max_size=4))
def test_damaged_pictures_are_refused_or_read(tmp_path: Path, at: float, noise: bytes) -> None:
    content = plan_picture(tmp_path / "plan.png").read_bytes()
    start = int(at * len(content))
    (tmp_path / "bad.png").write_bytes(content[:start] + noise + content[start + len(noise):])
    try:
        draw(tmp_path / "bad.png", metres_per_pixel=METRES)
    except LayoutError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize("content, match", [
    (b"", "damaged, or no PNG"), (b"no picture", "damaged, or no PNG"), (b"\x89PNG\r\n\x1a\n", "damaged, or no PNG")])
def test_files_that_are_no_pictures(tmp_path: Path, content: bytes, match: str) -> None:
    (tmp_path / "plan.png").write_bytes(content)
    with pytest.raises(LayoutError, match=match):
        draw(tmp_path / "plan.png", metres_per_pixel=METRES)
    with pytest.raises(LayoutError, match="No such file"):
        draw(tmp_path / "none.png", metres_per_pixel=METRES)


def test_too_many_pixels(tmp_path: Path) -> None:
    Image.new("1", (7000, 2)).save(tmp_path / "plan.png")
    with pytest.raises(LayoutError, match="7000x2 pixels are too many"):
        draw(tmp_path / "plan.png", metres_per_pixel=METRES)


def test_fine_pixels_are_joined_from_the_origin(tmp_path: Path) -> None:
    image = Image.open(plan_picture(tmp_path / "plan.png"))
    page = Image.new("RGB", (160 * 13 + 3, 120 * 13 + 5), "white")
    page.paste(image.resize((160 * 13, 120 * 13), Image.Resampling.NEAREST), (0, 5))
    page.save(tmp_path / "fine.png")
    fine = draw(tmp_path / "fine.png", metres_per_pixel=METRES / 13)
    coarse = draw(tmp_path / "plan.png", metres_per_pixel=METRES)
    assert fine.findings == ()
    for one, other in zip(fine.draft.spaces, coarse.draft.spaces, strict=True):
        np.testing.assert_allclose(one.areas[0], other.areas[0], atol=0.012)


def test_a_picture_without_walls(tmp_path: Path) -> None:
    Image.new("RGB", (40, 30), "white").save(tmp_path / "plan.png")
    with pytest.raises(LayoutError, match="shows no wall; draw walls in black"):
        open_layout(tmp_path / "plan.png", metres_per_pixel=METRES)
