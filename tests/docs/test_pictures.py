"""The photographs in the documentation (`make bench` draws beside them): small, shown, and each of a page that is."""

from __future__ import annotations

from pathlib import Path

from tests.browser.pictures import FOLDER, PICTURES
from tests.render.pages import PAGES

ROOT = Path(__file__).parents[2]


def test_each_picture_is_of_a_page_and_no_other_is_there() -> None:
    assert sorted(file.stem for file in FOLDER.glob("*.png")) == sorted(PICTURES)
    assert {page for page, _, _ in PICTURES.values()} <= set(PAGES)


def test_pictures_are_small_and_shown() -> None:
    """In less than 150 kB each."""
    text = (ROOT / "README.md").read_text() + (ROOT / "docs" / "reference" / "formats.md").read_text()
    for file in FOLDER.glob("*.png"):
        assert file.stat().st_size < 150_000
        assert f"images/{file.name})" in text
