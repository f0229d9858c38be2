"""The pictures of the pages in docs/images, taken from the pages that the tests look at.

python -m tests.browser.pictures
"""

from __future__ import annotations

import struct
import tempfile
import zlib
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Literal

from playwright.sync_api import sync_playwright

from tests.browser.chromium import launched
from tests.golden.test_pages import reviewed
from tests.render.pages import PAGES

FOLDER = Path(__file__).parents[2] / "docs" / "images"
PICTURES: Mapping[str, tuple[str, Literal["light", "dark"], int, int]] = {
    "plan": ("ordinary", "light", 1000, 970),
    "fleet": ("twelve", "dark", 1000, 1120),
    "history": ("twelve-history", "light", 1250, 1060),
}
"""Name: the page, its colours, its width, and how many pixels of its height are shown."""


_KEYWORD = b"Page\0"
_HEAD = 33
"""Bytes of a PNG before the first chunk that may be any: its signature and its header."""


def digest_of(page: str) -> str:
    """A digest of what a page says, without its style and script."""
    return sha256(reviewed(page).encode()).hexdigest()


def stamped(png: bytes, digest: str) -> bytes:
    """The picture with the digest of its page in a chunk of text (PNG 1.2, section 4.2.3)."""
    content = b"tEXt" + _KEYWORD + digest.encode()
    chunk = struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))
    return png[:_HEAD] + chunk + png[_HEAD:]


def stamp_of(png: bytes) -> str | None:
    """The digest of the page that a picture is of; None if it was not taken here."""
    content = png[_HEAD + 4 :]
    is_stamped = content.startswith(b"tEXt" + _KEYWORD)
    return content[4 + len(_KEYWORD) :][:64].decode() if is_stamped else None


def main() -> None:
    """Take them all."""
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright, launched(playwright) as browser, tempfile.TemporaryDirectory() as folder:
        for name, (page, scheme, width, height) in PICTURES.items():
            file = Path(folder) / f"{page}.html"
            file.write_text(PAGES[page](), encoding="utf-8")
            opened = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": height})
            opened.goto(file.as_uri())
            png = opened.screenshot()
            (FOLDER / f"{name}.png").write_bytes(stamped(png, digest_of(PAGES[page]())))


if __name__ == "__main__":
    main()
