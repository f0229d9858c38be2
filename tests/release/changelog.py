"""The sections of CHANGELOG.md. `python -m tests.release.changelog v1.2.3` prints the notes of a release."""

from __future__ import annotations

import re
import sys

from reconciler import __version__
from tests.repository.tracked import ROOT

CHANGELOG = ROOT / "CHANGELOG.md"
UNRELEASED = "## [Unreleased]\n"


def notes(text: str, tag: str, version: str) -> str:
    """What the changelog says of the version that a tag names. Raises ValueError for another than `version`."""
    if tag != f"v{version}":
        raise ValueError(f"the tag is {tag}, and reconciler/__init__.py says {version}; run: make version VERSION=…")
    found = re.search(
        rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL
    )
    if found is None or not found[1].strip():
        raise ValueError(f"CHANGELOG.md says nothing of {version}; run: make version VERSION={version}")
    return found[1].strip() + "\n"


def released(text: str, version: str, day: str) -> str:
    """The changelog with what was unreleased as the section of a version. Raises ValueError if there is nothing."""
    if f"## [{version}]" in text:
        raise ValueError(f"CHANGELOG.md has {version} already")
    before, heading, after = text.partition(UNRELEASED)
    if not heading or not after.partition("\n## ")[0].strip():
        raise ValueError("CHANGELOG.md has nothing below [Unreleased]")
    return f"{before}{heading}\n## [{version}] - {day}\n{after}"


if __name__ == "__main__":
    try:
        sys.stdout.write(notes(CHANGELOG.read_text(encoding="utf-8"), sys.argv[1], __version__))
    except ValueError as problem:
        sys.exit(f"error: {problem}")
