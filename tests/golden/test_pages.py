"""HTML pages, an element a line and without style and script, reviewed like code.

`RECONCILER_UPDATE_GOLDEN=1 pytest tests/golden` writes the files anew; git shows what has changed.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.golden.test_golden import ADVICE
from tests.render.pages import PAGES

FOLDER = Path(__file__).parent / "pages"
_ASSETS = re.compile(r"(<(style|script)>).*?(</\2>)|sha256-[A-Za-z0-9+/=]+", re.DOTALL)


def reviewed(page: str) -> str:
    """The page without what does not depend on its content, in lines."""
    return _ASSETS.sub(r"\1\3", page).replace("><", ">\n<")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_as_reviewed(name: str) -> None:
    file, output = FOLDER / f"{name}.html", reviewed(PAGES[name]())
    if os.environ.get("RECONCILER_UPDATE_GOLDEN"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(output, encoding="utf-8")
    assert file.exists(), ADVICE
    assert output == file.read_text(encoding="utf-8"), ADVICE


def test_every_expected_page_is_expected_of_something() -> None:
    """None is left over from a page that is gone."""
    assert sorted(file.stem for file in FOLDER.iterdir()) == sorted(PAGES)
