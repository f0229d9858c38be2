"""The tests that docs/explanation/promises.md names are there, every page is in its folder and in the index, and every
decision has its number."""

from __future__ import annotations

import re

import pytest

from reconciler.planning.notes import risks
from reconciler.planning.notes.adoptions import ADOPTS
from tests.docs.pages import ROOT

PROMISES = (ROOT / "docs" / "explanation" / "promises.md").read_text(encoding="utf-8")
HOLDING = re.findall(r"^- `(tests/[\w/]+\.py)`: `(\w+)`$", PROMISES, re.MULTILINE)


def test_every_promise_is_held_by_a_test() -> None:
    """A line in bold is a promise, and below each stands a list of tests."""
    promises = re.findall(r"^\*\*.*\*\*\n\n(.*)$", PROMISES, re.MULTILINE)
    assert len(promises) > 25
    assert [line for line in promises if not line.startswith("- `tests/")] == []


@pytest.mark.parametrize(("file", "name"), HOLDING)
def test_a_test_that_holds_a_promise_exists(file: str, name: str) -> None:
    assert re.search(rf"^ *def {name}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)


KINDS = {
    "learn": "To learn",
    "guides": "To get something done",
    "reference": "To look something up",
    "explanation": "To understand",
}
"""The folders of docs/, and how their parts of the index begin."""


def test_every_page_is_in_one_of_four_folders() -> None:
    """Each page has one purpose. What several pages show, and the demonstration, stand beside them."""
    docs = ROOT / "docs"
    assert [page.name for page in docs.glob("*.md")] == ["README.md"]
    folders = {file.relative_to(docs).parts[0] for file in docs.rglob("*") if file.is_file() and file.parent != docs}
    assert folders == KINDS.keys() | {"demo", "github", "images", "site"}


@pytest.mark.parametrize("folder", KINDS)
def test_every_page_is_in_its_part_of_the_index(folder: str) -> None:
    """And no other page is."""
    index = ROOT / "docs" / "README.md"
    (part,) = re.findall(rf"^## {KINDS[folder]}.*\n((?:(?!## ).*\n)*)", index.read_text(encoding="utf-8"), re.MULTILINE)
    listed = re.findall(r"\]\(([\w/-]+\.md)\)", part)
    assert sorted(listed) == sorted(f"{folder}/{page.name}" for page in (index.parent / folder).glob("*.md"))


def test_every_risk_is_explained_to_reviewers() -> None:
    """The codes that planning/notes/risks.py gives, and that of an adoption, each with a row."""
    with open(risks.__file__, encoding="utf-8") as source:
        codes = [ADOPTS, *re.findall(r'Note\("([a-z-]+)"', source.read())]
    page = (ROOT / "docs" / "guides" / "reviewing.md").read_text(encoding="utf-8")
    assert len(codes) > 10
    assert [code for code in codes if f"| `{code}` |" not in page] == []


def test_every_decision_has_a_number_of_its_own_and_its_four_parts() -> None:
    pages = sorted((ROOT / "docs" / "explanation" / "decisions").glob("*.md"))
    for number, page in enumerate(pages, 1):
        text = page.read_text(encoding="utf-8")
        assert (page.name[:4], text.split(".")[0]) == (f"{number:04}", f"# {number}")
        parts = re.findall(r"^\*\*(\w+)\.\*\*", text, re.MULTILINE)
        assert parts == ["Context", "Decision", "Alternatives", "Consequences"], page.name
