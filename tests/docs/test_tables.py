"""Tables that repeat what the code says: exit codes, and the rooms of the code."""

from __future__ import annotations

import re

from reconciler.cli import exit_codes
from reconciler.cli.main import INTERRUPTED, WRONG_USAGE
from tests.docs.pages import ROOT

CODES = {
    exit_codes.DONE,
    exit_codes.FAILED,
    exit_codes.PENDING,
    exit_codes.INVALID,
    exit_codes.REFUSED,
    exit_codes.PARTIAL,
    exit_codes.LOGIN_REFUSED,
    WRONG_USAGE,
    INTERRUPTED,
}


def _rows(page: str) -> list[int]:
    """The numbers in the first column of a page's tables."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    cells = re.findall(r"^\| ([\d, ]+) \|", text, re.MULTILINE)
    return [int(code) for cell in cells for code in cell.split(", ")]


def test_every_exit_code_stands_in_the_reference_and_in_the_way_back() -> None:
    assert sorted(_rows("commands.md")) == sorted(CODES)
    assert sorted(_rows("recovering.md")) == sorted(CODES - {exit_codes.DONE})
    assert sorted(_rows("pipelines.md")) == sorted(CODES - {WRONG_USAGE})


def test_every_room_is_in_the_architecture() -> None:
    """Every folder of the program."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = [each.parent.name for each in (ROOT / "reconciler").glob("*/__init__.py")]
    assert len(rooms) > 8
    assert [room for room in rooms if f"| `{room}/` |" not in page] == []
