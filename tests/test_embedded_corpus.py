"""Situations of the embedded generator: drawn from a seed, kept as files, read back; and who saw what."""

import sys
from collections import Counter
from dataclasses import fields, replace
from pathlib import Path
from tempfile import gettempdir

import numpy as np
import pytest
import torch
from box_room import room_frames, room_walk
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from spatialmem import tensorfile
from spatialmem.camera import Cameras, pinhole, project, unproject
from spatialmem.errors import InvalidValueError, ShapeError, StorageError
from spatialmem.frames import TRUSTED, UNKNOWN, Frames
from spatialmem.generators.embedded.code import CODE_NAMES, code_of
from spatialmem.generators.embedded.train import corpus as corpus_module
from spatialmem.generators.embedded.train.corpus import Corpus
from spatialmem.generators.embedded.train.draw import Draw, draw
from spatialmem.generators.embedded.train.outing import aside, outing
from spatialmem.generators.embedded.train.prompts import draw_prompt
from spatialmem.generators.embedded.train.recalled import recalled
from spatialmem.generators.embedded.train.recipe import Recipe
from spatialmem.generators.embedded.train.seen import seen, unseen_share
from spatialmem.generators.embedded.train.situation import Situation
from spatialmem.generators.embedded.train.situationfile import decode, encode
from spatialmem.generators.worlds.attributes import FLOORS, GROUNDS, KINDS, WALLS, Attributes
from spatialmem.generators.worlds.dice import Dice
from spatialmem.generators.worlds.grow import Grown
from spatialmem.generators.worlds.vocabulary import attributes_from
from spatialmem.poses import look_at

SIZE = (24, 32)
LIMITS = tensorfile.TensorLimits(header=64 * 1024, tensors=32, depth=2)


@pytest.fixture(scope="module")
def meadow() -> Draw:
    return Draw(11, prompt="a park with brick walls")


@pytest.fixture(scope="module")
def situation(meadow: Draw) -> Situation:
    """One with context and a recall."""
    return meadow.situation(0, size=SIZE, unseen=(0.2, 0.6), recalls=1.0)


@pytest.fixture(scope="module")
def blob(situation: Situation) -> bytes:
    return encode(situation)


def _tensors(situation: Situation) -> dict[str, Tensor]:
    """All its images and poses by name."""
    found = {"code": situation.code}
    groups = {"target": situation.target, "context": situation.context, "guide": situation.guide}
    if situation.recall is not None:
        groups |= {"view": situation.recall.view, "references": situation.recall.references}
        found["trust"] = situation.recall.trust
    for name, group in groups.items():
        for field in fields(group):
            value = getattr(group, field.name)
            if isinstance(value, Cameras):
                found |= {f"{name}.K": value.K, f"{name}.T_world_cam": value.T_world_cam}
            elif value is not None:
                found[f"{name}.{field.name}"] = torch.as_tensor(value)
    return found


# ---- drawing


def test_a_situation_depends_on_its_seed_and_number_alone(meadow: Draw, situation: Situation) -> None:
    again = Draw(11, prompt="a park with brick walls")
    again.situation(3, size=SIZE)
    same = _tensors(again.situation(0, size=SIZE, unseen=(0.2, 0.6), recalls=1.0))
    assert same.keys() == _tensors(situation).keys()
    assert all(torch.equal(value, same[name]) for name, value in _tensors(situation).items())
    other = meadow.situation(1, size=SIZE, unseen=(0.2, 0.6), recalls=0.0)
    assert not torch.equal(other.target.cameras.T_world_cam, situation.target.cameras.T_world_cam)


def test_the_truth_and_its_structure_belong_together(situation: Situation) -> None:
    target, guide = situation.target, situation.guide
    assert target.depth is not None and target.labels is not None
    solid = (target.depth > 0).numpy() & (guide.depth > 0)
    close = np.abs(guide.depth - target.depth.numpy()) < 0.02 * target.depth.numpy()
    assert close[solid].mean() > 0.7  # all but leaves, bars and other fine things, and what lies behind them
    assert (guide.classes == target.labels.numpy())[solid].mean() > 0.7
    assert (target.labels[target.depth == 0] == 0).all()
    assert situation.code.tolist() == code_of(Grown(situation.seed, attributes_from(
        situation.prompt, style_seed=situation.style_seed).attributes).attributes).tolist()


