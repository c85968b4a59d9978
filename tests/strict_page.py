"""Pages read strictly, and what a hostile name looks like."""

from collections import Counter
from html.parser import HTMLParser

HOSTILE = "<script>alert(1)</script><img src=http://a.b/c onerror=x> \"'&amp; </title></style>"
VOID = {"meta", "img", "source", "br"}


class Page(HTMLParser):
    """A page read strictly: every element is closed in order, every id is there once."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []
        ids = Counter(value for _, name, value in self.attributes if name == "id")
        assert all(count == 1 for count in ids.values()), ids

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        assert len({name for name, _ in attrs}) == len(attrs), attrs
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert "svg" in self._open, tag  # only there may elements close themselves
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def check_self_contained(text: str) -> None:
    """Nothing is fetched and nothing run."""
    read = Page(text)
    assert text.startswith("<!DOCTYPE html>") and read.elements["title"] == read.elements["main"] == 1
    assert not {"script", "iframe", "object", "embed", "link", "form", "base", "b-world"} & read.elements.keys()
    assert not [name for _, name, _ in read.attributes if name.startswith("on")]
    for tag, name, value in read.attributes:
        if name in ("src", "srcset", "href", "data", "action", "poster", "background"):
            assert value.startswith(("data:image/jpeg;base64,", "#")), (tag, name, value[:80])
        if name == "style":
            assert "url(http" not in value and "@import" not in value
    policy = [value for _, name, value in read.attributes if name == "content" and "default-src" in value]
    assert len(policy) == 1 and "default-src 'none'" in policy[0] and "script" not in policy[0]
