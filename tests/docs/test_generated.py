"""What is generated in the documentation is what the program prints now."""

from __future__ import annotations

import pytest

from tests.docs import commands, sessions

ADVICE = "docs/ is not up to date; run: make docs"


def test_the_command_reference_is_what_help_prints() -> None:
    """Every command, every flag."""
    assert commands.page() == commands.PAGE.read_text(encoding="utf-8"), ADVICE


@pytest.mark.skipif(not sessions.has_jq(), reason="the sessions of docs/reference/formats.md need jq")
def test_the_sessions_about_json_print_what_they_show() -> None:
    """Run in order, against a fresh sandbox."""
    page = sessions.PAGE.read_text(encoding="utf-8")
    assert sessions.replayed(page) == page, ADVICE
