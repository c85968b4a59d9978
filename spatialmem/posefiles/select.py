"""Which convention a folder or a file follows, told from what is in it or by name, and the poses it holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from spatialmem.camera import Cameras
from spatialmem.errors import RecordingError
from spatialmem.posefiles.colmap import model_folder
from spatialmem.posefiles.conventions import CONVENTIONS
from spatialmem.posefiles.detect import candidates
from spatialmem.posefiles.intrinsics import read_intrinsics
from spatialmem.posefiles.nerfstudio import FILE_NAME, open_nerfstudio, read_transforms
from spatialmem.posefiles.open3d_layout import is_open3d, open_open3d
from spatialmem.posefiles.poses import Poses
from spatialmem.posefiles.readings import READINGS, decode, encode
from spatialmem.posefiles.recording import Recording
from spatialmem.posefiles.resize import ASPECT_TOLERANCE
from spatialmem.posefiles.sana import intrinsics_beside
from spatialmem.posefiles.settle import settle
from spatialmem.posefiles.strictfiles import naming
from spatialmem.posefiles.tum import is_tum, open_tum

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


def read_poses(path: Path | str, convention: str | None = None, *, size: tuple[int, int] | None = None,
               intrinsics: Path | str | None = None, check: Recording | None = None) -> Poses:
    """The poses in a file, in the folder of a COLMAP model, or of the recording in a folder.

    Args:
        path: the file or folder.
        convention: a name of `conventions.CONVENTIONS`; None = told from the content.
        size: (height, width) of the images, where the file does not say it.
        intrinsics: of the cameras, where the file has none (see `intrinsics.read_intrinsics`).
        check: a recording with one frame for each pose; where the content leaves several conventions,
            its frames settle which is right, and where it leaves one, they must not speak against it.

    Raises:
        RecordingError: the file is absent, damaged, of an unknown kind, or may follow several
            conventions; the frames speak for none, or for another; `size` or `intrinsics` contradict it.
    """
    file = Path(path)
    if convention is not None and convention not in CONVENTIONS:
        raise RecordingError(f"convention {convention!r} is not known; known are {', '.join(CONVENTIONS)}")
    if convention is None and file.is_dir() and _is_recording(file):
        poses = _recorded(open_recording(file))
    else:
        names = (convention,) if convention else candidates(file)
        read = {name: _read(name, file, size) for name in names}
        if len(read) > 1:
            return _completed(file, _settled(file, read, check), size, intrinsics)
        poses = read[names[0]]
    if check is not None:
        _confirm(file, poses, check)
    return _completed(file, poses, size, intrinsics)


def read_cameras(path: Path | str, *, default: Cameras | None = None, convention: str | None = None) -> Cameras:
    """The cameras in a pose file, or of the recording in a folder.

    A size that no file states is told from intrinsics that are there: normalised ones are for images of
    square pixels as high as `default`'s, ones in pixels for images whose middle they point at.

    Args:
        path: the file or folder, of any convention that `read_poses` knows.
        default: its first camera's K and its image size are used where the file has none (`.log`, TUM).
        convention: a name of `conventions.CONVENTIONS`; None = told from the content.

    Raises:
        RecordingError: the file is absent, damaged, of an unknown kind, may follow several conventions,
            or lacks intrinsics or a size, and no `default` is given.
    """
    poses = read_poses(path, convention)
    if poses.K is None or poses.normalised:
        if default is None or not len(default):
            lacks = "poses but no intrinsics" if poses.K is None else "intrinsics but no image size"
            raise RecordingError(f"{path}: holds {lacks}; give a default camera")
        poses = _with_default(poses, default)
    size = poses.centred_size if poses.size is None else poses.size
    if poses.K is None or size is None:
        raise RecordingError(f"{path}: has intrinsics but no image size; convert it first, with the size: "
                             f"spatialmem poses {path} cameras.json --size WIDTHxHEIGHT")
    with naming(path):
        return Cameras(poses.K, poses.T_world_cam, *size)


def split_convention(text: str) -> tuple[str | None, str]:
    """`(convention, path)` of `CONVENTION:PATH`, as trajectories name files whose content does not say what it is."""
    name, colon, path = text.partition(":")
    return (name, path) if colon and path and name in CONVENTIONS else (None, text)


def _is_recording(folder: Path) -> bool:
    """Whether a folder is to be read as a recording rather than as a COLMAP model."""
    layout = (folder / FILE_NAME).exists() or is_tum(folder) or is_open3d(folder)
    return layout or not (model_folder(folder, "bin") or model_folder(folder, "txt"))


def _recorded(recording: Recording) -> Poses:
    cameras = recording.cameras
    names = tuple(str(p.relative_to(recording.root)) for p in recording.rgb_paths)
    return Poses(recording.layout, cameras.T_world_cam, cameras.K, cameras.height, cameras.width, names=names,
                 up=recording.up)


def _read(name: str, file: Path, size: tuple[int, int] | None) -> Poses:
    return read_transforms(file, size) if name == "nerfstudio" else CONVENTIONS[name].read(file)


def _settled(file: Path, read: dict[str, Poses], check: Recording | None) -> Poses:
    """The one of several readings that the frames speak for."""
    if check is not None:
        return read[settle({name: poses.T_world_cam for name, poses in read.items()}, check).name]
    listed = ", ".join(f"{name} ({READINGS[CONVENTIONS[name].reading].partition(' (')[0]})" for name in read)
    raise RecordingError(f"{file}: the numbers do not say how they are meant; name one (--from): {listed}; or let "
                         f"frames with depth decide (--check RECORDING){_hint(read)}")


def _hint(read: dict[str, Poses]) -> str:
    """In which reading the camera moves most along its view; people walk forward, but it proves nothing."""
    shares = {}
    for name, poses in read.items():
        steps = poses.T_world_cam[1:, :3, 3] - poses.T_world_cam[:-1, :3, 3]
        views = poses.T_world_cam[:-1, :3, 2]
        shares[name] = float((steps * views).sum() / steps.norm(dim=1).sum().clamp(min=1e-12))
    best = max(shares, key=lambda name: shares[name])
    others = max(share for name, share in shares.items() if name != best)
    clear = shares[best] > max(0.5, others + 0.1)
    return f". As {best} the camera would move forward most, a hint only" if clear else ""


def _confirm(file: Path, poses: Poses, check: Recording) -> None:
    """Raise when the frames speak for another reading of the file's numbers than the one they were read in."""
    reading = CONVENTIONS[poses.convention].reading
    matrices = encode(poses.T_world_cam, reading)
    winner = settle({name: decode(matrices, name) for name in READINGS}, check)
    if winner.name != reading:
        best, own = (100 * winner.scores[name] for name in (winner.name, reading))
        raise RecordingError(f"{file}: {poses.convention} means {READINGS[reading].partition(' (')[0]}, but the frames "
                             f"of {check.root} fit {winner.name} ({best:.0f} % of points agree, not {own:.0f} %); "
                             f"read it with --from {winner.name}")


def _completed(file: Path, poses: Poses, size: tuple[int, int] | None, intrinsics: Path | str | None) -> Poses:
    """With what stands beside the file, and with what the user says."""
    beside = file.with_name(intrinsics_beside(file.name))
    if CONVENTIONS[poses.convention].beside and intrinsics is None and beside.is_file():
        intrinsics = beside
    if intrinsics is not None:
        if poses.K is not None:
            raise RecordingError(f"{file}: has intrinsics of its own; leave --intrinsics out")
        K, normalised = read_intrinsics(intrinsics, len(poses))
        with naming(intrinsics):
            poses = replace(poses, K=K, normalised=normalised, height=None, width=None)
    with naming(file):
        return poses if size is None else poses.sized(*size)


def _with_default(poses: Poses, default: Cameras) -> Poses:
    if poses.K is None:
        return replace(poses, K=default.K[:1].expand(len(poses), 3, 3), height=default.height, width=default.width)
    aspect = float(poses.K[0, 1, 1] / poses.K[0, 0, 0])  # of an image of square pixels
    width = round(default.height * aspect)
    same = abs(aspect * default.height / default.width - 1) <= ASPECT_TOLERANCE
    return poses.sized(default.height, default.width if same else width)
