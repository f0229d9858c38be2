"""What stands in a page of HTML: its links, its anchors, and its words with their structure."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

FETCHED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src", "video": "src"}
"""What a browser fetches without a click."""
STRUCTURE = frozenset(
    (
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ol",
        "ul",
        "li",
        "table",
        "tr",
        "th",
        "td",
        "pre",
        "blockquote",
        "em",
        "strong",
    )
) | {"img", "hr"}
VOID = frozenset(("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"))
ADDED = frozenset({"headerlink", "md-code__nav", "md-source-file"})
"""Classes of what the site adds to a text."""


@dataclass
class Page(HTMLParser):
    """A page, read by `feed`."""

    article: bool = False
    """Take structure and words of the `<article>` only."""
    anchors: set[str] = field(default_factory=set)
    leads: list[str] = field(default_factory=list)
    fetches: list[str] = field(default_factory=list)
    structure: list[str] = field(default_factory=list)
    text: str = ""
    """All words, without the blanks between them."""
    _open: list[tuple[str, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin to read."""
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the tag names, and whether what is in it belongs to the text."""
        given = dict(attrs)
        self.anchors |= {value for key in ("id", "name") if (value := given.get(key))}
        if tag == "a" and (to := given.get("href")):
            self.leads.append(to)
        if (
            (key := FETCHED.get(tag))
            and (to := given.get(key))
            and given.get("rel") not in ("canonical", "next", "prev")
        ):
            self.fetches.append(to)
        added = ADDED & set((given.get("class") or "").split()) or tag in ("script", "style")
        shown = (self._shown or tag == "article") and not added
        if shown and tag in STRUCTURE:
            self.structure.append(tag)
        if tag not in VOID:
            self._open.append((tag, shown))

    def handle_endtag(self, tag: str) -> None:
        """Leave the tag, and those in it that need no end."""
        if tag in VOID:
            return
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        """Note the words."""
        if self._shown:
            self.text += "".join(data.split())

    @property
    def _shown(self) -> bool:
        return self._open[-1][1] if self._open else not self.article


def read(text: str, *, article: bool = False) -> Page:
    """A page taken apart."""
    page = Page(article=article)
    page.feed(text)
    page.close()
    return page
