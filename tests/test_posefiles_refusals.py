"""Damaged recordings: what is done to a sound one, and what the one line about it must say."""

import shutil
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from recordings_on_disk import HEIGHT, WIDTH, WRITERS, write_nerfstudio, write_open3d, write_tum

from spatialmem.errors import RecordingError
from spatialmem.posefiles.select import open_recording


def _replace(name: str, old: str, new: str) -> Callable[[Path], None]:
    def spoil(root: Path) -> None:
        text = (root / name).read_text()
        assert old in text
        (root / name).write_text(text.replace(old, new))
    return spoil


def _truncate(root: Path) -> None:
    path = root / "image" / "2.png"
    path.write_bytes(path.read_bytes()[:-200])


def _bomb(root: Path) -> None:
    path = root / "image" / "2.png"
    content = bytearray(path.read_bytes())
    content[16:24] = (9000).to_bytes(4, "big") * 2
    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    path.write_bytes(content)


def _mirror(root: Path) -> None:
    lines = (root / "trajectory.log").read_text().splitlines()
    lines[11] = " ".join(str(-float(word)) for word in lines[11].split())
    (root / "trajectory.log").write_text("\n".join(lines))


def _link_out(root: Path) -> None:
    (root.parent / "elsewhere.png").write_bytes((root / "image" / "1.png").read_bytes())
    (root / "image" / "1.png").unlink()
    (root / "image" / "1.png").symlink_to(root.parent / "elsewhere.png")


Refusals = dict[str, tuple[Callable[[Path], object], str]]


def _save(mode: str, name: str, size: tuple[int, int] = (WIDTH, HEIGHT)) -> Callable[[Path], None]:
    return lambda root: Image.new(mode, size).save(root / name, "PNG")


def _write(name: str, text: str) -> Callable[[Path], object]:
    return lambda root: (root / name).write_text(text)


def _delete(name: str) -> Callable[[Path], None]:
    return lambda root: (root / name).unlink()


OPEN3D_REFUSALS: Refusals = {
    "no depth folder": (lambda r: shutil.rmtree(r / "depth"), r"depth: folder is missing"),
    "no colour folder": (lambda r: shutil.rmtree(r / "image"), r"image: folder is missing"),
    "no trajectory": (_delete("trajectory.log"), r"trajectory\.log: file is missing"),
    "no intrinsics": (_delete("intrinsic.json"), r"intrinsic\.json: file is missing"),
    "a depth image short": (_delete("depth/2.png"), r"image/2\.png: has no partner"),
    "renumbered depth": (lambda r: (r / "depth" / "2.png").rename(r / "depth" / "9.png"),
                         r"2\.png: has no partner"),
    "a pose short": (lambda r: (r / "trajectory.log").write_text(
        "\n".join((r / "trajectory.log").read_text().splitlines()[:-5])), "3 poses for 4 images"),
    "a torn trajectory": (_write("trajectory.log", "0 0 1\n1 0 0 0\n"), "five per pose"),
    "words for numbers": (_replace("trajectory.log", "0.25\n", "left\n"), "holds no numbers"),
    "a NaN pose": (_replace("trajectory.log", "0.25\n", "nan\n"),
                   r"trajectory\.log: T_world_cam\[1\] has NaN"),
    "a mirrored pose": (_mirror, r"trajectory\.log: T_world_cam\[2\] is mirrored"),
    "a scaled pose": (_replace("trajectory.log", "1.0 0.0", "1.1 0.0"), "is not a rotation"),
    "zero focal length": (_replace("intrinsic.json", "14.0", "0.0"),
                          r"intrinsic\.json: K: both focal lengths"),
    "row-major intrinsics": (_replace("intrinsic.json", "0, 7.75, 5.25, 1", "7.75, 0, 5.25, 1"),
                             r"intrinsic\.json: K must"),
    "NaN intrinsics": (_replace("intrinsic.json", "14.0", "NaN"), r"not strict JSON \(NaN is not allowed\)"),
    "endless intrinsics": (_replace("intrinsic.json", "14.0", "1e999"), "beyond the range of numbers"),
    "a matrix of words": (_replace("intrinsic.json", "14.0", '"wide"'),
                          "'entry' must be a number, got 'wide'"),
    "a short matrix": (_replace("intrinsic.json", "14.0, ", ""), "expected 9 numbers"),
    "deep JSON": (lambda r: (r / "intrinsic.json").write_text("[" * 100_000), "not strict JSON"),
    "binary JSON": (lambda r: (r / "intrinsic.json").write_bytes(b"\xff\xfe\x00"), "is not UTF-8 text"),
    "a link out": (_link_out, r"'image/1\.png' leads out of"),
    "nothing in it": (lambda r: [shutil.rmtree(r), r.mkdir()], "holds no recording; expected Open3D"),
    "no folder": (shutil.rmtree, "does not exist; give the folder"),
    "the size of another camera": (_replace("intrinsic.json", '"width": 16', '"width": 20'),
                                   "0.png: is 16x12, the recording is 20x12"),
    "a truncated image": (_truncate, r"image/2\.png: cannot be decoded as PNG or JPEG"),
    "a bomb": (_bomb, r"image/2\.png: .*9000x9000 pixels, more than 64 million"),
    "depth that is text": (_write("depth/1.png", "far"), r"depth/1\.png: cannot be decoded as PNG"),
    "8-bit depth": (_save("L", "depth/1.png"), "16-bit grey PNG, got mode L"),
    "a picture of depth": (_save("RGB", "depth/1.png"), "got mode RGB"),
    "JPEG depth": (lambda r: Image.new("L", (WIDTH, HEIGHT)).save(r / "depth" / "1.png", "JPEG"),
                   "cannot be decoded"),
    "16-bit colour": (_save("I;16", "image/1.png"), "8 bits a channel"),
    "see-through colour": (_save("RGBA", "image/1.png"), "transparent"),
    "a smaller image": (_save("RGB", "image/3.png", (8, 6)), "3.png: is 8x6"),
    "an empty image": (lambda r: (r / "image" / "3.png").write_bytes(b""), r"3\.png: cannot be decoded"),
}


