"""Which conventions a pose file may follow, told by what is in it."""

from __future__ import annotations

from pathlib import Path

from spatialmem.errors import RecordingError
from spatialmem.posefiles.cameras_json import FORMAT
from spatialmem.posefiles.colmap import model_folder
from spatialmem.posefiles.npz_cameras import npz_convention
from spatialmem.posefiles.readings import READINGS
from spatialmem.posefiles.realestate10k import COLUMNS
from spatialmem.posefiles.strictfiles import read_bytes, read_json, split_lines
from spatialmem.posefiles.worldmirror import is_worldmirror
from spatialmem.posefiles.worldplay import is_worldplay
from spatialmem.posefiles.worldplay_keys import is_key_string

BARE = tuple(READINGS)
_ZIP, _NPY = b"PK", b"\x93NUMPY"
_BY_WORDS = {8: ("tum",), COLUMNS: ("realestate10k",), 16: BARE, 12: BARE, 4: BARE}
"""Conventions by the number of words in a line."""


def candidates(path: Path) -> tuple[str, ...]:
    """The names of the conventions that `path` may follow; one where its content leaves no doubt.

    Raises:
        RecordingError: the file cannot be read, or follows none that is known.
    """
    if path.is_dir() or path.stem in ("cameras", "images"):
        for convention, suffix in (("colmap-binary", "bin"), ("colmap-text", "txt")):
            if (path.is_dir() or path.suffix == f".{suffix}") and model_folder(path, suffix):
                return (convention,)
    content = read_bytes(path)
    if content.startswith(_NPY):
        return ("sana", *BARE[1:])
    if content.startswith(_ZIP):
        return (npz_convention(path),)
    if path.suffix.lower() == ".json" or content[:1024].lstrip().startswith(b"{"):
        return (_by_keys(path),)
    return _by_lines(path)


def _by_keys(path: Path) -> str:
    fields = read_json(path)
    if fields.get("format") == FORMAT:
        return "spatialmem"
    if "frames" in fields:
        return "nerfstudio"
    if is_worldmirror(fields):
        return "worldmirror"
    if is_worldplay(fields):
        return "worldplay"
    keys = ", ".join(list(fields)[:5])[:80] or "none"
    raise RecordingError(f"{path}: no camera file that is known; its keys are {keys}, known are 'frames' (nerfstudio, "
                         "spatialmem), 'extrinsics' (WorldMirror) and frame numbers (WorldPlay)")


def _by_lines(path: Path) -> tuple[str, ...]:
    lines = [words for (_, words), _ in zip(split_lines(path), range(2), strict=False)]
    if not lines:
        raise RecordingError(f"{path}: holds no poses")
    first = lines[0]
    if first[0].startswith("["):
        others = [reading for reading in BARE if reading != "w2c-opencv"]  # that is what spatia means
        return ("spatia",) if path.stem.lower().endswith("w2c") else ("spatia", *others)
    if path.suffix.lower() == ".log" or (len(first) == 3 and len(lines) > 1 and len(lines[1]) == 4):
        return ("open3d",)
    if "://" in first[0] or (len(lines) > 1 and len(lines[1]) == COLUMNS):
        return ("realestate10k",)
    if is_key_string(",".join(first)):
        return ("worldplay-keys",)
    if len(first) in _BY_WORDS:
        return _BY_WORDS[len(first)]
    raise RecordingError(f"{path}: no pose file that is known; its first line has {len(first)} words; a TUM pose has "
                         f"8, RealEstate10K's {COLUMNS} and a matrix 12 or 16")
