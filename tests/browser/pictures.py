"""The pictures of the pages in docs/images, taken from the pages that the tests look at.

python -m tests.browser.pictures
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from playwright.sync_api import sync_playwright

from tests.browser.chromium import launched
from tests.render.pages import PAGES

FOLDER = Path(__file__).parents[2] / "docs" / "images"
PICTURES: Mapping[str, tuple[str, Literal["light", "dark"], int]] = {
    "plan": ("ordinary", "light", 970),
    "fleet": ("fleet", "dark", 760),
    "history": ("history", "light", 560),
}
"""Name: the page, its colours, and how many pixels of its height are shown."""
_WIDTH = 1000


def main() -> None:
    """Take them all."""
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright, launched(playwright) as browser, tempfile.TemporaryDirectory() as folder:
        for name, (page, scheme, height) in PICTURES.items():
            file = Path(folder) / f"{page}.html"
            file.write_text(PAGES[page](), encoding="utf-8")
            opened = browser.new_page(color_scheme=scheme, viewport={"width": _WIDTH, "height": height})
            opened.goto(file.as_uri())
            opened.screenshot(path=FOLDER / f"{name}.png")


if __name__ == "__main__":
    main()
