"""The frame and the small parts of our pages: self-contained HTML, nothing fetched, nothing run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from spatialmem.export.page import MARK

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""Content security policy: even if something slipped through, no script would run and nothing be fetched."""

DASH = "–"


def document(title: str, parts: Sequence[str], stylesheet: str) -> str:
    """The whole HTML document; `title` is text, `parts` are HTML, and those that are empty are left out."""
    return (f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n{MARK}\n'
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            '<meta name="color-scheme" content="light dark">\n'
            f"<title>{escape(title)}</title>\n<style>{stylesheet}</style>\n</head>\n"
            f"<body>\n<main>\n{chr(10).join(part for part in parts if part)}\n</main>\n</body>\n</html>\n")


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Cells are HTML already."""
    top = "".join(f"<th>{cell}</th>" for cell in header)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def listed(entries: Mapping[str, str], name: str) -> str:
    """A list of class `name`; terms and texts are HTML already."""
    return f'<dl class="{name}">{"".join(f"<dt>{term}</dt><dd>{text}</dd>" for term, text in entries.items())}</dl>'


def command(name: str, line: str) -> str:
    """A command line to copy, under what it does; both are text."""
    # words stay whole where a line wraps, so that no option is cut after its dashes
    words = " ".join(f"<span>{escape(word)}</span>" for word in line.split(" "))
    return f"<div><p>{escape(name)}</p><pre>{words}</pre></div>"


def chart(svg: str | None, title: str, legend: Sequence[tuple[str, str, str]] = ()) -> str:
    """A drawn chart under its title, with a legend of (colour's name in the stylesheet, label, class of the mark)."""
    if svg is None:
        return ""
    keys = "".join(f'<span><i class="{mark}" style="background:var(--{name})"></i>{label}</span>'
                   for name, label, mark in legend)
    return (f'<figure class="chart"><figcaption class="columns"><h3>{title}</h3><span class="legend">{keys}</span>'
            f"</figcaption>{svg}</figure>")


def number(value: float | None, form: str) -> str:
    """`value` written as `form`, or a dash for none."""
    return DASH if value is None else form.format(value)


def count(number: int, noun: str) -> str:
    """"1 frame", "2 frames"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