def test_the_share_that_was_asked_for_is_unseen(meadow: Draw) -> None:
    for number in range(3):
        drawn = meadow.situation(number, size=SIZE, unseen=(0.2, 0.6), recalls=0.0)
        assert 0.2 <= unseen_share(drawn.target, drawn.context) <= 0.6
        assert drawn.recall is None and 1 <= len(drawn.context) <= 6


def test_where_nothing_is_asked_all_shares_come_up() -> None:
    shares, counts = [], Counter[int]()
    for situation in draw(5, size=SIZE, prompt="meadow", count=24, recalls=0.0):
        shares.append(unseen_share(situation.target, situation.context))
        counts[len(situation.context)] += 1
    assert min(shares) < 0.1 and max(shares) == 1.0
    assert sum(0.1 <= share <= 0.6 for share in shares) >= 6
    assert 1 <= counts[0] <= 10 and len(counts) >= 4


def test_a_clip_is_walked_on_free_ground_at_the_pace_of_people(meadow: Draw) -> None:
    space, fields_of_view, tilts = meadow.territory.free_space, set(), []
    for number in range(12):
        way = outing(meadow.territory, Dice(number, "test"), size=SIZE)
        steps = way.target.centres[1:] - way.target.centres[:-1]
        assert len(way.target) == 8 and len(way.before) >= 1 and len(way.after) >= 1
        assert float(steps.norm(dim=1).max()) <= 1.25 * 0.25 + 0.05
        for x, y, z in Cameras.concat([way.target, way.before, way.after]).centres.tolist():
            assert 1.1 < z - space.floor(x, y) < 1.9
        fields_of_view.add(2 * np.degrees(np.arctan(SIZE[1] / 2 / float(way.target.K[0, 0, 0]))))
        tilts += torch.rad2deg(way.target.T_world_cam[:, 2, 2].asin()).tolist()
    assert min(fields_of_view) >= 54.9 and max(fields_of_view) <= 85.1 and len(fields_of_view) == 12
    assert 2 < max(map(abs, tilts)) < 12.1 and min(map(abs, tilts)) < 0.1


def test_views_from_aside_look_at_the_clip_from_elsewhere(meadow: Draw, situation: Situation) -> None:
    views = aside(situation.target, meadow.territory.free_space, Dice(1, "test"), count=4)
    away = (views.centres - situation.target.cameras.centres[4]).norm(dim=1)
    assert len(views) == 4 and bool(((away > 0.7) & (away < 4.2)).all())
    blind = replace(situation.target, depth=torch.zeros_like(situation.target.depth))
    assert len(aside(blind, meadow.territory.free_space, Dice(1, "test"), count=4)) == 0


def test_prompts_say_what_the_vocabulary_has_and_are_understood() -> None:
    said, empty = Counter[str](), 0
    for seed in range(1500):
        prompt = draw_prompt(Dice(seed, "prompt"))
        understood = attributes_from(prompt)
        assert (understood.unknown, understood.overruled, understood.denied) == ((), (), ()), prompt
        said.update(f"{field.name} {getattr(understood.attributes, field.name)}"
                    for field in fields(understood.attributes))
        empty += not prompt
    everything = {*(f"place {kind}" for kind in KINDS), *(f"wall {wall}" for wall in WALLS),
                  *(f"floor {floor}" for floor in FLOORS), *(f"ground {ground}" for ground in GROUNDS), "light night",
                  "light lamps", "weather snow", "weather fog", "palette retro", "wall_colour black"}
    assert min(said[value] for value in everything) >= 8
    assert 40 < empty < 150


# ---- the code of a world


