"""Every folder of valid/ and invalid/ is a case: `clients/`, perhaps a `reconciler.yaml`, and what validating it says.

A new case is a new folder. `expected.txt` holds the diagnostics as they are printed, one a line; a valid case has none.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.workflow.options import ProjectFiles
from reconciler.workflow.validate import validate_files

HERE = Path(__file__).parent
CASES = sorted(folder for kind in ("valid", "invalid") for folder in (HERE / kind).iterdir() if folder.is_dir())


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_validating_the_case_says_exactly_what_is_expected(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(case)
    own = Path("reconciler.yaml")
    files = ProjectFiles(own if own.exists() else HERE / "default.yaml", Path("clients"))
    found = [str(diagnostic) for diagnostic in validate_files(files).diagnostics]
    assert found == _expected(case)


def _expected(case: Path) -> list[str]:
    file = case / "expected.txt"
    assert file.exists() == (case.parent.name == "invalid"), "an invalid case has an expected.txt, a valid one none"
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []
