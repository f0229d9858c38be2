"""What is wrong with a built site is found, and versions stand beside each other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.site.check import links_of
from tests.site.html import read
from tests.site.publish import publish


def site(folder: Path, name: str = "it") -> Path:
    """A site of two pages and a schema."""
    (folder / "schemas").mkdir(parents=True)
    (folder / "schemas" / "a.schema.json").write_text(name)
    config = '<script id="__config">{"version":null}</script>'
    (folder / "index.html").write_text(f'{config}<h1 id="top">{name}</h1><a href="more/page.html#here">x</a>')
    (folder / "more").mkdir()
    (folder / "more" / "page.html").write_text(f'{config}<h1 id="here">x</h1><a href="../index.html">back</a>')
    (folder / "404.html").write_text(f"{config}nothing here")
    return folder


def test_a_whole_site_has_no_dead_links(tmp_path: Path) -> None:
    assert links_of(site(tmp_path / "site")) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('<a href="gone.html">x</a>', "page.html leads to gone.html, which is not there"),
        (
            '<a href="../index.html#gone">x</a>',
            "page.html leads to ../index.html#gone, and index.html has no such anchor",
        ),
        ('<a href="#gone">x</a>', "page.html leads to #gone, and more/page.html has no such anchor"),
        ('<img src="gone.png"/>', "page.html leads to gone.png, which is not there"),
        ('<script src="https://cdn.test/x.js"></script>', "page.html fetches https://cdn.test/x.js"),
        ('<link rel="stylesheet" href="//fonts.test/x.css">', "page.html fetches //fonts.test/x.css"),
    ],
)
def test_a_dead_link_and_what_is_fetched_from_elsewhere_are_found(tmp_path: Path, content: str, said: str) -> None:
    folder = site(tmp_path / "site")
    (folder / "more" / "page.html").write_text(content)
    (folder / "index.html").write_text('<h1 id="top">x</h1>')
    assert links_of(folder) == [f"more/{said}"]


def test_a_text_is_compared_without_what_the_site_adds() -> None:
    shown = read(
        '<header>menu</header><article><h1>A<a class="headerlink">¶</a></h1><p>b <code>c</code><br/>d</p></article>x',
        article=True,
    )
    assert (shown.text, shown.structure) == ("Abcd", ["h1"])


def published(pages: Path) -> list[tuple[str, list[str]]]:
    return [(each["version"], each["aliases"]) for each in json.loads((pages / "versions.json").read_text())]


def test_versions_stand_beside_each_other_and_the_newest_is_latest(tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "CNAME").write_text("keeper.test")
    for version in ("0.9.0", "0.10.0", "0.9.1"):
        publish(site(tmp_path / version, version), pages, version)
    assert published(pages) == [("0.10", ["latest"]), ("0.9", [])]
    assert "0.9.1" in (pages / "0.9" / "index.html").read_text()
    assert '{"version":{"provider":"mike"}}' in (pages / "0.9" / "index.html").read_text()
    for of_the_newest in ("latest/index.html", "schemas/a.schema.json"):
        assert "0.10.0" in (pages / of_the_newest).read_text()
    assert (pages / "CNAME").read_text() == "keeper.test"
    assert links_of(pages) == []


def test_a_page_that_could_not_list_versions_is_not_published(tmp_path: Path) -> None:
    folder = site(tmp_path / "site")
    (folder / "index.html").write_text("<h1>of another generator</h1>")
    with pytest.raises(ValueError, match=r"index\.html has no place for the list of versions"):
        publish(folder, tmp_path / "pages", "0.1.0")
