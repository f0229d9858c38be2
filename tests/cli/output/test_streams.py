"""What is asked of the terminal."""

from __future__ import annotations

import shutil

import pytest

from reconciler.cli.output.streams import help_width


@pytest.mark.parametrize(
    "columns", ["", "-1", "0", "1", "51", "52", "53", "80", "101", "102", "103", "1000", " 60 ", "wide"]
)
def test_a_help_is_as_wide_as_click_would_have_it(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert help_width(100) == max(min(shutil.get_terminal_size().columns, 100) - 2, 50)
