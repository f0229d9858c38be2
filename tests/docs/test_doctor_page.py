"""docs/reference/doctor.md explains every finding that the doctor can give, and no other."""

from __future__ import annotations

import re

from reconciler.doctor.finding import CODES
from tests.docs.pages import ROOT

_ROW = re.compile(r"^\| `([a-z-]+)` \| (error|warning|info)[^|]* \| [^|]+ \| [^|]+ \|$", re.MULTILINE)


def test_every_code_has_a_row_with_its_meaning_and_its_way_out() -> None:
    page = (ROOT / "docs" / "reference" / "doctor.md").read_text(encoding="utf-8")
    assert sorted(code for code, _ in _ROW.findall(page)) == sorted(CODES)
