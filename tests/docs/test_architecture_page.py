"""docs/explanation/architecture.md names paths that exist, and every package."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import ROOT, prose

PAGE = prose(ROOT / "docs" / "explanation" / "architecture.md")
PROGRAM = ROOT / "reconciler"
PATHS = sorted({code for code in re.findall(r"`([^`\n]+)`", PAGE) if re.fullmatch(r"[\w./-]+(/|\.py|\.toml)", code)})
"""What stands in backticks and looks like a folder or a module."""
PACKAGES = sorted(f"{file.parent.relative_to(PROGRAM)}/" for file in PROGRAM.glob("*/**/__init__.py"))


def test_the_page_has_paths_to_check() -> None:
    assert len([path for path in PATHS if path.endswith(".py")]) > 30


@pytest.mark.parametrize("path", PATHS)
def test_a_path_on_the_page_exists(path: str) -> None:
    """Below reconciler/, or in the root of the repository. A path that ends in / is a folder."""
    found = [root / path for root in (PROGRAM, ROOT) if (root / path).exists()]
    assert found, f"there is no {path}"
    assert found[0].is_dir() == path.endswith("/")


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_is_on_the_page(package: str) -> None:
    assert f"`{package}`" in PAGE


@pytest.mark.parametrize("package", [package for package in PACKAGES if package.count("/") == 1])
def test_the_first_table_says_what_a_package_must_not_know(package: str) -> None:
    """After what it does."""
    assert re.search(rf"^\| `{package}` \| [^|]+ \| [^|]+ \|$", PAGE, re.MULTILINE)


def test_ten_questions_are_answered_by_paths() -> None:
    rows = re.findall(r"^\| ([^|]*\?) \| (.*) \|$", PAGE, re.MULTILINE)
    assert len(rows) == 10
    assert [question for question, answer in rows if not any(f"`{path}`" in answer for path in PATHS)] == []
