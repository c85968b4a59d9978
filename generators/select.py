"""Generators by name, for the command line: built in, a user's class, or one that is served elsewhere."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from spatialmem.errors import GenerationError
from spatialmem.generators.remote.address import is_address, without_token
from spatialmem.protocols import Generator

BUILT_IN = ("recorded", "scene", "procedural", "embedded")
MESHES = {".glb", ".gltf", ".obj", ".ply"}


@dataclass(frozen=True)
class Options:
    """What a generator is made with, apart from its input; each belongs to some of the built-in ones.

    Attributes:
        size: (height, width) of the frames, where the generator must know it (`recorded`).
        up: the up axis of a mesh file (`scene`, or a layout of `procedural` and `embedded`).
        faults: such as "blur=2,exposure_drift=3" (`scene`, `procedural`).
        seed: of the faults, unless they name one; which world (`procedural`, `embedded`).
        prompt: what a world looks like (`procedural`, `embedded`; others are given it with each request).
        style_seed: which materials and colours, 0 if None (`procedural`, `embedded`).
        layout: a file of a user's layout (`procedural`, `embedded`).
        image: a picture to begin with, and how many degrees lie across it (`embedded`).
        fov: see `image`.
        hypothesis: which of the things that the unseen may be (`embedded`; others are given seeds that depend on it).
    """

    size: tuple[int, int] | None = None
    up: str | None = None
    faults: str = ""
    seed: int = 0
    prompt: str = ""
    style_seed: int | None = None
    layout: Path | None = None
    hypothesis: int = 0
    image: Path | None = None
    fov: float | None = None


NO_OPTIONS = Options()
_PLANNED = ("procedural", "embedded")
_OWNERS = {"up": ("scene", *_PLANNED), "faults": ("scene", "procedural"), "style_seed": _PLANNED, "layout": _PLANNED,
           "image": ("embedded",), "fov": ("embedded",)}
"""The generators that take an option; those not named here are of use to any, or harmless."""


def open_generator(name: str | None, source: Path | None, options: Options = NO_OPTIONS) -> Generator:
    """The generator called `name`, reading `source` where it needs an input.

    Args:
        name: `recorded`, `scene`, `procedural`, `embedded`, `package.module:Class`, `http://HOST:PORT`, or None to go
            by the input: a folder is a recording, a mesh file a scene.
        source: the recording's folder or the mesh file; a user's class gets it as its only argument.
        options: what else it is made with.

    Raises:
        GenerationError: the name is unknown, the input is missing, an option belongs to another generator,
            the class is no generator, or nothing is served at the address.
        InvalidValueError: the address cannot be read.
        RecordingError, MeshError, LayoutError: the input is damaged.
    """
    generator = open_candidate(name, source, options)
    if not isinstance(generator, Generator):
        raise GenerationError(f"--generator {name}: it needs clip, size_multiple, generate(request), state(); "
                              "see what 'spatialmem check-generator' says of it")
    return generator


def open_candidate(name: str | None, source: Path | None, options: Options = NO_OPTIONS) -> object:
    """As `open_generator`, but whatever a user's class makes is taken."""
    name = name or _by_input(source, options)
    if is_address(name):
        return _served(name, source, options)
    if name in {"recorded", "scene"} and source is None:
        raise GenerationError(f"--generator {name} needs --input ({_wanted(name)})")
    _refuse_foreign(name, options)
    if name == "procedural":
        return _procedural(source, options)
    if name == "embedded":
        return _embedded(source, options)
    if name == "recorded" and source is not None:
        from spatialmem.generators.recorded import Recorded

        return Recorded(source, size=options.size)
    if name == "scene" and source is not None:
        from spatialmem.generators.faults.faults import Faults
        from spatialmem.generators.scene.generator import Scene

        return Scene(source, up=options.up, faults=Faults.parse(_seeded(options)))
    return _users_class(name, source)


def _refuse_foreign(name: str, options: Options) -> None:
    """Raise where an option is given that the generator would ignore."""
    for option in _given(options):
        owners = _OWNERS.get(option, (name,))
        if name not in owners:
            raise GenerationError(f"--{option.replace('_', '-')} belongs to --generator {' or '.join(owners)}, "
                                  f"not to {name}")


def _given(options: Options) -> list[str]:
    return [field.name for field in fields(options) if getattr(options, field.name) != field.default]


def _seeded(options: Options) -> str:
    """The faults as text, with the general seed where they have none of their own."""
    return options.faults if "seed" in options.faults else f"{options.faults},seed={options.seed}"


def _procedural(source: Path | None, options: Options) -> Generator:
    from spatialmem.generators.faults.faults import Faults
    from spatialmem.generators.worlds.worded import worded

    if source is not None:
        raise GenerationError("--generator procedural needs no --input: --prompt and --seed choose its world, "
                              "--layout FILE gives it one of yours")
    if options.up is not None and options.layout is None:
        raise GenerationError("--up is for a mesh; of --generator procedural only a --layout can be one")
    return worded(options.prompt, seed=options.seed, style_seed=options.style_seed or 0, layout=options.layout,
                  up=options.up, faults=Faults.parse(_seeded(options)))


def _embedded(source: Path | None, options: Options) -> Generator:
    from spatialmem.generators.embedded.open import embedded, pictured

    if source is not None and source.suffix != ".safetensors":
        raise GenerationError("--generator embedded takes weights of your own as --input (.safetensors), and no other "
                              f"input, got {source}; --prompt and --seed choose its world, --layout FILE gives it one")
    if options.up is not None and options.layout is None:
        raise GenerationError("--up is for a mesh; of --generator embedded only a --layout can be one")
    if options.fov is not None and options.image is None:
        raise GenerationError("--fov says how wide the picture of --image is; give both")
    if options.image is not None:
        if options.layout is not None or options.style_seed is not None:
            raise GenerationError("--image begins with a picture instead of a plan: without --layout and --style-seed")
        return pictured(options.image, options.prompt, fov=options.fov, seed=options.seed, weights=source,
                        hypothesis=options.hypothesis)
    return embedded(options.prompt, seed=options.seed, style_seed=options.style_seed or 0, layout=options.layout,
                    up=options.up, weights=source, hypothesis=options.hypothesis)


def _by_input(source: Path | None, options: Options) -> str:
    """The built-in generator that an input, or a layout, is for."""
    if source is not None:
        if source.suffix.lower() in MESHES:
            return "scene"
        if source.is_dir() or not source.exists():
            return "recorded"
        raise GenerationError(f"--input {source}: is neither the folder of a recording nor a mesh (.glb .gltf .obj "
                              ".ply); choose another, or name a --generator that reads it")
    if options.layout is not None:
        return "procedural"
    if options.prompt or options.image is not None:
        return "embedded"
    raise GenerationError("say what to explore: --input FOLDER of a recording, --input MESH (.glb .obj .ply), "
                          "--prompt WORDS, --image PICTURE, or --generator package.module:Class")


def _wanted(name: str) -> str:
    return "the folder of a recording" if name == "recorded" else "a mesh file: .glb .gltf .obj .ply"


def _served(name: str, source: Path | None, options: Options) -> Generator:
    from spatialmem.generators.remote.client import Remote

    shown, size = without_token(name), options.size
    if source is not None or set(_given(options)) & set(_OWNERS):
        raise GenerationError(f"--generator {shown} has its input elsewhere; give --input, --up, --faults, "
                              "--style-seed and --layout to 'spatialmem serve-generator'")
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
