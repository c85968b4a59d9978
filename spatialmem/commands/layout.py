"""`spatialmem layout`: pictures of a layout that a user drew, and what is wrong with it."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from spatialmem.commands.arguments import Flag, Text, printable

if TYPE_CHECKING:
    from torch import Tensor

    from spatialmem.camera import Cameras
    from spatialmem.generators.worlds.layouts.open import Drawn
    from spatialmem.generators.worlds.vocabulary import Understood

_Spec = Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="SPEC", help_behavior_hint="")]
_Folder = Annotated[Path, tyro.conf.arg(metavar="DIR", help_behavior_hint="")]
_Metres = Annotated[float | None, tyro.conf.arg(metavar="METRES", help_behavior_hint="")]

_SIZE = (180, 240)
_FIELD = math.radians(90.0)
_VIEWS, _FEWEST = 6, 4
_PITCH = -0.12
_FAR = 12.0


@dataclass(frozen=True)
class Layout:
    """Draw a layout from above and from within, and say what is wrong with it; exit code 2 on errors.

    A layout is a .json (boxes, rooms, doors ...), a floor plan .png or a mesh (.glb .gltf .obj .ply). What it
    draws is a world for `spatialmem explore --generator procedural --layout SPEC`. See docs/layouts.md.

    Examples:
      spatialmem layout examples/data/layouts/small_flat.json --out renders/flat
      spatialmem layout flat.json --out renders/flat --prompt "red brick walls at dusk"
      spatialmem layout plan.png --metres-per-pixel 0.02 --out renders/plan
      spatialmem layout examples/data/room.glb --out renders/room
    """

    spec: _Spec
    """The layout file."""
    out: _Folder
    """Folder for plan.png and views.png; made if it is missing."""
    prompt: Text = None
    """Words for materials and light, such as "wooden floor, dusk"; they overrule the file's `look`."""
    metres_per_pixel: _Metres = None
    """Scale of a floor plan .png."""
    up: Text = None
    """Up axis of a mesh, such as +Y; default by its format."""
    json: Flag = False
    """Print what was found as JSON."""

    def run(self) -> None:
        """Read, draw, and say what was found."""
        from spatialmem.errors import StorageError
        from spatialmem.generators.worlds.layouts.open import draw
        from spatialmem.generators.worlds.layouts.picture import draw_plan
        from spatialmem.generators.worlds.vocabulary import attributes_from

        understood = attributes_from(self.prompt or "")
        drawn = draw(self.spec, attributes=understood.attributes, metres_per_pixel=self.metres_per_pixel, up=self.up)
        plan, views = self.out / "plan.png", self.out / "views.png"
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            draw_plan(drawn, plan)
        except OSError as error:
            raise StorageError(f"{self.out}: cannot be written ({error.strerror}); choose another place") from None
        written = [plan]
        if drawn.standing.standable.any():
            _draw_views(drawn, views)
            written.append(views)
        self._tell(drawn, written, understood)
        if drawn.errors:
            raise SystemExit(2)

    def _tell(self, drawn: Drawn, written: list[Path], understood: Understood) -> None:
        from spatialmem.generators.worlds.worded import remarks_on

        if self.json:
            found = [{"error": each.severe, "place": each.place, "text": each.text} for each in drawn.findings]
            rooms = [{"name": space.name, "area": round(space.area, 3), "height": space.height}
                     for space in drawn.draft.spaces]
            print(json.dumps({"findings": found, "rooms": rooms, "solids": len(drawn.draft.bodies),
                              "files": [str(path) for path in written], "unknown_words": [*understood.unknown]}))
            return
        for number, finding in enumerate(drawn.findings, 1):
            print(f"{number}. {'error' if finding.severe else 'warning'}: {printable(finding.text)}")
        for remark in remarks_on(understood, layout=True):
            print(f"warning: {printable(remark)}")
        area = sum(space.area for space in drawn.draft.spaces)
        named, errors = (f"{count} {word}{'' if count == 1 else 's'}"
                         for count, word in ((len(drawn.draft.spaces), "room"), (len(drawn.errors), "error")))
        verdict = f"{errors}, it cannot be used yet" if drawn.errors else "it can be used"
        print(f"{self.spec}: {named} ({area:.1f} m2), {len(drawn.draft.bodies)} solids; "
              f"{verdict}; see {' and '.join(str(path) for path in written)}")


def _draw_views(drawn: Drawn, path: Path) -> None:
    """A sheet of what one sees from the start and from a few rooms: painted, classes, depth."""
    import torch

    from spatialmem.export.contact_sheet import contact_sheet
    from spatialmem.generators.worlds.blockout import blockout
    from spatialmem.generators.worlds.paint import paint
    from spatialmem.labels import class_colours

    world = drawn.world()
    names, cameras = _cameras(drawn)
    painted = paint(world, cameras, world.sky)
    coarse = blockout(world, cameras, world.sky)
    classes = torch.from_numpy(class_colours()[coarse.classes]).float() / 255
    contact_sheet({"painted": torch.from_numpy(painted.rgb), "blockout": classes, "depth": _shaded(coarse.depth)},
                  names, path)


def _cameras(drawn: Drawn) -> tuple[list[str], Cameras]:
    """The first view, and the longest views from the largest rooms."""
    import torch

    from spatialmem.camera import Cameras, pinhole
    from spatialmem.generators.worlds.layouts.start import open_view
    from spatialmem.poses import look_at

    free = drawn.standing
    views = {"start": drawn.first_view}
    rooms = {space.name: space.area for space in drawn.draft.spaces}
    low, (rows, columns) = free.low, free.standable.shape
    places = free.places(low, (low[0] + columns, low[1] + rows))
    for place in sorted(places, key=lambda place: -rooms.get(place.name, 0.0))[:_VIEWS - 1]:
        views.setdefault(place.name, open_view(free, place.x, place.y))
    if len(views) < _FEWEST:
        x, y, heading = drawn.first_view
        views |= {f"start, {name}": (x, y, heading + turn) for name, turn in (("left", 1.2), ("right", -1.2))}
    poses = []
    for x, y, heading in views.values():
        eye = torch.tensor([x, y, free.floor(x, y) + free.eye], dtype=torch.float64)
        ahead = torch.tensor([math.cos(heading), math.sin(heading), _PITCH], dtype=torch.float64)
        poses.append(look_at(eye, eye + ahead, torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64)))
    K = pinhole(_FIELD, *_SIZE)[None].repeat(len(poses), 1, 1)
    return list(views), Cameras(K, torch.stack(poses), *_SIZE)


def _shaded(depth: object) -> Tensor:
    """Depth `[T, H, W]` as colours: near is bright; sky is black."""
    import numpy as np
    import torch
    from matplotlib import colormaps

    metres = np.asarray(depth)
    near = 1 - np.clip(metres / _FAR, 0, 1) ** 0.6
    rgb = np.where(metres[..., None] > 0, colormaps["viridis"](near)[..., :3], 0.0)
    return torch.from_numpy(rgb).float()
