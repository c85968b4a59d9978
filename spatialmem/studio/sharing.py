"""A scene as one self-contained web page, to send to somebody or to put on a server."""

from __future__ import annotations

from html import escape
from pathlib import Path

import viser

from spatialmem.errors import InvalidValueError
from spatialmem.export.page import MARK, write_page
from spatialmem.studio.guard import POLICY, content_policy

_WORKERS = """<script>
if (location.protocol === "file:") window.Worker = class extends Worker {
    constructor(url, options) {
        if (String(url).startsWith("blob:")) throw new Error("files have no blob modules");
        super(url, options);
    }
};
</script>"""
"""Browsers start no worker from a page's own parts where the page is a file, and say so too late for viser to notice:
its splats would never be sorted by depth. Told at once, viser starts it in another way."""

LARGEST = 256 << 20
"""Most bytes of a page; browsers end at 512 MB for one string, and people long before."""


def write_scene(server: viser.ViserServer, out: Path, *, title: str, dark: bool = True) -> int:
    """Writes the scene of `server` to `out`, whole or not at all; returns the file's size in bytes.

    The page holds all that it shows and, by its own content policy, loads nothing.

    Raises:
        InvalidValueError: see `export.page.require_page`, or the page would be too large.
        StorageError: the file cannot be written.
    """
    text = _own(server.scene.as_html(dark_mode=dark), title)
    if len(text) > LARGEST:
        raise InvalidValueError(f"{out}: the page would have {len(text) / 1e6:,.0f} MB, more than browsers take "
                                f"({LARGEST / 1e6:,.0f} MB); lower --budget")
    return write_page(text, out)


def _own(page: str, title: str) -> str:
    """viser's `page` under a title of ours, marked, and bound to load nothing."""
    policy = content_policy({**POLICY, "worker-src": "blob: data:"})
    head = f'<head>{MARK}<meta http-equiv="Content-Security-Policy" content="{policy}">{_WORKERS}'
    return page.replace("<head>", head, 1).replace("<title>Viser</title>", f"<title>{escape(title)}</title>", 1)
