"""What the site is made of: every page, with links that lead to their places there, and lists as it reads them."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from reconciler.project import Addresses
from tests.docs.pages import PAGES, ROOT
from tests.site.config import navigation, written
from tests.site.markdown import indented, page
from tests.site.pages import folders, listing, place, target

SOMEWHERE = Addresses(repository="calm-heron/keeper", site="https://keeper.test/docs")


class Loader(yaml.SafeLoader):
    """Reads what names a function of Python as nothing."""


Loader.add_multi_constructor("tag:yaml.org,2002:python/", lambda loader, suffix, node: None)


def named(node: object) -> list[str]:
    if isinstance(node, str):
        return [node]
    inner = node.values() if isinstance(node, dict) else node
    return [each for part in inner for each in named(part)]  # type: ignore[attr-defined]


def test_every_page_is_in_the_navigation_once() -> None:
    pages = [str(place(file.relative_to(ROOT))) for file in PAGES]
    assert sorted(named(navigation())) == sorted(pages)


def test_the_four_kinds_of_page_are_the_sections() -> None:
    titles = [title for section in navigation() for title in section]
    assert titles == ["Home", "Learn", "Guides", "Reference", "Explanation", "Project"]


@pytest.mark.parametrize(
    ("source", "link", "there"),
    [
        ("README.md", "docs/guides/github.md#the-action", "guides/github.md#the-action"),
        ("docs/learn/tour.md", "../../README.md#two-commands", "../index.md#two-commands"),
        ("docs/guides/github.md", "../../SECURITY.md", "../project/security.md"),
        ("docs/guides/pipelines.md", "gitlab/gitlab-ci.yml", "gitlab/gitlab-ci.yml"),
        ("docs/README.md", "../schemas", "schemas/index.md"),
        ("docs/README.md", "https://example.com/", "https://example.com/"),
        ("docs/guides/github.md", "#the-action", "#the-action"),
        ("docs/guides/installing.md", "../../Dockerfile", None),
        ("docs/README.md", "demo/demo.sh", None),
    ],
)
def test_a_link_leads_to_its_place_on_the_site(source: str, link: str, there: str | None) -> None:
    assert target(Path(source), link, None) == there


def test_what_the_site_has_not_is_in_the_repository_if_that_has_an_address() -> None:
    linked = "[Dockerfile](../../Dockerfile) and `[a](b)` and [`x`](files.md)\n"
    source = Path("docs/guides/installing.md")
    assert page(linked, lambda link: target(source, link, None)) == "Dockerfile and `[a](b)` and [`x`](files.md)\n"
    there = "https://github.com/calm-heron/keeper/blob/main/Dockerfile"
    assert f"[Dockerfile]({there})" in page(linked, lambda link: target(source, link, SOMEWHERE.repository_url))


def test_lists_are_indented_by_four_and_stand_apart() -> None:
    meant = (
        "Two steps:\n1. One,\n   still one:\n\n   ```text\n   a\n     b\n   ```\n   after\n"
        "2. Two\n   - inner\n     more\n"
    )
    shown = (
        "Two steps:\n\n1.  One,\n    still one:\n\n    ```text\n    a\n      b\n    ```\n    after\n\n"
        "2.  Two\n    -   inner\n        more\n"
    )
    assert indented(meant) == shown


def test_a_folder_that_pages_lead_to_lists_its_files() -> None:
    assert {Path("schemas"), Path("docs/github"), Path("docs/explanation/decisions")} <= set(folders())
    assert "- [auth-clients.schema.json](auth-clients.schema.json)\n" in listing(Path("schemas"))
    assert listing(Path("docs/github")).count("- [") == 5


def test_addresses_are_on_the_site_once_they_exist() -> None:
    """Below the address, the newest version has a name that stays."""
    nowhere, somewhere = (yaml.load(written(to), Loader) for to in (Addresses(), SOMEWHERE))
    assert {"site_url", "repo_url"} & nowhere.keys() == set()
    assert somewhere["site_url"] == "https://keeper.test/docs/latest/"
    assert somewhere["repo_url"] == "https://github.com/calm-heron/keeper"
    assert nowhere["nav"] == somewhere["nav"]