def test_a_code_names_what_is_chosen() -> None:
    code = code_of(Attributes(place="home", wall="brick", light="dusk"))
    chosen = {name for name, value in zip(CODE_NAMES, code.tolist(), strict=True) if value}
    assert chosen == {"place home", "wall brick", "light dusk"}
    assert code_of(Attributes()).sum() == 0 and code.dtype == torch.float32


def test_the_order_of_codes_is_that_of_trained_weights() -> None:
    assert len(CODE_NAMES) == len(set(CODE_NAMES)) == 42
    starts = {name: CODE_NAMES.index(name) for name in ("place home", "place mixed", "wall brick", "floor planks",
                                                        "ground grass", "light day", "weather clear", "weather snow")}
    assert list(starts.values()) == [0, 8, 9, 20, 28, 34, 38, 41]


def test_a_grown_world_has_settled_what_was_left_open() -> None:
    code = code_of(Grown(3).attributes)
    topics = [name.split()[0] for name, value in zip(CODE_NAMES, code.tolist(), strict=True) if value]
    assert topics == ["place", "light", "weather"]


# ---- who saw what


def test_in_a_convex_room_all_that_lies_in_the_picture_is_seen() -> None:
    target, others = room_frames(room_walk(4)), room_frames(room_walk(3, start=30))
    assert target.depth is not None
    points = unproject(target.depth, target.cameras).reshape(-1, 3)
    where, z = project(points, others.cameras)
    inside = (z > 0) & (where >= 0).all(-1) & (where < torch.tensor([48.0, 36.0])).all(-1)
    shown = seen(target, others).flatten(1)
    assert not bool((shown & ~inside).any())
    assert float(shown[inside].float().mean()) > 0.99  # between pixels a corner lies farther than any of them
    assert 0 < unseen_share(target, others) < 1


def test_a_frame_sees_itself_and_nothing_behind_it() -> None:
    frame = room_frames(room_walk(1))
    turned = frame.cameras.T_world_cam @ torch.diag(torch.tensor([-1.0, 1.0, -1.0, 1.0], dtype=torch.float64))
    behind = room_frames(Cameras(frame.cameras.K, turned, 36, 48))
    assert bool(seen(frame, frame).all())
    assert not bool(seen(frame, behind).any())
    assert unseen_share(frame, frame[:0]) == 1.0


def test_what_stands_before_a_wall_hides_it() -> None:
    wall = _facing(torch.full((1, 20, 20), 4.0))
    hidden = _facing(torch.where(torch.arange(20) < 10, 2.0, 4.0).expand(1, 20, 20).contiguous())
    shown = seen(wall, hidden)[0, 0]
    assert not bool(shown[:, :9].any()) and bool(shown[:, 11:].all())


def test_the_sky_is_seen_by_its_direction() -> None:
    sky = _facing(torch.zeros(1, 20, 20))
    beside = replace(sky, cameras=Cameras(sky.cameras.K, _pose((7.0, 3.0, 1.0))[None], 20, 20))
    assert bool(seen(sky, beside).all())
    assert not bool(seen(sky, _facing(torch.full((1, 20, 20), 4.0))).any())
    assert not bool(seen(_facing(torch.full((1, 20, 20), 4.0)), beside).any())


def _facing(depth: Tensor) -> Frames:
    """A grey frame at the origin with this depth `[1, 20, 20]`."""
    cameras = Cameras(pinhole(1.0, 20, 20)[None], _pose((0.0, 0.0, 0.0))[None], 20, 20)
    return Frames(torch.full((1, 20, 20, 3), 0.5), cameras, depth=depth)


def _pose(eye: tuple[float, float, float]) -> Tensor:
    at = torch.tensor(eye, dtype=torch.float64)
    return look_at(at, at + torch.tensor([1.0, 0.0, 0.0], dtype=torch.float64),
                   torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64))


# ---- what a real world recalls


def test_a_recall_knows_what_the_context_saw(situation: Situation) -> None:
    assert situation.recall is not None
    known, shown = situation.recall.trust != UNKNOWN, seen(situation.target, situation.context).any(0)
    assert float((known == shown).float().mean()) > 0.85
    assert bool((situation.recall.trust == TRUSTED).any()) and len(situation.recall.references) <= 2


