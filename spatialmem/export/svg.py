"""Charts within a page: SVG drawn by matplotlib, coloured and lettered by the page that holds it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable

import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.figure import Figure


def page_colours(names: Iterable[str]) -> dict[str, str]:
    """Stand-ins that no chart uses otherwise, for "ink", "muted", "rule" and `names`: CSS variables of the page."""
    return {name: f"#0000{number:02x}" for number, name in enumerate(("ink", "muted", "rule", *names), start=0x11)}


def draw_svg(name: str, colours: dict[str, str], size: tuple[float, float], draw: Callable[[Axes], None]) -> str:
    """What `draw` draws, as inline SVG whose ids begin with `name`.

    Args:
        name: of no other chart of the page.
        colours: of `page_colours`; `draw` uses these and no others.
        size: width and height in inches; one is 72 units of the SVG.
        draw: draws on axes without a frame, with horizontal rules behind the lines.
    """
    style = {"svg.fonttype": "none", "svg.hashsalt": "spatialmem", "font.size": 9, "axes.linewidth": 0.8,
             "text.color": colours["muted"], "axes.labelcolor": colours["muted"], "axes.edgecolor": colours["rule"],
             "xtick.color": colours["rule"], "ytick.color": colours["rule"], "xtick.labelcolor": colours["muted"],
             "ytick.labelcolor": colours["muted"], "grid.color": colours["rule"], "grid.linewidth": 0.6}
    with matplotlib.style.context(["default", style]):  # not the user's own style
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots()
        draw(axes)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.grid(axis="y")
        axes.set_axisbelow(True)
        axes.tick_params(length=0, pad=5)
        stream = io.StringIO()
        figure.savefig(stream, format="svg", transparent=True,
                       metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return _inline(stream.getvalue(), name, colours)


def _inline(text: str, name: str, colours: dict[str, str]) -> str:
    """A matplotlib SVG file as a part of an HTML page: no prolog, ids of its own, colours of the page."""
    svg = text[text.index("<svg"):]
    svg = re.sub(r' xmlns(:xlink)?="[^"]*"', "", svg).replace("xlink:href", "href")
    svg = re.sub(r"<defs>\s*<style.*?</defs>\s*| font-family: [^;]*;", "", svg, count=0, flags=re.DOTALL)
    used = set(re.findall(r'(?:url\(|href=")#([^")]+)', svg))
    svg = re.sub(r' id="([^"]*)"', lambda m: f' id="{name}-{m[1]}"' if m[1] in used else "", svg)
    svg = re.sub(r'(url\(|href=")#', rf"\1#{name}-", svg)
    for variable, colour in colours.items():
        svg = svg.replace(colour, f"var(--{variable})")
    return re.sub(r'<svg [^>]*?viewBox="([^"]*)"[^>]*>', r'<svg viewBox="\1" aria-hidden="true">', svg, count=1)
