"""What somebody meets who opens an issue, a pull request, or the repository in a container."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.github.runner import document
from tests.github.test_files import judged
from tests.repository.tracked import ROOT

FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))


@pytest.mark.parametrize("file", FORMS, ids=lambda file: file.name)
def test_a_form_is_as_its_published_schema_says(file: Path) -> None:
    kind = "config" if file.name == "config.yml" else "forms"
    found = judged("check-jsonschema", "--builtin-schema", f"vendor.github-issue-{kind}", file)
    assert found.returncode == 0, found.stdout


def test_a_bug_comes_with_the_version_and_a_vulnerability_goes_elsewhere() -> None:
    form = document(ROOT / ".github" / "ISSUE_TEMPLATE" / "bug.yml")
    assert "SECURITY.md" in form["body"][0]["attributes"]["value"]
    required = {each["id"] for each in form["body"] if each.get("validations", {}).get("required")}
    assert required == {"happened", "expected", "version"}


def test_the_container_installs_with_the_commands_that_are_there() -> None:
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))
    tools, make = container["postCreateCommand"].split(" && ")
    assert (ROOT / tools.split()[1]).exists()
    assert re.search(rf"^{make.split()[1]}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
