"""Damaged and hostile pose files: one line that names the file, nothing run, nothing large allocated."""

import io
import pickle
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pose_samples import WRITTEN, file_name, full_poses

from spatialmem.errors import RecordingError
from spatialmem.posefiles.select import read_cameras, read_poses
from spatialmem.posefiles.written import write_poses

Spoil = Callable[[bytes], bytes]


class Bomb:
    """Unpickling it would leave a trace."""

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (Path("unpickled"),))


def header(shape: str, descr: str = "'<f4'") -> bytes:
    """The beginning of a `.npy` file that claims a shape."""
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()


def npz(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return stream.getvalue()


def saved(array: object) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


def lyra2(**changes: bytes) -> bytes:
    members = {"w2c": saved(np.eye(4)[None]), "intrinsics": saved(np.array([[[40.0, 0, 32], [0, 42, 24], [0, 0, 1]]])),
               "image_height": saved(48), "image_width": saved(64)}
    return npz(**{**members, **changes})


def refuse(path: Path, match: str, convention: str | None = None) -> None:
    with pytest.raises(RecordingError, match=match) as caught:
        read_poses(path, convention)
    assert "\n" not in str(caught.value)
    assert path.name.split(".")[0] in str(caught.value)


NPY = {
    "a pickle": (saved(np.array([Bomb()], dtype=object)), "pickled objects are never loaded"),
    "a bare pickle": (pickle.dumps(Bomb()), r"is not UTF-8 text|no header"),
    "cut short": (saved(np.eye(4)[None])[:-8], r"claims shape \(1, 4, 4\) \(128 bytes\), 120 follow"),
    "too long": (saved(np.eye(4)[None]) + b"more", "132 follow"),
    "a huge claim": (header("(1000000000000, 4, 4)"), r"\(64000000000000 bytes\), 0 follow"),
    "a negative claim": (header("(-1, 4, 4)"), "claims shape"),
    "an endless number": (header("(" + "9" * 60 + ",)"), "claims shape"),
    "a shape that is code": (header("__import__('os')"), "no header of a NumPy array"),
    "a deep header": (header("[" * 900 + "]" * 900), "no header of a NumPy array"),
    "a cut header": (header("(1, 4, 4)")[:20], "no header of a NumPy array"),
    "another version": (b"\x93NUMPY\x03\x00" + bytes(64), r"version 3\.0"),
    "complex numbers": (saved(np.eye(4, dtype=complex)[None]), "holds complex128, not plain numbers"),
    "structured": (saved(np.zeros(4, dtype=[("x", "<f4")])), "not plain numbers"),
    "text": (saved(np.array(["pose"])), "not plain numbers"),
    "another shape": (saved(np.zeros((2, 5, 5))), r"got \(2, 5, 5\)"),
    "no poses": (saved(np.zeros((0, 4, 4))), r"got \(0, 4, 4\)"),
    "NaN": (saved(np.full((1, 4, 4), np.nan)), r"pose\[0\] has NaN"),
    "a scaled rotation": (saved(2 * np.eye(4)[None]), r"pose\[0\] is not a rotation"),
    "a mirror": (saved(np.diag([1.0, 1, -1, 1])[None]), "is mirrored"),
    "transposed": (saved(np.eye(4)[None] + np.eye(4, k=-3)[None]), "was it transposed"),
}


@pytest.mark.parametrize("case", NPY)
def test_hostile_npy_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str):
    monkeypatch.chdir(tmp_path)
    content, match = NPY[case]
    (tmp_path / "poses.npy").write_bytes(content)
    tracemalloc.start()
    refuse(tmp_path / "poses.npy", match, "sana")
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()
    assert not (tmp_path / "unpickled").exists()


NPZ: dict[str, tuple[bytes, str]] = {
    "cut short": (lyra2()[:-30], "cannot be read as .npz"),
    "no directory": (lyra2()[:200], "cannot be read as .npz"),
    "other arrays": (npz(a=saved(1), b=saved(2)), "this one holds a, b"),
    "no height": (npz(w2c=saved(np.eye(4)[None]), intrinsics=saved(np.eye(3)[None])), "has no array 'image_height'"),
    "a pickle": (lyra2(w2c=saved(np.array([Bomb()], dtype=object))), "'w2c': holds object"),
    "a claim": (lyra2(w2c=header("(1000000000, 4, 4)")), "'w2c': its header claims"),
    "another shape": (lyra2(w2c=saved(np.eye(4))), r"'w2c' must have shape \(N, 4, 4\), got \(4, 4\)"),
    "mixed sizes": (lyra2(image_height=saved([48, 50])), "'image_height': must be one whole number"),
    "half a pixel": (lyra2(image_width=saved(64.5)), "'image_width': must be one whole number"),
    "a NaN size": (lyra2(image_width=saved(np.nan)), "'image_width': must be one whole number"),
    "an endless size": (lyra2(image_width=saved(np.inf)), "'image_width': must be one whole number"),
    "intrinsics of others": (lyra2(intrinsics=saved(np.ones((3, 4)))), r"got \(3, 4\)"),
    "no lens": (lyra2(intrinsics=saved(np.zeros((1, 3, 3)))), "both focal lengths"),
    "a NaN lens": (lyra2(intrinsics=saved(np.full((1, 3, 3), np.nan))), "K has NaN"),
    "non-rigid": (lyra2(w2c=saved(2 * np.eye(4)[None])), "is not a rotation"),
}


