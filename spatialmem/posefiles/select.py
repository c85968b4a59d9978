"""Which convention a folder or a file follows, told from what is in it.

One module a convention; a new one is added to the two functions here and nowhere else.
"""

from __future__ import annotations

from pathlib import Path

from spatialmem.camera import Cameras
from spatialmem.errors import RecordingError
from spatialmem.posefiles.cameras_json import FORMAT, read_cameras_json
from spatialmem.posefiles.nerfstudio import FILE_NAME, open_nerfstudio, read_transforms
from spatialmem.posefiles.open3d_layout import is_open3d, open_open3d, read_log
from spatialmem.posefiles.recording import Recording
from spatialmem.posefiles.strictfiles import naming, read_json
from spatialmem.posefiles.tum import is_tum, open_tum, read_tum

_LAYOUTS = ("Open3D (image/ depth/ trajectory.log intrinsic.json), nerfstudio (transforms.json with "
            "depth_file_path) or TUM RGB-D (rgb.txt depth.txt groundtruth.txt)")


def open_recording(path: Path | str) -> Recording:
    """The posed RGB-D recording in a folder; images are decoded later, by `load` or `verify`.

    Raises:
        RecordingError: the folder is absent or holds no known layout; a file is missing or leads out
            of the folder; counts differ; a pose, an intrinsic or a JSON value is not what it must be.
    """
    root = Path(path)
    if not root.is_dir():
        what = "is a file, a recording is a folder" if root.exists() else "does not exist"
        raise RecordingError(f"{root}: {what}; give the folder of a recording: {_LAYOUTS}")
    if (root / FILE_NAME).exists():
        return open_nerfstudio(root)
    if is_tum(root):
        return open_tum(root)
    if is_open3d(root) or (root / "depth").is_dir():
        return open_open3d(root)
    raise RecordingError(f"{root}: holds no recording; expected {_LAYOUTS}")


def read_cameras(path: Path | str, *, default: Cameras | None = None) -> Cameras:
    """The cameras in a pose file, or of the recording in a folder.

    Reads the project's `cameras.json`, nerfstudio's `transforms.json`, Open3D's `.log` and TUM pose
    files (`t tx ty tz qx qy qz qw`).

    Args:
        path: the file or folder.
        default: its first camera's K and its image size are used where the file has none (`.log`, TUM).

    Raises:
        RecordingError: the file is absent, damaged, of an unknown kind, or lacks intrinsics and no
            `default` is given.
    """
    file = Path(path)
    if file.is_dir():
        return open_recording(file).cameras
    if file.suffix.lower() == ".json":
        fields = read_json(file)
        if fields.get("format") == FORMAT:
            return read_cameras_json(file, fields)
        return read_transforms(file, fields, default)
    poses = read_log(file) if file.suffix.lower() == ".log" else read_tum(file)[1]
    if default is None or not len(default):
        raise RecordingError(f"{file}: holds poses but no intrinsics; give a default camera")
    with naming(file):
        return Cameras(default.K[:1].expand(len(poses), 3, 3), poses, default.height, default.width)
