"""The photographs in the documentation (`make bench` draws beside them): small, shown, and each of a page that is."""

from __future__ import annotations

from pathlib import Path

from tests.browser.pictures import FOLDER, PICTURES, digest_of, stamp_of
from tests.render.pages import PAGES

ROOT = Path(__file__).parents[2]


def test_each_picture_is_of_a_page_and_no_other_is_there() -> None:
    assert sorted(file.stem for file in FOLDER.glob("*.png")) == sorted(PICTURES)
    assert {page for page, *_ in PICTURES.values()} <= set(PAGES)


def test_pictures_are_of_the_pages_as_they_are() -> None:
    """But for their style, which nobody can compare without the fonts of the machine that took them."""
    old = [
        name
        for name, (page, *_) in PICTURES.items()
        if stamp_of((FOLDER / f"{name}.png").read_bytes()) != digest_of(PAGES[page]())
    ]
    assert old == [], "take them again, and look at them: python -m tests.browser.pictures"


def test_pictures_are_small_and_shown() -> None:
    """In less than 150 kB each."""
    text = (ROOT / "README.md").read_text() + (ROOT / "docs" / "reference" / "formats.md").read_text()
    for file in FOLDER.glob("*.png"):
        assert file.stat().st_size < 150_000
        assert f"images/{file.name})" in text
