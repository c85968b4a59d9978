"""Web pages as files: written whole or not at all, and never over what is not our own."""

from __future__ import annotations

from pathlib import Path

from spatialmem.errors import InvalidValueError, StorageError
from spatialmem.wholefile import write_whole

MARK = '<meta name="generator" content="spatialmem">'
"""Stands in every page of ours: by it a page is known as one that may be written anew."""


def require_page(out: Path) -> None:
    """Refuse a name that is no page's, and a file that is not ours to replace.

    Raises:
        InvalidValueError: `out` does not end in .html, or something else stands there.
        StorageError: what stands there cannot be read.
    """
    if out.suffix.lower() not in {".html", ".htm"}:
        raise InvalidValueError(f"{out}: a page is written; let its name end in .html")
    try:
        with out.open("rb") as page:
            ours = MARK.encode() in page.read(1 << 12)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StorageError(f"{out}: cannot be written ({error.strerror}); choose another place") from None
    if not ours:
        raise InvalidValueError(f"{out}: stands there already and was not written by spatialmem; choose another name")


def write_page(text: str, out: Path) -> int:
    """Write a page that carries `MARK`; returns its size in bytes.

    Raises:
        InvalidValueError: see `require_page`.
        StorageError: the file cannot be written.
    """
    require_page(out)
    content = text.encode("utf-8", "replace")
    write_whole(out, content)
    return len(content)