@pytest.mark.parametrize("case", NPZ)
def test_hostile_npz_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str):
    monkeypatch.chdir(tmp_path)
    content, match = NPZ[case]
    (tmp_path / "a.npz").write_bytes(content)
    refuse(tmp_path / "a.npz", match)
    assert not (tmp_path / "unpickled").exists()


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path):
    path = tmp_path / "a.npz"
    path.write_bytes(lyra2(w2c=header("(4500000, 4, 4)") + bytes(288_000_000)))
    assert path.stat().st_size < 1_000_000
    tracemalloc.start()
    refuse(path, "'w2c' claims 274 MiB, at most 256 are read")
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


def test_a_member_that_lies_about_its_size_is_not_unpacked_either(tmp_path: Path):
    content = lyra2(w2c=header("(1, 4, 4)", "'<f8'") + bytes(50_000_000))
    claimed = struct.pack("<I", 50_000_128)
    assert content.count(claimed) == 2  # in the member's own header and in the directory
    (tmp_path / "a.npz").write_bytes(content.replace(claimed, struct.pack("<I", 256)))
    tracemalloc.start()
    refuse(tmp_path / "a.npz", "'w2c'|cannot be read as .npz")
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


def test_an_archive_of_a_million_names_is_not_listed(tmp_path: Path):
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 100_000_000, 0, 0)
    (tmp_path / "a.npz").write_bytes(b"PK\3\4" + bytes(1000) + end)
    refuse(tmp_path / "a.npz", "too many members")


def test_nan_and_infinity_are_whole_number_errors_not_crashes(tmp_path: Path):
    (tmp_path / "a.npz").write_bytes(lyra2(image_height=saved(np.array([np.nan, np.nan]))))
    refuse(tmp_path / "a.npz", "must be one whole number")


def replaced(old: bytes, new: bytes) -> Spoil:
    def spoil(content: bytes) -> bytes:
        assert old in content
        return content.replace(old, new, 1)
    return spoil


MODEL: list[tuple[str, str, Spoil, str]] = [
    ("colmap-binary", "images.bin", lambda c: c[:-3], "cut short"),
    ("colmap-binary", "images.bin", lambda c: c[:40], "needs 64 more bytes"),
    ("colmap-binary", "images.bin", lambda c: struct.pack("<Q", 2**60) + c[8:], "cut short or damaged"),
    ("colmap-binary", "images.bin", lambda c: c[:-8] + struct.pack("<Q", 2**62), r"needs \d+ more bytes, 0 are left"),
    ("colmap-binary", "images.bin", lambda c: c + b"\0", "1 bytes follow the last entry"),
    ("colmap-binary", "images.bin", lambda c: c.replace(b"rgb/", b"rgb\xff"), "not UTF-8"),
    ("colmap-binary", "images.bin", replaced(b"\0\0\0\0\0\0\0\0" * 1, b"\0\0\0\0\0\0\xf8\x7f"), "damaged|NaN|short"),
    ("colmap-binary", "cameras.bin", lambda c: c[:-8], "cut short"),
    ("colmap-binary", "cameras.bin", lambda c: c[:12] + struct.pack("<i", 99) + c[16:], "model 99, which is not known"),
    ("colmap-binary", "cameras.bin", lambda c: struct.pack("<QIiQQ8d", 1, 1, 4, 64, 48, *[1.0] * 8),
     "OPENCV is not PINHOLE or SIMPLE_PINHOLE; undistort"),
    ("colmap-binary", "cameras.bin", lambda c: struct.pack("<Q", 0), "camera 1, which is not there"),
    ("colmap-text", "cameras.txt", replaced(b"PINHOLE", b"SIMPLE_RADIAL"), "SIMPLE_RADIAL is not PINHOLE"),
    ("colmap-text", "cameras.txt", replaced(b" 64 48", b" wide 48"), "line 2 must be 'CAMERA_ID MODEL"),
    ("colmap-text", "cameras.txt", replaced(b"PINHOLE", b"SIMPLE_PINHOLE"), "has 4 parameters"),
    ("colmap-text", "cameras.txt", lambda c: b"", "camera 1, which is not there"),
    ("colmap-text", "cameras.txt", lambda c: c + c.splitlines()[1].replace(b"1 ", b"2 ", 1).replace(b" 64 ", b" 65 "),
     "is fine, the second camera is not used"),
    ("colmap-text", "images.txt", lambda c: c.replace(b"\n\n", b"\n"), "line 4 must list points"),
    ("colmap-text", "images.txt", lambda c: c.replace(b" 1 rgb", b" one rgb"), "line 3 must be 'IMAGE_ID QW"),
    ("colmap-text", "images.txt", lambda c: b"# none\n", "holds no images"),
    ("colmap-text", "images.txt", lambda c: b"1 2 0 0 0 0 0 0 1 a.png\n\n", "no unit quaternion"),
    ("colmap-text", "images.txt", lambda c: b"1 nan 0 0 0 0 0 0 1 a.png\n\n", "has NaN"),
    ("colmap-text", "images.txt", lambda c: c.replace(b" 1 rgb/1", b" 3 rgb/1"), "camera 3, which is not there"),
]


