"""The architecture page and CONTRIBUTING.md name paths that exist, and the architecture page every package."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import ROOT, prose

PROGRAM = ROOT / "reconciler"
PACKAGES = sorted(f"{file.parent.relative_to(PROGRAM)}/" for file in PROGRAM.glob("*/**/__init__.py"))
PAGE = prose(ROOT / "docs" / "explanation" / "architecture.md")


def _paths(page: str) -> list[str]:
    """What stands in backticks and looks like a folder or a file with code, settings or a page in it."""
    return sorted(
        {code for code in re.findall(r"`([^`\n]+)`", page) if re.fullmatch(r"[\w./-]+(/|\.(py|toml|json|md))", code)}
    )


PATHS = _paths(PAGE)
FROM_THE_ROOT = _paths(prose(ROOT / "CONTRIBUTING.md"))


def test_there_are_paths_to_check() -> None:
    assert len([path for path in PATHS if path.endswith(".py")]) > 30
    assert len(FROM_THE_ROOT) > 20


@pytest.mark.parametrize("path", PATHS)
def test_a_path_of_the_architecture_exists(path: str) -> None:
    """Below reconciler/, or in the root of the repository. A path that ends in / is a folder."""
    found = [root / path for root in (PROGRAM, ROOT) if (root / path).exists()]
    assert found, f"there is no {path}"
    assert found[0].is_dir() == path.endswith("/")


@pytest.mark.parametrize("path", FROM_THE_ROOT)
def test_a_path_of_the_contributing_page_exists(path: str) -> None:
    assert (ROOT / path).exists()
    assert (ROOT / path).is_dir() == path.endswith("/")


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_is_on_the_page(package: str) -> None:
    assert f"`{package}`" in PAGE


@pytest.mark.parametrize("package", [package for package in PACKAGES if package.count("/") == 1])
def test_the_first_table_says_what_a_package_must_not_know(package: str) -> None:
    """After what it does."""
    assert re.search(rf"^\| `{package}` \| [^|]+ \| [^|]+ \|$", PAGE, re.MULTILINE)


def test_ten_questions_are_answered_by_paths() -> None:
    table = PAGE.partition("\n## Where is …?\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ((?!question|--)[^|]*) \| (.*) \|$", table, re.MULTILINE)
    assert len(rows) == 10
    assert [question for question, answer in rows if not any(f"`{path}`" in answer for path in PATHS)] == []
