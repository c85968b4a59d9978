"""A headless Chromium for tests of pages: what it drew, said and asked for."""

import base64
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

CHROMIUM = Path("/usr/bin/chromium")

FLAGS = (
    "--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)

HARMLESS = ("computeBoundingSphere(): Computed radius is NaN",)
"""Errors of viser's own page: its splats have no bounding sphere and need none."""

_DRAWN = """() => {
    const canvases = [...document.querySelectorAll("canvas")];
    canvases.sort((a, b) => b.width * b.height - a.width * a.height);
    return canvases.length && canvases[0].width ? canvases[0].toDataURL("image/png") : "";
}"""


@dataclass
class Heard:
    """What a page said and asked for while it was watched."""

    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def complaints(self) -> list[str]:
        """Errors that mean something."""
        return [error for error in self.errors if not any(known in error for known in HARMLESS)]

    def outside(self, *own: str) -> list[str]:
        """Requests to anywhere but addresses that begin with one of `own`, and the page's own parts."""
        return [url for url in self.requests if not url.startswith(("data:", "blob:", *own))]


@contextmanager
def chromium() -> Iterator[Any]:
    """A running browser with software rendering; the test is skipped where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is missing: pip install -e '.[dev]'")
    if not CHROMIUM.is_file():
        pytest.skip(f"{CHROMIUM} is missing; on Debian and Ubuntu: apt install chromium")
    with playwright.sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        yield browser
        browser.close()


@contextmanager
def watched_page(browser: Any, *, width: int = 640, height: int = 400, offline: bool = False
                 ) -> Iterator[tuple[Any, Heard]]:
    """A page in a fresh profile, and what is heard of it."""
    context = browser.new_context(viewport={"width": width, "height": height}, offline=offline)
    context.set_default_timeout(60_000)
    page, heard = context.new_page(), Heard()
    page.on("console", lambda line: heard.errors.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: heard.errors.append(str(error)))
    page.on("request", lambda request: heard.requests.append(request.url))
    page.on("websocket", lambda socket: heard.requests.append(socket.url))
    yield page, heard
    context.close()


def drawn(page: Any) -> NDArray[np.float32]:
    """The page's largest canvas, `[H, W, 4]` 0..1, without what lies over it; `[0, 0, 4]` before there is one."""
    _, _, encoded = page.evaluate(_DRAWN).partition(",")
    if not encoded:
        return np.zeros((0, 0, 4), dtype=np.float32)
    image = Image.open(io.BytesIO(base64.b64decode(encoded))).convert("RGBA")
    return np.asarray(image, dtype=np.float32) / 255


def picture(page: Any) -> NDArray[np.float32]:
    """All that the page shows, `[H, W, 3]` 0..1."""
    image = Image.open(io.BytesIO(page.screenshot(timeout=120_000))).convert("RGB")
    return np.asarray(image, dtype=np.float32) / 255