@pytest.mark.parametrize(("convention", "name", "spoil", "match"), MODEL)
def test_damaged_colmap_models_are_refused(tmp_path: Path, convention: str, name: str, spoil: Spoil, match: str):
    model = tmp_path / "model"
    write_poses(model, full_poses(2, one_lens=True), convention)
    (model / name).write_bytes(spoil((model / name).read_bytes()))
    if "is fine" in match:
        assert len(read_poses(model)) == 2
    else:
        refuse(model, match)


def test_colmap_images_of_two_sizes_are_refused(tmp_path: Path):
    write_poses(tmp_path / "model", full_poses(2), "colmap-text")
    path = tmp_path / "model" / "cameras.txt"
    path.write_text(path.read_text().replace("2 PINHOLE 64 48", "2 PINHOLE 80 60"))
    refuse(tmp_path / "model", "images have 2 sizes; bring all to one size")


TEXT: list[tuple[str, Spoil, str]] = [
    ("worldplay", lambda c: c.replace(b'"0"', b'"5"'), "frame numbers must be 0 to 2"),
    ("worldplay", lambda c: c.replace(b'"K"', b'"Q"', 1), "frame 0: 'K': expected 3x3 numbers, got nothing"),
    ("worldplay", lambda c: b'{"0": 7}', "frame 0: must be an object|keys are 0"),
    ("worldplay", lambda c: c.replace(b"50.1", b"NaN", 1), "not strict JSON"),
    ("worldmirror", lambda c: c.replace(b'"camera_id": 1', b'"camera_id": 0'), "camera '0' stands twice"),
    ("worldmirror", lambda c: c.replace(b'"intrinsics": [', b'"intrinsics": [7, '), r"\[0\]: must be an object"),
    ("worldmirror", lambda c: b'{"extrinsics": []}', "must list at least one camera"),
    ("worldmirror", lambda c: c[: c.rindex(b'{\n   "camera_id"') - 4] + b"]}", "only one of extrinsics and intrinsics"),
    ("realestate10k", lambda c: c.replace(b" 0.0 0.0 ", b" 0.1 0.0 ", 1), "line 2 has lens distortion"),
    ("realestate10k", lambda c: c[:-30], r"line 4 has \d+ values|line 4 holds no numbers|not a rotation|pose"),
    ("realestate10k", lambda c: c.replace(b" 0.0 0.0 ", b" 0.0 zero ", 1), "line 2 holds no numbers"),
    ("realestate10k", lambda c: c.splitlines()[0], "holds no poses|no pose file that is known|first line"),
    ("spatia", lambda c: c.replace(b"[[", b"[", 1), "line 1: must be a JSON matrix"),
    ("spatia", lambda c: c.replace(b"[[", b'[["a", ', 1), "line 1: must be a JSON matrix"),
    ("spatia", lambda c: c.replace(b"[[", b"[[NaN, ", 1), "line 1: must be a JSON matrix"),
    ("spatia", lambda c: b"[" * 100_000, "line 1: must be a JSON matrix"),
    ("open3d", lambda c: c[:-40], "five per pose|has . values"),
    ("tum", lambda c: c.replace(b"1500.0 ", b"nan "), "pose 0 has NaN or no unit quaternion"),
    ("c2w-opencv", lambda c: c + b"1 2 3\n", r"lines hold \[3, 16\] numbers"),
    ("spatialmem", lambda c: c.replace(b'"up": "-Y"', b'"up": "down"'), "up must be a signed axis"),
    ("spatialmem", lambda c: c.replace(b'"name": "rgb/1.png"', b'"name": 5'), "frame 1: 'name' must be text"),
    ("spatialmem", lambda c: c.replace(b'"name": "rgb/1.png", ', b""), "names: expected 3 to match the poses, got 2"),
    ("spatialmem", lambda c: c.replace(b'"time": 1500.0}', b'"time": true}'), "frame 0: 'time' must be a number"),
    ("nerfstudio", lambda c: c.replace(b'"w": 64', b'"k1": 0.1, "w": 64'), "lens distortion k1 = 0.1"),
    ("nerfstudio", lambda c: c.replace(b'"PINHOLE"', b'"EQUIRECTANGULAR"'), "is not a pinhole"),
]


