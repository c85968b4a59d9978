"""Messages between a client and a served generator: lossless, versioned, bounded; addresses and their tokens."""

from collections.abc import Callable
from dataclasses import fields, replace

import pytest
import torch
from box_room import RoomGenerator, room_frames, room_walk
from hypothesis import given, settings
from hypothesis import strategies as st
from served import blank, half_known
from test_values import equal, full_frames

from spatialmem import strictjson
from spatialmem.errors import InvalidValueError
from spatialmem.frames import Frames, Recall
from spatialmem.generators.remote import limits
from spatialmem.generators.remote.address import Address, is_address, parse_address, without_token
from spatialmem.generators.remote.description import (
    Description,
    decode_description,
    describe,
    encode_description,
)
from spatialmem.generators.remote.message import (
    FORMAT,
    VERSION,
    decode,
    decode_cameras,
    decode_frames,
    decode_request,
    encode,
    encode_cameras,
    encode_frames,
    encode_request,
)
from spatialmem.memory.images import PIXEL_LIMIT
from spatialmem.protocols import Json, Request
from spatialmem.tensorfile import TensorLimits, pack, unpack

laws = settings(deadline=None, max_examples=25)
seeds = st.integers(0, 2**32 - 1)
states = st.dictionaries(st.text(max_size=5), st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)), max_size=4)


# --- what is written is what is read -------------------------------------------------------------


@laws
@given(seeds, states)
def test_frames_come_back_bit_for_bit_with_every_layer(seed: int, state: dict[str, Json]):
    frames = full_frames(seed)
    back, after = decode_frames(encode_frames(frames, state))
    assert equal(back, frames)
    assert after == state


@laws
@given(seeds, states, st.text(max_size=20))
def test_requests_come_back_bit_for_bit(seed: int, state: dict[str, Json], prompt: str):
    frames = full_frames(seed)
    trust = torch.randint(0, 3, frames.rgb.shape[:3], generator=torch.Generator().manual_seed(seed)).to(torch.uint8)
    asked = Request(room_walk(3, height=6, width=8), Recall(frames, trust, full_frames(seed + 1, 2)), prompt, seed)
    back, before = decode_request(encode_request(asked, state))
    assert all(equal(getattr(back.recall, f.name), getattr(asked.recall, f.name)) for f in fields(Recall))
    assert equal(back.cameras, asked.cameras)
    assert (back.prompt, back.seed, before) == (prompt, seed, state)


def test_extreme_numbers_survive():
    frames = room_frames(room_walk(1))
    depth = torch.as_tensor(frames.depth).clone()
    depth[0, 0, :4] = torch.tensor([1e-45, 1.1754944e-38, 3.4028235e38, 0.1])
    back, _ = decode_frames(encode_frames(replace(frames, depth=depth), {}))
    assert torch.equal(torch.as_tensor(back.depth), depth)


def test_the_absence_of_memory_and_of_layers_survives():
    back, _ = decode_request(encode_request(blank(2), {}))
    assert len(back.recall.references) == 0
    assert back.recall.view.confidence is None
    assert float(back.recall.known.max()) == 0


def test_descriptions_come_back():
    generator = RoomGenerator(clip=8)
    told = decode_description(encode_description(describe(generator, 1000)))
    assert (told.name, told.version, told.given, told.clip, told.size_multiple, told.up, told.verifies, told.state,
            told.limit, told.cameras) == ("RoomGenerator", "", False, 8, 4, "+Z", False, {"given": 0}, 1000, None)
    assert told.start_pose is not None
    assert torch.equal(told.start_pose, generator.start_pose())
    path = room_walk(3)
    other = Description("n", "2", True, None, 1, "-Y", True, {}, 5, path)
    back = decode_description(encode_description(other))
    assert back.cameras is not None
    assert equal(back.cameras, path)
    assert (back.given, back.clip, back.up, back.verifies, back.start_pose) == (True, None, "-Y", True, None)
    assert equal(decode_cameras(encode_cameras(path)), path)


def test_a_message_may_hold_the_pixels_of_the_largest_frame_of_a_world():
    assert limits.PIXELS == PIXEL_LIMIT
    assert limits.Limits().message == limits.BYTES_PER_PIXEL * limits.PIXELS
    frames, cameras = full_frames(0), room_walk(3)
    whole = Frames(frames.rgb, frames.cameras, **{name: getattr(frames, name) for name in
                                                  ("depth", "alpha", "confidence", "dynamic")},
                   labels=torch.as_tensor(frames.labels).long())
    room = limits.FRAME_BYTES_PER_PIXEL * frames.rgb[..., 0].numel()
    assert room <= len(encode_frames(whole, {})) <= room + 4096
    assert len(encode_request(blank(3), {})) <= limits.BYTES_PER_PIXEL * 3 * cameras.height * cameras.width + 4096


