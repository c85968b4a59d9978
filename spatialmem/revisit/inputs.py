"""Footage from outside: a video or images, the poses they were asked for at, and perhaps depth."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from spatialmem.camera import Cameras, pinhole
from spatialmem.errors import RecordingError
from spatialmem.posefiles.arrays import read_npy
from spatialmem.posefiles.detect import candidates
from spatialmem.posefiles.images import image_size, read_depth
from spatialmem.posefiles.poses import Poses
from spatialmem.posefiles.resize import framing
from spatialmem.posefiles.select import read_poses
from spatialmem.posefiles.strictfiles import naming
from spatialmem.poses import invert, rotation_angle
from spatialmem.protocols.depths import misread_depth
from spatialmem.revisit.footage import Footage
from spatialmem.revisit.selfcheck import confirm, settle
from spatialmem.revisit.video_file import Pictures, listed, open_pictures

FPS = 16.0
"""Of images in a folder, where nothing says it: the protocols' own."""
ASPECT = 0.02
"""By which the shapes of two pictures may differ and be taken for the same."""
SMALLEST = 16
"""Pixels of a side that can be measured."""
OFF_COURSE = 0.02
"""Share of a path's extent by which poses may miss the protocol's; files keep few digits, conventions none of this."""
OFF_DEGREES = 1.0
_DEPTHS = "PNG (16 bits, millimetres) or .npy (metres)"
_APART = 4


def read_footage(frames: Path, poses: Path, *, convention: str | None = None, size: tuple[int, int] | None = None,
                 depth: Path | None = None, fov_degrees: float | None = None, fps: float | None = None,
                 expected: Cameras | None = None) -> Footage:
    """The footage of an outside model, checked against itself.

    Args:
        frames: a video, or a folder of PNG or JPEG images.
        poses: the cameras that were asked for, one per frame; any file that `posefiles` reads.
        convention: how the pose file is meant (a name of `conventions.CONVENTIONS`); None = told from its content
            and, where that leaves several, by the pictures.
        size: (height, width) that everything is brought to, by area averages; None = as it is.
        depth: a folder of z-depth as 16-bit PNG (millimetres) or .npy (metres), 0 = unknown.
        fov_degrees: horizontal field of view, where the pose file has no intrinsics and nothing is `expected`.
        fps: frames a second; None = as the video says, 16 for images.
        expected: cameras of the path that was to be followed, from wherever it starts and in whatever unit.

    Raises:
        RecordingError: a file is missing or damaged; counts or shapes differ; the poses are not the expected ones;
            the pictures move as another convention than the given one would have it; depth is no z-depth in metres.
    """
    pictures = open_pictures(frames)
    names = (convention,) if convention or poses.is_dir() else candidates(poses)
    read = {name: read_poses(poses, name) for name in names}
    options = {name: _cameras(poses, one, pictures, fov_degrees, expected) for name, one in read.items()}
    if size is not None and min(size) < SMALLEST:
        raise RecordingError(f"{frames}: to be measured, each side needs at least {SMALLEST} pixels, got "
                             f"{size[1]}x{size[0]}")
    first = next(iter(options))
    rgb, placed = _seen(frames, poses, pictures, options[first], size)
    shown = fps or pictures.fps or FPS
    footage = Footage(rgb, placed, shown)
    if len(options) > 1:
        first = settle(poses, footage, {str(name): cameras.T_world_cam for name, cameras in options.items()})
        footage = Footage(rgb, _posed(placed, options[first].T_world_cam), shown)
    elif doubt := confirm(poses, footage, read[first].convention):
        footage = replace(footage, notes=(doubt,))
    if expected is not None:
        _follow(poses, footage.cameras, expected)
    if fps is None and pictures.fps is None:
        footage = replace(footage, notes=(*footage.notes, f"frames taken for {FPS:g} a second, which nothing said"))
    if depth is None:
        return replace(footage, notes=(*footage.notes, "no depth: what is shown is taken for a plane, and the camera "
                                                       "error is left out"))
    return _with_depth(footage, depth)


def _cameras(file: Path, poses: Poses, pictures: Pictures, fov_degrees: float | None,
             expected: Cameras | None) -> Cameras:
    """The cameras of a pose file for pictures of their native size."""
    if poses.normalised:
        poses = poses.sized(*pictures.size)
    own = poses.size or poses.centred_size or pictures.size
    if poses.K is None:
        own, K = pictures.size, _lens(file, pictures.size, fov_degrees, expected).expand(len(poses), 3, 3)
    else:
        K = poses.K
    _check_shape(file, "its cameras are for pictures", own, "the frames are", pictures.size)
    with naming(file):
        return Cameras(K, poses.T_world_cam, *own).resized(*pictures.size)


