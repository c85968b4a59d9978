"""Objects: named by their bytes, read back verified, written durably or not at all."""

import errno
import json
import os
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialmem.errors import InvalidValueError, StorageError, WorldFormatError
from spatialmem.memory import strictjson
from spatialmem.memory.cache import ByteCache
from spatialmem.memory.objects import ObjectStore, object_name
from spatialmem.memory.tensorfile import HEADER_LIMIT, pack, unpack


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    for name in ("objects", "tmp"):
        (tmp_path / name).mkdir()
    return ObjectStore(tmp_path)


def put(store: ObjectStore, blob: bytes) -> tuple[str, Path]:
    name = object_name(blob)
    store.write({name: blob})
    return name, store.path(name)


def test_objects_round_trip_and_leave_no_leftovers(store: ObjectStore, tmp_path: Path) -> None:
    blobs = {object_name(blob): blob for blob in (b"", b"a", os.urandom(3_000_000))}
    store.write(blobs)
    store.write(blobs)
    assert {name: store.read(name, len(blob)) for name, blob in blobs.items()} == blobs
    assert not list((tmp_path / "tmp").iterdir())


def test_every_flipped_bit_is_found(store: ObjectStore) -> None:
    blob = b"sixteen bytes ok"
    name, path = put(store, blob)
    for position in range(8 * len(blob)):
        damaged = bytearray(blob)
        damaged[position // 8] ^= 1 << position % 8
        path.write_bytes(damaged)
        with pytest.raises(WorldFormatError, match="do not match its name"):
            store.read(name, len(blob))


def test_only_whole_regular_files_of_good_names_are_read(store: ObjectStore, tmp_path: Path) -> None:
    name, path = put(store, b"content")
    for wrong in ("../../etc/passwd", name.upper(), name[:-1], ""):
        with pytest.raises(WorldFormatError, match="no object name"):
            store.read(wrong, 7)
    path.write_bytes(b"conten")
    with pytest.raises(WorldFormatError, match="a regular file of 7 bytes, found 6"):
        store.read(name, 7)
    path.rename(tmp_path / "elsewhere")
    with pytest.raises(WorldFormatError, match=r"cannot be read .No such file"):
        store.read(name, 7)
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(WorldFormatError, match="cannot be read"):
        store.read(name, 7)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(WorldFormatError, match="regular file"):
        store.read(name, 7)


def test_linked_folders_are_refused(store: ObjectStore, tmp_path: Path) -> None:
    name, path = put(store, b"content")
    path.parent.rename(tmp_path / "elsewhere")
    path.parent.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(WorldFormatError, match="is a link"):
        store.read(name, 7)
    (tmp_path / "tmp").rmdir()
    (tmp_path / "tmp").symlink_to(tmp_path)
    with pytest.raises(WorldFormatError, match="missing or a link"):
        ObjectStore(tmp_path)


@pytest.mark.parametrize("call", ["fsync", "write"])
def test_a_refusing_disk_gives_one_error_and_later_writes_work(store: ObjectStore, tmp_path: Path, call: str,
                                                               monkeypatch: pytest.MonkeyPatch) -> None:
    blobs = {object_name(bytes([i])): bytes([i]) for i in range(5)}
    for failing in range(1, 5):
        with monkeypatch.context() as patch:
            patch.setattr(os, call, fail_at(failing, getattr(os, call)))
            with pytest.raises(StorageError, match=r"cannot write .No space left"):
                store.write(blobs)
        assert not list((tmp_path / "tmp").iterdir())
    store.write(blobs)
    assert all(store.read(name, 1) == blob for name, blob in blobs.items())


def fail_at(k: int, real):  # type: ignore[no-untyped-def]
    """`real`, but its k-th call finds the disk full."""
    calls = iter(range(1, 1_000_000))

    def call(*args):  # type: ignore[no-untyped-def]
        if next(calls) == k:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(*args)
    return call


@settings(deadline=None, max_examples=30)
@given(st.dictionaries(st.text(max_size=5), st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3))))
def test_strict_json_round_trips(value: dict[str, strictjson.Json]) -> None:
    assert strictjson.loads(strictjson.dumps(value, "v"), "v", limit=1 << 20) == value


@pytest.mark.parametrize("text", ["[1]", '{"a": NaN}', '{"a": 1e400}', '{"a": -Infinity}', '{"a":1,"a":2}',
                                  "{", "", '{"a":' + "[" * 100_000, b'{"a": "\xff"}'])
def test_loose_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(WorldFormatError, match="here"):
        strictjson.loads(text, "here", limit=1 << 20)


def test_json_is_bounded_and_only_json_is_written() -> None:
    with pytest.raises(WorldFormatError, match="at most 10"):
        strictjson.loads('{"a": "123456789"}', "here", limit=10)
    for value in (float("nan"), torch.zeros(1), {1, 2}):
        with pytest.raises(InvalidValueError, match="state: expected strict JSON"):
            strictjson.dumps({"x": value}, "state")  # type: ignore[dict-item]


def test_tensor_files_round_trip() -> None:
    shared = torch.arange(6.0)
    tensors = {"a": shared, "b": shared, "c": torch.zeros(0, 3, dtype=torch.int32), "d": torch.tensor([True])}
    back, record = unpack(pack(tensors, {"kind": "x", "n": 1.5}), "here")
    assert record == {"kind": "x", "n": 1.5}
    for name, value in tensors.items():
        assert torch.equal(back[name], value) and back[name].dtype == value.dtype


def tensor_file(header: object, body: bytes = b"") -> bytes:
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + body


@pytest.mark.parametrize("blob", [
    b"", b"\xff" * 7, (1 << 40).to_bytes(8, "little"),
    (HEADER_LIMIT + 1).to_bytes(8, "little") + b" " * 70_000,
    tensor_file({}), tensor_file({"__metadata__": {"spatialmem": 3}}),
    tensor_file({"__metadata__": {"spatialmem": "{}"}, **{f"t{i}": {} for i in range(33)}}),
    tensor_file({"__metadata__": {"spatialmem": "{}"}, "a": {"dtype": "F32", "shape": [1 << 40],
                                                            "data_offsets": [0, 1 << 42]}}),
    tensor_file({"__metadata__": {"spatialmem": "{}"},
                 "a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}, b"1234"),
])
def test_hostile_tensor_files_are_refused(blob: bytes) -> None:
    with pytest.raises(WorldFormatError, match="here"):
        unpack(blob, "here")


def test_cache_keeps_the_youngest_within_its_budget() -> None:
    cache: ByteCache[str, int] = ByteCache(10)
    for name in "abc":
        cache.put(name, ord(name), 4)
    assert cache.get("a") is None and cache.get("b") == ord("b")
    cache.put("d", 1, 4)
    assert cache.get("c") is None and cache.get("b") is not None, "b was used last"
    cache.put("huge", 1, 11)
    assert cache.get("huge") is None and cache.get("d") == 1
