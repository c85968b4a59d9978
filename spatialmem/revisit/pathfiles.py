"""`write_paths`: a protocol's paths as pose files in every convention, for models that run elsewhere."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import torch

from spatialmem.camera import Cameras
from spatialmem.errors import InvalidValueError, StorageError
from spatialmem.posefiles.conventions import CONVENTIONS
from spatialmem.posefiles.poses import Poses, numbered
from spatialmem.posefiles.readings import READINGS
from spatialmem.posefiles.written import write_poses
from spatialmem.revisit.protocol import Protocol, protocol_text
from spatialmem.revisit.route import route_cameras
from spatialmem.revisit.starts import Placed

_FILES: dict[str, str] = {
    "spatialmem": "cameras.json", "nerfstudio": "transforms.json", "colmap-text": "colmap-text",
    "colmap-binary": "colmap-binary", "tum": "tum.txt", "open3d": "trajectory.log",
    "realestate10k": "realestate10k.txt", "lyra2": "lyra2.npz", "gsplat": "gsplat.npz", "sana": "sana.npy",
    "spatia": "spatia_w2c.txt", "worldmirror": "camera_params.json", "worldplay": "worldplay.json",
    **{reading: f"{reading}.npy" for reading in READINGS}}
"""What each convention's file is called in the folder of a route."""

_HAND_BACK = "spatialmem revisit measure FOLDER/protocol.json --frames FRAMES --poses FOLDER --out RUN"


def path_conventions() -> tuple[str, ...]:
    """The conventions in which paths are written."""
    return tuple(name for name, form in CONVENTIONS.items() if form.files)


def write_paths(protocol: Protocol, out: Path | str, *, placed: Sequence[Placed] | None = None,
                conventions: Sequence[str] | None = None, overwrite: bool = False) -> tuple[Path, ...]:
    """Write `out/ROUTE/FILE` for every route and convention, `out/protocol.json` and `out/README.txt`.

    Args:
        protocol: the paths.
        out: a folder that is empty or yet to be made; its parent must exist.
        placed: the routes in a world (+Z up), as `starts.fit` puts them; None = seen from their first camera, which
            is the identity (up is -Y), 1 metre per unit.
        conventions: names of `path_conventions()`; None = all.
        overwrite: write into a folder that holds something, over files of the same names.

    Returns:
        The files and the folders of COLMAP models.

    Raises:
        InvalidValueError: a convention is not known or not written, or `placed` is not of the protocol's routes.
        StorageError: something stands there already, or the disk refuses.
    """
    out = Path(out)
    names = tuple(conventions) if conventions is not None else path_conventions()
    _check_names(names)
    tracks = _tracks(protocol, placed)
    if not overwrite and os.path.lexists(out) and (not out.is_dir() or any(out.iterdir())):
        raise StorageError(f"{out}: is there already and not an empty folder; choose another place, or write over it "
                           "(--overwrite)")
    written: list[Path] = []
    try:
        for route, (cameras, _) in tracks.items():
            folder = out / route
            folder.mkdir(parents=True, exist_ok=True)
            poses = _as_poses(cameras, protocol.fps, up="-Y" if placed is None else "+Z")
            for name in names:
                write_poses(folder / _FILES[name], poses, name, overwrite=overwrite)
                written.append(folder / _FILES[name])
        texts = {"protocol.json": protocol_text(protocol), "README.txt": _readme(protocol, tracks, names, placed)}
        for name, text in texts.items():
            (out / name).write_text(text, encoding="utf-8")
            written.append(out / name)
    except OSError as error:
        if isinstance(error, StorageError):
            raise
        raise StorageError(f"{out}: cannot be written ({error.strerror}); check the folder, its permissions and the "
                           "space left") from error
    return tuple(written)


def _check_names(names: Sequence[str]) -> None:
    known = path_conventions()
    for name in names:
        if name not in known:
            raise InvalidValueError(f"convention {name!r} is {'only read' if name in CONVENTIONS else 'not known'}; "
                                    f"paths are written in {', '.join(known)}")


def _tracks(protocol: Protocol, placed: Sequence[Placed] | None) -> dict[str, tuple[Cameras, float]]:
    """Cameras and metres per unit by route."""
    if placed is None:
        start = protocol.camera(torch.eye(4, dtype=torch.float64))
        return {route.name: (route_cameras(route, start, up="-Y"), 1.0) for route in protocol.routes}
    if [each.route for each in placed] != list(protocol.routes):
        raise InvalidValueError(f"placed: expected the routes of protocol {protocol.name!r} in their order, got "
                                f"{[each.route.name for each in placed]}; place them with starts.fit")
    return {each.route.name: (each.cameras(), each.scale) for each in placed}


def _as_poses(cameras: Cameras, fps: float, *, up: str) -> Poses:
    count = len(cameras)
    return Poses("spatialmem", cameras.T_world_cam, cameras.K, cameras.height, cameras.width, names=numbered(count),
                 times=torch.arange(count, dtype=torch.float64) / fps, up=up, metres=True)


def _readme(protocol: Protocol, tracks: dict[str, tuple[Cameras, float]], names: Sequence[str],
            placed: Sequence[Placed] | None) -> str:
    height, width = protocol.size
    frame = ("metres, seen from the first camera of each route (the identity: +x right, +y down, +z forward)"
             if placed is None else "metres in the world that they were placed in (+Z up)")
    files = "\n".join(f"  {_FILES[name]:<20}{CONVENTIONS[name].title} ({name})" for name in names)
    routes = "\n".join(f"  {name:<40}{scale:g}" for name, (_, scale) in tracks.items())
    compared = "the true picture of it" if protocol.against == "truth" else "frame 'first', which has the same pose"
    return f"""{protocol.name}/{protocol.version}: {protocol.about}
fingerprint {protocol.fingerprint}

{len(tracks)} routes of {protocol.frames} frames, {width}x{height} pixels, {protocol.fps:g} frames a second, \
{protocol.fov_degrees:g} degrees across.
Lengths are {frame}.

A folder for each route; every file in it says the same, take the one that your model reads:
{files}

Routes, and metres per unit of protocol.json:
{routes}

How to run an outside model
  1. For each route, start from a picture of your choice that is taken by its first camera.
  2. Generate all {protocol.frames} frames along its poses, in one go, without being told that a view returns.
     Lengths matter: a model that knows no metres needs the scale at which it was trained.
  3. Write the frames as FRAMES/ROUTE/00000.png, 00001.png and so on, or as a video FRAMES/ROUTE.mp4, one frame for
     each pose. Another size of the same shape is resized to {width}x{height}.

How to hand the frames back
  {_HAND_BACK}
  FOLDER is where this file lies. Frame 'again' of every pair in protocol.json is compared with
  {compared}.
  Frames that do not follow the poses, or never come back, are found out and not scored.
"""
