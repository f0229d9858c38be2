"""One file under two names, and two files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.support.file_identity import identify


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the file `a`, its links, and a folder with a link to it."""
    monkeypatch.chdir(tmp_path)
    Path("a").write_text("")
    Path("b").write_text("")
    os.link("a", "hard")
    os.symlink("a", "soft")
    os.symlink("missing", "dangling")
    os.symlink("loop", "loop")
    Path("folder/deep").mkdir(parents=True)
    os.symlink("folder", "same")
    return tmp_path


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a", "./folder/../a"),
        ("a", "hard"),
        ("a", "soft"),
        ("hard", "soft"),
        ("missing", "dangling"),
        ("same/x", "folder/x"),
    ],
)
def test_one_file_under_two_names_is_one(here: Path, one: str, other: str) -> None:
    assert identify(Path(one)).is_same(identify(here / other))
    assert identify(Path(other)).is_same(identify(Path(one)))


@pytest.mark.parametrize(
    ("one", "other"), [("a", "b"), ("missing", "gone"), ("a", "missing"), ("loop", "a"), ("a\0", "b\0")]
)
def test_two_files_are_two(here: Path, one: str, other: str) -> None:
    assert not identify(Path(one)).is_same(identify(Path(other)))


def test_below_a_folder_is_at_any_depth_and_through_any_link(here: Path) -> None:
    folder = identify(Path("folder"))
    assert identify(Path("same/deep/new")).is_below(folder)
    assert identify(Path("folder/new")).is_below(identify(Path("same")))
    assert not folder.is_below(folder)
    assert not identify(Path("folder/../a")).is_below(folder)
