"""`read_draft`: any layout file as a draft, by its kind."""

from __future__ import annotations

import math
from pathlib import Path, PurePosixPath

from spatialmem.errors import LayoutError
from spatialmem.generators.worlds.attributes import Attributes
from spatialmem.generators.worlds.layouts.draft import Draft
from spatialmem.generators.worlds.layouts.read import read_spec
from spatialmem.generators.worlds.layouts.rooms import build_rooms
from spatialmem.generators.worlds.layouts.spec import Mesh, Plan, Spec
from spatialmem.generators.worlds.layouts.surfaces import Surfaces, settled
from spatialmem.generators.worlds.layouts.things import add_boxes, add_lamps

MESHES = (".glb", ".gltf", ".obj", ".ply")
_PICTURES = (".jpg", ".jpeg", ".bmp", ".webp", ".gif", ".tif", ".tiff")


def read_draft(path: Path, attributes: Attributes | None, *, metres_per_pixel: float | None,
               up: str | None) -> tuple[Draft, Attributes]:
    """What a layout file draws, and the words that chose its looks.

    Raises:
        LayoutError, MeshError, InvalidValueError: as of `open_layout`.
    """
    spec = _spec_of(path, metres_per_pixel, up)
    chosen = settled(attributes, spec.look)
    surfaces = Surfaces(chosen)
    draft = Draft(str(path), spec.name or path.name, surfaces.ground(spec.ground))
    if spec.start is not None:
        draft.start = (*spec.start.at, math.radians(spec.start.heading))
    if spec.plan is not None:
        from spatialmem.generators.worlds.layouts.floorplan import build_plan

        build_plan(_beside(path, "plan.image", spec.plan.image), spec, spec.plan, surfaces, draft)
    if spec.mesh is not None:
        from spatialmem.generators.worlds.layouts.mesh import build_mesh

        build_mesh(_beside(path, "mesh.file", spec.mesh.file), spec.mesh, draft)
    build_rooms(spec, surfaces, draft)
    add_boxes(spec, surfaces, draft)
    add_lamps(spec, draft)
    return draft, chosen


def _spec_of(path: Path, metres_per_pixel: float | None, up: str | None) -> Spec:
    """The layout file, or what a bare floor plan or mesh means."""
    kind = path.suffix.lower()
    if kind in _PICTURES:
        raise LayoutError(f"{path}: {kind} is no layout; save it as PNG; only PNG floor plans are read")
    if metres_per_pixel is not None and kind != ".png":
        raise LayoutError(f"{path}: metres per pixel are for a floor plan .png; in a .json they stand in 'plan'")
    if up is not None and kind not in MESHES:
        raise LayoutError(f"{path}: an up axis is for a mesh; in a .json it stands in 'mesh'")
    if kind == ".json":
        return read_spec(path)
    if kind == ".png":
        if metres_per_pixel is None:
            raise LayoutError(f"{path}: how long is a pixel? Give --metres-per-pixel 0.02 to spatialmem layout, or "
                              f"write a .json with {{\"version\": 1, \"plan\": {{\"image\": \"{path.name}\", "
                              "\"metres_per_pixel\": 0.02}}")
        if not 0.001 <= metres_per_pixel <= 1:
            raise LayoutError(f"{path}: metres per pixel must lie in 0.001..1, got {metres_per_pixel:g}")
        return Spec(version=1, plan=Plan(image=path.name, metres_per_pixel=metres_per_pixel))
    if kind in MESHES:
        return Spec(version=1, ground=None, mesh=Mesh(file=path.name, up=up))
    raise LayoutError(f"{path}: {kind or 'a file without suffix'} is no layout; give a .json, a .png floor plan or a "
                      f"mesh ({' '.join(MESHES)})")


def _beside(path: Path, entry: str, name: str) -> Path:
    """A file in the folder of the layout: one from elsewhere could make it read what nobody meant to show."""
    parts = PurePosixPath(name.replace("\\", "/"))
    if parts.is_absolute() or ".." in parts.parts or ":" in name:
        raise LayoutError(f"{path}: {entry}: {name!r} must lie beside the layout file, without '..'")
    return path.parent / parts