# --- what is no message of this version ----------------------------------------------------------


def rewritten(change: Callable[[dict[str, torch.Tensor], dict[str, Json]], None], blob: bytes) -> bytes:
    loose = TensorLimits(1 << 24, 64)
    tensors, record = unpack(blob, "test", loose)
    change(tensors, record)
    return pack(tensors, record, loose)


def without(name: str) -> Callable[[dict[str, torch.Tensor], dict[str, Json]], None]:
    return lambda tensors, record: (tensors.pop(name, None), record.pop(name, None))[0]  # type: ignore[func-returns-value, return-value]


def put(**changes: Json | torch.Tensor) -> Callable[[dict[str, torch.Tensor], dict[str, Json]], None]:
    def change(tensors: dict[str, torch.Tensor], record: dict[str, Json]) -> None:
        for name, value in changes.items():
            if isinstance(value, torch.Tensor):
                tensors[name.replace("__", ".")] = value
            else:
                record[name] = value
    return change


def nested(depth: int) -> Json:
    value: Json = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(("change", "why"), [
    (put(version=2), "protocol version 2, this spatialmem speaks version 1; bring both sides"),
    (put(version=None), "protocol version None"),
    (put(format="other"), "its format is 'other'"),
    (put(kind="frames"), "it is of kind 'frames'"),
    (put(seed="7"), "'seed' must be a whole number, got '7'"),
    (put(seed=True), "'seed' must be a whole number"),
    (put(prompt=7), "'prompt' must be a text"),
    (put(state=[1]), "'state' must be an object"),
    (put(state={"x": nested(70)}), "nested more than 64 deep"),
    (without("seed"), "it has no 'seed'"),
    (without("trust"), "it has no 'trust'"),
    (without("view.rgb"), r"it has no 'view\.rgb'"),
    (without("view.alpha"), "needs depth and alpha"),
    (without("references.K"), r"it has no 'references\.K'"),
    (put(trust=torch.zeros(2, 36, dtype=torch.uint8)), r"trust: expected \[T, H, W\]"),
    (put(trust=torch.full((2, 36, 48), 3, dtype=torch.uint8)), "levels above 2"),
    (put(trust=torch.zeros(2, 36, 48)), "Recall.trust: expected"),
    (put(view__rgb=torch.zeros(2, 36, 48)), r"view\.rgb: expected \[T, H, W, 3\]"),
    (put(view__rgb=torch.full((2, 36, 48, 3), float("nan"))), "must be finite"),
    (put(view__rgb=torch.zeros(2, 36, 48, 3, dtype=torch.uint8)), "Frames.rgb: expected"),
    (put(view__depth=-torch.ones(2, 36, 48)), "Frames.depth must be finite"),
    (put(T_world_cam=2 * torch.eye(4).repeat(2, 1, 1)), "is not a rotation"),
    (put(T_world_cam=torch.eye(4).repeat(3, 1, 1)), "K: expected"),
])
def test_a_request_that_says_something_else_is_refused(change: Callable[..., None], why: str):
    blob = encode_request(half_known(), {"given": 0})
    decode_request(blob)
    with pytest.raises(InvalidValueError, match=f"the request message: .*{why}"):
        decode_request(rewritten(change, blob))


def _header(text: bytes, body: bytes = b"") -> bytes:
    return len(text).to_bytes(8, "little") + text + body


@pytest.mark.parametrize("blob", [
    b"", b"\x00" * 100, b"\xff" * 100, b"GET / HTTP/1.1\r\n\r\n", (1 << 40).to_bytes(8, "little") + b"{}",
    _header(b"[" * 100_000), _header(b'{"__metadata__":' + b"[" * 50_000 + b"]" * 50_000 + b"}"),
    _header(b'{"__metadata__":{"spatialmem":"{}"},"a":{"dtype":"F32","shape":[1099511627776],'
            b'"data_offsets":[0,4398046511104]}}'),
    _header(b'{"__metadata__":{"spatialmem":"' + b"[" * 60_000 + b'"}}'),
    b"\x80\x04\x95" + b"." * 100,
    *(_header(b'{"__metadata__":{"spatialmem":"{}"},"a":{"dtype":"F32","shape":%s,"data_offsets":[0,0]}}' % shape)
      for shape in (b"[0,9223372036854775808]", b"[0,1099511627776,1099511627776]", b"[0,-1]", b"[0,1.5]", b"7",
                    b"[0,0,0,0,0,0,0,0,0]")),
    *(_header(b'{"__metadata__":{"spatialmem":"{}"},"a":{"dtype":%s,"shape":[1],"data_offsets":[0,8]}}' % kind,
              bytes(8)) for kind in (b'"F4"', b'"F8_E8M0"', b'"C64"', b"[]", b"null")),
])
def test_bytes_that_are_no_message_are_refused(blob: bytes):
    for read in (decode_request, decode_frames, decode_cameras, decode_description):
        with pytest.raises(InvalidValueError, match="message: "):
            read(blob)


