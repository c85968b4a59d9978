"""How soon a world is seen in the viewer: the server's part, and a headless Chromium with software WebGL.

    python benchmarks/viewer.py worlds/demo/world --pages 3

Needs Debian's chromium and playwright (both for tests only). A page counts as showing splats when a tenth of its
canvas is no longer one colour. Drawing in software is many times slower than with any GPU.
"""

from __future__ import annotations

import argparse
import base64
import io
import time
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from spatialmem.serial import serial_torch
from spatialmem.studio.server import open_server
from spatialmem.studio.stage import Stage

FLAGS = ("--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
         "--ignore-gpu-blocklist", "--no-first-run", "--disable-background-networking")
CANVAS = """() => {
    const canvases = [...document.querySelectorAll("canvas")].sort((a, b) => b.width * b.height - a.width * a.height);
    return canvases.length && canvases[0].width ? canvases[0].toDataURL("image/jpeg") : "";
}"""


def main() -> None:
    """Prints a line for the server and one for each page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("world", type=Path)
    parser.add_argument("--budget", type=int, default=1_000_000)
    parser.add_argument("--pages", type=int, default=3)
    parser.add_argument("--size", type=int, nargs=2, default=(1000, 700), metavar=("WIDTH", "HEIGHT"))
    asked = parser.parse_args()
    with serial_torch(), open_server(port=0) as opening, sync_playwright() as engine:
        begun = time.perf_counter()
        stage = Stage(opening.server, asked.world, budget=asked.budget)
        stage.start()
        print(f"scene ready after {time.perf_counter() - begun:.2f} s")
        browser = engine.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
        for number in range(asked.pages):
            page = browser.new_page(viewport={"width": asked.size[0], "height": asked.size[1]})
            begun = time.perf_counter()
            page.goto(opening.url, wait_until="load")
            loaded = time.perf_counter() - begun
            seconds = until_seen(page) + loaded
            print(f"page {number}: loaded after {loaded:.2f} s, first splats {seconds - loaded:.2f} s later")
            page.close()
        browser.close()
        stage.close()


def until_seen(page: Page, patience: float = 300.0) -> float:
    """Seconds until the canvas shows more than one colour on a tenth of its pixels."""
    begun = time.perf_counter()
    while time.perf_counter() - begun < patience:
        encoded = page.evaluate(CANVAS).partition(",")[2]
        if encoded:
            pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded))).convert("RGB"), np.int16)
            if float((np.abs(pixels - pixels[0, 0]).max(axis=-1) > 24).mean()) > 0.1:
                return time.perf_counter() - begun
        time.sleep(0.05)
    raise SystemExit(f"nothing was drawn within {patience:.0f} s")


if __name__ == "__main__":
    main()