def _lens(file: Path, size: tuple[int, int], fov_degrees: float | None, expected: Cameras | None) -> Tensor:
    """`K` `[1, 3, 3]` of pictures whose pose file has none."""
    if expected is not None and len(expected):
        return expected[:1].resized(*size).K
    if fov_degrees is None:
        raise RecordingError(f"{file}: holds poses but no intrinsics; give the field of view, or write them into "
                             "the file first: spatialmem poses")
    return pinhole(math.radians(fov_degrees), *size)[None]


def _seen(frames: Path, poses: Path, pictures: Pictures, cameras: Cameras,
          size: tuple[int, int] | None) -> tuple[Tensor, Cameras]:
    """All pictures `[T, H, W, 3]` uint8 in the size wanted, and the cameras that fit them."""
    wanted = size or pictures.size
    _check_shape(frames, "is", pictures.size, "what is wanted is", wanted)
    frame = framing(pictures.size, wanted)
    kept, count = [], 0
    for image in pictures.images():
        if count < len(cameras):
            kept.append(torch.from_numpy((frame.rgb(image) * 255).round().astype(np.uint8)))
        count += 1
    if count != len(cameras):
        raise RecordingError(f"{frames}: holds {count} frames, {poses} {len(cameras)} poses; each frame needs one")
    return torch.stack(kept), frame.cameras(cameras)


def _check_shape(file: Path, subject: str, size: tuple[int, int], other: str, wanted: tuple[int, int]) -> None:
    ratio = (size[1] / size[0]) / (wanted[1] / wanted[0])
    if abs(ratio - 1) > ASPECT:
        raise RecordingError(f"{file}: {subject} {size[1]}x{size[0]}, {other} {wanted[1]}x{wanted[0]}: another shape "
                             f"(by more than {ASPECT:.0%}); crop the pictures and correct the intrinsics first")


def _posed(cameras: Cameras, T_world_cam: Tensor) -> Cameras:
    return Cameras(cameras.K, T_world_cam, cameras.height, cameras.width)


def _follow(file: Path, cameras: Cameras, expected: Cameras) -> None:
    """Raise unless the cameras go the expected way, each as seen from the first and up to a scale."""
    if len(cameras) != len(expected):
        raise RecordingError(f"{file}: holds {len(cameras)} poses, the protocol's path has {len(expected)}; run "
                             "the model on the whole path")
    ours, theirs = (invert(one.T_world_cam[:1]) @ one.T_world_cam for one in (cameras, expected))
    degrees = torch.rad2deg(rotation_angle(ours, theirs))
    a, b = ours[:, :3, 3], theirs[:, :3, 3]
    scale = float((a * b).sum() / b.square().sum()) if float(b.norm()) > 0 else 1.0
    off = (a - scale * b).norm(dim=1)
    extent = max(float(b.norm(dim=1).max()) * abs(scale), 1e-9)
    turned, strayed = float(degrees.max()), float(off.max()) / extent
    if turned > OFF_DEGREES:
        raise RecordingError(f"{file}: is not the protocol's path: frame {int(degrees.argmax())} is turned by "
                             f"{turned:.1f} degrees from it, at most {OFF_DEGREES:.0f} is rounding; was another path "
                             "or convention used?")
    if scale <= 0 or strayed > OFF_COURSE:
        raise RecordingError(f"{file}: is not the protocol's path: frame {int(off.argmax())} is {strayed:.0%} of "
                             f"its extent away from it, at most {OFF_COURSE:.0%} is rounding; was another path or "
                             "convention used?")


def _with_depth(footage: Footage, folder: Path) -> Footage:
    """The same with depth from a folder."""
    if not folder.is_dir():
        raise RecordingError(f"{folder}: is no folder; depth comes as a folder of {_DEPTHS}, one for each frame")
    files = listed(folder, (".png", ".npy"))
    if len(files) != len(footage):
        raise RecordingError(f"{folder}: holds {len(files)} depth images for {len(footage)} frames; each needs one")
    size = (footage.cameras.height, footage.cameras.width)
    depth = torch.stack([_depth(file, size) for file in files])
    footage = replace(footage, depth=depth)
    wrong = misread_depth(footage.frames([0, min(_APART, len(footage) - 1)]))
    if wrong is not None:
        raise RecordingError(f"{folder}: {wrong}")
    return footage


def _depth(file: Path, size: tuple[int, int]) -> Tensor:
    """`[H, W]` float32 metres of one file, in the size wanted."""
    if file.suffix.lower() == ".png":
        metres = read_depth(file, image_size(file)).astype(np.float32) / np.float32(1000)
    else:
        metres = read_npy(file).squeeze().numpy().astype(np.float32)
        if metres.ndim != 2 or not (np.isfinite(metres).all() and (metres >= 0).all()):
            raise RecordingError(f"{file}: depth must be [H, W] finite metres, 0 where it is unknown, got "
                                 f"{list(metres.shape)}")
    _check_shape(file, "is", (metres.shape[0], metres.shape[1]), "the frames are", size)
    return torch.from_numpy(framing((metres.shape[0], metres.shape[1]), size).depth(metres))
