"""Figures in a page of docs: between two marks, replaced whenever they are measured again."""

from pathlib import Path

BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"


def insert(figures: str, page: Path) -> None:
    """Put Markdown into a page in place of what stands between its marks, or exit saying that it lacks them."""
    text = page.read_text("utf-8")
    before, begun, rest = text.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not (begun and ended):
        raise SystemExit(f"--into {page}: it needs the lines {BEGIN} and {END}, between which the figures go")
    page.write_text(f"{before}{BEGIN}\n\n{figures}\n\n{END}{after}", "utf-8")
