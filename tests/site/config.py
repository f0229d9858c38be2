"""The configuration of the site: how it looks is in docs/site/mkdocs.yml, the rest is found out here."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import yaml

from reconciler.project import Addresses
from tests.docs.pages import ROOT, links
from tests.site.pages import DOCS, place, sources

LOOKS = ROOT / "docs" / "site" / "mkdocs.yml"
SECTIONS = {"learn": "Learn", "guides": "Guides", "reference": "Reference", "explanation": "Explanation"}
"""The four kinds of page, by their folder in docs/."""
PROJECT_PAGES = ("pages.md", "project/changelog.md", "project/security.md", "project/contributing.md")


def navigation() -> list[dict[str, Any]]:
    """The four kinds as sections, in the order of docs/README.md; what is not named there comes last in its section."""
    found: dict[str, list[str]] = {folder: [] for folder in SECTIONS}
    named = [DOCS / link.partition("#")[0] for link in links(ROOT / DOCS / "README.md")]
    for source in [*named, *sources()]:
        there = place(source)
        if source.suffix == ".md" and there is not None and there.parts[0] in found:
            section = found[there.parts[0]]
            if str(there) not in section:
                section.append(str(there))
    sections = [{title: _grouped(found[folder])} for folder, title in SECTIONS.items()]
    return [{"Home": "index.md"}, *sections, {"Project": list(PROJECT_PAGES)}]


def _grouped(pages: list[str]) -> list[Any]:
    """The pages of a section, those of a folder in it as a group of their own."""
    top = [page for page in pages if len(PurePosixPath(page).parts) == 2]
    inner = [PurePosixPath(page).parent for page in pages if page not in top]
    groups = []
    for folder in dict.fromkeys(inner):
        group = [page for page in pages if PurePosixPath(page).parent == folder]
        groups.append({folder.name.capitalize(): group})
    return [*top, *groups]


def addresses(to: Addresses) -> dict[str, str]:
    """What depends on where the project lives."""
    found = {}
    if to.site:
        found["site_url"] = f"{to.site}/latest/"
    if to.repository and to.repository_url:
        found |= {"repo_url": to.repository_url, "repo_name": to.repository}
    return found


def written(to: Addresses) -> str:
    """The whole configuration, for pages in pages/ beside it and a site in html/."""
    looks = LOOKS.read_text(encoding="utf-8")
    more = {"docs_dir": "pages", "site_dir": "html", "nav": navigation(), **addresses(to)}
    return f"{looks}\n{yaml.safe_dump(more, sort_keys=False)}"
