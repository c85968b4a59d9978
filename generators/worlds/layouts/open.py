"""`open_layout`: the world that a layout file draws; `draw`: the same before anything is refused."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import cast

from spatialmem.errors import LayoutError
from spatialmem.generators.worlds.attributes import Attributes
from spatialmem.generators.worlds.layouts.build import blocks_of
from spatialmem.generators.worlds.layouts.checks import check
from spatialmem.generators.worlds.layouts.draft import Draft, Finding
from spatialmem.generators.worlds.layouts.standing import Laid, Standing, standing_of
from spatialmem.generators.worlds.layouts.start import choose_start
from spatialmem.generators.worlds.layouts.world import LayoutWorld
from spatialmem.generators.worlds.skies import LightName, WeatherName, sky_of


@dataclass(frozen=True, eq=False)
class Drawn:
    """A layout as it was drawn, good or bad.

    Attributes:
        draft: what it consists of.
        laid: the same as blocks.
        standing: where one can stand.
        first_view: x, y, heading.
        findings: what is wrong with it, the severe ones first.
        attributes: the words that chose materials and light.
    """

    draft: Draft
    laid: Laid
    standing: Standing
    first_view: tuple[float, float, float]
    findings: tuple[Finding, ...]
    attributes: Attributes

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severe)

    def world(self) -> LayoutWorld:
        """The layout as a world; for one with errors too, so that it can be looked at."""
        light, weather = cast(LightName, self.attributes.light), cast(WeatherName, self.attributes.weather)
        return LayoutWorld(sky_of(light, weather), self.attributes, self.standing, self.first_view, self.findings,
                           self.laid)


def open_layout(path: Path | str, *, attributes: Attributes | None = None, metres_per_pixel: float | None = None,
                up: str | None = None) -> LayoutWorld:
    """The world that a layout file draws.

    Args:
        path: a .json layout, a .png floor plan, or a .glb .gltf .obj .ply mesh (see docs/layouts.md).
        attributes: words for materials and light, which overrule the file's own; `place` says nothing here.
        metres_per_pixel: scale of a floor plan that is a bare .png.
        up: up axis of a mesh, such as "+Y"; default by its format.

    Raises:
        LayoutError: the file cannot be read, or what it draws cannot be a world.
        MeshError: a mesh file is missing or damaged.
        InvalidValueError: `up` is no signed axis.
    """
    drawn = draw(path, attributes=attributes, metres_per_pixel=metres_per_pixel, up=up)
    errors = [finding.text for finding in drawn.errors]
    if errors:
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        raise LayoutError(f"{path}: {errors[0]}{more}; spatialmem layout {path} --out DIR draws a picture "
                          "of it")
    return drawn.world()


def draw(path: Path | str, *, attributes: Attributes | None = None, metres_per_pixel: float | None = None,
         up: str | None = None) -> Drawn:
    """A layout with all that is wrong with it; arguments and errors as of `open_layout`, but for findings."""
    from spatialmem.generators.worlds.layouts.sources import read_draft

    draft, settled = read_draft(Path(path), attributes, metres_per_pixel=metres_per_pixel, up=up)
    laid = Laid(blocks_of(draft), draft.ground)
    standing, first_view = choose_start(draft, standing_of(draft, laid))
    return Drawn(draft, laid, standing, first_view, check(draft, standing), settled)
