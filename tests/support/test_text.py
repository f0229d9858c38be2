"""Foreign text in messages: safe, short, and otherwise as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.support.text import closest, did_you_mean, enumeration, printable, quoted, quoted_url

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=30)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "\\u{1b}[31mred"),
        ("a\nb\tc\r", "a\\u{a}b\\u{9}c\\u{d}"),
        ("\u202eevil", "\\u{202e}evil"),
        ("Por\u200btal", "Por\\u{200b}tal"),
        ("\ud800", "\\u{d800}"),
        ("\u2028", "\\u{2028}"),
        ("a\u3164b", "a\\u{3164}b"),
        ("\x85\x9b", "\\u{85}\\u{9b}"),
        ("\U000e0041", "\\u{e0041}"),
        ("\ue000\uf8ff", "\\u{e000}\\u{f8ff}"),
        ("\u2065\u2800\U0001d159", "\\u{2065}\\u{2800}\\u{1d159}"),
        ("\U000f0000\U0010fffd", "\\u{f0000}\\u{10fffd}"),
    ],
)
def test_what_hides_or_reorders_text_becomes_visible(text: str, shown: str) -> None:
    """Also U+009B, which some terminals take for ESC [."""
    assert printable(text) == shown


@pytest.mark.parametrize(
    "text", ["", "plain", "Café münchen", "日本語", "❤️ 👍", "a\u00a0b", "|`<b>::error::'\"", "e\u0301"]
)
def test_what_people_can_see_is_kept(text: str) -> None:
    """Escaping markup is the business of whoever writes markup."""
    assert printable(text) == text


@given(ANY_TEXT)
def test_printable_text_stays_on_its_line_and_can_be_written_as_utf_8(text: str) -> None:
    """And making it printable twice changes nothing more."""
    shown = printable(text)
    assert printable(shown) == shown
    assert len(shown.splitlines()) <= 1
    shown.encode()


@given(ANY_TEXT, st.integers(0, 10))
def test_quoted_text_is_cut_before_it_is_escaped(text: str, limit: int) -> None:
    """So that no escape is cut in two."""
    cut = "…" if len(text) > limit else ""
    assert quoted(text, limit) == f"'{printable(text[:limit])}{cut}'"


def test_listed_puts_a_word_before_the_last() -> None:
    """One, two and more."""
    assert enumeration(["a"]) == "a"
    assert enumeration(["a", "b"]) == "a and b"
    assert enumeration("abc", "or") == "a, b or c"


def test_a_near_miss_is_recognised_in_any_case_and_a_far_one_is_not() -> None:
    """A wrong guess is worse than none."""
    choices = ["production", "staging-1", "Staging-2"]
    assert closest("prodcution", choices) == "production"
    assert closest("STAGING-2", choices) == "Staging-2"
    assert closest("prod", choices) == "production"
    assert closest("zebra", choices) is None
    assert did_you_mean("prod", []) is None
    assert did_you_mean("stagin-1", choices) == "did you mean 'staging-1'?"


def test_a_url_in_a_message_does_not_show_the_password_in_it() -> None:
    assert quoted_url("https://user:pa@ss@x.example/cb?mail=a@b") == "'https://***@x.example/cb?mail=a@b'"
    assert quoted_url("https://x.example/a@b") == "'https://x.example/a@b'"
