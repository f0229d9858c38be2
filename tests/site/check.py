"""What is wrong with a built site: dead links, what is fetched from elsewhere, text that reads otherwise."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from reconciler.project import PROJECT
from tests.docs.pages import ROOT
from tests.site.html import Page, read
from tests.site.markdown import GITHUB
from tests.site.pages import place, sources

NOT_FOUND = "404.html"
"""Is shown at any address, so that its links begin with that of the site."""


def problems(site: Path) -> list[str]:
    """What is wrong in a folder with the whole site."""
    return [*links_of(site), *_differences(site)]


def links_of(site: Path) -> list[str]:
    """The links that lead to nothing, and what is fetched from elsewhere."""
    pages = {file.relative_to(site).as_posix(): read(file.read_text("utf-8")) for file in sorted(site.rglob("*.html"))}
    return [problem for name in pages for problem in _links(site, name, pages)]


def _links(site: Path, name: str, pages: dict[str, Page]) -> Iterator[str]:
    for to in [*pages[name].leads, *pages[name].fetches]:
        if re.match(r"[a-z][a-z0-9+.-]*:|//", to):
            if to in pages[name].fetches and not to.startswith("data:"):
                yield f"{name} fetches {to}"
            continue
        path, _, anchor = to.partition("#")
        if name == NOT_FOUND:
            path = path.removeprefix(urlsplit(PROJECT.site or "").path).removeprefix("/latest").removeprefix("/")
        wanted = os.path.normpath(os.path.join(os.path.dirname(name), unquote(path))) if path else name
        if (site / wanted).is_dir():
            wanted = os.path.normpath(f"{wanted}/index.html")
        if not (site / wanted).is_file():
            yield f"{name} leads to {to}, which is not there"
        elif anchor and wanted in pages and unquote(anchor) not in pages[wanted].anchors:
            yield f"{name} leads to {to}, and {wanted} has no such anchor"


def _differences(site: Path) -> Iterator[str]:
    """A text that GitHub shows with another structure, or in other words: the two read Markdown in different ways."""
    for source in sources():
        if source.suffix != ".md":
            continue
        meant = read(GITHUB.render((ROOT / source).read_text(encoding="utf-8")))
        file = site / str(place(source)).replace(".md", ".html")
        shown = read(file.read_text(encoding="utf-8"), article=True)
        if shown.text != meant.text:
            at = _agree(shown.text, meant.text)
            yield f"{source} reads otherwise: {shown.text[at : at + 60]!r} for {meant.text[at : at + 60]!r}"
        if shown.structure != meant.structure:
            at = _agree(shown.structure, meant.structure)
            yield f"{source} is built otherwise: {shown.structure[at : at + 6]} for {meant.structure[at : at + 6]}"


def _agree(one: Sequence[str], other: Sequence[str]) -> int:
    """How far two of them are the same."""
    pairs = zip(one, other, strict=False)
    return next((number for number, pair in enumerate(pairs) if pair[0] != pair[1]), min(len(one), len(other)))
