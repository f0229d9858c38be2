"""The messages and pages of reading.yaml were drawn by the seed, and are what users read today."""

from __future__ import annotations

from pathlib import Path

import yaml

from tests.review.reading import MESSAGES, PAGES, corpus

READ = yaml.safe_load(Path(__file__).with_name("reading.yaml").read_text(encoding="utf-8"))


def test_each_has_what_a_reader_does_next() -> None:
    """Written before it was read."""
    assert (len(READ["messages"]), len(READ["pages"])) == (MESSAGES, PAGES)
    assert all(len(each["next"].split()) > 3 for kind in READ.values() for each in kind)


def test_what_was_read_is_what_users_read() -> None:
    """Whoever rewrites one of them has it read again."""
    today = corpus()
    assert [each["text"] for kind in READ.values() for each in kind if each["text"] not in today] == []
