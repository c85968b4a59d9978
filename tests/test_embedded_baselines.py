"""Simpler ways to make a clip, and the table that compares them."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from embedded_situations import SIZE, half_known, small
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from spatialmem.errors import InvalidValueError
from spatialmem.generators.embedded.code import CODE_NAMES
from spatialmem.generators.embedded.measures.baselines import (
    ClassMeans,
    Filler,
    lit,
    shaded,
    smeared,
    toned,
    true,
    unseen,
    untoned,
)
from spatialmem.generators.embedded.measures.gallery import VIEWS, gallery
from spatialmem.generators.embedded.measures.sampled import Painted, Sampled
from spatialmem.generators.embedded.measures.texture import BLOCK, blocks, copied, joined
from spatialmem.generators.embedded.model import KNOWN, Model
from spatialmem.generators.embedded.network import Shape
from spatialmem.generators.embedded.train.corpus import Corpus
from spatialmem.generators.embedded.weights import save_weights
from spatialmem.generators.honour import hidden
from spatialmem.metrics import psnr
from spatialmem.protocols import empty_recall

ROOT = Path(__file__).resolve().parents[1]


def tiny_model() -> Model:
    """As if it had learned something: new ones leave everything as it is."""
    model = Model(len(CODE_NAMES), Shape(known=KNOWN, attributes=len(CODE_NAMES), stem=8, widths=(16, 16), tokens=32,
                                         blocks=1, heads=2, texture=8, embedding=16)).eval()
    random = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weights in model.parameters():
            weights.copy_(0.1 * torch.randn(weights.shape, generator=random))
    return model


def ways() -> dict[str, Filler]:
    return {"smeared": smeared, "shaded": shaded, "copied": copied, "class means": ClassMeans.of([small()]),
            "painter": Painted(tiny_model().painter), "truth": true}


@pytest.mark.parametrize("name", ways())
def test_every_way_shows_memory_where_it_knows(name: str) -> None:
    memory = half_known(small())
    made = ways()[name](small(), memory)
    known = ~unseen(memory)
    assert torch.allclose(made.rgb[known], memory.view.rgb[known], atol=1e-5)
    assert made.depth is not None
    assert made.rgb.shape == small().target.rgb.shape


def test_the_truth_is_the_truth_and_depth_is_the_layouts() -> None:
    memory = half_known(small())
    assert torch.equal(true(small(), memory).rgb, small().target.rgb)
    for way in (shaded, copied, ClassMeans.of([small()])):
        assert torch.equal(torch.as_tensor(way(small(), memory).depth), torch.from_numpy(small().guide.depth))


def test_what_knows_more_comes_nearer() -> None:
    memory = half_known(small())
    hidden = unseen(memory)
    scores = {name: float(psnr(ways()[name](small(), memory).rgb, small().target.rgb, hidden).mean())
              for name in ("smeared", "shaded", "copied", "truth")}
    assert scores["smeared"] < scores["shaded"] < scores["truth"] and scores["smeared"] < scores["copied"]


def test_without_any_memory_there_is_nothing_to_smear_or_to_copy() -> None:
    nothing = empty_recall(small().target.cameras)
    blank = smeared(small(), nothing)
    assert not blank.rgb.any()
    assert blank.depth is not None and not blank.depth.any()
    assert torch.allclose(copied(small(), nothing).rgb, lit(small().guide), atol=1e-6)


def test_depth_is_smeared_from_what_has_some() -> None:
    memory = half_known(small(6, "garden, brick walls, night"))
    made = torch.as_tensor(smeared(small(6, "garden, brick walls, night"), memory).depth)
    known = torch.as_tensor(memory.view.depth)
    assert torch.allclose(made[known > 0], known[known > 0], rtol=1e-4)
    for frame, seen in zip(made, known, strict=True):
        assert float(frame.max()) <= 1.001 * float(seen.max())
        assert float(frame[frame > 0].min()) >= 0.999 * float(seen[seen > 0].min())


def test_class_means_are_means() -> None:
    table = ClassMeans.of([small()]).table
    classes = torch.from_numpy(small().guide.classes).long()
    for number in classes.unique().tolist():
        assert torch.allclose(table[number], small().target.rgb[classes == number].mean(0), atol=1e-5)
    with pytest.raises(InvalidValueError, match="at least one situation"):
        ClassMeans.of([])


def test_light_and_its_picture_are_inverse() -> None:
    light = torch.linspace(0, 2, 200)
    assert torch.allclose(untoned(toned(light)), light, rtol=2e-3, atol=1e-4)


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 3), st.integers(1, 40), st.integers(1, 40), st.integers(1, 3))
def test_blocks_join_to_what_they_were_cut_from(count: int, height: int, width: int, channels: int) -> None:
    pixels = torch.arange(count * height * width * channels).reshape(count, height, width, channels).float()
    assert blocks(pixels).shape[1:] == (BLOCK, BLOCK, channels)
    assert torch.equal(joined(blocks(pixels), count, height, width), pixels)


def test_a_model_is_sampled_alike_each_time_and_looks_at_no_layout_that_is_withheld() -> None:
    model, memory = tiny_model(), half_known(small())
    first, again = (Sampled(model, 2)(small(), memory).rgb for _ in range(2))
    assert torch.equal(first, again)
    assert not torch.equal(first, Sampled(model, 2, seed=1)(small(), memory).rgb)
    guide = small().guide
    other = replace(small(), guide=replace(guide, palette=1 - guide.palette, depth=guide.depth + 1))
    alone = Sampled(model, 2, layout=False)
    assert torch.equal(alone(small(), memory).rgb, alone(other, memory).rgb)
    assert not torch.equal(Sampled(model, 2)(other, memory).rgb, first)
    kept = Sampled(model, 2, honour=True)(small(), memory)
    trusted = ~unseen(memory) & ~hidden(kept, memory.view)
    assert torch.equal(kept.rgb[trusted], memory.view.rgb[trusted])
    assert not torch.equal(first[trusted], kept.rgb[trusted])


def test_a_gallery_shows_other_worlds_and_the_same_ones_again() -> None:
    shown, (again, code) = list(gallery(2, seed=3, size=SIZE)), next(gallery(1, seed=3, size=SIZE))
    assert torch.equal(shown[0][0], again) and torch.equal(shown[0][1], code)
    assert shown[0][0].shape == (VIEWS, *SIZE, 3)
    assert not torch.equal(shown[0][0], shown[1][0])
    assert all(float(code.sum()) >= 3 for _, code in shown)


def test_the_benchmark_makes_a_table_a_record_and_a_picture(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path / "corpus")
    corpus.folder.mkdir()
    for number, (seed, prompt) in enumerate(((5, "cosy home, day"), (6, "garden, brick walls, night"))):
        corpus.write(number, small(seed, prompt))
    save_weights(tmp_path / "tiny.safetensors", tiny_model(), {})
    ran = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "generator.py", "--corpus", corpus.folder, "--learn", corpus.folder,
         "--weights", tmp_path / "tiny.safetensors", "--sampling", "1", "--unseen", "0", "1", "--steps", "3",
         "--recogniser", tmp_path / "recogniser.safetensors", "--recogniser-steps", "3", "--worlds", "1",
         "--model", "mine=spatialmem.generators.embedded.measures.baselines:shaded",
         "--json", tmp_path / "found.json", "--sheet", tmp_path / "sheet.png"],
        capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    record = json.loads((tmp_path / "found.json").read_text("utf-8"))
    names = {"smeared", "shaded", "copied", "class means", "painter", "model", "model, honouring",
             "model, no layout", "mine", "truth"}
    assert record["ways"].keys() == names
    assert all(f"| {name} |" in ran.stdout for name in names)
    assert record["clips"] == record["worlds"] == 2
    assert (tmp_path / "recogniser.safetensors").exists()
    rows = record["ways"]
    assert rows["mine"] == rows["shaded"]
    assert rows["truth"]["means"]["colour"]["mean"] == 0
    assert rows["truth"]["means"]["ssim"]["mean"] > rows["shaded"]["means"]["ssim"]["mean"]
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size[1] > 10 * SIZE[0]