def test_an_empty_context_is_recalled_as_nothing(situation: Situation) -> None:
    before = set(Path(gettempdir()).glob("spatialmem-recalled-*"))
    recall = recalled(situation.context[:0], situation.target.cameras)
    assert not bool(recall.trust.any()) and len(recall.references) == 0
    assert set(Path(gettempdir()).glob("spatialmem-recalled-*")) <= before


# ---- files


def test_a_file_gives_back_what_was_put_in(situation: Situation, blob: bytes) -> None:
    read = decode(blob, "x")
    put, got = _tensors(situation), _tensors(read)
    assert put.keys() == got.keys()
    for name, value in put.items():
        error = float((value.double() - got[name].double()).abs().max()) if value.numel() else 0.0
        eighths = name.split(".")[-1] in {"rgb", "palette", "light", "alpha"}
        signed = name in {"guide.normals", "guide.phases"}
        assert error <= (0.5001 / 255 if eighths else 0.5001 / 127 if signed else 0.0), name
    assert bool((got["guide.normals"][put["guide.depth"] == 0] == 0).all())
    assert (read.prompt, read.seed, read.style_seed) == (situation.prompt, situation.seed, situation.style_seed)


def test_what_was_read_is_written_alike(blob: bytes) -> None:
    assert encode(decode(blob, "x")) == blob


def test_a_situation_without_a_past_is_kept_too(situation: Situation) -> None:
    read = decode(encode(replace(situation, context=situation.context[:0], recall=None)), "x")
    assert read.recall is None and len(read.context) == 0


@given(at=st.integers(0, 10**6), flip=st.integers(1, 255), cut=st.booleans())
@settings(deadline=None, max_examples=80)
def test_damage_is_refused_by_name_or_harmless(blob: bytes, at: int, flip: int, cut: bool) -> None:
    at %= 9000 if not cut else len(blob)  # the header, the poses and the first images; a cut may be anywhere
    damaged = blob[:at] if cut else blob[:at] + bytes([blob[at] ^ flip]) + blob[at + 1:]
    try:
        decode(damaged, "some/file")
    except InvalidValueError as error:
        assert "some/file" in str(error) and "\n" not in str(error)
    else:
        assert not cut


@pytest.mark.parametrize("change, says", [
    (lambda tensors, record: tensors.pop("guide.light"), "lacks or has too much: guide.light"),
    (lambda tensors, record: tensors.update(more=torch.zeros(1)), "more"),
    (lambda tensors, record: tensors.pop("references.rgb"), "references.rgb"),
    (lambda tensors, record: tensors.update({"guide.phases": torch.zeros(8, *SIZE, 7, dtype=torch.uint8)}),
     "guide.phases: expected"),
    (lambda tensors, record: tensors.update({"guide.depth": torch.full((8, *SIZE), torch.nan)}), "guide.depth"),
    (lambda tensors, record: tensors.update({"target.depth": torch.full((8, *SIZE), -1.0)}), "Frames.depth"),
    (lambda tensors, record: tensors.update(code=torch.zeros(3)), "Situation.code"),
    (lambda tensors, record: record.update(width=True), "width must be a whole number"),
    (lambda tensors, record: record.update(height=48), "expected"),
    (lambda tensors, record: record.update(prompt=["park"]), "prompt must be words"),
    (lambda tensors, record: record.update(version=1), "no situation of version 2"),
])
def test_a_file_that_contradicts_itself_is_refused(blob: bytes, change, says: str) -> None:
    tensors, record = tensorfile.unpack(blob, "x", LIMITS)
    change(tensors, record)
    with pytest.raises(InvalidValueError, match=rf"some/file: .*{says}"):
        decode(tensorfile.pack(tensors, record, LIMITS), "some/file")


