"""The pages of the documentation, taken apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

from tests.site.html import read
from tests.site.markdown import GITHUB

ROOT = Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]

_FENCE = re.compile(r"^ *```(?P<language>[a-z]*)\n(?P<text>.*?)^ *```$", re.MULTILINE | re.DOTALL)
_ELSEWHERE = re.compile(r"[a-z]+:")


@dataclass(frozen=True, slots=True)
class Snippet:
    """A fenced block of a page."""

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def snippets(page: Path) -> list[Snippet]:
    """The fenced blocks, with the lines where they begin."""
    text = page.read_text(encoding="utf-8")
    found = _FENCE.finditer(text)
    return [Snippet(page, text.count("\n", 0, m.start()) + 1, m["language"], m["text"]) for m in found]


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def links(page: Path) -> list[str]:
    """Where the page leads, and the pictures that it shows."""
    shown = read(GITHUB.render(page.read_text(encoding="utf-8")))
    return [*shown.leads, *shown.fetches]


def dead_links(page: Path) -> list[str]:
    """What leads to no file, or to no heading of a page."""
    dead = []
    for target, anchor in targets(page):
        if not target.exists():
            dead.append(f"there is no file {target}")
        elif anchor and (target.suffix != ".md" or anchor not in anchors(target)):
            dead.append(f"{target} has no heading {anchor}")
    return dead


def targets(page: Path) -> list[tuple[Path, str]]:
    """The file and the anchor that each relative link leads to, as GitHub resolves it."""
    found = (unquote(link).partition("#") for link in links(page) if not _ELSEWHERE.match(link))
    return [((page.parent / path).resolve() if path else page, anchor) for path, _, anchor in found]


@cache
def anchors(page: Path) -> frozenset[str]:
    """The anchors that GitHub gives to the headings."""
    found: set[str] = set()
    for before, token in pairwise(GITHUB.parse(page.read_text(encoding="utf-8"))):
        if before.type == "heading_open":
            heading = "".join(each.content for each in token.children or ())
            anchor = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
            number = 0
            while (each := f"{anchor}-{number}" if number else anchor) in found:
                number += 1
            found.add(each)
    return frozenset(found)