@pytest.mark.parametrize(("convention", "spoil", "match"), TEXT)
def test_damaged_text_files_are_refused(tmp_path: Path, convention: str, spoil: Spoil, match: str):
    path = tmp_path / file_name(convention)
    write_poses(path, full_poses(3, one_lens=True), convention)
    content = path.read_bytes()
    assert spoil(content) != content
    path.write_bytes(spoil(content))
    refuse(path, match, None if convention != "c2w-opencv" else convention)


@settings(deadline=None, max_examples=100)
@given(st.sampled_from(WRITTEN), st.integers(0, 2**30), st.binary(min_size=1, max_size=8),
       st.tuples(st.booleans(), st.booleans()))
def test_any_damage_is_met_by_the_one_error_class(tmp_path_factory, convention, place, junk, how):
    cut, named = how
    path = tmp_path_factory.mktemp("fuzz") / file_name(convention)
    write_poses(path, full_poses(2, one_lens=True), convention)
    files = sorted(path.iterdir()) if path.is_dir() else [path, *path.parent.glob("intrinsics.*")]
    victim = files[place % len(files)]
    content = victim.read_bytes()
    at = place // len(files) % max(1, len(content))
    victim.write_bytes(content[:at] + (b"" if cut else junk + content[at + len(junk):]))
    try:
        read_poses(path, convention if named else None)
    except RecordingError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize(("name", "content", "match"), [
    ("a.json", '{"cameras": 1}', "keys are cameras, known are 'frames'"), ("a.json", "{}", "its keys are none"),
    ("a.txt", "once upon a time", "its first line has 4 words|holds no numbers|do not say"),
    ("a.txt", "# nothing\n", "holds no poses"),
    ("a.txt", "1 2 3 4 5\n", "its first line has 5 words; a TUM pose has 8"),
    ("a.bin", "x", "first line has 1 words"), ("images.txt", "1 2 3 4 5", "first line has 5 words"),
])
def test_files_of_no_known_kind_are_refused(tmp_path: Path, name: str, content: str, match: str):
    (tmp_path / name).write_text(content)
    refuse(tmp_path / name, match)


def test_unknown_names_and_places_are_refused(tmp_path: Path):
    with pytest.raises(RecordingError, match="convention 'blender' is not known; known are spatialmem, nerfstudio"):
        read_poses(tmp_path / "a.txt", "blender")
    refuse(tmp_path / "none.npy", "cannot be read")
    with pytest.raises(RecordingError, match=r"cameras\.txt and images\.txt side by side"):
        read_poses(tmp_path, "colmap-text")
    with pytest.raises(RecordingError, match="holds no recording"):
        read_poses(tmp_path)


@pytest.mark.parametrize(("text", "match"), [
    ("1,2,3", "cannot be read|four numbers"), ("K.txt", "must be four numbers"), ("K.npy", r"got \(5,\)"),
    ("mixed.npy", "some principal points are in pixels"), ("0,1,32,24", "both focal lengths"),
    ("40,42,nan,24", "K has NaN"), ("none.npy", "cannot be read"),
])
def test_wrong_intrinsics_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, match: str):
    monkeypatch.chdir(tmp_path)
    write_poses(tmp_path / "a.log", full_poses(2))
    Path("K.txt").write_text("40 42\n32 24\n")
    np.save("K.npy", np.ones(5))
    np.save("mixed.npy", np.array([[40, 42, 32, 24], [0.5, 0.5, 0.5, 0.5]]))
    with pytest.raises(RecordingError, match=match):
        read_poses(tmp_path / "a.log", intrinsics=text)


def test_what_the_file_says_is_not_overruled(tmp_path: Path):
    path = tmp_path / "cameras.json"
    write_poses(path, full_poses(2))
    with pytest.raises(RecordingError, match=r"images are 64x48, not 32x24; leave the size out"):
        read_poses(path, size=(24, 32))
    with pytest.raises(RecordingError, match="has intrinsics of its own"):
        read_poses(path, intrinsics="40,42,32,24")
    assert read_poses(path, size=(48, 64)).size == (48, 64)


def test_intrinsics_of_an_unknown_size_make_no_cameras(tmp_path: Path):
    path = tmp_path / "camera_params.json"
    write_poses(path, full_poses(2))  # a principal point that is not the middle of anything
    with pytest.raises(RecordingError, match="has intrinsics but no image size; convert it first"):
        read_cameras(path)
