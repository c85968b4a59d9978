"""A scene as one self-contained web page, to send to somebody or to put on a server."""

from __future__ import annotations

from contextlib import suppress
from html import escape
from pathlib import Path

import viser

from spatialmem.errors import InvalidValueError, StorageError
from spatialmem.studio.guard import POLICY, content_policy

MARK = '<meta name="generator" content="spatialmem view">'
"""By this a page is known as one that may be written anew."""

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


def write_page(server: viser.ViserServer, out: Path, *, title: str, dark: bool = False) -> int:
    """Writes the scene of `server` to `out`, whole or not at all; returns the file's size in bytes.

    The page holds all that it shows and, by its own content policy, loads nothing.

    Raises:
        InvalidValueError: see `require_page`, or the page would be too large.
        StorageError: the file cannot be written.
    """
    require_page(out)
    text = _own(server.scene.as_html(dark_mode=dark), title).encode()
    if len(text) > LARGEST:
        raise InvalidValueError(f"{out}: the page would have {len(text) / 1e6:,.0f} MB, more than browsers take "
                                f"({LARGEST / 1e6:,.0f} MB); lower --budget")
    partial = out.with_name(out.name + ".partial")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(text)
        partial.replace(out)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        raise StorageError(f"{out}: cannot be written ({error.strerror}); choose another place") from None
    return len(text)


def require_page(out: Path) -> None:
    """Refuse a name that is no page's, and a file that is not ours to replace.

    Raises:
        InvalidValueError: `out` does not end in .html, or something else stands there.
    """
    if out.suffix.lower() not in {".html", ".htm"}:
        raise InvalidValueError(f"{out}: a page is written; let its name end in .html")
    try:
        with out.open("rb") as page:
            ours = MARK.encode() in page.read(1 << 12)
    except FileNotFoundError:
        return
    except OSError as error:
        raise InvalidValueError(f"{out}: cannot be written ({error.strerror}); choose another place") from None
    if not ours:
        raise InvalidValueError(f"{out}: stands there already and was not written by spatialmem; choose another name")


def _own(page: str, title: str) -> str:
    """viser's `page` under a title of ours, marked, and bound to load nothing."""
    policy = content_policy({**POLICY, "worker-src": "blob: data:"})
    head = f'<head>{MARK}<meta http-equiv="Content-Security-Policy" content="{policy}">{_WORKERS}'
    return page.replace("<head>", head, 1).replace("<title>Viser</title>", f"<title>{escape(title)}</title>", 1)