def refuse(root: Path, match: str) -> None:
    """Opening or verifying must fail with one line that matches."""
    with pytest.raises(RecordingError, match=match) as caught:
        open_recording(root).verify()
    assert "\n" not in str(caught.value)
    assert root.name in str(caught.value)


@pytest.mark.parametrize("case", OPEN3D_REFUSALS)
def test_damaged_open3d_recordings_are_refused(case: str, tmp_path: Path):
    spoil, match = OPEN3D_REFUSALS[case]
    root = write_open3d(tmp_path / "walk")
    spoil(root)
    refuse(root, match)


def test_verify_only_looks_at_what_is_asked_for(tmp_path: Path):
    root = write_open3d(tmp_path / "walk")
    _truncate(root)
    walk = open_recording(root)
    walk.verify([0, 1, 3])
    with pytest.raises(RecordingError, match=r"2\.png"):
        walk.verify([2])
    with pytest.raises(RecordingError, match=r"2\.png"):
        walk.load(2, HEIGHT, WIDTH)


NERFSTUDIO_REFUSALS = {
    "a fisheye": ('"OPENCV"', '"OPENCV_FISHEYE"', "camera model 'OPENCV_FISHEYE' is not a pinhole"),
    "distortion": ('"k1": 0.0', '"k1": 0.1', "lens distortion k1 = 0.1 is not supported"),
    "no depth": ('"./depth/2.png"', "null", "frame 2 has no 'depth_file_path'"),
    "a path out": ('"./depth/2.png"', '"../../depth/2.png"', "leads out of"),
    "an absolute path": ('"./depth/2.png"', '"/etc/hostname"', "leads out of"),
    "a NUL in a path": ('"./depth/2.png"', '"a\\u0000b"', "cannot use the file name"),
    "a missing image": ('"images/2.png"', '"images/7.png"', r"images/7\.png: file is missing"),
    "a NaN pose": ("0.25]", "NaN]", "not strict JSON"),
    "a scaled pose": ("[1.0,", "[2.0,", r"transforms\.json: T_world_cam\[0\] is not a rotation"),
    "no focal length": ('"fl_x"', '"fl"', "'fl_x' must be a number, got nothing"),
    "half a pixel": ('"w": 16', '"w": 16.5', "'w' must be a whole number"),
    "no frames": ('"frames"', '"shots"', "must list at least one frame"),
    "a true width": ('"w": 16', '"w": true', "'w' must be a number, got True"),
    "a silly depth unit": ('"k1": 0.0', '"depth_unit_scale_factor": -1', "not plausible"),
}


@pytest.mark.parametrize("case", NERFSTUDIO_REFUSALS)
def test_damaged_nerfstudio_recordings_are_refused(case: str, tmp_path: Path):
    old, new, match = NERFSTUDIO_REFUSALS[case]
    root = write_nerfstudio(tmp_path / "walk")
    _replace("transforms.json", old, new)(root)
    refuse(root, match)


TUM_REFUSALS: Refusals = {
    "no poses": (_delete("groundtruth.txt"), r"groundtruth\.txt: file is missing"),
    "no depth list": (_delete("depth.txt"), r"depth\.txt: file is missing"),
    "another clock": (_write("depth.txt", "5.0 depth/0.png\n"), "share one clock"),
    "an empty list": (_write("rgb.txt", "# none\n"), "at least one image"),
    "no file name": (_replace("rgb.txt", "rgb/2.png", ""), "must be 'timestamp file'"),
    "a NaN pose": (_write("groundtruth.txt", "1000 nan 0 0 0 0 0 1\n"), r"groundtruth\.txt: pose 0 has NaN"),
    "a zero quaternion": (_write("groundtruth.txt", "1000 0 0 0 0 0 0 0\n"), "no unit quaternion"),
    "a short line": (_write("groundtruth.txt", "1000 0 0 0\n"), "has 4 values, needs 8"),
    "a missing image": (_delete("rgb/2.png"), r"rgb/2\.png: file is missing"),
    "distortion": (_write("calibration.txt", "14 14 8 6 0.1\n"), "distortion"),
    "three numbers": (_write("calibration.txt", "14 14 8\n"), "four numbers"),
    "zero focal length": (_write("calibration.txt", "0 14 8 6\n"), r"calibration\.txt: K: both focal"),
}


@pytest.mark.parametrize("case", TUM_REFUSALS)
def test_damaged_tum_recordings_are_refused(case: str, tmp_path: Path):
    spoil, match = TUM_REFUSALS[case]
    root = write_tum(tmp_path / "walk")
    spoil(root)
    refuse(root, match)


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(sorted(WRITERS)), st.integers(0, 2**30), st.binary(min_size=1, max_size=8),
       st.booleans())
def test_any_damage_is_met_by_the_one_error_class(tmp_path_factory, layout, place, junk, cut):
    root = WRITERS[layout](tmp_path_factory.mktemp("fuzz") / "walk")
    files = sorted(path for path in root.rglob("*") if path.is_file())
    path = files[place % len(files)]
    content = path.read_bytes()
    at = place // len(files) % len(content)
    path.write_bytes(content[:at] + (b"" if cut else junk + content[at + len(junk):]))
    try:
        open_recording(root).verify()
    except RecordingError as error:
        assert "\n" not in str(error)
