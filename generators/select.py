"""Generators by name, for the command line: built in, a user's class, or one that is served elsewhere."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from spatialmem.errors import GenerationError
from spatialmem.generators.remote.address import is_address, without_token
from spatialmem.protocols import Generator

BUILT_IN = ("recorded", "scene")
MESHES = {".glb", ".gltf", ".obj", ".ply"}


def open_generator(name: str | None, source: Path | None, *, size: tuple[int, int] | None = None,
                   up: str | None = None, faults: str = "", seed: int = 0) -> Generator:
    """The generator called `name`, reading `source` where it needs an input.

    Args:
        name: `recorded`, `scene`, `package.module:Class`, `http://HOST:PORT`, or None to go by the
            input: a folder is a recording, a mesh file a scene.
        source: the recording's folder or the mesh file; a user's class gets it as its only argument.
        size: (height, width) of the frames, where the generator must know it.
        up: the up axis of a mesh file.
        faults: of `scene`, such as "blur=2,exposure_drift=3".
        seed: of the faults, unless they name one.

    Raises:
        GenerationError: the name is unknown, the input is missing, the class is no generator, or nothing
            is served at the address.
        InvalidValueError: the address cannot be read.
        RecordingError, MeshError: the input is damaged.
    """
    generator = open_candidate(name, source, size=size, up=up, faults=faults, seed=seed)
    if not isinstance(generator, Generator):
        raise GenerationError(f"--generator {name}: it needs clip, size_multiple, generate(request), state(); "
                              "see what 'spatialmem check-generator' says of it")
    return generator


def open_candidate(name: str | None, source: Path | None, *, size: tuple[int, int] | None = None,
                   up: str | None = None, faults: str = "", seed: int = 0) -> object:
    """As `open_generator`, but whatever a user's class makes is taken."""
    name = name or _by_input(source)
    if is_address(name):
        return _served(name, source, size=size, extras=bool(up or faults))
    if name in BUILT_IN and source is None:
        raise GenerationError(f"--generator {name} needs --input ({_wanted(name)})")
    if name != "scene" and (faults or up):
        raise GenerationError(f"{'--faults' if faults else '--up'} belongs to --generator scene, not to {name}")
    if name == "recorded" and source is not None:
        from spatialmem.generators.recorded import Recorded

        return Recorded(source, size=size)
    if name == "scene" and source is not None:
        from spatialmem.generators.scene.faults import Faults
        from spatialmem.generators.scene.generator import Scene

        return Scene(source, up=up, faults=Faults.parse(faults if "seed" in faults else f"{faults},seed={seed}"))
    return _users_class(name, source)


def _by_input(source: Path | None) -> str:
    if source is not None:
        if source.suffix.lower() in MESHES:
            return "scene"
        if source.is_dir() or not source.exists():
            return "recorded"
        raise GenerationError(f"--input {source}: is neither the folder of a recording nor a mesh (.glb .gltf .obj "
                              ".ply); choose another, or name a --generator that reads it")
    raise GenerationError("say what to explore: --input FOLDER of a recording, --input MESH (.glb .obj .ply), "
                          "or --generator package.module:Class")


def _wanted(name: str) -> str:
    return "the folder of a recording" if name == "recorded" else "a mesh file: .glb .gltf .obj .ply"


def _served(name: str, source: Path | None, *, size: tuple[int, int] | None, extras: bool) -> Generator:
    from spatialmem.generators.remote.client import Remote

    shown = without_token(name)
    if source is not None or extras:
        raise GenerationError(f"--generator {shown} has its input elsewhere; give --input, --up and --faults to "
                              "'spatialmem serve-generator'")
    generator = Remote(name)
    own = generator.cameras
    if own is not None and size not in (None, (own.height, own.width)):
        raise GenerationError(f"--generator {shown} plays at {own.width}x{own.height}; leave --size out, or give it to "
                              "'spatialmem serve-generator'")
    return generator


def _users_class(name: str, source: Path | None) -> object:
    if not re.fullmatch(r"\w+(\.\w+)*:\w+", name):
        raise GenerationError(f"--generator {name!r} is unknown; choose {', '.join(BUILT_IN)} or package.module:Class, "
                              "or http://HOST:PORT where one is served")
    module_name, class_name = name.split(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        raise GenerationError(f"--generator {name}: no module {error.name!r} on the import path "
                              "(install it, or run from its folder with PYTHONPATH=.)") from None
    kind: object = getattr(module, class_name, None)
    if not inspect.isclass(kind):
        raise GenerationError(f"--generator {name}: {module_name} has no class {class_name!r}")
    make: Callable[..., Any] = kind
    arguments = () if source is None else (source,)
    try:
        inspect.signature(make).bind(*arguments)
    except TypeError as error:
        raise GenerationError(f"--generator {name}: cannot be made from {'nothing' if source is None else '--input'} "
                              f"({error}); it is called without arguments, or with the --input path") from None
    made: object = make(*arguments)
    return made
