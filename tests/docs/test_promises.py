"""The tests that docs/promises.md names are there, every page is in the index, and every decision has its number."""

from __future__ import annotations

import re

import pytest

from reconciler.planning.notes import risks
from tests.docs.pages import ROOT, links

PROMISES = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")
HOLDING = re.findall(r"^- `(tests/[\w/]+\.py)`: `(\w+)`$", PROMISES, re.MULTILINE)


def test_every_promise_is_held_by_a_test() -> None:
    """A line in bold is a promise, and below each stands a list of tests."""
    promises = re.findall(r"^\*\*.*\*\*\n\n(.*)$", PROMISES, re.MULTILINE)
    assert len(promises) > 25
    assert [line for line in promises if not line.startswith("- `tests/")] == []


@pytest.mark.parametrize(("file", "name"), HOLDING)
def test_a_test_that_holds_a_promise_exists(file: str, name: str) -> None:
    assert re.search(rf"^ *def {name}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)


def test_every_page_is_in_the_index() -> None:
    """And in no other kind as well: each page has one purpose."""
    index = ROOT / "docs" / "README.md"
    found = [link for link in links(index) if link.endswith(".md") and "/" not in link]
    assert sorted(found) == sorted(page.name for page in index.parent.glob("*.md") if page != index)


def test_every_risk_is_explained_to_reviewers() -> None:
    """The codes that planning/notes/risks.py gives, each with a row."""
    with open(risks.__file__, encoding="utf-8") as source:
        codes = re.findall(r'Note\("([a-z-]+)"', source.read())
    page = (ROOT / "docs" / "reviewing.md").read_text(encoding="utf-8")
    assert len(codes) > 10
    assert [code for code in codes if f"| `{code}` |" not in page] == []


def test_every_decision_has_a_number_of_its_own_and_its_four_parts() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    for number, page in enumerate(pages, 1):
        text = page.read_text(encoding="utf-8")
        assert (page.name[:4], text.split(".")[0]) == (f"{number:04}", f"# {number}")
        parts = re.findall(r"^\*\*(\w+)\.\*\*", text, re.MULTILINE)
        assert parts == ["Context", "Decision", "Alternatives", "Consequences"], page.name
