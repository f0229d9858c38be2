"""What is asked of the terminal, and how a long result is written."""

from __future__ import annotations

import shutil

import pytest

from reconciler.cli.output.streams import help_width, print_pieces


@pytest.mark.parametrize(
    "columns", ["", "-1", "0", "1", "51", "52", "53", "80", "101", "102", "103", "1000", " 60 ", "wide"]
)
def test_a_help_is_as_wide_as_click_would_have_it(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert help_width(100) == max(min(shutil.get_terminal_size().columns, 100) - 2, 50)


def test_a_long_result_is_written_whole(capsys: pytest.CaptureFixture[str]) -> None:
    pieces = [f"{number}\n" for number in range(1_001)]
    print_pieces(iter(pieces))
    assert capsys.readouterr().out == "".join(pieces)
