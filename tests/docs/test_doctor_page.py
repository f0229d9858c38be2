"""docs/reference/doctor.md explains every finding that the doctor can give, and no other."""

from __future__ import annotations

import re

from reconciler.doctor.finding import CODES
from tests.docs.pages import ROOT

_ITEM = re.compile(r"^- (\*?\*?`[^:]*): \S", re.MULTILINE)


def test_every_code_is_explained_once() -> None:
    page = (ROOT / "docs" / "reference" / "doctor.md").read_text(encoding="utf-8")
    found = [code for item in _ITEM.findall(page) for code in re.findall(r"`([a-z-]+)`", item)]
    assert sorted(found) == sorted(CODES)