def test_parts_that_do_not_belong_together_are_refused(situation: Situation) -> None:
    with pytest.raises(ShapeError, match="labels"):
        replace(situation, target=replace(situation.target, labels=None))
    with pytest.raises(ShapeError, match=r"Situation\.guide"):
        replace(situation, target=situation.target[:4])
    with pytest.raises(ShapeError, match="at most 6 frames"):
        replace(situation, context=situation.target[:7])


# ---- a corpus


PARK = Recipe(6, SIZE, recalls=0.0)
"""Whose first world is a park: quickly grown."""


def test_a_corpus_holds_what_its_recipe_says(tmp_path: Path) -> None:
    corpus, told = Corpus(tmp_path / "corpus"), list[int]()
    assert len(corpus) == 0
    corpus.fill(3, PARK, told=told.append)
    assert (len(corpus), told) == (3, [1, 2, 3])
    drawn = list(PARK.situations([0, 1, 2]))
    for number in range(3):
        assert torch.equal(corpus.read(number).target.cameras.T_world_cam, drawn[number].target.cameras.T_world_cam)
    assert sorted(path.name for path in corpus.folder.iterdir()) == [
        "000000.safetensors", "000001.safetensors", "000002.safetensors", "corpus.json"]


def test_a_corpus_goes_on_where_it_was(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path)
    corpus.fill(3, PARK)
    middle = tmp_path / "000001.safetensors"
    whole = middle.read_bytes()
    middle.rename(tmp_path / "000001.safetensors.77.part")
    assert len(corpus) == 1
    times = (tmp_path / "000002.safetensors").stat().st_mtime_ns
    corpus.fill(2, PARK, workers=2)
    assert middle.read_bytes() == whole
    assert (len(corpus), (tmp_path / "000002.safetensors").stat().st_mtime_ns) == (3, times)


def test_a_corpus_has_one_recipe(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path)
    corpus.fill(1, PARK)
    with pytest.raises(InvalidValueError, match=r"corpus\.json: the corpus was made with .*fill another folder"):
        corpus.fill(1, replace(PARK, recalls=0.5))
    (tmp_path / "corpus.json").unlink()
    with pytest.raises(InvalidValueError, match="is missing, but there are situations"):
        corpus.fill(1, PARK)


def test_a_corpus_names_the_file_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = Corpus(tmp_path)
    with pytest.raises(InvalidValueError, match=r"000004\.safetensors: cannot be read .*below 0"):
        corpus.read(4)
    (tmp_path / "000000.safetensors").write_bytes(b"nothing of the kind")
    with pytest.raises(InvalidValueError, match=r"000000\.safetensors"):
        corpus.read(0)
    monkeypatch.setattr(corpus_module, "LARGEST", 10)
    with pytest.raises(InvalidValueError, match=r"000000\.safetensors: larger than"):
        corpus.read(0)


def test_a_corpus_refuses_before_it_writes(tmp_path: Path) -> None:
    with pytest.raises(InvalidValueError, match=r"1\.\.1000000 situations"):
        Corpus(tmp_path / "none").fill(0, PARK)
    assert not (tmp_path / "none").exists()
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match="choose another folder"):
        Corpus(tmp_path / "file").fill(1, PARK)
    with pytest.raises(InvalidValueError, match=r"size: sides must be 16\.\.2048"):
        Recipe(1, (8, 8))
    with pytest.raises(InvalidValueError, match="the smaller one first"):
        Recipe(1, SIZE, (0.6, 0.2))


def test_the_command_fills_a_folder_and_refuses_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                         capsys: pytest.CaptureFixture[str]) -> None:
    given = ["corpus", str(tmp_path), "--count", "1", "--seed", "6", "--recalls", "0", "--size"]
    monkeypatch.setattr(sys, "argv", [*given, "32x24"])
    corpus_module.main()
    assert len(Corpus(tmp_path)) == 1
    for size, says in (("64x48", "error: .*corpus.json"), ("twelve", "expected WIDTHxHEIGHT")):
        monkeypatch.setattr(sys, "argv", [*given, size])
        with pytest.raises(SystemExit):
            corpus_module.main()
        assert says.split(".*")[-1] in capsys.readouterr().err