@settings(deadline=None, max_examples=150)
@given(st.integers(0, 1 << 20), st.integers(0, 255), st.integers(0, 1 << 20))
def test_a_damaged_message_is_refused_or_harmless(place: int, byte: int, cut: int):
    blob = bytearray(encode_frames(room_frames(room_walk(1, height=4, width=4)), {"given": 1}))
    blob[place % min(len(blob), 1200)] = byte
    try:
        frames, _ = decode_frames(bytes(blob[: len(blob) - cut % 3]))
    except InvalidValueError:
        return
    assert frames.rgb.shape[-1] == 3


def test_a_record_beyond_two_megabytes_is_not_written():
    with pytest.raises(InvalidValueError, match="a record of 2097152 bytes"):
        encode("request", {}, {"prompt": "x" * (2 << 20)})
    quotes = '"' * ((1 << 20) - 100)  # of two bytes each, and twice that in the header
    _, record = decode(encode("request", {}, {"prompt": quotes}), "request")
    assert record["prompt"] == quotes
    assert (record["format"], record["version"]) == (FORMAT, VERSION)


@pytest.mark.parametrize("change", [put(size=[3]), put(size=[3.5, 4]), put(size=7), put(limit="x"), without("size"),
                                    put(start_pose=torch.zeros(4, 4)), put(generator={"name": "x"}),
                                    *(put(generator={"name": "n", "version": "", "given": False, "clip": None,
                                                     "size_multiple": 1, "up": "+Z", "verifies": False, **odd})
                                      for odd in ({"up": "Z"}, {"clip": 10**12}, {"clip": 0}, {"size_multiple": -3},
                                                  {"name": "\x1b]0;x"}, {"name": "n" * 201}, {"version": "\ud800"}))])
def test_a_description_that_cannot_be_one_is_refused(change: Callable[..., None]):
    blob = encode_description(replace(describe(RoomGenerator(), 10), cameras=room_walk(2)))
    with pytest.raises(InvalidValueError, match="the generator message: "):
        decode_description(rewritten(change, blob))


def test_depth_of_json_is_counted_exactly():
    text = strictjson.dumps({"a": nested(3)}, "x")
    assert strictjson.loads(text, "x", limit=99, depth=4) == {"a": nested(3)}
    with pytest.raises(InvalidValueError, match="x: its JSON is nested more than 3 deep"):
        strictjson.loads(text, "x", limit=99, depth=3)


# --- addresses -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "address"), [
    ("http://127.0.0.1:9000", Address("127.0.0.1", 9000)), ("http://gpu-box:1/", Address("gpu-box", 1)),
    ("http://[::1]:80", Address("::1", 80)), ("http://localhost", Address("localhost", 8765)),
    ("http://:s3cret@h:1", Address("h", 1, "s3cret")), ("http://s3cret@h:1", Address("h", 1, "s3cret")),
    ("http://:a%40b@h:1", Address("h", 1, "a@b")),
])
def test_addresses_are_read(text: str, address: Address):
    assert is_address(text)
    assert parse_address(text) == address
    assert "s3cret" not in f"{parse_address(text)} {parse_address(text)!r} {without_token(text)}"
    assert parse_address(str(address)).port == address.port


@pytest.mark.parametrize(("text", "why"), [
    ("https://:s3cret@h:1", "https is not spoken; use an ssh tunnel"), ("ftp://:s3cret@h:1", "no address"),
    ("http://:s3cret@h:1/path", "no address"), ("http://:s3cret@h:99999", "no address"),
    ("http://:s3cret@h:x", "no address"), ("http://:s3cret@", "no address"), ("http://:s3cret@h:1?q", "no address"),
    ("http://:s3cret@[::1", "no address"), ("http://:s3cret%0A@h:1", "without blanks"),
    ("http://:s3cret/x@h:1", "no address"),
])
def test_other_addresses_are_refused_without_their_token(text: str, why: str):
    with pytest.raises(InvalidValueError, match=why) as refusal:
        parse_address(text)
    assert "s3cret" not in str(refusal.value)


def test_the_token_of_the_environment_is_for_addresses_without_one(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SPATIALMEM_TOKEN", "env")
    assert parse_address("http://h:1").token == "env"
    assert parse_address("http://:own@h:1").token == "own"


def test_other_names_are_no_addresses():
    for name in ("scene", "package.module:Class", "a:b@c"):
        assert not is_address(name)
        assert without_token(name) == name
