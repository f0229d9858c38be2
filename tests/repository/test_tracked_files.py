"""Everything that git tracks is ours: whoever uses the action or the pre-commit hooks downloads all of it."""

from __future__ import annotations

from tests.repository.tracked import ROOT, tracked

LARGEST = 1_000_000
"""Bytes."""
MADE_BY_TOOLS = {"node_modules", "dist", "build", "__pycache__", ".venv"}


def test_no_tracked_file_is_one_that_gitignore_names() -> None:
    assert tracked("--cached", "--ignored", "--exclude-standard") == []


def test_no_tracked_file_is_larger_than_one_megabyte() -> None:
    sizes = {path: (ROOT / path).lstat().st_size for path in tracked() if (ROOT / path).is_file()}
    assert {path: size for path, size in sizes.items() if size > LARGEST} == {}


def test_no_tracked_file_stands_in_a_folder_that_tools_write() -> None:
    assert [path for path in tracked() if MADE_BY_TOOLS & set(path.parts)] == []
