"""Writing of pose files: nothing is lost in silence, nothing is replaced unasked, nothing is left half written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path

import torch

from spatialmem.errors import InvalidValueError, RecordingError, StorageError
from spatialmem.posefiles.colmap import PARTS as MODEL_PARTS
from spatialmem.posefiles.conventions import CONVENTIONS, PARTS, Convention, Part, in_metres
from spatialmem.posefiles.poses import Poses
from spatialmem.posefiles.sana import intrinsics_beside
from spatialmem.posefiles.strictfiles import naming, natural

EXACT = 1e-6
"""Entries of poses that change by less on their way through a file are not worth a word."""


@dataclass(frozen=True)
class Written:
    """What came of writing poses.

    Attributes:
        convention: of the file.
        paths: the files that were written.
        notes: what the convention could not hold or changed, a sentence each.
    """

    convention: str
    paths: tuple[Path, ...]
    notes: tuple[str, ...]


def convention_for(path: Path) -> str:
    """The convention that the name of an output file stands for.

    Raises:
        RecordingError: it stands for none, or for several.
    """
    found = [name for name, c in CONVENTIONS.items() if any(fnmatch(path.name.lower(), p) for p in c.patterns)]
    if len(found) == 1:
        return found[0]
    writable = ", ".join(name for name, c in CONVENTIONS.items() if c.files)
    named = ", ".join(pattern for c in CONVENTIONS.values() for pattern in c.patterns)
    raise RecordingError(f"{path}: its name does not say which convention to write, as {named} do; name one (--to): "
                         f"{writable}")


def write_poses(path: Path | str, poses: Poses, convention: str | None = None, *, overwrite: bool = False) -> Written:
    """Write `poses` in a convention, read them back to see that they are there, and only then put them in place.

    Args:
        path: the file, or the folder of a COLMAP model; its parent must exist.
        poses: at least one.
        convention: a name of `CONVENTIONS`; None = what the file's name stands for.
        overwrite: replace what is there.

    Raises:
        RecordingError: the convention needs what is unknown, or cannot hold the poses at all.
        StorageError: something stands there already, or the disk refuses.
    """
    path = Path(path)
    name = convention or convention_for(path)
    form = _writable(name)
    _check_needs(name, form, poses)
    poses = replace(poses, metres=in_metres(poses))
    with naming(path):
        files = form.files(poses, path.name) if form.files else {}
    targets = {path.parent / relative: content for relative, content in files.items()}
    _check_place(path, form, targets, overwrite=overwrite)
    notes = [*_lost(form, poses), *_put(path, form, poses, targets)]
    return Written(name, tuple(targets), tuple(notes))


def _writable(name: str) -> Convention:
    form = CONVENTIONS.get(name)
    if form is None or form.files is None:
        known = ", ".join(key for key, c in CONVENTIONS.items() if c.files)
        raise RecordingError(f"convention {name!r} is {'not known' if form is None else 'only read'}; written are "
                             f"{known}")
    return form


def _check_needs(name: str, form: Convention, poses: Poses) -> None:
    if not len(poses):
        raise RecordingError("there are no poses to write")
    needs: set[Part] = set(form.needs)
    if poses.K is not None and "intrinsics" in form.holds and form.normalised != poses.normalised:
        needs.add("size")  # between pixels and shares of the image
    given = {"intrinsics": "intrinsics (--intrinsics)", "size": "an image size (--size)"}
    missing = [given[part] for part in sorted(needs - _known(poses))]
    if missing:
        unit = "shares of the image" if form.normalised else "pixels"
        raise RecordingError(f"{name} needs {' and '.join(missing)}, which the poses come without (its intrinsics "
                             f"are in {unit})")


def _known(poses: Poses) -> set[Part]:
    values: dict[Part, object] = {"intrinsics": poses.K, "size": poses.size, "names": poses.names, "times": poses.times,
                                  "up": poses.up, "source": poses.source}
    return {part for part, value in values.items() if value is not None}


def _lost(form: Convention, poses: Poses) -> list[str]:
    known = _known(poses)
    lost = [words for part, words in PARTS.items() if part in known and part not in form.holds]
    notes = [f"leaves out {', '.join(lost)}: the format has no place for it"] if lost else []
    if form.metres and not poses.metres:
        notes.append("lengths are kept as they are, and readers take them for metres, which they need not be (--scale)")
    return notes + [f"{stand_in} stand for the {part}, which are unknown"
                    for part, stand_in in form.stands_in.items() if part not in known]


def _check_place(path: Path, form: Convention, targets: Mapping[Path, bytes], *, overwrite: bool) -> None:
    if path.is_dir() != form.folder and os.path.lexists(path):
        raise StorageError(f"{path}: is {'a folder' if path.is_dir() else 'no folder'}; choose another place")
    there = next((target for target in targets if os.path.lexists(target)), None)
    if there is not None and not overwrite:
        raise StorageError(f"{there}: exists already; choose another name, or replace it (--overwrite)")
    for stranger in _taken_for_ours(path, form):
        if stranger not in targets and os.path.lexists(stranger):
            raise StorageError(f"{stranger}: would be read together with what is written to {path}; move it away first")


def _taken_for_ours(path: Path, form: Convention) -> list[Path]:
    """Files that a reader of `path` would look at."""
    if form.beside:
        return [path.with_name(intrinsics_beside(path.name))]
    return [path / f"{part}{suffix}" for part in MODEL_PARTS for suffix in (".txt", ".bin")] if form.folder else []


def _put(path: Path, form: Convention, poses: Poses, targets: Mapping[Path, bytes]) -> list[str]:
    """Write beside the place, read back, then move into place; notes on what changed on the way."""
    try:
        with tempfile.TemporaryDirectory(prefix=".poses-", dir=path.parent) as draft:
            places = {target: Path(draft) / target.relative_to(path.parent) for target in targets}
            for target, place in places.items():
                place.parent.mkdir(exist_ok=True)
                place.write_bytes(targets[target])
            notes = _changed(form, poses, form.read(Path(draft) / path.name))
            for target, place in places.items():
                target.parent.mkdir(exist_ok=True)
                os.replace(place, target)  # noqa: PTH105 - the pair reads as one move
    except OSError as error:
        raise StorageError(f"{path}: cannot be written ({error.strerror}); check the folder, its permissions and the "
                           "space left") from error
    return notes


def _changed(form: Convention, poses: Poses, back: Poses) -> list[str]:
    notes = []
    order = list(range(len(poses)))
    if form.by_name and poses.names is not None:
        order.sort(key=lambda index: natural(poses.names[index]) if poses.names else [])
        if order != list(range(len(poses))):
            notes.append("readers take the frames in the order of their names, which is another than theirs here")
    if len(back) != len(poses):
        raise InvalidValueError(f"{len(poses)} poses came back as {len(back)}; this is a defect, please report it")
    off = float((back.T_world_cam - poses.T_world_cam[torch.tensor(order)]).abs().max())
    if off > EXACT:
        notes.append(f"poses are rounded, by up to {off:.1g}: the format keeps fewer digits, or exact rotations only")
    return notes
