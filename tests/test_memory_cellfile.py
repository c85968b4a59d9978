"""Cell objects: what is stored is what a commit keeps in memory, and looks like what was given."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
import zstandard
from hypothesis import example, given, settings
from hypothesis import strategies as st
from memory_worlds import fresh, fuse, make_clip, walk, wall_frames

from spatialmem.errors import WorldFormatError
from spatialmem.memory.bank import Bank
from spatialmem.memory.cellcodes import FINENESS, Layout, quantise, rounded
from spatialmem.memory.cellfile import decode_cell, encode_cell, extent
from spatialmem.memory.cells import CellKey, locate
from spatialmem.memory.columns import compress
from spatialmem.memory.replace import stamp
from spatialmem.memory.tensorfile import pack, unpack
from spatialmem.protocols import Json
from spatialmem.render import render_splats
from spatialmem.splats import FIELDS, Splats

WORLD = "0" * 32
EDGE = 2.0
HERE = CellKey(0, 0, 0, 0)


def equal(a: Splats, b: Splats) -> bool:
    return len(a) == len(b) and all(torch.equal(getattr(a, n), getattr(b, n)) for n in FIELDS)


def cloud(key: CellKey, edge: float, seed: int, *, finest: float = 1e-3) -> Splats:
    """Gaussians of every kind in a cell, on its lower border and next to its upper one too."""
    draw, side = torch.Generator().manual_seed(seed), edge / 2**key.level
    count = 1 + seed % 40
    within = torch.rand(count, 3, generator=draw, dtype=torch.float64)
    within[:1], within[-1:] = 0.0, 1 - 2.0**-30
    means = ((torch.tensor(key[1:]) + within) * side).float()
    kept = torch.from_numpy((locate(means, key.level, edge) == list(key[1:])).all(axis=1))
    scales = finest * 10 ** (3 * torch.rand(count, 3, generator=draw))
    quats = torch.randn(count, 4, generator=draw)
    quats[0] = torch.tensor([0.5, -0.5, 0.5, -0.5])  # all components are the largest
    whole = Splats(
        means=means, quats=quats, scales=scales, opacities=torch.rand(count, generator=draw),
        colors=3 * torch.rand(count, 3, generator=draw) - 1, clip=torch.randint(1, 9, (count,), generator=draw).int(),
        seen=torch.randint(0, 2**31, (count,), generator=draw).int(), confidence=torch.rand(count, generator=draw),
        generated=torch.rand(count, generator=draw) > 0.5,
        labels=torch.randint(0, 65536, (count,), generator=draw).int())
    middle = replace(whole[:1], means=((torch.tensor([key[1:]]) + 0.5) * side).float())
    return Splats.concat([whole[kept], middle])


places = st.builds(CellKey, st.integers(0, 12), *[st.integers(-3000, 3000)] * 3)
edges = st.sampled_from([64.0, 2.0, 0.3, 7.1])


@settings(deadline=None, max_examples=120)
@given(places, edges, st.integers(0, 2**31), st.sampled_from([1e-3, 0.05, 1e-6, 1e-12]))
@example(CellKey(0, 2000, 0, -3000), 64.0, 9, 1e-3)
def test_what_is_read_back_is_what_was_kept_in_memory(key: CellKey, edge: float, seed: int, finest: float) -> None:
    given_ = cloud(key, edge, seed, finest=finest)
    kept = rounded(given_, key, edge)
    assert equal(rounded(kept, key, edge), kept), "rounding twice is rounding once"
    assert (locate(kept.means, key.level, edge) == list(key[1:])).all(), "a centre left its cell"
    blob = encode_cell(kept, key, extent(kept), world=WORLD, commit=9, edge=edge)
    assert blob == encode_cell(kept, key, extent(kept), world=WORLD, commit=9, edge=edge), "equal must hash alike"
    assert equal(decode_cell(blob, "x", world=WORLD, key=key, commit=9, edge=edge), kept)
    for name in ("clip", "seen", "generated", "labels"):
        assert torch.equal(getattr(kept, name), getattr(given_, name))


@settings(deadline=None, max_examples=60)
@given(places, edges, st.integers(0, 2**31), st.sampled_from([1e-3, 0.05, 1e-6, 1e-12]))
def test_rounding_is_finer_than_the_eye(key: CellKey, edge: float, seed: int, finest: float) -> None:
    given_ = cloud(key, edge, seed, finest=finest)
    kept = rounded(given_, key, edge)
    moved = (kept.means.double() - given_.means.double()).abs()
    # float32 itself is coarser than a step where a cell is far from the origin
    step = float(kept.scales.min()) / FINENESS + given_.means.abs().double() * 2.0**-23
    assert bool((moved <= step).all())
    assert bool(((kept.scales - given_.scales).abs() <= 2.0**-11 * given_.scales).all())
    for name in ("opacities", "colors", "confidence"):
        assert torch.allclose(getattr(kept, name), getattr(given_, name), rtol=2.0**-11, atol=2.0**-16)
    assert bool(((kept.quats - given_.quats).norm(dim=1) < 1e-3).all())
    assert torch.allclose(kept.quats.norm(dim=1), torch.ones(len(kept)), atol=1e-6)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**31), st.integers(0, 2**31))
def test_a_cell_that_gains_finer_gaussians_keeps_the_others_as_they_are(first: int, second: int) -> None:
    old = rounded(cloud(HERE, EDGE, first, finest=0.02), HERE, EDGE)
    both = rounded(Splats.concat([old, cloud(HERE, EDGE, second)]), HERE, EDGE)
    assert equal(both[:len(old)], old), "a finer lattice holds the coarser one"


def test_what_float16_cannot_hold_stays_float32() -> None:
    plain = stamp(fresh(torch.rand(3, 3)), 1, generated=False)
    layout, _ = quantise(plain, HERE, EDGE)
    assert layout == Layout(11, frozenset()), "2 m in steps of at most a sixteenth of 2 cm"
    tiny = replace(plain, scales=torch.tensor([[0.02, 0.02, 1e-7]]).expand(3, 3).contiguous())
    assert quantise(tiny, HERE, EDGE)[0].single == {"scales"}
    assert torch.equal(rounded(tiny, HERE, EDGE).scales, tiny.scales)
    bright = replace(plain, colors=torch.full((3, 3), 1e6))
    assert quantise(bright, HERE, EDGE)[0].single == {"colors"}
    assert torch.equal(rounded(bright, HERE, EDGE).colors, bright.colors)
    far = replace(plain, means=plain.means + torch.tensor([6e6, 0.0, 0.0]))
    assert quantise(far, CellKey(0, 3_000_000, 0, 0), EDGE)[0].bits == 0
    assert torch.equal(rounded(far, CellKey(0, 3_000_000, 0, 0), EDGE).means, far.means)


def test_a_commit_looks_like_what_was_given(tmp_path: Path) -> None:
    frames = wall_frames(walk(0, 3))
    splats = fuse(Splats.empty(), frames)
    with Bank.create(tmp_path / "W", up="-Y") as bank:
        bank.commit(make_clip(0, frames), cells=[], splats=splats)
        error = render_splats(bank.splats(), frames.cameras).rgb - render_splats(splats, frames.cameras).rgb
    assert -10 * float(error.square().mean().log10()) > 50


def test_a_cell_object_of_another_place_is_refused() -> None:
    blob = cell_object()
    for change in ({"world": "1" * 32}, {"key": CellKey(0, 2, 0, 0)}, {"commit": 2}):
        wanted = {"world": WORLD, "key": HERE, "commit": 1, **change}
        with pytest.raises(WorldFormatError, match="is not cell"):
            decode_cell(blob, "x", edge=EDGE, **wanted)
    splats = stamp(fresh(torch.tensor([[2e6, 0.0, 0.0]])), 1, generated=False)  # so far that centres stay float32
    blob = encode_cell(splats, CellKey(0, 1_000_000, 0, 0), extent(splats), world=WORLD, commit=1, edge=EDGE)
    with pytest.raises(WorldFormatError, match=r"outside its cell \(0, 0, 0, 0\)"):
        decode(forged(blob, key=[0, 0, 0, 0]))


@pytest.mark.parametrize(("record", "match"), [
    ({"count": 0}, "says 0 Gaussians"),
    ({"count": 10**12}, "1..65536 are accepted"),
    ({"count": True}, "says True"),
    ({"count": 4}, "must expand to the 188 bytes that 4 Gaussians take"),
    ({"bits": 25}, r"bits: expected 0 or 8..24"),
    ({"bits": -1}, r"bits: expected 0 or 8..24"),
    ({"bits": 24.0}, r"bits: expected 0 or 8..24"),
    ({"bits": None}, r"bits: expected 0 or 8..24"),
    ({"single": ["means"]}, "single: expected some of scales"),
    ({"single": "scales"}, "single: expected some of scales"),
    ({"single": [{}]}, "single: expected some of scales"),
    ({"single": ["scales"]}, "must expand to the 159 bytes"),
])
def test_a_record_that_does_not_fit_its_rows_is_refused(record: dict[str, Json], match: str) -> None:
    with pytest.raises(WorldFormatError, match=match):
        decode(forged(cell_object(), **record))


@pytest.mark.parametrize(("name", "value", "match"), [
    ("quats", 0, "largest component of 2047"),
    ("quats", 2048, "largest component of 2047"),
    ("generated", 2, "generated 0 or 1"),
    ("scales", float("nan"), "scales has NaN"),
    ("scales", 0, "scales must lie in"),
    ("opacities", 2, "opacities must lie in 0..1"),
    ("means", 0xFFFFFFFF, "outside its cell"),
])
def test_gaussians_out_of_range_are_refused(name: str, value: float, match: str) -> None:
    columns = quantise(stamp(fresh(torch.rand(3, 3)), 1, generated=False), HERE, EDGE)[1]
    columns[name][1] = value
    with pytest.raises(WorldFormatError, match=match):
        decode(with_rows(compress(columns)))


def test_bombs_and_broken_frames_are_refused() -> None:
    """Whatever a frame claims, no more is made than the record's count takes."""
    bomb = zstandard.ZstdCompressor().compress(bytes(1 << 28))
    unsized = zstandard.ZstdCompressor(write_content_size=False).compress(bytes(1 << 28))
    frame = unpack(cell_object(), "x")[0]["rows"].numpy().tobytes()
    liar = bytearray(bomb)
    at = liar.index((1 << 28).to_bytes(4, "little"))
    liar[at:at + 4] = (141).to_bytes(4, "little")
    for rows, match in [(bomb, "must expand to the 141 bytes"), (unsized, "must expand"), (b"", "cannot be expanded"),
                        (b"no frame", "cannot be expanded"), (frame[:-5], "cannot be expanded"),
                        (frame + b"more", "cannot be expanded"), (bytes(liar), "cannot be expanded")]:
        with pytest.raises(WorldFormatError, match=match):
            decode(with_rows(rows))


def cell_object() -> bytes:
    """The object of three Gaussians."""
    splats = rounded(stamp(fresh(torch.rand(3, 3)), 1, generated=False), HERE, EDGE)
    return encode_cell(splats, HERE, extent(splats), world=WORLD, commit=1, edge=EDGE)


def decode(blob: bytes) -> Splats:
    return decode_cell(blob, "x", world=WORLD, key=HERE, commit=1, edge=EDGE)


def forged(blob: bytes, **record: Json) -> bytes:
    """`blob` with another record."""
    tensors, known = unpack(blob, "x")
    return pack(tensors, {**known, **record})


def with_rows(rows: bytes) -> bytes:
    """`cell_object` with other rows."""
    return pack({"rows": torch.tensor(list(rows), dtype=torch.uint8)}, unpack(cell_object(), "x")[1])
