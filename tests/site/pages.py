"""Which file is which page of the site, and where a link of one leads there."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from tests.docs.pages import ROOT, links

DOCS = Path("docs")
HIDDEN = (DOCS / "site", DOCS / "demo", DOCS / "schemastore.json")
"""What is in docs/ and is no page, and nothing to copy."""
MOVED: Mapping[Path, str] = {
    Path("README.md"): "index.md",
    DOCS / "README.md": "pages.md",
    Path("SECURITY.md"): "project/security.md",
    Path("CONTRIBUTING.md"): "project/contributing.md",
    Path("CHANGELOG.md"): "project/changelog.md",
}
"""Pages that are elsewhere on the site than below docs/."""
COPIED = (DOCS, Path("schemas"))
"""Folders whose files the site has, too."""


def place(source: Path) -> PurePosixPath | None:
    """Where the site has a file or folder of the repository, such as `guides/github.md`; None if it has it not."""
    if source in MOVED:
        return PurePosixPath(MOVED[source])
    if any(source.is_relative_to(folder) for folder in HIDDEN):
        return None
    if source.is_relative_to(DOCS):
        return PurePosixPath(source.relative_to(DOCS).as_posix())
    return PurePosixPath(source.as_posix()) if source.is_relative_to(COPIED[1]) else None


def sources() -> list[Path]:
    """The files of the repository that the site has."""
    found = [path for folder in COPIED for path in (ROOT / folder).rglob("*") if path.is_file()]
    below = [path.relative_to(ROOT) for path in found]
    return sorted({path for path in [*below, *MOVED] if place(path) is not None})


def target(page: Path, link: str, repository_url: str | None) -> str | None:
    """Where a link of a page leads on the site, in the words of a page there; None if to nowhere."""
    path, sign, anchor = link.partition("#")
    if re.match(r"[a-z]+:", link) or not path:
        return link
    wanted = Path(os.path.normpath(page.parent / path))
    there, here = place(wanted), place(page)
    if there is None or here is None:
        return f"{repository_url}/blob/main/{wanted.as_posix()}{sign}{anchor}" if repository_url else None
    if (ROOT / wanted).is_dir():
        there /= "index.md"
    return f"{os.path.relpath(there, here.parent)}{sign}{anchor}"


def listing(folder: Path) -> str:
    """A page for a folder that has none: its files, each by the heading of its text if it is a page."""
    lines = []
    for path in sorted((ROOT / folder).iterdir()):
        heading = re.match(r"# (.*)", path.read_text(encoding="utf-8")) if path.suffix == ".md" else None
        if path.is_file():
            lines.append(f"- [{heading[1] if heading else path.name}]({path.name})\n")
    title = folder.name.capitalize() if folder.is_relative_to(DOCS) else folder.name
    return f"# {title}\n\n{''.join(lines)}"


def folders() -> list[Path]:
    """The folders of the site that pages lead to, and that have no page of their own."""
    found = set()
    for source in sources():
        for link in links(ROOT / source) if source.suffix == ".md" else ():
            path = Path(os.path.normpath(source.parent / link.partition("#")[0]))
            if not re.match(r"[a-z]+:", link) and (ROOT / path).is_dir() and place(path) is not None:
                found.add(path)
    return sorted(found)
