"""What travels between a client and a served generator: one safetensors body a message.

The tensors are those of the values, bit for bit; a strict JSON record beside them says the format,
its version, the kind of message, and what is no tensor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from torch import Tensor

from spatialmem.camera import Cameras
from spatialmem.errors import InvalidValueError, ShapeError
from spatialmem.frames import Frames, Recall
from spatialmem.generators.remote.limits import HEADER
from spatialmem.protocols import Json, Request
from spatialmem.tensorfile import TensorLimits, pack, unpack

CONTENT_TYPE = "application/vnd.spatialmem+safetensors"
FORMAT, VERSION = "spatialmem-generator", 1
_LIMITS = TensorLimits(header=HEADER, tensors=32, depth=64)


def encode(kind: str, tensors: Mapping[str, Tensor], record: Mapping[str, Json]) -> bytes:
    """A message of this version.

    Raises:
        InvalidValueError: the record (prompt, state) is not strict JSON or exceeds 2 MiB.
    """
    return pack(tensors, {"format": FORMAT, "version": VERSION, "kind": kind, **record}, _LIMITS)


def decode(blob: bytes, kind: str) -> tuple[dict[str, Tensor], dict[str, Json]]:
    """Tensors and record of a message of `kind`.

    Raises:
        InvalidValueError: it is damaged, of another version or kind, or beyond the limits.
    """
    tensors, record = unpack(blob, f"the {kind} message", _LIMITS)
    if record.get("format") != FORMAT:
        raise InvalidValueError(f"the {kind} message: its format is {record.get('format')!r}, expected {FORMAT!r}")
    if record.get("version") != VERSION:
        raise InvalidValueError(f"the {kind} message: it is of protocol version {record.get('version')!r}, this "
                                f"spatialmem speaks version {VERSION}; bring both sides to the same release")
    if record.get("kind") != kind:
        raise InvalidValueError(f"the {kind} message: it is of kind {record.get('kind')!r}")
    return tensors, record


def encode_request(request: Request, state: Mapping[str, Json]) -> bytes:
    """A request to a generator that stood at `state`.

    Raises:
        InvalidValueError: prompt and state exceed 2 MiB.
    """
    recall = request.recall
    tensors = {**cameras_tensors(request.cameras), "trust": recall.trust.cpu(),
               **_frames_tensors("view.", recall.view), **_frames_tensors("references.", recall.references)}
    return encode("request", tensors, {"prompt": request.prompt, "seed": request.seed, "state": dict(state)})


def decode_request(blob: bytes) -> tuple[Request, dict[str, Json]]:
    """What `encode_request` wrote. Raises InvalidValueError where it is none."""
    tensors, record = decode(blob, "request")
    try:
        trust = tensors["trust"]
        if trust.ndim != 3 or len(trust) == 0:
            raise ShapeError(f"trust: expected [T, H, W] of one frame or more, got {list(trust.shape)}")
        recall = Recall(_frames("view.", tensors), trust, _frames("references.", tensors))
        cameras = Cameras(tensors["K"], tensors["T_world_cam"], trust.shape[1], trust.shape[2])
        if len(cameras) != len(trust):
            raise ShapeError(f"{len(cameras)} cameras came with {len(trust)} frames of trust")
        return Request(cameras, recall, text(record, "prompt"), whole(record, "seed")), mapping(record, "state")
    except UNUSABLE as error:
        raise unusable("request", error) from None


def encode_frames(frames: Frames, state: Mapping[str, Json]) -> bytes:
    """An answer, and the state of the generator after it. Raises InvalidValueError if the state exceeds 2 MiB."""
    return encode("frames", _frames_tensors("", frames), {"state": dict(state)})


def decode_frames(blob: bytes) -> tuple[Frames, dict[str, Json]]:
    """What `encode_frames` wrote. Raises InvalidValueError where it is none."""
    tensors, record = decode(blob, "frames")
    try:
        return _frames("", tensors), mapping(record, "state")
    except UNUSABLE as error:
        raise unusable("frames", error) from None


def encode_cameras(cameras: Cameras) -> bytes:
    """Cameras alone."""
    return encode("cameras", cameras_tensors(cameras), {"height": cameras.height, "width": cameras.width})


def decode_cameras(blob: bytes) -> Cameras:
    """What `encode_cameras` wrote. Raises InvalidValueError where it is none."""
    tensors, record = decode(blob, "cameras")
    try:
        return Cameras(tensors["K"], tensors["T_world_cam"], whole(record, "height"), whole(record, "width"))
    except UNUSABLE as error:
        raise unusable("cameras", error) from None


UNUSABLE = (ShapeError, InvalidValueError, KeyError)
"""What reading the tensors and the record of a message may raise."""


def unusable(kind: str, error: Exception) -> InvalidValueError:
    """The error of a message that is whole but does not say what it should."""
    missing = isinstance(error, KeyError)
    return InvalidValueError(f"the {kind} message: {f'it has no {error}' if missing else error}")


def whole(record: Mapping[str, Json], name: str) -> int:
    """A whole number of the record, else InvalidValueError or KeyError."""
    value = record[name]
    if type(value) is not int:
        raise InvalidValueError(f"{name!r} must be a whole number, got {str(value)[:40]!r}")
    return value


def text(record: Mapping[str, Json], name: str) -> str:
    """A text of the record, else InvalidValueError or KeyError."""
    value = record[name]
    if not isinstance(value, str):
        raise InvalidValueError(f"{name!r} must be a text, got {str(value)[:40]!r}")
    return value


def mapping(record: Mapping[str, Json], name: str) -> dict[str, Json]:
    """An object of the record, else InvalidValueError or KeyError."""
    value = record[name]
    if not isinstance(value, dict):
        raise InvalidValueError(f"{name!r} must be an object, got {str(value)[:40]!r}")
    return value


def cameras_tensors(cameras: Cameras) -> dict[str, Tensor]:
    """The tensors of cameras as they travel."""
    return {"K": cameras.K.cpu(), "T_world_cam": cameras.T_world_cam.cpu()}


def _frames_tensors(prefix: str, frames: Frames) -> dict[str, Tensor]:
    layers = {layer.name: getattr(frames, layer.name) for layer in fields(frames)}
    tensors = {name: value.detach().cpu() for name, value in layers.items() if isinstance(value, Tensor)}
    return {prefix + name: value for name, value in {**cameras_tensors(frames.cameras), **tensors}.items()}


def _frames(prefix: str, tensors: Mapping[str, Tensor]) -> Frames:
    rgb = tensors[prefix + "rgb"]
    if rgb.ndim != 4:
        raise ShapeError(f"{prefix}rgb: expected [T, H, W, 3], got {list(rgb.shape)}")
    cameras = Cameras(tensors[prefix + "K"], tensors[prefix + "T_world_cam"], rgb.shape[1], rgb.shape[2])
    names = [layer.name for layer in fields(Frames) if layer.name not in ("rgb", "cameras")]
    return Frames(rgb, cameras, **{name: tensors.get(prefix + name) for name in names})
